"""How people are called: shown, sought and sorted by. Of thousands, each text is made once and kept."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from service.board.rules import Board
from service.i18n import MOST_NAMES, fold, sort_text
from service.people.rules import shown_name

ID_LENGTH = 16
"""A text of `Board.texts` is the public id of a person, which has so many letters, and the name as the LMS gave it."""
_CODE_LENGTH = 4


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


def find_words(board: Board, words: Sequence[str], nameless: str) -> Sequence[int]:
    """Return the places of those whose name or code has all these folded words."""
    places: Sequence[int] = range(len(board.ids))
    if words:
        texts = list(map(_folded(nameless).__getitem__, board.texts))
        for word in words:
            places = [place for place in places if word in texts[place]]
    return places


def sort_texts(board: Board, language: str, nameless: str) -> list[str]:
    """Return texts whose plain order is that of the names to a reader; the ids decide between equals."""
    return list(map(_sorted(nameless, language).__getitem__, board.texts))


@lru_cache(maxsize=8)
def _folded(nameless: str) -> _Kept:
    return _Kept(lambda text: f"{fold(called(text, nameless))} {text[:_CODE_LENGTH]}")


@lru_cache(maxsize=8)
def _sorted(nameless: str, language: str) -> _Kept:
    return _Kept(lambda text: f"{sort_text(called(text, nameless), language)}\0{text[:ID_LENGTH]}")
