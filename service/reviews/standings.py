"""How learners stand with their reviewers: what completion, gradebook and pages ask. One statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from service.exercises.models import Attempt
from service.exercises.operations import MARK_IS_KNOWN
from service.modules.content import Module
from service.reviews import rules
from service.reviews.models import Decision, Review, ReviewEntry, ReviewState

Place = tuple[str, str]
"""A module and one of its exercises, by their keys."""


@dataclass(frozen=True)
class Reviewed:
    """An answer that people look at, with all that was decided on it, first to last."""

    entry: ReviewEntry
    reviews: Sequence[Review]

    @property
    def last_number(self) -> int:
        """The number of the latest review, 0 for none: what the form of a page says that it has seen."""
        return self.reviews[-1].number if self.reviews else 0

    @property
    def counting(self) -> list[Review]:
        """The reviews that count, first to last."""
        return rules.counting(self.reviews)

    @property
    def is_taken_back(self) -> bool:
        """Whether the latest review has ended an acceptance."""
        before = rules.state_after(self.reviews[:-1], self.entry.reviewers)
        return before is ReviewState.ACCEPTED and self.entry.state is not ReviewState.ACCEPTED

    @property
    def missing_acceptances(self) -> int:
        """How many more people must accept."""
        accepted = sum(review.decision is Decision.ACCEPT for review in self.counting)
        return max(self.entry.reviewers - accepted, 0)


@dataclass(frozen=True)
class ReviewStanding:
    """How someone stands with the reviewers of one exercise."""

    answers: Sequence[Reviewed]
    """Newest first, one at least."""

    @property
    def latest(self) -> Reviewed:
        return self.answers[0]


def read_reviewed(session: Session, entry: ReviewEntry) -> Reviewed:
    """Return the answer with its reviews and who wrote them."""
    statement = select(Review).filter_by(entry_id=entry.id).options(joinedload(Review.reviewer)).order_by(Review.number)
    return Reviewed(entry, session.scalars(statement).all())


def list_review_standings(session: Session, person_id: int, module_key: str) -> Mapping[str, ReviewStanding]:
    """Return how someone stands with reviewers, by exercise key, wherever an answer ever went to them."""
    statement = (
        select(ReviewEntry, Review)
        .outerjoin(Review, Review.entry_id == ReviewEntry.id)
        .outerjoin(Review.reviewer)
        .options(contains_eager(Review.reviewer))
        .where(ReviewEntry.person_id == person_id, ReviewEntry.module_key == module_key)
        .order_by(ReviewEntry.id.desc(), Review.number)
    )
    answers: dict[str, dict[int, Reviewed]] = {}
    reviews: dict[int, list[Review]] = {}
    for entry, review in session.execute(statement, execution_options={"populate_existing": True}):
        said = reviews.setdefault(entry.id, [])
        said.extend([review] if review else [])
        answers.setdefault(entry.exercise_key, {})[entry.id] = Reviewed(entry, said)
    return {key: ReviewStanding(list(found.values())) for key, found in answers.items()}


def list_held_back(session: Session, person_id: int, module: Module) -> frozenset[str]:
    """Return the exercises of a module with enough points that still wait for a reviewer to accept an answer.

    Where a new version asks for an exercise again, only answers from then on release it.
    """
    statement = (
        select(Attempt.exercise_key, Attempt.passed_version, func.max(case((is_released(), 1), else_=0)))
        .outerjoin(ReviewEntry, ReviewEntry.attempt_id == Attempt.id)
        .where(Attempt.person_id == person_id, Attempt.module_key == module.key, Attempt.is_passed)
        .group_by(Attempt.exercise_key, Attempt.passed_version)
    )
    released: dict[str, bool] = {}
    for key, version, some in session.execute(statement):
        if (version or 0) >= module.asked_again.get(key, 0):
            released[key] = released.get(key, False) or bool(some)
    return frozenset(key for key, is_passed in released.items() if not is_passed)


def list_passed(session: Session, person_ids: Sequence[int]) -> Mapping[int, Mapping[Place, datetime]]:
    """Return when each exercise was first passed: with enough points, and accepted where that is required.

    A mark that is held back until the tries end has passed nothing yet.
    """
    needs_decision = ReviewEntry.is_required.is_(True)
    passed_at = case((needs_decision, ReviewEntry.decided_at), else_=Attempt.handed_in_at)
    statement = (
        select(Attempt.person_id, Attempt.module_key, Attempt.exercise_key, func.min(passed_at))
        .outerjoin(ReviewEntry, ReviewEntry.attempt_id == Attempt.id)
        .where(Attempt.person_id.in_(person_ids), Attempt.is_passed, MARK_IS_KNOWN, is_released())
        .group_by(Attempt.person_id, Attempt.module_key, Attempt.exercise_key)
    )
    return _by_place(session, person_ids, statement)


def list_accepted(session: Session, person_ids: Sequence[int]) -> Mapping[int, Mapping[Place, datetime]]:
    """Return when a reviewer first accepted an answer to each exercise, required or not; nobody is left out."""
    statement = (
        select(
            ReviewEntry.person_id, ReviewEntry.module_key, ReviewEntry.exercise_key, func.min(ReviewEntry.decided_at)
        )
        .where(ReviewEntry.person_id.in_(person_ids), ReviewEntry.state == ReviewState.ACCEPTED)
        .group_by(ReviewEntry.person_id, ReviewEntry.module_key, ReviewEntry.exercise_key)
    )
    return _by_place(session, person_ids, statement)


def count_returned(session: Session, person_id: int, module_key: str) -> Mapping[str, int]:
    """Return how many answers were returned for another try, by exercise key: none of them may cost a try."""
    statement = (
        select(ReviewEntry.exercise_key, func.count().label("returned"))
        .where(
            ReviewEntry.person_id == person_id,
            ReviewEntry.module_key == module_key,
            ReviewEntry.state == ReviewState.RETURNED,
        )
        .group_by(ReviewEntry.exercise_key)
    )
    return {row.exercise_key: row.returned for row in session.execute(statement)}


def is_released() -> ColumnElement[bool]:
    """Nothing more is asked of an attempt: no entry, one that is not required, or one that is accepted.

    For statements that have joined the entry of the attempt, if there is one.
    """
    return or_(ReviewEntry.id.is_(None), ReviewEntry.is_required.is_(False), ReviewEntry.state == ReviewState.ACCEPTED)


def _by_place(session: Session, person_ids: Sequence[int], statement: Any) -> dict[int, dict[Place, datetime]]:
    found: dict[int, dict[Place, datetime]] = {person_id: {} for person_id in person_ids}
    for person_id, module_key, exercise_key, at in session.execute(statement):
        found[person_id][module_key, exercise_key] = at
    return found
