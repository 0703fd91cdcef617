"""What a policy asks for, and how each of it stands: plain values, as they are stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MODULE_COMPLETE = "module_complete"
COMMITMENT_GIVEN = "commitment_given"
DECLARED = "declared"
"""What a person says of themselves: "yes, now", how many mentees they have room for (S4-40, S1-04)."""
DECIDED = "decided"
"""What staff decide about a person: a criterion of screening, an interview (S0-30 to S0-32)."""
OUTCOME_REACHED = "outcome_reached"
"""What a person can show, by the key of its course and its own, `module-i.terms` (S4-15 to S4-20)."""
EVENT_ATTENDED = "event_attended"
"""Having been at a meeting of a kind: the opening, a training day (S0-39, S2-25)."""
ON_ROSTER = "on_roster"
"""Being on the list that the LMS gives of the course."""
PROFILE_COMPLETE = "profile_complete"
"""Having told of oneself what staff match by (S4-51)."""
ON_ROSTER_KEY, PROFILE_KEY = "roster", "profile"
"""The keys of kinds that there is only one of."""
ALL_OF = "all_of"
ANY_OF = "any_of"
AT_LEAST = "at_least"
NOT = "not"
GROUPS = (ALL_OF, ANY_OF, AT_LEAST, NOT)


class ConditionState(StrEnum):
    """How a condition stands."""

    MET = "met"
    NOT_MET = "not_met"
    WAITING = "waiting"
    """Another person has to decide."""
    WAIVED = "waived"
    EXPIRED = "expired"
    NOT_APPLICABLE = "not_applicable"
    """Staff have found that the question does not arise for this person."""


SATISFIED = frozenset({ConditionState.MET, ConditionState.WAIVED, ConditionState.NOT_APPLICABLE})


@dataclass(frozen=True)
class Condition:
    """One thing that a policy asks for; `kind` and `key` name it within its policy."""

    kind: str
    key: str
    title: str = ""
    """In the words of whoever wrote the policy, where the key has none of ours."""
    min_percent: int = 0
    """Of a module: the least score."""
    valid_months: int = 0
    """How long what met it counts; 0: for ever."""
    least: int = 0
    """Of a declaration in numbers: the least number."""
    approvers: int = 1
    """How many people have to say yes, where staff decide."""
    waived_by: int = 1
    """How many people it takes to waive it; 0: nobody can."""
    count: int = 0
    """Of a group that asks for at least some of its parts: how many."""
    parts: tuple["Condition", ...] = ()

    @property
    def name(self) -> str:
        """What waivers call it."""
        return f"{self.kind}:{self.key}"

    def as_data(self) -> dict[str, Any]:
        """Return what `from_data` needs; what is not said is left out, so that a new field makes no new policy."""
        data: dict[str, Any] = {"kind": self.kind, "key": self.key}
        for name in ("title", "min_percent", "valid_months", "least", "count"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        for name in ("approvers", "waived_by"):
            if getattr(self, name) != 1:
                data[name] = getattr(self, name)
        if self.parts:
            data["parts"] = [part.as_data() for part in self.parts]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Condition":
        """Return the condition that `as_data` told; what else stands there is not ours."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data and name != "parts"}
        return cls(**known, parts=tuple(cls.from_data(part) for part in data.get("parts", ())))

    def walk(self) -> Iterator["Condition"]:
        """Give the condition and all that it is made of."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class ConditionResult:
    """A condition with its state, and the facts that a page turns into words.

    `facts` holds what is there (`at`, `until`: ISO 8601 in UTC; `version`; `by` whom) and what is missing (`passed` of
    `all`, `percent` of `needed`, `missing` where a module asks for more, `again` the exercises of a module that was
    complete, which its version `asked_in` asks again, `refresh` those that renew one that runs out). `is_ending` says
    that it runs out within `rules.WARNED_BEFORE`, `is_gone` that the content no longer has what is asked.
    """

    condition: Condition
    state: ConditionState
    facts: Mapping[str, Any]
    parts: tuple["ConditionResult", ...] = ()

    @property
    def is_met(self) -> bool:
        return self.state is ConditionState.MET

    @property
    def is_satisfied(self) -> bool:
        """Tell whether it holds nobody up: met, or waived."""
        return self.state in SATISFIED

    def as_data(self) -> dict[str, Any]:
        """Return the result as plain data, as it is stored and frozen in a relation."""
        data = {**self.condition.as_data(), "state": self.state.value, "facts": dict(self.facts)}
        if self.parts:
            data["parts"] = [part.as_data() for part in self.parts]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ConditionResult":
        """Return the result that `as_data` stored."""
        parts = tuple(cls.from_data(part) for part in data.get("parts", ()))
        return cls(Condition.from_data(data), ConditionState(data["state"]), data["facts"], parts)
