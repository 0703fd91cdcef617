"""When a module is complete, and what it is worth."""

from collections.abc import Mapping
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


def progress_in(module: Module, best: Mapping[str, Best]) -> Progress:
    """Return how far someone with these best tries is."""
    return Progress(
        passed_exercises=sum(found.is_passed for found in best.values()),
        all_exercises=len(module.exercises),
        points=round(sum(found.points for found in best.values()), 6),
        max_points=module.max_points,
    )


def score_of(progress: HasPoints) -> float:
    """Return the share of the points that were reached, 0..1."""
    return min(progress.points / progress.max_points, 1.0) if progress.max_points else 0.0
