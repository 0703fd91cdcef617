"""Puts outcomes into words: the same for the learner, for staff, and on the readiness page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import g

from service.completion.outcome_operations import Reached
from service.web.requirement_words import RequirementWords, describe_rule


@dataclass(frozen=True)
class OutcomeWords:
    """An outcome as a page shows it, with its evidence piece by piece; `at` is the day it was reached."""

    words: str
    state: str
    at: datetime | None
    evidence: Sequence[RequirementWords]


@dataclass(frozen=True)
class CourseOutcomes:
    """The outcomes of one course."""

    title: str
    outcomes: Sequence[OutcomeWords]

    @property
    def reached(self) -> int:
        """How many are reached."""
        return sum(outcome.at is not None for outcome in self.outcomes)


def describe_outcomes(reached: Sequence[Reached], *, is_own: bool = True) -> list[CourseOutcomes]:
    """Return the outcomes course by course; only the learner gets links to the evidence."""
    return [
        CourseOutcomes(course.words[g.lang].title, [_describe(one, is_own) for one in group])
        for course, group in groupby(reached, key=lambda one: one.course)
    ]


def _describe(one: Reached, is_own: bool) -> OutcomeWords:
    evidence = describe_rule(one.result, is_own=is_own)
    state = "met" if one.result.is_met else "part" if any(piece.state != "not_met" for piece in evidence) else "not_met"
    return OutcomeWords(one.outcome.words[g.lang], state, one.result.at, evidence)
