"""How an exercise may be tried, and what a new version of a module asks to be done again; as its author set it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.db import Json


class Counts(StrEnum):
    """Which try gives the points."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"


class FeedbackWhen(StrEnum):
    """When points, remarks and worked answer are shown."""

    EACH_TRY = "each-try"
    AT_END = "at-end"
    """When the tries are used up, or the learner says that they are done."""


@dataclass(frozen=True)
class TryRule:
    """How an exercise may be tried. What an author leaves out is as it always was: freely, and the best try counts."""

    limit: int | None = None
    """How many tries there are; None: as many as one likes."""
    counts: Counts = Counts.BEST
    feedback_when: FeedbackWhen = FeedbackWhen.EACH_TRY

    def as_data(self) -> Json:
        """Return what `from_data` needs, as JSON: only what its author would write."""
        data: Json = {} if self.limit is None else {"tries": self.limit}
        if self.counts is not Counts.BEST:
            data["counts"] = self.counts.value
        if self.feedback_when is not FeedbackWhen.EACH_TRY:
            data["feedback_when"] = self.feedback_when.value
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TryRule":
        """Return the rule that an exercise of module.yaml, or `as_data`, tells."""
        return cls(
            data.get("tries"),
            Counts(data.get("counts", Counts.BEST)),
            FeedbackWhen(data.get("feedback_when", FeedbackWhen.EACH_TRY)),
        )


@dataclass(frozen=True)
class Redo:
    """From `version` of the module on, these exercises are asked again of those who passed them in an earlier one."""

    version: int
    exercises: tuple[str, ...]


def newest_redo(redos: Iterable[Redo]) -> Mapping[str, int]:
    """Return the newest version that asks for each exercise again, by exercise key."""
    return {key: redo.version for redo in sorted(redos, key=lambda one: one.version) for key in redo.exercises}
