"""The queue of a course: what waits for a member who reviews, what was decided, and how long it usually takes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import Membership
from service.reviews import rules
from service.reviews.models import Decision, Review, ReviewEntry, ReviewState

MOST_DECIDED = 50


def list_waiting(session: Session, catalogue: Catalogue, member: Member) -> Sequence[ReviewEntry]:
    """Return what waits for this member, oldest first, with who wrote it; one statement.

    Left out are their own answers, those of test users and of who has left, and what they have accepted already.
    """
    statement = (
        select(ReviewEntry)
        .join(ReviewEntry.person)
        .options(contains_eager(ReviewEntry.person), joinedload(ReviewEntry.claimed_by))
        .where(*_waits_for(catalogue, member))
        .order_by(ReviewEntry.waiting_since, ReviewEntry.id)
    )
    return session.scalars(statement).all()


def count_waiting(session: Session, catalogue: Catalogue, member: Member) -> int:
    """Return how many answers `list_waiting` would."""
    counted = select(func.count()).select_from(ReviewEntry).where(*_waits_for(catalogue, member))
    return session.scalars(counted).one()


def list_decided(session: Session, member: Member) -> Sequence[ReviewEntry]:
    """Return what was decided lately in the member's course, newest first, without their own answers."""
    statement = (
        select(ReviewEntry)
        .join(ReviewEntry.person)
        .options(contains_eager(ReviewEntry.person))
        .where(
            ReviewEntry.course_id == member.course_id,
            ReviewEntry.state.in_((ReviewState.ACCEPTED, ReviewState.RETURNED)),
            ReviewEntry.person_id != member.person_id,
            _is_here(),
        )
        .order_by(ReviewEntry.decided_at.desc(), ReviewEntry.id.desc())
        .limit(MOST_DECIDED)
    )
    return session.scalars(statement).all()


def list_returned(session: Session, person_id: int) -> Sequence[ReviewEntry]:
    """Return the answers of a person that were returned and not followed by a newer one; one statement."""
    newer: Any = aliased(ReviewEntry)
    is_followed = exists().where(
        newer.person_id == ReviewEntry.person_id,
        newer.module_key == ReviewEntry.module_key,
        newer.exercise_key == ReviewEntry.exercise_key,
        newer.id > ReviewEntry.id,
    )
    returned = select(ReviewEntry).filter_by(person_id=person_id, state=ReviewState.RETURNED).where(~is_followed)
    return session.scalars(returned.order_by(ReviewEntry.id)).all()


def claim_next(session: Session, catalogue: Catalogue, member: Member, *, at: datetime) -> ReviewEntry | None:
    """Claim the oldest answer that nobody else is at, None if there is none. Two at once are given two."""
    is_free = or_(
        ReviewEntry.claimed_by_id.is_(None),
        ReviewEntry.claimed_by_id == member.person_id,
        ReviewEntry.claimed_until <= at,
    )
    statement = (
        select(ReviewEntry)
        .where(*_waits_for(catalogue, member), is_free)
        .order_by(ReviewEntry.waiting_since, ReviewEntry.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    entry = session.scalars(statement).one_or_none()
    if entry is not None:
        entry.claimed_by_id, entry.claimed_until = member.person_id, at + rules.CLAIM
    return entry


def find_usual_wait(session: Session, course_id: int) -> timedelta | None:
    """Return how long an answer usually waits in this course; None where too few were decided to say."""
    latest = (
        select(ReviewEntry.waiting_since, ReviewEntry.decided_at)
        .where(ReviewEntry.course_id == course_id, ReviewEntry.decided_at.is_not(None))
        .order_by(ReviewEntry.decided_at.desc())
        .limit(rules.DECISIONS_LOOKED_AT)
    )
    return rules.usual_wait([decided - since for since, decided in session.execute(latest) if decided])


def _waits_for(catalogue: Catalogue, member: Member) -> list[ColumnElement[bool]]:
    return [
        ReviewEntry.course_id == member.course_id,
        ReviewEntry.state == ReviewState.WAITING,
        ReviewEntry.person_id != member.person_id,
        _is_here(),
        ~_is_accepted_by(member.person_id),
        *_not_for_others(catalogue, member),
    ]


def _is_here() -> ColumnElement[bool]:
    """The writer is still in the course, and no test user."""
    return exists().where(
        Membership.course_id == ReviewEntry.course_id,
        Membership.person_id == ReviewEntry.person_id,
        Membership.left_at.is_(None),
        Membership.is_test_user.is_(False),
    )


def _is_accepted_by(person_id: int) -> ColumnElement[bool]:
    """The person's acceptance counts, and another one is waited for."""
    later: Any = aliased(Review)
    reopened = exists().where(
        later.entry_id == Review.entry_id, later.number > Review.number, later.decision == Decision.REOPEN
    )
    return exists().where(
        Review.entry_id == ReviewEntry.id,
        Review.reviewer_id == person_id,
        Review.decision == Decision.ACCEPT,
        ~reopened,
    )


def _not_for_others(catalogue: Catalogue, member: Member) -> list[ColumnElement[bool]]:
    """Leave out the exercises that another role reviews."""
    return [
        ~and_(ReviewEntry.module_key == module.key, ReviewEntry.exercise_key == exercise.key)
        for module in catalogue.modules
        for exercise in module.exercises
        if exercise.review and member.role not in exercise.review.roles
    ]
