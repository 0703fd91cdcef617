"""When an answer goes to reviewers, what their decisions amount to, and how long it usually takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Protocol, TypeVar

from service.db import Json
from service.errors import InvalidInputError
from service.exercise_types import Mark
from service.modules.content import Exercise
from service.modules.review import ReviewPlan
from service.people.models import Role
from service.reviews.models import Decision, ReviewState

CLAIM = timedelta(minutes=15)
LONGEST_REMARK = 4000
LONGEST_CRITERION_REMARK = 1000
DECISIONS_LOOKED_AT = 20
FEWEST_DECISIONS = 3
"""From fewer, nothing is said of how long it takes."""


class Level(StrEnum):
    """How far an answer meets a criterion."""

    MET = "met"
    PARTLY = "partly"
    NOT_YET = "not_yet"


class Vote(Protocol):
    """A row of Review."""

    @property
    def reviewer_id(self) -> int: ...

    @property
    def decision(self) -> Decision: ...


VoteT = TypeVar("VoteT", bound=Vote)


@dataclass(frozen=True)
class Opinion:
    """What someone says of an answer: one remark on the whole; by criterion a level, a remark or both."""

    remark: str = ""
    levels: Mapping[str, Level] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.remark or self.levels or self.remarks)

    def as_data(self) -> Json:
        """Return what is said by criterion, as it is stored."""
        keys = [*self.levels, *(key for key in self.remarks if key not in self.levels)]
        return {key: {"level": self.levels.get(key, ""), "remark": self.remarks.get(key, "")} for key in keys}


@dataclass(frozen=True)
class Ruling:
    """A decision as the form of a page sends it."""

    decision: Decision
    opinion: Opinion
    seen: int
    """The number of the latest review that the page showed, 0 for none."""
    submission_key: str


def plan_of(exercise: Exercise) -> ReviewPlan:
    """Return how the exercise is reviewed; what only its type sets aside for a person may be reviewed by all staff."""
    return exercise.review or ReviewPlan(is_required=False)


def goes_to_review(exercise: Exercise, mark: Mark, *, is_passed: bool) -> bool:
    """Say whether people are to look at an answer: its mark asks for it, or the exercise and it has enough points."""
    return mark.needs_review or (exercise.review is not None and is_passed)


def may_review(plan: ReviewPlan, role: Role, *, is_own: bool) -> bool:
    """Say whether someone in this role may decide; never on an answer of their own."""
    return role in plan.roles and not is_own


def counting(votes: Sequence[VoteT]) -> list[VoteT]:
    """Return the votes, first to last, that count: those since the latest reopening, of each reviewer the latest."""
    latest: dict[int, VoteT] = {}
    for vote in votes:
        if vote.decision is Decision.REOPEN:
            latest.clear()
        else:
            latest.pop(vote.reviewer_id, None)
            latest[vote.reviewer_id] = vote
    return list(latest.values())


def state_after(votes: Sequence[Vote], reviewers: int) -> ReviewState:
    """Return what the votes, first to last, amount to.

    The latest decides whether the answer is returned; it is accepted once `reviewers` different people accept.
    """
    count = counting(votes)
    if count and count[-1].decision is Decision.RETURN:
        return ReviewState.RETURNED
    accepting = sum(vote.decision is Decision.ACCEPT for vote in count)
    return ReviewState.ACCEPTED if accepting >= reviewers else ReviewState.WAITING


def check_opinion(opinion: Opinion, decision: Decision | None, criteria: Collection[str]) -> None:
    """Raise InvalidInputError, with a code for each field at fault, for what cannot be kept. None: a peer's remark."""
    faults = {f"level.{key}": "review.unknown_criterion" for key in opinion.levels if key not in criteria}
    faults |= {f"remark.{key}": "review.unknown_criterion" for key in opinion.remarks if key not in criteria}
    long = {f"remark.{key}": text for key, text in opinion.remarks.items() if len(text) > LONGEST_CRITERION_REMARK}
    faults |= dict.fromkeys(long, "review.too_long")
    if len(opinion.remark) > LONGEST_REMARK:
        faults["remark"] = "review.too_long"
    if decision is Decision.RETURN and not opinion.remark:
        faults["remark"] = "review.remark_missing"
    if decision is None and opinion.is_empty:
        faults["remark"] = "review.nothing_said"
    if faults:
        raise InvalidInputError(next(iter(faults.values())), "This opinion cannot be kept.", fields=faults)


def is_claimed_by_other(
    claimed_by_id: int | None, claimed_until: datetime | None, person_id: int, *, at: datetime
) -> bool:
    """Say whether someone else is at it now."""
    return claimed_by_id not in {None, person_id} and claimed_until is not None and claimed_until > at


def usual_wait(waits: Sequence[timedelta]) -> timedelta | None:
    """Return how long it usually takes: the middle of the latest waits; None where there are too few to say."""
    if len(waits) < FEWEST_DECISIONS:
        return None
    return timedelta(seconds=median(wait.total_seconds() for wait in waits))
