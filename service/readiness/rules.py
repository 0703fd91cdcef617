"""The gate as a pure function: conditions and evidence give one result per condition; ready means all are met."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

MODULE_COMPLETE = "module_complete"
COMMITMENT_GIVEN = "commitment_given"


class ConditionState(StrEnum):
    """How a condition stands."""

    MET = "met"
    NOT_MET = "not_met"


@dataclass(frozen=True)
class Condition:
    """One thing that a policy asks for: a module completed, or a commitment given in its current version."""

    kind: str
    key: str


@dataclass(frozen=True)
class ModuleEvidence:
    """How far a person is in a module."""

    passed_exercises: int
    all_exercises: int
    completed_at: datetime | None
    recognised_by: str = ""
    """The name of who recognised it, where it is complete by that."""
    is_recorded: bool = False
    """Whether that was for work done elsewhere, recorded by staff without being asked."""
    missing: Sequence[Mapping[str, Any]] = ()
    """What its rule still asks for, where it asks for more than exercises: results of requirements as data."""


@dataclass(frozen=True)
class CommitmentEvidence:
    """A commitment that a person has given and not withdrawn."""

    version: int
    given_at: datetime


@dataclass(frozen=True)
class Evidence:
    """All that the gate may know of a person, by module key and by kind of commitment."""

    modules: Mapping[str, ModuleEvidence] = field(default_factory=dict)
    commitments: Mapping[str, CommitmentEvidence] = field(default_factory=dict)
    current_versions: Mapping[str, int] = field(default_factory=dict)
    """The version of each commitment that is asked for today."""


@dataclass(frozen=True)
class ConditionResult:
    """A condition with its state, and the facts that a page turns into words.

    `facts` holds what is there (`at`: ISO 8601 in UTC, `version`, `by` whom a module was recognised) and what is
    missing (`passed` of `all`, `missing` where a module asks for more).
    """

    condition: Condition
    state: ConditionState
    facts: Mapping[str, Any]

    @property
    def is_met(self) -> bool:
        return self.state is ConditionState.MET

    def as_data(self) -> dict[str, Any]:
        """Return the result as plain data, as it is stored and frozen in a relation."""
        return {**asdict(self.condition), "state": self.state.value, "facts": dict(self.facts)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ConditionResult":
        """Return the result that `as_data` stored."""
        return cls(Condition(data["kind"], data["key"]), ConditionState(data["state"]), data["facts"])


def evaluate(conditions: Sequence[Condition], evidence: Evidence) -> list[ConditionResult]:
    """Return one result per condition, in the order of the policy."""
    return [_EVALUATORS[condition.kind](condition, evidence) for condition in conditions]


def is_ready(results: Sequence[ConditionResult]) -> bool:
    """Tell whether all conditions are met; with no condition at all nobody is ready, since nothing was asked."""
    return bool(results) and all(result.is_met for result in results)


def _module_complete(condition: Condition, evidence: Evidence) -> ConditionResult:
    module = evidence.modules.get(condition.key)
    if module is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {"passed": 0})
    if module.completed_at is None:
        facts: dict[str, Any] = {"passed": module.passed_exercises, "all": module.all_exercises}
        if module.missing:
            facts["missing"] = list(module.missing)
        return ConditionResult(condition, ConditionState.NOT_MET, facts)
    facts = {"at": module.completed_at.isoformat()}
    if module.recognised_by:
        facts |= {"by": module.recognised_by, "is_recorded": module.is_recorded}
    return ConditionResult(condition, ConditionState.MET, facts)


def _commitment_given(condition: Condition, evidence: Evidence) -> ConditionResult:
    given = evidence.commitments.get(condition.key)
    current = evidence.current_versions.get(condition.key)
    if given is None or current is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {})
    if given.version != current:
        return ConditionResult(condition, ConditionState.NOT_MET, {"given_version": given.version, "version": current})
    return ConditionResult(condition, ConditionState.MET, {"at": given.given_at.isoformat(), "version": current})


_EVALUATORS = {MODULE_COMPLETE: _module_complete, COMMITMENT_GIVEN: _commitment_given}
