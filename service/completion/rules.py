"""When a module is complete, what that rests on, and what it is worth."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from service.exercises.rules import Best
from service.modules.content import Module
from service.modules.requirements import IN_FORUM, Group, Kind, Requirement, Rule

GROUP = "group"
Place = tuple[str, str]
"""A module and one of its sections or exercises, by their keys."""


@dataclass(frozen=True)
class Attended:
    """An event that someone was at, and the modules that were taught there."""

    kind: str
    module_keys: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Contribution:
    """A post in a forum of the community: one's own, or an answer to someone else's; a post is answered once."""

    forum_key: str
    is_answer: bool
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What is known of one person's work, each with the time since when it is so."""

    read: Mapping[Place, datetime] = field(default_factory=dict)
    passed: Mapping[Place, datetime] = field(default_factory=dict)
    reviewed: Mapping[Place, datetime] = field(default_factory=dict)
    """Exercises that were accepted."""
    posted: Sequence[datetime] = ()
    """Posts in forums of the community."""
    discussed: Sequence[Contribution] = ()
    attended: Sequence[Attended] = ()
    completed: Mapping[str, datetime] = field(default_factory=dict)
    """Modules that are complete."""
    recognised: Mapping[str, datetime] = field(default_factory=dict)
    """Modules that a person of staff has recognised."""


@dataclass(frozen=True)
class Result:
    """How far a rule or a part of it is met: `have` of `need`, and in `missing` the keys that still lack.

    `kind` is a `requirements.Kind`, or GROUP, whose parts are counted. `at` is since when it is met, None while not.
    """

    kind: str
    module_key: str
    have: int
    need: int
    missing: tuple[str, ...] = ()
    at: datetime | None = None
    is_recognised: bool = False
    """Whether it counts as met because its module was recognised, not because it was done here."""
    keys: tuple[str, ...] = ()
    parts: tuple["Result", ...] = ()

    @property
    def is_met(self) -> bool:
        return self.at is not None

    def as_data(self) -> dict[str, Any]:
        """Return the result as plain data, as it is stored."""
        return {
            "kind": self.kind,
            "module": self.module_key,
            "have": self.have,
            "need": self.need,
            "missing": list(self.missing),
            "at": self.at.isoformat() if self.at else None,
            "is_recognised": self.is_recognised,
            "keys": list(self.keys),
            "parts": [part.as_data() for part in self.parts],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Result":
        """Return the result that `as_data` stored."""
        return cls(
            data["kind"],
            data["module"],
            data["have"],
            data["need"],
            tuple(data["missing"]),
            datetime.fromisoformat(data["at"]) if data["at"] else None,
            data["is_recognised"],
            tuple(data["keys"]),
            tuple(cls.from_data(part) for part in data["parts"]),
        )


@dataclass(frozen=True)
class Progress:
    """How far someone is in a module. The names are those of the table's columns."""

    passed_exercises: int
    all_exercises: int
    points: float
    max_points: float


class HasPoints(Protocol):
    """A Progress, or the row of a Completion."""

    @property
    def points(self) -> float: ...

    @property
    def max_points(self) -> float: ...


def evaluate(rule: Rule, facts: Facts) -> Result:
    """Return how far the rule is met, part by part."""
    return _evaluate_group(rule, facts) if isinstance(rule, Group) else _evaluate_requirement(rule, facts)


def list_leaves(result: Result) -> list[Result]:
    """Return the results of all requirements in the rule, in its order."""
    return [leaf for part in result.parts for leaf in list_leaves(part)] if result.kind == GROUP else [result]


def list_open(result: Result) -> list[Result]:
    """Return what is still asked for: requirements, and as a whole the groups of which some parts are enough."""
    if result.is_met:
        return []
    if result.kind != GROUP or result.need < len(result.parts):
        return [result]
    return [found for part in result.parts for found in list_open(part)]


def released(best: Mapping[str, Best], held_back: Collection[str]) -> Mapping[str, Best]:
    """Return the best tries as they count: what is `held_back` waits for a reviewer, and is not passed before."""
    return {key: replace(found, is_passed=found.is_passed and key not in held_back) for key, found in best.items()}


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


def done_in(
    module: Module, earlier: Mapping[str, int], passed: Mapping[str, int], *, is_met: bool, is_recognised_anew: bool
) -> dict[str, int]:
    """Return, by exercise, the version of the module up to which it need not be done again.

    `earlier` is what this gave before, `passed` the newest version in which each exercise was passed. Whoever completes
    the module, in whatever way, owes none of its exercises to an older version.
    """
    everything = dict.fromkeys((exercise.key for exercise in module.exercises), module.version)
    if is_recognised_anew:
        return {**earlier, **everything}
    done = {key: max(version, earlier.get(key, 0)) for key, version in passed.items()}
    return {**(everything if is_met else {}), **earlier, **done}


def list_asked_again(module: Module, done: Mapping[str, int]) -> tuple[str, ...]:
    """Return the exercises that a newer version asks again of someone who completed the module, in their order.

    `done` is what `done_in` gave.
    """
    asked = module.asked_again
    return tuple(one.key for one in module.exercises if done.get(one.key, 0) < asked.get(one.key, 0))


def score_of(progress: HasPoints) -> float:
    """Return the share of the points that were reached, 0..1."""
    return min(progress.points / progress.max_points, 1.0) if progress.max_points else 0.0


def _evaluate_group(group: Group, facts: Facts) -> Result:
    parts = tuple(evaluate(part, facts) for part in group.parts)
    times = sorted(part.at for part in parts if part.at)
    at = times[group.least - 1] if len(times) >= group.least else None
    return Result(GROUP, "", len(times), group.least, at=at, parts=parts)


def _evaluate_requirement(asked: Requirement, facts: Facts) -> Result:
    key = asked.module_key
    recognised_at = facts.recognised.get(key)
    times, missing, need = _found(asked, facts)
    is_done = len(times) >= need
    at = sorted(times)[need - 1] if is_done else recognised_at
    return Result(
        asked.kind.value,
        key,
        min(len(times), need),
        need,
        missing,
        at,
        is_recognised=not is_done and at is not None,
        keys=asked.keys,
    )


def _found(asked: Requirement, facts: Facts) -> tuple[list[datetime], tuple[str, ...], int]:
    """Return the times of what is there, the keys of what is missing, and how many are asked for."""
    key = asked.module_key
    if asked.kind is Kind.POSTED:
        return list(facts.posted), (), asked.count
    if asked.kind in IN_FORUM:
        is_answer = asked.kind is Kind.ANSWERED
        said = (one for one in facts.discussed if one.forum_key in asked.keys and one.is_answer is is_answer)
        return [one.at for one in said], (), asked.count
    if asked.kind is Kind.ATTENDED:
        counted = (one for one in facts.attended if (one.kind in asked.keys if asked.keys else key in one.module_keys))
        return [one.at for one in counted], (), 1
    if asked.kind is Kind.COMPLETED:
        return [facts.completed[key]] if key in facts.completed else [], (), 1
    known = {Kind.READ: facts.read, Kind.PASSED: facts.passed, Kind.REVIEWED: facts.reviewed}[asked.kind]
    there = {one: known[key, one] for one in asked.keys if (key, one) in known}
    return list(there.values()), tuple(one for one in asked.keys if one not in there), len(asked.keys)
