"""What all questions need on their way to an exercise: keys, losses, and phrases that stand for what is written."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Any

from marshmallow import ValidationError

from service.exchange.markup import Taken, as_text
from service.exchange.questions import Choice
from service.exercise_types.texts import Phrase
from service.i18n import fold

LONGEST_KEY = 40
_MOST_WHOLE_NUMBERS = 20
"""So many numbers are listed where a tolerance allows several."""


class NotTakenError(Exception):
    """Says in a sentence why a question cannot become an exercise."""


@dataclass
class Draft:
    """An exercise in the making: its part of module.yaml and its words, and what of the question was lost."""

    type: str
    structure: dict[str, Any]
    words: dict[str, Any]
    model: str
    """The worked answer, as Markdown."""
    is_whole: bool = True
    """Whether it has one part only, which is right or wrong."""
    task: str | None = None
    """In place of the question's text, where that went into the words."""


@dataclass
class Losses:
    """Collects what is lost, each thing once, in words that follow “without”."""

    found: list[str] = field(default_factory=list)

    def add(self, *losses: str) -> None:
        """Keep losses."""
        self.found.extend(loss for loss in losses if loss not in self.found)

    def take(self, taken: Taken) -> str:
        """Return the text, and keep what it lost."""
        self.add(*taken.losses)
        return taken.text


def key_of(text: str, usual: str, taken: Container[str]) -> str:
    """Return a key made of the text, or `usual` where it has no Latin letters; a number follows if it is taken."""
    latin = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    stem = latin[:LONGEST_KEY].strip("-") or usual
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def escaped(text: str) -> str:
    """Return plain text as Markdown that shows it as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def accepted_of(right: Sequence[Choice], *, is_number: bool, losses: Losses) -> Iterator[str]:
    """Give the phrases that stand for answers which are written, each once."""
    seen = set()
    for choice in right:
        written = [losses.take(as_text(choice.text))]
        if is_number:
            written = list(_numbers(written[0], choice.tolerance, losses))
        for phrase in written:
            if _is_phrase(phrase) and phrase not in seen:
                seen.add(phrase)
                yield phrase
            elif phrase not in seen:
                losses.add(f"the answer “{phrase[:30]}”, which cannot be looked for")


def _is_phrase(phrase: str) -> bool:
    try:
        Phrase().deserialize(phrase)
    except ValidationError:
        return False
    return True


def _numbers(text: str, tolerance: float, losses: Losses) -> Iterator[str]:
    try:
        middle = float(text.replace(",", "."))
    except ValueError:
        return
    if not isfinite(middle):
        return
    low, high = middle - tolerance, middle + tolerance
    if low < 0:
        losses.add("numbers below 0: a sign before a number is not looked at")
    yield text.lstrip("-")
    if not tolerance:
        return
    if high - low <= _MOST_WHOLE_NUMBERS and ceil(low) <= high:
        losses.add("numbers between the whole ones")
        yield from (str(number) for number in range(max(ceil(low), 0), int(high) + 1))
    else:
        losses.add(f"its tolerance: {text} alone counts")
