"""What is kept of an evaluation so that boards can count, filter and sort without reading evidence: a letter each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from service.modules.content import Catalogue
from service.readiness.conditions import ConditionResult, ConditionState

MET, NOT_MET, BEGUN, WAITING, WAIVED, EXPIRED, OTHER = "mnpwvxa"
LETTERS = {
    ConditionState.MET: MET,
    ConditionState.NOT_MET: NOT_MET,
    ConditionState.WAITING: WAITING,
    ConditionState.WAIVED: WAIVED,
    ConditionState.EXPIRED: EXPIRED,
}
SATISFIED_LETTERS = frozenset({MET, WAIVED, OTHER})


@dataclass(frozen=True)
class Kept:
    """What was kept of the evaluation before."""

    policy_id: int
    states: str
    ready_since: datetime | None
    changed_at: datetime


def letters_of(results: Sequence[ConditionResult]) -> str:
    """Return one letter per result, in the order of the policy."""
    return "".join(map(letter_of, results))


def letter_of(result: ConditionResult) -> str:
    """Return how a condition stands as one letter; what is begun is told from what is not."""
    if result.state is ConditionState.NOT_MET and (result.facts.get("passed") or "again" in result.facts):
        return BEGUN
    return LETTERS.get(result.state, OTHER if result.is_satisfied else NOT_MET)


@lru_cache(maxsize=8)
def content_mark(catalogue: Catalogue) -> str:
    """Return what tells whether the content asks for something else than before: of whom, what, in which version.

    A standing with another mark is looked at again by the worker.
    """
    texts = sorted((text.kind, text.version) for text in catalogue.commitments)
    modules = sorted(
        (module.key, module.asked_in, sorted(module.required_for), module.refreshers) for module in catalogue.modules
    )
    outcomes = [(course.key, one.key, one.evidence) for course in catalogue.courses for one in course.outcomes]
    return hashlib.sha256(repr((texts, modules, outcomes)).encode()).hexdigest()[:16]
