"""Finds names of mentees in what someone is about to post: plain, in Polish cases, after Hebrew prefixes (S4-133).

It errs on the side of asking: a word that only looks like a name costs a sentence, a name that is read costs more.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from service.i18n import fold

SHORTEST = 3
"""Letters of a name that is looked for; shorter ones are half the words of a language."""
_WORD = re.compile(r"[^\W\d_]+(?:['’׳״\"][^\W\d_]+)*")
_HEBREW = re.compile("[\u05d0-\u05ea]+")
_PREFIXES = frozenset("ובהכלמש")
_LONGEST_PREFIX = 3
_ENDINGS = frozenset(
    {
        *("s", "a", "e", "i", "o", "u", "y", "ie", "ii", "ze", "ji", "em", "iem", "om", "owi", "owie", "ow", "ami"),
        *("ach", "ego", "emu", "iego", "iemu", "im", "ym", "ej", "iej", "ia"),
    }
)
"""What Polish cases add to a stem, and the English s."""
_SOFTENED = (("k", "ce"), ("g", "dze"), ("t", "cie"), ("d", "dzie"), ("r", "rze"), ("ch", "sze"), ("l", "le"))
"""How a stem ends in the dative and locative: Monika, Monice; Olga, Oldze; Marta, Marcie."""


def find_names(text: str, names: Iterable[str]) -> list[str]:
    """Return the words of `text`, as they were typed, that are one of these names or a form of it, each once."""
    return name_finder(names)(text)


def name_finder(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what finds these names in a text, as find_names does, for who looks through many texts."""
    parts = _by_beginning(names)

    def find(text: str) -> list[str]:
        words = dict.fromkeys(match.group() for match in _WORD.finditer(text))
        return [word for word in words if _is_name(fold(word), parts)]

    return find


def reword(text: str, found: Sequence[str], instead: str) -> str:
    """Return `text` with `instead` for each of the words that were found; of a whole name once."""
    words = "|".join(re.escape(word) for word in sorted(found, key=len, reverse=True))
    return re.sub(rf"\b(?:{words})(?:\s+(?:{words}))*\b", lambda _: instead, text) if words else text


def _by_beginning(names: Iterable[str]) -> dict[str, set[str]]:
    """Return the parts of all names, folded, by their first two letters, which no form of theirs changes."""
    parts: dict[str, set[str]] = {}
    for name in names:
        for part in fold(name).split():
            if len(part) >= SHORTEST and part.isalpha():
                parts.setdefault(part[:2], set()).add(part)
    return parts


def _is_name(word: str, parts: dict[str, set[str]]) -> bool:
    if _HEBREW.fullmatch(word):
        return any(word[cut:] in parts.get(word[cut : cut + 2], ()) for cut in _prefixes(word))
    return any(_is_form(word, part) for part in parts.get(word[:2], ()))


def _prefixes(word: str) -> list[int]:
    """Return the lengths of what may stand before a Hebrew name: in, to, from, and, that, the."""
    cuts = [0]
    while cuts[-1] < min(_LONGEST_PREFIX, len(word)) and word[cuts[-1]] in _PREFIXES:
        cuts.append(cuts[-1] + 1)
    return cuts


def _is_form(word: str, name: str) -> bool:
    if word == name:
        return True
    stems = {name, name.rstrip("aeiouy")}
    if name.endswith(("ek", "el", "er")):  # Marek, Marka; Paweł, Pawła
        stems.add(name[:-2] + name[-1])
    for stem in stems:
        if len(stem) < SHORTEST - 1:
            continue
        if word.startswith(stem) and word[len(stem) :] in _ENDINGS:
            return True
        if any(stem.endswith(hard) and word == stem[: -len(hard)] + soft for hard, soft in _SOFTENED):
            return True
    return False
