"""What a course may ask: conditions that are known, can be met, and do not contradict each other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.errors import InvalidInputError
from service.modules.content import Catalogue
from service.readiness.conditions import (
    AT_LEAST,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    GROUPS,
    MODULE_COMPLETE,
    NOT,
    Condition,
)

DECLARATIONS = ("yes_now", "capacity", "time")
"""What people may be asked to say of themselves, in words of ours (S4-40, S1-04)."""
DECISIONS = ("interview", "experience", "references", "role_model", "guardian_consent")
"""What staff may be asked to decide, in words of ours (S0-30 to S0-32, S2-06, S4-36, S4-40, S4-55)."""
LONGEST_TITLE = 120
MOST_CONDITIONS = 60
MOST_MONTHS = 120
MOST_APPROVERS = 3
DEEPEST = 4
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a policy, and where: the positions that lead there, from 1."""

    place: tuple[int, ...]
    code: str


def check_own(asked: Sequence[Condition], own: Sequence[Condition], catalogue: Catalogue) -> None:
    """Raise InvalidInputError with all `faults` of what a course wants to ask beside what the content asks."""
    faults = list(find_faults(asked, own, catalogue))
    if faults:
        raise InvalidInputError("policy.faulty", f"{len(faults)} faults, the first: {faults[0].code}.", faults=faults)


def find_faults(asked: Sequence[Condition], own: Sequence[Condition], catalogue: Catalogue) -> Iterator[Fault]:
    """Give everything that is wrong."""
    everything = [condition for one in own for condition in one.walk()]
    if len(everything) > MOST_CONDITIONS:
        yield Fault((), "too_many")
    names = [condition.name for condition in everything]
    asked_for = {condition.name for condition in (*asked, *own)}
    for place, condition in _places(own):
        if names.count(condition.name) > 1:
            yield Fault(place, "twice")
        if condition.kind in GROUPS:
            yield from _group_faults(place, condition, asked_for)
        else:
            yield from _leaf_faults(place, condition, catalogue)


def _places(
    conditions: Sequence[Condition], above: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Condition]]:
    for number, condition in enumerate(conditions, start=1):
        yield (*above, number), condition
        yield from _places(condition.parts, (*above, number))


def _group_faults(place: tuple[int, ...], group: Condition, asked_for: set[str]) -> Iterator[Fault]:
    if not _KEY.fullmatch(group.key):
        yield Fault(place, "bad_key")
    if not group.title.strip() or len(group.title) > LONGEST_TITLE:
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


def _leaf_faults(place: tuple[int, ...], leaf: Condition, catalogue: Catalogue) -> Iterator[Fault]:
    known = {
        MODULE_COMPLETE: {module.key for module in catalogue.modules},
        COMMITMENT_GIVEN: {text.kind for text in catalogue.commitments},
        DECLARED: set(DECLARATIONS),
        DECIDED: set(DECISIONS),
    }
    if leaf.kind not in known:
        yield Fault(place, "unknown_kind")
        return
    if leaf.key not in known[leaf.kind]:
        has_words = leaf.kind in {DECLARED, DECIDED} and leaf.title.strip() and len(leaf.title) <= LONGEST_TITLE
        if not has_words:
            yield Fault(place, "unknown_module" if leaf.kind == MODULE_COMPLETE else "no_title")
        elif not _KEY.fullmatch(leaf.key):
            yield Fault(place, "bad_key")
    numbers = (
        0 <= leaf.min_percent <= 100,
        0 <= leaf.valid_months <= MOST_MONTHS,
        1 <= leaf.approvers <= MOST_APPROVERS,
        0 <= leaf.waived_by <= MOST_APPROVERS,
    )
    if not all(numbers):
        yield Fault(place, "bad_number")
    if leaf.valid_months and leaf.kind not in {DECLARED, DECIDED}:
        yield Fault(place, "no_renewal")
    if leaf.parts:
        yield Fault(place, "has_parts")
