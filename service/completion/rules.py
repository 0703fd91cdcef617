"""When a module is complete, and what it is worth."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from service.exercises.rules import Best
from service.modules.content import Module


@dataclass(frozen=True)
class Progress:
    """How far someone is in a module. The names are those of the table's columns."""

    passed_exercises: int
    all_exercises: int
    points: float
    max_points: float

    @property
    def is_complete(self) -> bool:
        """Say whether every exercise is passed."""
        return self.passed_exercises == self.all_exercises


class HasPoints(Protocol):
    """A Progress, or the row of a Completion."""

    @property
    def points(self) -> float: ...

    @property
    def max_points(self) -> float: ...


def progress_in(module: Module, best: Mapping[str, Best], in_class: Collection[str] = ()) -> Progress:
    """Return how far someone is with these best tries and, by key, the exercises done with a group in class.

    What was done in class is passed and worth the pass mark: that it was done is known, how well is not. A better try
    counts instead.
    """
    points, passed = 0.0, 0
    for exercise in module.exercises:
        tried, is_in_class = best.get(exercise.key), exercise.key in in_class
        points += max(tried.points if tried else 0.0, exercise.pass_points if is_in_class else 0.0)
        passed += is_in_class or (tried is not None and tried.is_passed)
    return Progress(passed, len(module.exercises), round(points, 6), module.max_points)


def score_of(progress: HasPoints) -> float:
    """Return the share of the points that were reached, 0..1."""
    return min(progress.points / progress.max_points, 1.0) if progress.max_points else 0.0
