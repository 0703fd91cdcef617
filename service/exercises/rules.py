"""When an exercise is passed, what the tries of a learner amount to, and how many are left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from service.db import Json
from service.exercise_types import Mark
from service.modules.content import Exercise
from service.modules.tries import Counts, FeedbackWhen, TryRule


@dataclass(frozen=True)
class Best:
    """How a learner stands in one exercise: what counts, as far as its mark may be known, and the last try."""

    points: float
    """What counts, on the scale of the exercise as it is now."""
    tries: int
    is_passed: bool
    """Whether some try was passed, by the pass mark of its day, since the exercise was last asked again."""
    last_key: str
    """The submission key of the last try."""
    last_at: datetime
    last_answer: Json
    last_mark: Mark
    """Of the last try, marked by the answer key of its day."""
    is_current: bool
    """Whether the last try answered the exercise as it is now: same options, same key."""
    is_held: bool = False
    """Whether the mark of the last try is held back."""
    passed_version: int | None = None
    """The newest version of the module in which it was passed."""
    tries_anew: int = 0
    """How many of the tries were made since the exercise was last asked again."""

    @property
    def is_asked_again(self) -> bool:
        """Say whether it was passed, and a new version of the module asks for it again."""
        return self.passed_version is not None and not self.is_passed


@dataclass(frozen=True)
class Counted:
    """What counts after a try, and stays so whatever the content says later."""

    share: float
    """Of the full marks, 0..1."""
    passed_version: int | None
    """The newest version of the module in which a try was passed."""


class Extra(Protocol):
    """Tries given beyond those of everyone: a row of ExtraTries."""

    @property
    def tries(self) -> int: ...
    @property
    def given_at(self) -> datetime: ...


class Ending(Protocol):
    """Where a learner said that they are done: a row of Done."""

    @property
    def after_number(self) -> int: ...
    @property
    def done_at(self) -> datetime: ...


def is_passed(exercise: Exercise, mark: Mark) -> bool:
    """Say whether the mark reaches the exercise's pass mark. Both are rounded, so equal means equal."""
    return mark.points >= exercise.pass_points


def count(before: Counted | None, share: float, passed_version: int | None, counts: Counts) -> Counted:
    """Return what counts after one more try, worth `share`, and passed in `passed_version` if it was passed.

    What is passed stays passed: which try counts is a matter of points.
    """
    if before is None:
        return Counted(share, passed_version)
    counted = {Counts.BEST: max(before.share, share), Counts.LAST: share, Counts.FIRST: before.share}[counts]
    versions = [version for version in (before.passed_version, passed_version) if version is not None]
    return Counted(counted, max(versions, default=None))


def tries_left(rule: TryRule, tries: int, tries_anew: int, extra: Sequence[Extra], done: Ending | None) -> int | None:
    """Return how many tries are left, None for any number. Never below 0.

    `tries_anew` of the `tries` were made since the exercise was last asked again; only they use any up. Who said
    that they are done has just what was given since.
    """
    is_done = done is not None and rule.feedback_when is FeedbackWhen.AT_END and done.after_number > tries - tries_anew
    if done is not None and is_done:
        given = sum(one.tries for one in extra if one.given_at > done.done_at)
        return max(0, given - (tries - done.after_number))
    if rule.limit is None:
        return None
    return max(0, rule.limit + sum(one.tries for one in extra) - tries_anew)


def exercise_then(structure: Json, key: str) -> Exercise:
    """Return the exercise as it was in the version whose `ModuleVersion.structure` is given."""
    return next(Exercise.from_data(data) for data in structure["exercises"] if data["key"] == key)


def mark_then(structure: Json, exercise_key: str, answer: Json, points: float) -> Mark:
    """Return the mark an answer got in that version, part by part; the points stay those that were given."""
    exercise = exercise_then(structure, exercise_key)
    return replace(exercise.kind.mark(exercise.structure, answer), points=points)
