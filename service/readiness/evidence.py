"""All that the gate may know of a person, as values."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ModuleEvidence:
    """How far a person is in a module."""

    passed_exercises: int
    all_exercises: int
    completed_at: datetime | None
    percent: int = 100
    """The score, rounded down."""
    recognised_by: str = ""
    """The name of who recognised it, where it is complete by that."""
    is_recorded: bool = False
    """Whether that was for work done elsewhere, recorded by staff without being asked."""
    until: datetime | None = None
    """When that ends."""
    asked_again: Sequence[str] = ()
    """Exercises that a new version of the module asks again of who was complete, by key."""
    asked_in: int = 0
    """The newest version that asks for anything again."""
    missing: Sequence[Mapping[str, Any]] = ()
    """What its rule still asks for, where it asks for more than exercises: results of requirements as data."""
    refreshers: Mapping[str, datetime | None] = field(default_factory=dict)
    """When each exercise that renews it was last passed, where the policy lets the module run out."""

    recognised_at: datetime | None = None
    """The day that a recognition counts from, where the policy lets the module run out."""

    @property
    def counts_from(self) -> datetime | None:
        """When it was last complete: by the first completion, a recognition, or all that renews it done again."""
        if self.completed_at is None:
            return None
        times = list(self.refreshers.values())
        renewed = min((at for at in times if at), default=None) if None not in times else None
        return max(at for at in (self.completed_at, self.recognised_at, renewed) if at)


@dataclass(frozen=True)
class CommitmentEvidence:
    """A commitment that a person has given and not withdrawn."""

    version: int
    given_at: datetime


@dataclass(frozen=True)
class OutcomeEvidence:
    """How far a person is with an outcome. `at` is when its last piece of evidence was there, None while one lacks."""

    have: int
    need: int
    at: datetime | None
    missing: Sequence[Mapping[str, Any]] = ()
    """What is still asked for: results of requirements as data."""


@dataclass(frozen=True)
class RosterEvidence:
    """What the list of the course says. `read_at`: None while it was never read; `problem`: that of the last try."""

    is_listed: bool
    read_at: datetime | None
    problem: str = ""


@dataclass(frozen=True)
class ProfileEvidence:
    """How complete a profile is: the names of what lacks. `at` is its last change."""

    missing: Sequence[str]
    at: datetime


@dataclass(frozen=True)
class DecisionEvidence:
    """What staff have decided about a person: by whom, and whether it was a yes."""

    is_yes: bool
    by: tuple[str, ...]
    """Public ids of the memberships that said so, in order; none twice."""
    at: datetime
    """When the last of them did."""
    is_applicable: bool = True
    """False where all of them have found that the question does not arise."""


@dataclass(frozen=True)
class WaiverEvidence:
    """A condition that staff have lifted for this person: by whom, and until when; None: as long as it stands."""

    by: tuple[str, ...]
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """All that the gate may know of a person. Modules, commitments, and so on by key; waivers by `Condition.name`."""

    modules: Mapping[str, ModuleEvidence] = field(default_factory=dict)
    commitments: Mapping[str, CommitmentEvidence] = field(default_factory=dict)
    current_versions: Mapping[str, int] = field(default_factory=dict)
    """The version of each commitment that is asked for today."""
    declarations: Mapping[str, datetime] = field(default_factory=dict)
    """When a person said it of themselves; what was taken back is not here."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """What they said in numbers: for how many mentees there is room."""
    decisions: Mapping[str, DecisionEvidence] = field(default_factory=dict)
    outcomes: Mapping[str, OutcomeEvidence] = field(default_factory=dict)
    attended: Mapping[str, datetime] = field(default_factory=dict)
    """When the person was last at a meeting, by kind."""
    profile: Mapping[str, ProfileEvidence] = field(default_factory=dict)
    roster: Mapping[str, RosterEvidence] = field(default_factory=dict)
    waivers: Mapping[str, WaiverEvidence] = field(default_factory=dict)
    gone: Sequence[str] = ()
    """Names of conditions that ask for what the content no longer has: a module that was withdrawn."""

    def as_data(self) -> dict[str, Any]:
        """Return all of it as JSON, to be frozen beside what it led to (FEATURES N4)."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self), default=datetime.isoformat))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Evidence":
        """Return the evidence that `as_data` froze."""

        def read(kind: Callable[..., T], name: str) -> dict[str, T]:
            return {key: kind(**_with_times(values)) for key, values in data.get(name, {}).items()}

        return cls(
            modules=read(ModuleEvidence, "modules"),
            commitments=read(CommitmentEvidence, "commitments"),
            current_versions=data.get("current_versions", {}),
            declarations=_times(data.get("declarations", {})),
            numbers=data.get("numbers", {}),
            decisions=read(DecisionEvidence, "decisions"),
            outcomes=read(OutcomeEvidence, "outcomes"),
            attended=_times(data.get("attended", {})),
            profile=read(ProfileEvidence, "profile"),
            roster=read(RosterEvidence, "roster"),
            waivers=read(WaiverEvidence, "waivers"),
            gone=tuple(data.get("gone", ())),
        )


def _with_times(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one piece of evidence as they were before they became JSON."""
    return {name: _read_value(name, value) for name, value in values.items()}


def _times(values: Mapping[str, str]) -> dict[str, datetime]:
    return {key: datetime.fromisoformat(at) for key, at in values.items()}


def _read_value(name: str, value: Any) -> Any:
    if name == "refreshers":
        return {key: datetime.fromisoformat(at) if at else None for key, at in value.items()}
    if name in {"by", "missing"} and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    is_time = name in {"at", "until"} or name.endswith("_at")
    return datetime.fromisoformat(value) if is_time and value is not None else value
