"""What may be asked in one condition that is no group: known, in range, and such that someone can meet it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.events.models import EventKind
from service.modules.content import Catalogue
from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    ON_ROSTER,
    ON_ROSTER_KEY,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    PROFILE_KEY,
    Condition,
)

NUMBERS = {"capacity": 20, "time": 200}
"""Declarations that ask for a number, with the most that may be asked: mentees, and hours in a month (S1-04)."""
DECLARATIONS = ("yes_now", *NUMBERS)
"""What people may be asked to say of themselves, in words of ours (S4-40, S1-04)."""
DECISIONS = ("interview", "experience", "references", "role_model", "guardian_consent")
"""What staff may be asked to decide, in words of ours (S0-30 to S0-32, S2-06, S4-36, S4-40, S4-55)."""
MAY_NOT_APPLY = frozenset({"guardian_consent"})
"""Of these, what does not arise for everyone: who is of age has no guardian."""
RUNS_OUT = frozenset({DECLARED, DECIDED, MODULE_COMPLETE, EVENT_ATTENDED, ON_ROSTER})
"""Kinds that may count for so many months only: each can be done anew."""
LONGEST_TITLE = 120
LONGEST_NAME = 96
"""As waivers keep it."""
MOST_MONTHS = 120
MOST_APPROVERS = 3
UNKNOWN = {
    MODULE_COMPLETE: "unknown_module",
    COMMITMENT_GIVEN: "unknown_text",
    OUTCOME_REACHED: "unknown_outcome",
    EVENT_ATTENDED: "unknown_event",
}
"""What a key is called that the content, or the tool, does not have."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a policy, and where: the positions that lead there, from 1."""

    place: tuple[int, ...]
    code: str


def leaf_faults(place: tuple[int, ...], leaf: Condition, catalogue: Catalogue, *, has_roster: bool) -> Iterator[Fault]:
    """Give everything that is wrong with a condition that is no group. `has_roster`: as in `find_faults`."""
    known = _known_keys(catalogue)
    if leaf.kind not in known:
        yield Fault(place, "unknown_kind")
        return
    if leaf.key not in known[leaf.kind]:
        yield from _own_key_faults(place, leaf)
    elif leaf.kind == MODULE_COMPLETE and leaf.valid_months and not catalogue.module(leaf.key).refreshers:
        yield Fault(place, "no_renewal")
    if leaf.kind == ON_ROSTER and not has_roster:
        yield Fault(place, "no_roster")
    if leaf.valid_months and leaf.kind not in RUNS_OUT:
        yield Fault(place, "no_end")
    if leaf.parts:
        yield Fault(place, "has_parts")
    if leaf.key in known[leaf.kind] and leaf.title and not is_title(leaf.title):
        yield Fault(place, "no_title")
    numbers = (
        0 <= leaf.min_percent <= (100 if leaf.kind == MODULE_COMPLETE else 0),
        0 <= leaf.valid_months <= MOST_MONTHS,
        0 <= leaf.least <= (NUMBERS.get(leaf.key, 0) if leaf.kind == DECLARED else 0),
        1 <= leaf.approvers <= MOST_APPROVERS,
        0 <= leaf.waived_by <= MOST_APPROVERS,
    )
    if not all(numbers):
        yield Fault(place, "bad_number")


def is_title(text: str) -> bool:
    """Tell whether a condition may be called so: on one line, which is neither empty nor too long."""
    return bool(text.strip()) and len(text) <= LONGEST_TITLE and not _CONTROL.search(text)


def _known_keys(catalogue: Catalogue) -> dict[str, set[str]]:
    return {
        MODULE_COMPLETE: {module.key for module in catalogue.modules},
        COMMITMENT_GIVEN: {text.kind for text in catalogue.commitments},
        OUTCOME_REACHED: {f"{course.key}.{one.key}" for course in catalogue.courses for one in course.outcomes},
        EVENT_ATTENDED: {kind.value for kind in EventKind},
        PROFILE_COMPLETE: {PROFILE_KEY},
        ON_ROSTER: {ON_ROSTER_KEY},
        DECLARED: set(DECLARATIONS),
        DECIDED: set(DECISIONS),
    }


def _own_key_faults(place: tuple[int, ...], leaf: Condition) -> Iterator[Fault]:
    """Give what is wrong with a key that is none of ours: only what people say or decide can be put in own words."""
    if leaf.kind not in {DECLARED, DECIDED}:
        yield Fault(place, UNKNOWN.get(leaf.kind, "bad_key"))
    elif not is_title(leaf.title):
        yield Fault(place, "no_title")
    elif not KEY.fullmatch(leaf.key) or len(leaf.name) > LONGEST_NAME:
        yield Fault(place, "bad_key")
