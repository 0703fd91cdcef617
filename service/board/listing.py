"""The people whom a wish shows, in its order. No more is put in order than somebody looks at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest, nsmallest
from itertools import islice
from typing import Any

from service.board.naming import called
from service.board.rules import Board

Key = Callable[[int], Any]
MUCH = 8
"""To sort everyone is quicker than to seek the first ones, where more than one of so many is wanted."""


@dataclass(frozen=True)
class Reader:
    """For whom people are put in order."""

    language: str
    nameless: str
    """What someone without a name is called, with `%(code)s`."""


def find_words(board: Board, words: Sequence[str], nameless: str) -> Sequence[int]:
    """Return the places of those whose name or code has all these folded words."""
    places: Sequence[int] = range(len(board.ids))
    if words:
        texts = board.names.folded(nameless)
        for word in words:
            places = [place for place in places if word in texts[place]]
    return places


class Orders:
    """The orders of `Wish.sort` for one reader; who has waited longest is read once somebody asks for it."""

    def __init__(self, board: Board, reader: Reader, read_waiting: Callable[[], Sequence[int]]) -> None:
        """`read_waiting` gives the ids of memberships, the longest unchanged first."""
        self.board, self._reader, self._read_waiting = board, reader, read_waiting

    def name_at(self, place: int) -> str:
        """Return the name of someone as it is shown."""
        return called(self.board.names[place], self._reader.nameless)

    @property
    def by_name(self) -> Sequence[int]:
        """Return everyone's place, as the names follow each other."""
        return self.board.names.order(self._reader.nameless, self._reader.language)

    def key(self, sort: str) -> Key:
        """Return what to sort places by, where it is not the name alone."""
        if sort.removeprefix("-") == "still":
            return self._waiting.__getitem__
        names, counts, keys = self._names, self.board.missing_counts, self.board.keys
        return lambda place: (counts[keys[place]], names[place])

    @cached_property
    def _names(self) -> Sequence[str]:
        return self.board.names.sorted(self._reader.nameless, self._reader.language)

    @cached_property
    def _waiting(self) -> Sequence[tuple[int, int]]:
        """Return where each stands between those who have waited longest and who was never looked at."""
        found = {member_id: rank for rank, member_id in enumerate(self._read_waiting())}
        return [(found.get(member_id, len(found)), member_id) for member_id in self.board.ids]


class Listing(Sequence[int]):
    """Places of a board in an order of `Wish.sort`. To ask for the first page does not sort the others."""

    def __init__(self, places: Sequence[int], sort: str, orders: Orders) -> None:
        self.places, self._sort, self.orders = places, sort, orders

    def of(self, places: Sequence[int]) -> "Listing":
        """Return other people in the same order."""
        return Listing(places, self._sort, self.orders)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, wanted: Any) -> Any:
        if not isinstance(wanted, slice):
            return self._in_order[wanted]
        start, stop, _step = wanted.indices(len(self.places))
        if stop <= start:
            return []
        if self._is_by_name:
            return list(islice(self._by_name(), start, stop))
        if stop > len(self.places) // MUCH:
            return self._in_order[wanted]
        first = nlargest if self._is_reverse else nsmallest
        return first(stop, self.places, key=self.orders.key(self._sort))[wanted]

    @property
    def _is_reverse(self) -> bool:
        return self._sort.startswith("-")

    @property
    def _is_by_name(self) -> bool:
        return self._sort.removeprefix("-") not in {"missing", "still"}

    def _by_name(self) -> Iterator[int]:
        everyone = self.orders.by_name
        order = reversed(everyone) if self._is_reverse else iter(everyone)
        return order if len(self.places) == len(everyone) else filter(set(self.places).__contains__, order)

    @cached_property
    def _in_order(self) -> list[int]:
        if self._is_by_name:
            return list(self._by_name())
        return sorted(self.places, key=self.orders.key(self._sort), reverse=self._is_reverse)
