"""The terms of the glossary, as they stand in memory, and how they are found in texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TermWords:
    """A term in one language. In `forms`, `avoid` and `links`, `*` stands for the rest of a word."""

    term: str
    meaning: str
    forms: tuple[str, ...]
    """The term as it appears in texts."""
    avoid: tuple[str, ...]
    """What the content does not say, because it says `term`."""
    links: tuple[str, ...] = ()
    """The forms that lead from a text to what the term means; all of `forms` where this is empty."""


@dataclass(frozen=True)
class Term:
    """A word of the glossary, explained in the modules with the keys `modules`."""

    key: str
    modules: tuple[str, ...]
    words: Mapping[str, TermWords]


def written(form: str) -> str:
    """Return a regular expression for a form: for `*` any rest of a word; between words blanks, hyphens or stars."""
    words = (re.escape(word).replace(r"\*", r"\w*") for word in re.split(r"[\s־-]+", form))
    return r"[\s*־-]+".join(words)
