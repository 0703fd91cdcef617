"""How people are called: shown, sought and sorted by. Of thousands, each text is made once and kept."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from service.i18n import MOST_NAMES, fold, sort_text
from service.people.rules import shown_name

ID_LENGTH = 16
"""A text of `Names` is the public id of a person, which has so many letters, and the name as the LMS gave it."""
_CODE_LENGTH = 4
BETWEEN = "\x1f"
"""Stands between texts that come as one. Should a name have it, all are read once more with a space instead."""
MOST_LISTS = 8
"""Of how many courses the latest list is kept."""


class Names(Sequence[str]):
    """How people are called, by their places, with what they are sought and sorted by, once somebody asks for it."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = tuple(texts)
        self._made: dict[tuple[str, ...], Sequence[str]] = {}
        self._orders: dict[tuple[str, ...], Sequence[int]] = {}

    def __getitem__(self, place: Any) -> Any:
        return self._texts[place]

    def __len__(self) -> int:
        return len(self._texts)

    def folded(self, nameless: str) -> Sequence[str]:
        """Return the texts as words are sought in them. `nameless`: as of `called`."""
        return self._make((nameless,), _folded)

    def sorted(self, nameless: str, language: str) -> Sequence[str]:
        """Return texts whose plain order is that of the names to a reader; the ids decide between equals."""
        return self._make((nameless, language), _sorted)

    def order(self, nameless: str, language: str) -> Sequence[int]:
        """Return all places as the names follow each other for a reader."""
        reader = nameless, language
        order = self._orders.get(reader)
        if order is None:
            order = self._orders[reader] = sorted(range(len(self)), key=self.sorted(*reader).__getitem__)
        return order

    def _make(self, reader: tuple[str, ...], kept: "Callable[..., _Kept]") -> Sequence[str]:
        made = self._made.get(reader)
        if made is None:
            made = self._made[reader] = list(map(kept(*reader).__getitem__, self._texts))
        return made


@lru_cache(maxsize=MOST_LISTS)
def read_names(joined: str) -> Names:
    """Return texts that have BETWEEN between them. The same ones need not be taken apart and put in order again."""
    return Names(joined.split(BETWEEN))


class _Kept(dict[str, str]):
    """What is made of texts, kept for the next time: a list of people is sought and sorted again and again."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> str:
        if len(self) >= MOST_NAMES:
            self.clear()
        made = self[text] = self._make(text)
        return made


def called(text: str, nameless: str) -> str:
    """Return the name that is shown of someone. `nameless`: what someone without one is called, with `%(code)s`."""
    return shown_name(text[ID_LENGTH:]) or nameless % {"code": code_of(text)}


def code_of(text: str) -> str:
    """Return the code by which staff speak of someone."""
    return text[:_CODE_LENGTH].upper()


@lru_cache(maxsize=8)
def _folded(nameless: str) -> _Kept:
    return _Kept(lambda text: f"{fold(called(text, nameless))} {text[:_CODE_LENGTH]}")


@lru_cache(maxsize=8)
def _sorted(nameless: str, language: str) -> _Kept:
    return _Kept(lambda text: f"{sort_text(called(text, nameless), language)}\0{text[:ID_LENGTH]}")
