"""When an exercise is passed, and what the tries of a learner amount to."""

from dataclasses import dataclass, replace
from datetime import datetime

from service.db import Json
from service.exercise_types import Mark
from service.modules.content import Exercise


@dataclass(frozen=True)
class Best:
    """How a learner stands in one exercise: the best try counts, the last one is shown."""

    points: float
    """Of the best try, on the scale of the exercise as it is now."""
    tries: int
    is_passed: bool
    """Whether some try was passed, by the pass mark of its day."""
    last_key: str
    """The submission key of the last try."""
    last_at: datetime
    last_answer: Json
    last_mark: Mark
    """Of the last try, marked by the answer key of its day."""
    is_current: bool
    """Whether the last try answered the exercise as it is now: same options, same key."""


def is_passed(exercise: Exercise, mark: Mark) -> bool:
    """Say whether the mark reaches the exercise's pass mark. Both are rounded, so equal means equal."""
    return mark.points >= exercise.pass_points


def exercise_then(structure: Json, key: str) -> Exercise:
    """Return the exercise as it was in the version whose `ModuleVersion.structure` is given."""
    return next(Exercise.from_data(data) for data in structure["exercises"] if data["key"] == key)


def mark_then(structure: Json, exercise_key: str, answer: Json, points: float) -> Mark:
    """Return the mark an answer got in that version, part by part; the points stay those that were given."""
    exercise = exercise_then(structure, exercise_key)
    return replace(exercise.kind.mark(exercise.structure, answer), points=points)
