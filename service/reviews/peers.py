"""Remarks among learners: a writer asks, someone who did the same exercise answers, and nothing depends on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from service.db import add_or_get
from service.errors import NotFoundError
from service.exercises.models import Attempt
from service.modules.content import Exercise
from service.people.known import Member
from service.people.models import LEARNING_ROLES, Membership
from service.reviews import rules
from service.reviews.models import PeerAccess, PeerRemark, ReviewEntry, ReviewState
from service.reviews.rules import Opinion

MOST_REMARKS = 3
"""On one answer; then it is offered to nobody any more."""


def ask_peers(session: Session, person_id: int, entry_id: str, access: PeerAccess) -> ReviewEntry:
    """Let learners of the course read one's own answer, or no longer. Raise NotFoundError for anyone else's."""
    own = select(ReviewEntry).filter_by(person_id=person_id, public_id=entry_id)
    entry = session.scalars(own).one_or_none()
    if entry is None:
        raise NotFoundError("review.unknown", "There is no such answer of this person.")
    entry.peer_access = access
    return entry


def list_offered(session: Session, member: Member, module_key: str) -> Sequence[ReviewEntry]:
    """Return the answers of a module that others have opened to the member, oldest first; one statement.

    Only to exercises that the member has done, and no answer twice.
    """
    if member.role not in LEARNING_ROLES or member.is_test_user:
        return []
    remarked = select(func.count()).where(PeerRemark.entry_id == ReviewEntry.id).scalar_subquery()
    statement = _open_to(member).where(
        ReviewEntry.module_key == module_key,
        ~exists().where(PeerRemark.entry_id == ReviewEntry.id, PeerRemark.person_id == member.person_id),
        remarked < MOST_REMARKS,
    )
    return session.scalars(statement.order_by(ReviewEntry.waiting_since, ReviewEntry.id)).all()


def get_offered(session: Session, member: Member, entry_id: str) -> ReviewEntry:
    """Return an answer that its writer has opened to the member. Raise NotFoundError for any other."""
    is_learner = member.role in LEARNING_ROLES and not member.is_test_user
    entry = session.scalars(_open_to(member).where(ReviewEntry.public_id == entry_id)).one_or_none()
    if entry is None or not is_learner:
        raise NotFoundError("review.unknown", "There is no such answer for this member.")
    return entry


def record_peer_remark(
    session: Session, member: Member, entry_id: str, exercise: Exercise, opinion: Opinion, *, at: datetime
) -> PeerRemark:
    """Keep a remark on an answer that is open to the member; a second one leaves the first as it is.

    Raise NotFoundError for an answer that is not open to them, InvalidInputError, with `fields`, for an empty remark.
    """
    entry = get_offered(session, member, entry_id)
    rules.check_opinion(opinion, None, exercise.criteria)
    values = {"remark": opinion.remark, "criteria": opinion.as_data(), "recorded_at": at}
    return add_or_get(session, PeerRemark, {"entry_id": entry.id, "person_id": member.person_id}, values)


def list_peer_remarks(session: Session, entry_ids: Sequence[int]) -> Mapping[int, Sequence[PeerRemark]]:
    """Return the remarks of fellow learners by id of the entry, first to last; one statement."""
    found: dict[int, list[PeerRemark]] = {entry_id: [] for entry_id in entry_ids}
    for remark in session.scalars(select(PeerRemark).where(PeerRemark.entry_id.in_(found)).order_by(PeerRemark.id)):
        found[remark.entry_id].append(remark)
    return found


def _open_to(member: Member) -> "Select[ReviewEntry]":
    done: Any = aliased(Attempt)
    author: Any = aliased(Membership)
    return (
        select(ReviewEntry)
        .options(joinedload(ReviewEntry.person))
        .where(
            ReviewEntry.course_id == member.course_id,
            ReviewEntry.person_id != member.person_id,
            ReviewEntry.peer_access != PeerAccess.NONE,
            ReviewEntry.state != ReviewState.REPLACED,
            exists().where(
                author.course_id == ReviewEntry.course_id,
                author.person_id == ReviewEntry.person_id,
                author.left_at.is_(None),
            ),
            exists().where(
                done.person_id == member.person_id,
                done.module_key == ReviewEntry.module_key,
                done.exercise_key == ReviewEntry.exercise_key,
                done.is_passed,
            ),
        )
    )
