"""The shortest set of acts that leads from how things stand to ready, as a pure function of the results."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    DECLARED,
    EVENT_ATTENDED,
    GROUPS,
    MODULE_COMPLETE,
    NOT,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    Condition,
    ConditionResult,
    ConditionState,
)

BY_LEARNER = frozenset({MODULE_COMPLETE, OUTCOME_REACHED, COMMITMENT_GIVEN, DECLARED, EVENT_ATTENDED, PROFILE_COMPLETE})
"""Kinds where the person acts first, even if others look at it then."""
FAR = 1000
"""Acts that a step is counted as, where only a waiver helps."""


class Actor(StrEnum):
    """Who can do something about a condition."""

    LEARNER = "learner"
    STAFF = "staff"


@dataclass(frozen=True)
class Step:
    """One thing to be done. `undoes` says that something that was done has to be taken back."""

    result: ConditionResult
    actor: Actor
    undoes: bool = False


def shortest_way(results: Sequence[ConditionResult]) -> list[Step]:
    """Return the steps that lead to ready, the person's own first, each in the order of the policy; none if it is.

    Of parts of which some are enough, those with the fewest acts are taken; of equally many, the first.
    """
    steps = _steps_to_all(results)
    return sorted(steps, key=lambda step: step.actor is Actor.STAFF)


def actor_of(result: ConditionResult) -> Actor:
    """Return who can do something about a condition that is no group and not satisfied."""
    is_theirs = result.state is ConditionState.WAITING or "is_gone" in result.facts
    is_own = result.condition.kind in BY_LEARNER and not is_theirs
    return Actor.LEARNER if is_own else Actor.STAFF


def _steps_to_all(results: Sequence[ConditionResult]) -> list[Step]:
    steps: dict[Condition, Step] = {}
    for result in results:
        for step in _steps_to(result):
            steps.setdefault(step.result.condition, step)
    return list(steps.values())


def _steps_to(result: ConditionResult) -> list[Step]:
    if result.is_satisfied:
        return []
    if result.condition.kind not in GROUPS:
        return [Step(result, actor_of(result))]
    if result.condition.kind == NOT:
        return _steps_against(result)
    open_parts = [part for part in result.parts if not part.is_satisfied]
    lacking = result.facts["needed"] - result.facts["passed"]
    if lacking > len(open_parts):
        return [Step(result, Actor.STAFF)]
    cheapest = sorted(open_parts, key=lambda part: sum(_cost(step) for step in _steps_to(part)))[:lacking]
    return _steps_to_all([part for part in open_parts if part in cheapest])


def _steps_against(result: ConditionResult) -> list[Step]:
    """Return what makes something no longer so: who said it takes it back; all else is for staff."""
    part = next(part for part in result.parts if part.is_satisfied)
    may_take_back = part.is_met and part.condition.kind == DECLARED
    return [Step(part if may_take_back else result, Actor.LEARNER if may_take_back else Actor.STAFF, undoes=True)]


def _cost(step: Step) -> int:
    """Return how many acts a step is: exercises that are missing, else one."""
    facts = step.result.facts
    if step.undoes or step.result.condition.kind in GROUPS or "is_gone" in facts:
        return FAR
    if "again" in facts or "refresh" in facts:
        return len(facts.get("again") or facts["refresh"])
    return max(facts["all"] - facts.get("passed", 0), 1) if "all" in facts else 1
