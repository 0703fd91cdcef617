"""How learners stand with their reviewers: what completion, gradebook and pages ask. One statement each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from service.exercises.best_tries import MODULE, PEOPLE
from service.exercises.models import Attempt
from service.exercises.operations import MARK_IS_KNOWN
from service.exercises.work import Trace, select_traces
from service.modules.content import Module
from service.reviews import rules
from service.reviews.models import Decision, Review, ReviewEntry, ReviewState

Place = tuple[str, str]
"""A module and one of its exercises, by their keys."""


def is_released() -> ColumnElement[bool]:
    """Nothing more is asked of an attempt: no entry, one that is not required, or one that is accepted.

    For statements that have joined the entry of the attempt, if there is one.
    """
    return or_(ReviewEntry.id.is_(None), ReviewEntry.is_required.is_(False), ReviewEntry.state == ReviewState.ACCEPTED)


HELD, RELEASED = "held", "released"
PASSED = (
    select_traces(
        case((func.max(case((is_released(), 1), else_=0)) == 1, literal(RELEASED)), else_=literal(HELD)),
        Attempt.person_id,
        Attempt.exercise_key,
        func.max(Attempt.handed_in_at),
        Attempt.passed_version,
    )
    .outerjoin(ReviewEntry, ReviewEntry.attempt_id == Attempt.id)
    .where(Attempt.person_id.in_(PEOPLE), Attempt.module_key == MODULE, Attempt.is_passed)
    .group_by(Attempt.person_id, Attempt.exercise_key, Attempt.passed_version)
)
"""Of each exercise and version with enough points, whether anything more is asked of it; for `work_and`."""


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


def find_held_back(module: Module, passed: Iterable[Trace]) -> frozenset[str]:
    """Return the exercises of a module with enough points that still wait for a reviewer to accept an answer.

    `passed` are traces of `PASSED`; others are left out. Where a new version asks for an exercise again, only answers
    from then on release it.
    """
    released: dict[str, bool] = {}
    for trace in passed:
        if trace.kind in {HELD, RELEASED} and (trace.version or 0) >= module.asked_again.get(trace.key, 0):
            released[trace.key] = released.get(trace.key, False) or trace.kind == RELEASED
    return frozenset(key for key, is_released_ in released.items() if not is_released_)


def list_passed(
    session: Session, person_ids: Sequence[int], *, newest: bool = False
) -> Mapping[int, Mapping[Place, datetime]]:
    """Return when each exercise was first passed: with enough points, and accepted where that is required.

    A mark that is held back until the tries end has passed nothing yet. `newest` asks when it was last passed.
    """
    needs_decision = ReviewEntry.is_required.is_(True)
    passed_at = case((needs_decision, ReviewEntry.decided_at), else_=Attempt.handed_in_at)
    one_of_them = func.max(passed_at) if newest else func.min(passed_at)
    statement = (
        select(Attempt.person_id, Attempt.module_key, Attempt.exercise_key, one_of_them)
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


def _by_place(session: Session, person_ids: Sequence[int], statement: Any) -> dict[int, dict[Place, datetime]]:
    found: dict[int, dict[Place, datetime]] = {person_id: {} for person_id in person_ids}
    for person_id, module_key, exercise_key, at in session.execute(statement):
        found[person_id][module_key, exercise_key] = at
    return found
