"""Whom the board shows, in which order, and how many there are of each kind: pure, over rows as they are stored."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import compress
from operator import itemgetter
from typing import NamedTuple

from service.i18n import fold_once, sort_text
from service.people.rules import shown_name
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.keeping import BEGUN, LETTERS, SATISFIED_LETTERS, letters_of

STILL_DAYS = (7, 14, 30)
"""What one may ask for: nothing has changed for at least so many days."""


class Presence(StrEnum):
    """Where someone on the list is, in short."""

    READY = "ready"
    NOT_READY = "not_ready"
    NOT_COME = "not_come"
    """Known from the roster of the course, and never been here."""


class BoardRow(NamedTuple):
    """A person of the course, just as the database tells it: there may be thousands, of whom a page shows few."""

    id: int
    public_id: str
    role: str
    name: str
    """As the LMS gave it, see `Board.name_of`."""
    code: str
    language: str
    """"" where it is not known."""
    is_test_user: bool
    has_left: bool
    presence: str
    """A Presence."""
    policy: int | None
    """The id of the policy that was asked; None for who was never looked at."""
    states: str
    """A letter of `readiness.keeping` for each of its conditions."""
    still_days: int
    """The highest of STILL_DAYS that it has reached, 0 for none."""
    is_old: bool
    """Whether they are still to be looked at again."""


_ROLE, _STATE, _LANGUAGE, _STILL = (
    itemgetter(BoardRow._fields.index(n)) for n in ("role", "presence", "language", "still_days")
)
_PATTERN = itemgetter(*(BoardRow._fields.index(name) for name in ("policy", "role", "states")))
Pattern = tuple[int | None, str, str]
"""What was asked of someone and how it stands: policy, role, letters. Many people share one."""


@dataclass(frozen=True)
class Wish:
    """What the board is asked for; "" and () where everything is meant."""

    role: str = ""
    state: str = ""
    """A Presence."""
    language: str = ""
    missing: tuple[str, ...] = ()
    """Names of conditions: those who lack just these."""
    lacks: str = ""
    """The name of a condition: those who lack it, whatever else."""
    still: str = ""
    """One of STILL_DAYS."""
    q: str = ""
    """Words that a name or code has, folded."""
    sort: str = ""
    """name, missing, still; `-name` for the reverse."""

    def tests(self, board: "Board") -> dict[str, Callable[[BoardRow], bool]]:
        """Return what each filter asks of a row, by its name."""
        wanted, words = frozenset(self.missing), fold_once(self.q).split()
        days = int(self.still) if self.still.isdecimal() and len(self.still) < 5 else 0
        tests: dict[str, tuple[object, Callable[[BoardRow], bool]]] = {
            "role": (self.role, lambda row: row.role == self.role),
            "state": (self.state, lambda row: row.presence == self.state),
            "language": (self.language, lambda row: row.language == self.language),
            "missing": (wanted, lambda row: frozenset(board.missing(row)) == wanted),
            "lacks": (self.lacks, lambda row: self.lacks in board.missing(row)),
            "still": (days, lambda row: row.still_days >= days),
            "q": (words, lambda row: board.has_words(row, words)),
        }
        return {name: test for name, (wish, test) in tests.items() if wish}


@dataclass(frozen=True)
class Board:
    """All people of a course who learn, with what is asked of them."""

    rows: Sequence[BoardRow]
    policies: Mapping[int | str, tuple[Condition, ...]]
    """By id, and by role for who was never looked at."""
    untouched: Mapping[str, Sequence[ConditionResult]] = field(default_factory=dict)
    """By role: how the conditions stand for who was never looked at, and has done nothing."""
    nameless: str = "%(code)s"
    """What someone without a name is called."""
    _missing: dict[Pattern, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def names(self) -> Mapping[int | str, tuple[str, ...]]:
        """Return the names of the conditions by policy."""
        return {key: tuple(one.name for one in conditions) for key, conditions in self.policies.items()}

    def asked(self, row: BoardRow) -> int | str:
        """Return the key of the policy that someone was asked, or would be."""
        return row.role if row.policy is None else row.policy

    def states(self, row: BoardRow) -> str:
        """Return the letters of someone, of who was never looked at too."""
        return row.states if row.policy is not None else letters_of(self.untouched.get(row.role, ()))

    def letters(self, row: BoardRow) -> Iterator[tuple[str, str]]:
        """Give the name of each condition that was asked, with its letter."""
        return zip(self.names.get(self.asked(row), ()), self.states(row), strict=False)

    def missing(self, row: BoardRow) -> tuple[str, ...]:
        """Return the names of the conditions that someone lacks."""
        return self.missing_of(_PATTERN(row))

    def missing_of(self, pattern: Pattern) -> tuple[str, ...]:
        """Return the names of the conditions that those lack who stand so."""
        found = self._missing.get(pattern)
        if found is None:
            policy, role, states = pattern
            if policy is None:
                states = letters_of(self.untouched.get(role, ()))
            names = self.names.get(role if policy is None else policy, ())
            found = tuple(compress(names, map(_UNSATISFIED, states)))
            self._missing[pattern] = found
        return found

    def name_of(self, row: BoardRow) -> str:
        """Return the name of someone as it is shown."""
        return shown_name(row.name) or self.nameless % {"code": self.code_of(row)}

    def code_of(self, row: BoardRow) -> str:
        """Return the short code by which staff speak of someone."""
        return row.code[:4].upper()

    def has_words(self, row: BoardRow, words: Sequence[str]) -> bool:
        """Tell whether the name or the code of someone has all these folded words."""
        text = f"{fold_once(self.name_of(row))} {row.code[:4]}"
        return all(word in text for word in words)

    @property
    def old_count(self) -> int:
        """Return how many are still to be looked at again."""
        return sum(row.is_old and not row.has_left for row in self.rows)

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """Return all conditions that are asked of anyone, by name."""
        return {one.name: one for conditions in self.policies.values() for one in conditions}

    def columns(self, rows: Iterable[BoardRow]) -> list[Condition]:
        """Return the conditions that were asked of these people, in the order of their policies."""
        asked = dict.fromkeys(map(self.asked, rows))
        names = dict.fromkeys(name for policy in asked for name in self.names.get(policy, ()))
        return [self.conditions[name] for name in names]

    def count_letters(self) -> dict[str, Counter[str]]:
        """Return for each condition how many people have which letter; test users are not counted."""
        strings: dict[int | str, list[str]] = {}
        for row in self.rows:
            if not row.is_test_user:
                strings.setdefault(self.asked(row), []).append(self.states(row))
        found: dict[str, Counter[str]] = {}
        for policy, all_states in strings.items():
            # A column of letters at once: to count them one by one takes ten times as long.
            for name, letters in zip(self.names.get(policy, ()), zip(*all_states, strict=True), strict=False):
                found.setdefault(name, Counter()).update(letters)
        return found


_UNSATISFIED = frozenset("".join(LETTERS.values()) + BEGUN).difference(SATISFIED_LETTERS).__contains__


@dataclass(frozen=True)
class Shown:
    """What the board shows: the people in their order, and how many each filter would show beside the others.

    Test users are shown and not counted.
    """

    rows: Sequence[BoardRow]
    counts: Mapping[str, Counter[str]]
    """By filter (role, state, language, still) and value."""
    sets: Mapping[tuple[str, ...], int]
    """How many lack just these conditions."""
    lacking: Mapping[str, int]
    """How many lack a condition."""

    @property
    def count(self) -> int:
        return sum(not row.is_test_user for row in self.rows)


def select_rows(board: Board, wish: Wish, language: str) -> list[BoardRow]:
    """Return whom a wish shows to a reader of `language`. Rows come by waiting time, where that is the order."""
    return order(_passing(board.rows, _masks(board, wish)), wish.sort, board, language)


def _masks(board: Board, wish: Wish) -> dict[str, list[bool]]:
    return {name: [test(row) for row in board.rows] for name, test in wish.tests(board).items()}


def look(board: Board, wish: Wish, language: str) -> Shown:
    """Return what a wish shows, as `select_rows` does, and how many each filter would show."""
    masks = _masks(board, wish)
    shown = _passing(board.rows, masks)
    counted = [row for row in shown if not row.is_test_user]

    def beside(name: str) -> Sequence[BoardRow]:
        """Return those whom all filters but this one let through."""
        if name not in masks:
            return counted
        others = {other: mask for other, mask in masks.items() if other != name}
        return [row for row in _passing(board.rows, others) if not row.is_test_user]

    days = Counter(map(_STILL, beside("still")))
    counts = {
        "role": Counter(map(_ROLE, beside("role"))),
        "state": Counter(map(_STATE, beside("state"))),
        "language": Counter(map(_LANGUAGE, beside("language"))),
        "still": Counter(
            {str(one): sum(count for reached, count in days.items() if reached >= one) for one in STILL_DAYS}
        ),
    }
    of_missing, of_lacks = beside("missing"), beside("lacks")
    sets = _count_gaps(board, of_missing)
    others = sets if of_missing is of_lacks else _count_gaps(board, of_lacks)
    sets.pop((), None)
    lacking: Counter[str] = Counter()
    for names, count in others.items():
        for name in names:
            lacking[name] += count
    return Shown(order(shown, wish.sort, board, language), counts, sets, lacking)


def _passing(rows: Sequence[BoardRow], masks: Mapping[str, Sequence[bool]]) -> list[BoardRow]:
    passing = list(rows)
    if masks:
        passing = list(compress(rows, map(all, zip(*masks.values(), strict=True))))
    return passing


def _count_gaps(board: Board, rows: Sequence[BoardRow]) -> Counter[tuple[str, ...]]:
    """Return how many people lack just these conditions; each pattern is looked at once."""
    gaps: Counter[tuple[str, ...]] = Counter()
    for pattern, count in Counter(map(_PATTERN, rows)).items():
        gaps[board.missing_of(pattern)] += count
    return gaps


def order(rows: list[BoardRow], sort: str, board: Board, language: str) -> list[BoardRow]:
    """Return the rows in an order of `Wish.sort`; who is equal otherwise is sorted by name."""
    column = sort.removeprefix("-")
    if column != "still":
        rows.sort(key=lambda row: sort_text(board.name_of(row), language))
    if column == "missing":
        rows.sort(key=lambda row: len(board.missing(row)))
    return rows[::-1] if sort.startswith("-") else rows
