"""Whom the board shows, and how many there are of each kind: pure, over what is stored."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from operator import attrgetter
from typing import Any

from service.board.kinds import STILL_DAYS, Kind, read_kinds
from service.board.labelled import Labelled
from service.board.naming import Names
from service.i18n import fold
from service.people.models import LabelKind
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.keeping import BEGUN, LETTERS, SATISFIED_LETTERS, letters_of

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
    group: str = ""
    """Words of a label, or `labelled.NONE`."""
    organisation: str = ""
    still: str = ""
    """One of STILL_DAYS."""
    q: str = ""
    """Words that a name or code has."""
    sort: str = ""
    """name, missing, still; `-name` for the reverse."""

    @property
    def words(self) -> list[str]:
        """Return the words that a name or code has, folded."""
        return fold(self.q).split()

    @property
    def labels(self) -> dict[LabelKind, str]:
        """Return the labels that are asked for, by kind."""
        return {kind: words for kind in LabelKind if (words := getattr(self, kind))}

    @property
    def needs_names(self) -> bool:
        """Return whether people are sought by words or sorted by name."""
        return bool(self.words) or self.sort.removeprefix("-") != "still"

    @property
    def facts(self) -> frozenset[str]:
        """Return which of `kinds.ASKED_FOR` the filters look at."""
        return frozenset(name for name, wish in (("language", self.language), ("still_days", self.still)) if wish)

    def tests(self, board: "Board") -> dict[str, Callable[[Kind], bool]]:
        """Return what each filter asks of a kind, by its name; words and labels are no matter of kinds."""
        wanted = frozenset(self.missing)
        days = int(self.still) if self.still.isdecimal() and len(self.still) < 5 else 0
        tests: dict[str, tuple[object, Callable[[Kind], bool]]] = {
            "role": (self.role, lambda kind: kind.role == self.role),
            "state": (self.state, lambda kind: kind.presence == self.state),
            "language": (self.language, lambda kind: kind.language == self.language),
            "missing": (wanted, lambda kind: wanted == frozenset(board.missing(kind))),
            "lacks": (self.lacks, lambda kind: self.lacks in board.missing(kind)),
            "still": (days, lambda kind: kind.still_days >= days),
        }
        return {name: test for name, (wish, test) in tests.items() if wish}


@dataclass(frozen=True)
class Board:
    """All people of a course who learn, each at a place in lists of the same length, with what is asked of them."""

    ids: Sequence[int]
    """Of their memberships."""
    keys: Sequence[str]
    """Of their kinds, see `kinds`."""
    names: Names
    """How they are called; none where nobody asked for it."""
    policies: Mapping[int | str, tuple[Condition, ...]]
    """By id, and by role for who was never looked at."""
    untouched: Mapping[str, Sequence[ConditionResult]] = field(default_factory=dict)
    """By role: how the conditions stand for who was never looked at, and has done nothing."""
    labelled: Labelled = field(default_factory=Labelled)
    _missing: dict[Pattern, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def counts(self) -> Counter[str]:
        """Return how many people have each key."""
        return Counter(self.keys)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Return the kinds that there are, by their keys."""
        return read_kinds(self.__dict__.get("counts") or set(self.keys))

    def kind_at(self, place: int) -> Kind:
        """Return the kind of someone."""
        return self.kinds[self.keys[place]]

    def counted(self, places: Sequence[int]) -> Sequence[int]:
        """Return these people without test users."""
        tests = {key for key, kind in self.kinds.items() if kind.is_test_user}
        return [place for place in places if self.keys[place] not in tests] if tests else places

    def groups(self, counts: Mapping[str, int] | None = None) -> list[tuple[Kind, int]]:
        """Return each kind with how many are of it, of all or of those in `counts`; test users are not counted."""
        kinds, counts = self.kinds, self.counts if counts is None else counts
        return [(kinds[key], count) for key, count in counts.items() if not kinds[key].is_test_user]

    @property
    def count(self) -> int:
        """Return how many people there are, without test users."""
        return sum(count for _kind, count in self.groups())

    @property
    def old_count(self) -> int:
        """Return how many are still to be looked at again."""
        return sum(self.counts[key] for key, kind in self.kinds.items() if kind.is_old and not kind.has_left)

    @cached_property
    def condition_names(self) -> Mapping[int | str, tuple[str, ...]]:
        """Return the names of the conditions by policy."""
        return {key: tuple(one.name for one in conditions) for key, conditions in self.policies.items()}

    def asked(self, kind: Kind) -> int | str:
        """Return the key of the policy that someone was asked, or would be."""
        return kind.role if kind.policy is None else kind.policy

    def states(self, kind: Kind) -> str:
        """Return the letters of someone, of who was never looked at too."""
        return kind.states if kind.policy is not None else letters_of(self.untouched.get(kind.role, ()))

    def letters(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """Give the name of each condition that was asked, with its letter."""
        return zip(self.condition_names.get(self.asked(kind), ()), self.states(kind), strict=False)

    def missing(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of the conditions that those lack who are of this kind."""
        pattern = (kind.policy, kind.role, kind.states)
        found = self._missing.get(pattern)
        if found is None:
            names = self.condition_names.get(self.asked(kind), ())
            found = self._missing[pattern] = tuple(compress(names, map(_UNSATISFIED, self.states(kind))))
        return found

    @cached_property
    def missing_counts(self) -> dict[str, int]:
        """Return by key how many conditions are missing."""
        return {key: len(self.missing(kind)) for key, kind in self.kinds.items()}

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """Return all conditions that are asked of anyone, by name."""
        return {one.name: one for conditions in self.policies.values() for one in conditions}

    def columns(self, kinds: Iterable[Kind]) -> list[Condition]:
        """Return the conditions that were asked of people of these kinds, in the order of their policies."""
        asked = dict.fromkeys(map(self.asked, kinds))
        names = dict.fromkeys(name for policy in asked for name in self.condition_names.get(policy, ()))
        return [self.conditions[name] for name in names]

    def count_letters(self) -> dict[str, Counter[str]]:
        """Return for each condition how many people have which letter; test users are not counted."""
        patterns: Counter[tuple[int | str, str]] = Counter()
        for kind, count in self.groups():
            patterns[self.asked(kind), self.states(kind)] += count
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for (policy, states), count in patterns.items():
            for name, letter in zip(self.condition_names.get(policy, ()), states, strict=False):
                found[name][letter] += count
        return found


_UNSATISFIED = frozenset("".join(LETTERS.values()) + BEGUN).difference(SATISFIED_LETTERS).__contains__


@dataclass(frozen=True)
class Shown:
    """Whom the board shows, in no order, and how many each filter would show beside the others.

    Test users are shown and not counted.
    """

    places: Sequence[int]
    count: int
    counts: Mapping[str, Counter[str]]
    """By filter (role, state, language, still) and value."""
    sets: Mapping[tuple[str, ...], int]
    """How many lack just these conditions."""
    lacking: Mapping[str, int]
    """How many lack a condition."""
    labels: Mapping[LabelKind, Counter[int]] = field(default_factory=dict)
    """By kind and id, how many have a label."""


Group = tuple[str, Kind, int]
"""The key of a kind, the kind, and how many are counted of it: none of test users."""


def passing(board: Board, wish: Wish, among: Sequence[int]) -> Sequence[int]:
    """Return whom of these people a wish shows, words and labels aside."""
    tests = list(wish.tests(board).values())
    good = {key for key, kind in board.kinds.items() if all(test(kind) for test in tests)}
    return _of_kinds(board, good, among)


def _of_kinds(board: Board, good: Collection[str], among: Sequence[int]) -> Sequence[int]:
    if len(good) == len(board.kinds):
        return among
    keys = board.keys
    return [place for place in among if keys[place] in good]


def look(board: Board, wish: Wish, among: Sequence[int]) -> Shown:
    """Return what a wish shows of these people, as `passing` does, and how many each filter would show.

    Each kind is looked at once, however many people are of it.
    """
    there = board.counts if len(among) == len(board.keys) else Counter(map(board.keys.__getitem__, among))
    kinds = [(key, board.kinds[key], count) for key, count in there.items()]
    groups: list[Group] = [(key, kind, 0 if kind.is_test_user else count) for key, kind, count in kinds]
    masks = {name: [test(kind) for _key, kind, _count in groups] for name, test in wish.tests(board).items()}
    shown = _through(groups, masks.values())

    def beside(name: str) -> Sequence[Group]:
        """Return those whom all filters but this one let through."""
        if name not in masks:
            return shown
        return _through(groups, [mask for other, mask in masks.items() if other != name])

    days = _tally(beside("still"), attrgetter("still_days"))
    counts = {
        "role": _tally(beside("role"), attrgetter("role")),
        "state": _tally(beside("state"), attrgetter("presence")),
        "language": _tally(beside("language"), attrgetter("language")),
        "still": Counter(
            {str(one): sum(count for reached, count in days.items() if reached >= one) for one in STILL_DAYS}
        ),
    }
    of_missing, of_lacks = beside("missing"), beside("lacks")
    sets = _tally(of_missing, board.missing)
    others = sets if of_missing is of_lacks else _tally(of_lacks, board.missing)
    lacking: Counter[str] = Counter()
    for names, count in others.items():
        for name in names:
            lacking[name] += count
    sets.pop((), None)
    places = among if shown is groups else _of_kinds(board, {key for key, _kind, _count in shown}, among)
    return Shown(places, sum(count for _key, _kind, count in shown), counts, sets, lacking)


def _through(groups: Sequence[Group], masks: Iterable[Sequence[bool]]) -> Sequence[Group]:
    every = list(masks)
    return list(compress(groups, map(all, zip(*every, strict=True)))) if every else groups


def _tally(groups: Iterable[Group], value: Callable[[Kind], Any]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for _key, kind, count in groups:
        if count:
            counts[value(kind)] += count
    return counts
