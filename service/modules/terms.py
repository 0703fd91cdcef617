"""The terms of the glossary, as they stand in memory."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TermWords:
    """A term in one language. In `forms` and `avoid`, `*` stands for the rest of a word."""

    term: str
    meaning: str
    forms: tuple[str, ...]
    """The term as it appears in texts."""
    avoid: tuple[str, ...]
    """What the content does not say, because it says `term`."""


@dataclass(frozen=True)
class Term:
    """A word of the glossary, explained in the modules with the keys `modules`."""

    key: str
    modules: tuple[str, ...]
    words: Mapping[str, TermWords]
