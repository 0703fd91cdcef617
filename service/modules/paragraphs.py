"""Which paragraphs of a translation follow an older version of the original (FEATURES N8).

A module in one language is a set of passages: the paragraphs of each section, and each text of its YAML file. When
somebody confirms a translation, the digests of its passages and of those of the original are kept. Whatever differs
from them later was changed since.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

LENGTH = 8
"""Hexadecimal digits of a digest: enough to tell two versions of one paragraph apart."""


class Passage(NamedTuple):
    line: int
    digest: str


@dataclass(frozen=True)
class Passages:
    """What is said in one language, in its Markdown file by section, in its YAML file by path, such as `title`."""

    text: Mapping[str, tuple[Passage, ...]]
    """First the heading of the section."""
    words: Mapping[str, Passage]


@dataclass(frozen=True)
class Followed:
    """What was confirmed of a translation: pairs of digests of the original and its own, as in `Passages`."""

    text: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    words: Mapping[str, tuple[str, str]]


class Kind(StrEnum):
    """How a passage came to differ."""

    OUTDATED = "outdated"
    """The original has changed since."""
    NEW = "new"
    """The original has it since."""
    LEFT_OVER = "left over"
    """The original does not have it any more."""
    CHANGED = "changed"
    """The translation has changed, and the original has not."""


@dataclass(frozen=True)
class Difference:
    kind: Kind
    line: int
    """In the translation; for what is missing there, where its section or its surroundings begin."""
    original_line: int
    section: str = ""
    """Empty for a passage of the YAML file."""
    position: int = 0
    """In its section of the original: 0 for the heading, 1 for the paragraph below it."""


def digest(text: str) -> str:
    """Return the digest of a passage; how its lines are broken makes no difference."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:LENGTH]


def follow(original: Passages, translation: Passages) -> Followed:
    """Return what is confirmed by saying: the translation says what the original says."""
    text = {
        section: (_digests(passages), _digests(translation.text.get(section, ())))
        for section, passages in original.text.items()
    }
    words = {
        path: (passage.digest, translation.words[path].digest)
        for path, passage in original.words.items()
        if path in translation.words
    }
    return Followed(text, words)


def compare(original: Passages, translation: Passages, followed: Followed) -> Iterator[Difference]:
    """Give what has changed since the translation was confirmed, file by file in the order of the original."""
    for section, passages in original.text.items():
        known = followed.text.get(section, ((), ()))
        yield from _compare_section(section, passages, translation.text.get(section, ()), *known)
    for path, passage in original.words.items():
        own = translation.words.get(path)
        if own is None:
            continue  # a missing translation is a fault of the content
        confirmed = followed.words.get(path)
        if confirmed is None:
            yield Difference(Kind.NEW, own.line, passage.line)
        elif confirmed[0] != passage.digest:
            yield Difference(Kind.OUTDATED, own.line, passage.line)
        elif confirmed[1] != own.digest:
            yield Difference(Kind.CHANGED, own.line, passage.line)


def _compare_section(
    section: str,
    passages: Sequence[Passage],
    own: Sequence[Passage],
    known: Sequence[str],
    known_own: Sequence[str],
) -> Iterator[Difference]:
    """Give the differences of a section; `known` and `known_own` are the digests that were confirmed."""
    if not own:
        return
    lines = _lines(own, known, known_own)
    changed = {line for line, is_same in lines if not is_same}
    for tag, first, last, start, end in SequenceMatcher(None, known, _digests(passages), autojunk=False).get_opcodes():
        for number in range(max(last - first, end - start)):
            before, now = first + number, start + number
            line = lines[max(0, min(before, last - 1))][0] if lines else own[0].line
            original_line = passages[min(now, len(passages) - 1)].line
            if tag == "equal":
                if line in changed:
                    yield Difference(Kind.CHANGED, line, original_line, section, now)
            elif before < last and now < end:
                yield Difference(Kind.OUTDATED, line, original_line, section, now)
            else:
                yield Difference(Kind.NEW if now < end else Kind.LEFT_OVER, line, original_line, section, now)


def _lines(own: Sequence[Passage], known: Sequence[str], known_own: Sequence[str]) -> list[tuple[int, bool]]:
    """Return for each paragraph of the original that was confirmed the line of its translation, and if it is the same.

    Where the two had different numbers of paragraphs, each of the original stands for its whole section.
    """
    if len(known) != len(known_own):
        return [(own[0].line, tuple(known_own) == _digests(own))] * len(known)
    found: list[tuple[int, bool]] = []
    for tag, first, last, start, end in SequenceMatcher(None, known_own, _digests(own), autojunk=False).get_opcodes():
        for number in range(last - first):
            place = start + number if start + number < end else max(end - 1, 0)
            found.append((own[min(place, len(own) - 1)].line, tag == "equal"))
    return found


def _digests(passages: Sequence[Passage]) -> tuple[str, ...]:
    return tuple(passage.digest for passage in passages)
