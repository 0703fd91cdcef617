"""What filters ask of a person and boards count, as one short text: of thousands of people, many have the same one."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from string import ascii_lowercase
from typing import NamedTuple

from service.i18n import LANGUAGES
from service.people.models import LEARNING_ROLES

STILL_DAYS = (7, 14, 30)
"""What one may ask for: nothing has changed for at least so many days."""


class Presence(StrEnum):
    """Where someone on the list is, in short."""

    READY = "ready"
    NOT_READY = "not_ready"
    NOT_COME = "not_come"
    """Known from the roster of the course, and never been here."""


class Kind(NamedTuple):
    """What one board tells apart. Whoever is of one kind passes the same filters, but for words in a name."""

    role: str
    presence: str
    """A Presence."""
    language: str
    """"" where it is not known."""
    is_test_user: bool
    has_left: bool
    still_days: int
    """The highest of STILL_DAYS that it has reached, 0 for none."""
    is_old: bool
    """Whether they are still to be looked at again."""
    policy: int | None
    """The id of the policy that was asked; None for who was never looked at."""
    states: str
    """A letter of `readiness.keeping` for each of its conditions."""


DIGITS = {
    "role": tuple(role.value for role in LEARNING_ROLES),
    "presence": tuple(presence.value for presence in Presence),
    "language": ("", *LANGUAGES),
    "is_test_user": (False, True),
    "has_left": (False, True),
    "still_days": (0, *STILL_DAYS),
    "is_old": (False, True),
}
"""What each digit of a key means, in their order; the id of the policy stands before them, 0 for none."""
ASKED_FOR = frozenset({"language", "still_days", "is_old"})
"""Facts that are told where somebody asks for them: each costs a look at everyone, and makes more kinds."""
MOST_KINDS = 50_000
"""How many are kept as they were read: a key always means the same."""
ABOVE_DIGITS: int = 10 ** len(DIGITS)


def read_kinds(keys: Iterable[str]) -> dict[str, Kind]:
    """Return the kinds by their keys. A key is a whole number (policy and DIGITS), then the letters of the states.

    Who has no letters was never looked at, or before letters were kept.
    """
    return {key: _read_kind(key) for key in keys}


@lru_cache(maxsize=MOST_KINDS)
def _read_kind(key: str) -> Kind:
    number = key.rstrip(ascii_lowercase)
    told, states = _read_number(int(number)), key[len(number) :]
    return Kind._make((*told, states) if states else (*told[:-1], None, ""))


@lru_cache(maxsize=MOST_KINDS)
def _read_number(number: int) -> tuple[object, ...]:
    policy, rest = divmod(number, ABOVE_DIGITS)
    digits = map(int, str(rest).zfill(len(DIGITS)))
    return (*(values[digit] for values, digit in zip(DIGITS.values(), digits, strict=True)), policy or None)
