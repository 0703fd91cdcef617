"""What a course may ask: conditions that are known, can be met, and do not contradict each other."""

from collections.abc import Iterator, Sequence

from service.errors import InvalidInputError
from service.modules.content import Catalogue
from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    AT_LEAST,
    GROUPS,
    NOT,
    Condition,
)
from service.readiness.leaf_rules import KEY, MOST_APPROVERS, Fault, is_title, leaf_faults

MOST_CONDITIONS = 60
DEEPEST = 4


def check_own(
    asked: Sequence[Condition],
    own: Sequence[Condition],
    catalogue: Catalogue,
    *,
    has_roster: bool = True,
    unreachable: frozenset[str] = frozenset(),
) -> None:
    """Raise InvalidInputError with all `faults` of what a course wants to ask beside what the content asks."""
    faults = list(find_faults(asked, own, catalogue, has_roster=has_roster, unreachable=unreachable))
    if faults:
        raise InvalidInputError("policy.faulty", f"{len(faults)} faults, the first: {faults[0].code}.", faults=faults)


def find_faults(
    asked: Sequence[Condition],
    own: Sequence[Condition],
    catalogue: Catalogue,
    *,
    has_roster: bool = True,
    unreachable: frozenset[str] = frozenset(),
) -> Iterator[Fault]:
    """Give everything that is wrong.

    `has_roster`: whether the LMS gives a list of the course. `unreachable`: kinds that those asked cannot meet.
    """
    faults = list(_faults_in_place(asked, own, catalogue, has_roster))
    faults += [Fault(place, "not_for_role") for place, one in _places(own) if one.kind in unreachable]
    yield from faults
    faulty = {number for fault in faults for number in fault.place[:1]}
    for number in find_impossible(asked, own):
        if number not in faulty:
            yield Fault((number,), "impossible")


def _faults_in_place(
    asked: Sequence[Condition], own: Sequence[Condition], catalogue: Catalogue, has_roster: bool
) -> Iterator[Fault]:
    everything = [condition for one in own for condition in one.walk()]
    if len(everything) > MOST_CONDITIONS:
        yield Fault((), "too_many")
    names = [condition.name for condition in everything]
    asked_for = {condition.name for condition in (*asked, *own)}
    for place, condition in _places(own):
        if any(part.name == condition.name for one in condition.parts for part in one.walk()):
            yield Fault(place, "circle")
        elif names.count(condition.name) > 1:
            yield Fault(place, "twice")
        if condition.kind in GROUPS:
            yield from _group_faults(place, condition, asked_for)
        else:
            yield from leaf_faults(place, condition, catalogue, has_roster=has_roster)


def _places(
    conditions: Sequence[Condition], above: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Condition]]:
    for number, condition in enumerate(conditions, start=1):
        yield (*above, number), condition
        yield from _places(condition.parts, (*above, number))


def _group_faults(place: tuple[int, ...], group: Condition, asked_for: set[str]) -> Iterator[Fault]:
    if not KEY.fullmatch(group.key):
        yield Fault(place, "bad_key")
    if not is_title(group.title):
        yield Fault(place, "no_title")
    if not group.parts:
        yield Fault(place, "empty")
    if len(place) > DEEPEST:
        yield Fault(place, "too_deep")
    if group.kind == AT_LEAST and group.parts and not 1 <= group.count <= len(group.parts):
        yield Fault(place, "never_enough")
    if group.kind == NOT:
        if len(group.parts) > 1:
            yield Fault(place, "not_one")
        if any(part.name in asked_for for part in group.parts):
            yield Fault(place, "contradiction")
    if not 0 <= group.waived_by <= MOST_APPROVERS:
        yield Fault(place, "bad_number")


def find_impossible(asked: Sequence[Condition], own: Sequence[Condition]) -> list[int]:
    """Return the positions in `own`, from 1, of conditions that what else is asked makes impossible to meet.

    What must be so, and what must not, is followed through the groups; a group is impossible if too few of its parts
    are left. Whether a waiver could lift one of them is left aside.
    """
    must, must_not = _forced(tuple(asked) + tuple(own), is_so=True)
    groups = [(number, one) for number, one in enumerate(own, start=1) if one.kind in GROUPS]
    return [number for number, one in groups if not _is_possible(one, must, must_not)]


def _forced(conditions: Sequence[Condition], *, is_so: bool) -> tuple[set[str], set[str]]:
    """Return the names of the leaves that have to be met, and of those that may not be, for all of these to hold."""
    must: set[str] = set()
    must_not: set[str] = set()
    for one in conditions:
        if one.kind not in GROUPS:
            (must if is_so else must_not).add(one.name)
            continue
        if one.kind == NOT:
            more, less = _forced(one.parts, is_so=not is_so)
        elif _asks_for_all(one) if is_so else _needed(one) == 1:
            more, less = _forced(one.parts, is_so=is_so)
        else:
            continue
        must |= more
        must_not |= less
    return must, must_not


def _is_possible(one: Condition, must: set[str], must_not: set[str], *, is_so: bool = True) -> bool:
    if one.kind not in GROUPS:
        return one.name not in (must_not if is_so else must)
    if one.kind == NOT:
        return all(_is_possible(part, must, must_not, is_so=not is_so) for part in one.parts)
    possible = sum(_is_possible(part, must, must_not, is_so=is_so) for part in one.parts)
    needed = _needed(one)
    return possible >= (needed if is_so else len(one.parts) - needed + 1)


def _needed(group: Condition) -> int:
    return {ALL_OF: len(group.parts), ANY_OF: 1}.get(group.kind, group.count)


def _asks_for_all(group: Condition) -> bool:
    return _needed(group) == len(group.parts)
