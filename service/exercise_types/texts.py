"""What learners write: taken as plain text with a longest length, counted in words, searched for phrases.

Phrases are an answer key and stand in module.yaml for each language, but those of all languages are looked for
together: people also answer in another language than that of the page.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields

from service.exercise_types.answers import given_by_item, invalid_answer
from service.exercise_types.shapes import MISSING, Listed
from service.i18n import fold
from service.typed_text import clean_text

LONGEST_LINE = 200
LONGEST_TEXT = 5000
"""In characters. A browser counts no fewer, so what fits into its field is taken."""
LONGEST_PHRASE = 60

Phrases = Mapping[str, Sequence[str]]
"""Phrases by language, as their author wrote them."""

_PLACE_MARKS = str.maketrans("", "", "\u200e\u200f")


class Phrase(fields.String):
    """Words to look for, in any spelling that a search would find too; `*` stands for the rest of a word."""

    default_error_messages = {"required": MISSING, "invalid": "must be text."}  # noqa: RUF012 (marshmallow reads it)

    def __init__(self) -> None:
        super().__init__(required=True, validate=self._check)

    @staticmethod
    def _check(phrase: str) -> None:
        words = _words(phrase, "*")
        if not words or len(phrase) > LONGEST_PHRASE:
            raise ValidationError(f"must be one word or more, with at most {LONGEST_PHRASE} characters.")
        if any("*" in word.removeprefix("*").removesuffix("*") or not word.strip("*") for word in words):
            raise ValidationError("may have `*` only before or after the letters of a word.")


class PhrasesByLanguage(fields.Dict):
    """Lists of phrases, one for each language."""

    default_error_messages = {  # noqa: RUF012 (marshmallow reads it from the class)
        "required": MISSING,
        "invalid": "must consist of lines of the form `language: [phrase, ...]`.",
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", True)
        super().__init__(keys=fields.String(), values=Listed(Phrase(), 1, 100), **options)


def written(field: str, value: object, longest: int = LONGEST_TEXT) -> str:
    """Return what someone wrote as it is kept: cleaned as every text, also of marks of direction for one place.

    Raise InvalidInputError for what is not text or is longer than `longest` characters.
    """
    if not isinstance(value, str):
        raise invalid_answer("answer.wrong_shape", f"{field} must be text.", field)
    if len(value) > 10 * longest:  # to look at each letter of a megabyte takes too long
        raise invalid_answer("answer.too_long", f"{field} is longer than {longest} characters.", field)
    kept = unicodedata.normalize("NFC", clean_text(value.translate(_PLACE_MARKS)))
    if len(kept) > longest:
        raise invalid_answer("answer.too_long", f"{field} is longer than {longest} characters.", field)
    return kept


def texts_by_item(
    raw: Mapping[str, Any], name: str, prefix: str, items: Sequence[str], longest: int = LONGEST_TEXT
) -> dict[str, str]:
    """Return what was written for each of `items`, "" where nothing was; found as `given_by_item` finds it."""
    given = given_by_item(raw, name, prefix, items)
    return {item: written(prefix + item, given.get(item, ""), longest) for item in items}


def count_words(text: str) -> int:
    """Return the number of words; a dash that stands alone is none."""
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


def find_phrases(phrases: Phrases, text: str, *, at_start: bool = False) -> list[str]:
    """Return the phrases, of any language, that are in the text, or begin it, as their author wrote them."""
    words = _words(text)
    return [phrase for phrase in _all_of(phrases) if _stands_in(phrase, words, at_start=at_start)]


def is_one_of(phrases: Phrases, text: str) -> bool:
    """Say whether the text is one of the phrases, with nothing before or after it."""
    words = _words(text)
    return any(_fits(_words(phrase, "*"), words) for phrase in _all_of(phrases))


def example_of(phrases: Phrases) -> str:
    """Return a text that is one of the phrases."""
    return next(_all_of(phrases)).replace("*", "")


def stand_in(words: int) -> str:
    """Return a text of this many words, where a worked answer is only needed for its length."""
    return " ".join(["x"] * words)


def _all_of(phrases: Phrases) -> Iterator[str]:
    """Give all phrases, in an order that does not depend on that of the mapping."""
    for language in sorted(phrases):
        yield from phrases[language]


def _words(text: str, also: str = "") -> list[str]:
    return re.sub(rf"[^\w\s{re.escape(also)}]", " ", fold(text)).split()


def _stands_in(phrase: str, words: Sequence[str], *, at_start: bool) -> bool:
    pattern = _words(phrase, "*")
    starts: Iterable[int] = range(1 if at_start else len(words))
    return any(_fits(pattern, words[start : start + len(pattern)]) for start in starts)


def _fits(pattern: Sequence[str], words: Sequence[str]) -> bool:
    return len(pattern) == len(words) and all(map(_word_fits, pattern, words))


def _word_fits(pattern: str, word: str) -> bool:
    core = pattern.strip("*")
    if pattern.startswith("*") and pattern.endswith("*"):
        return core in word
    if pattern.startswith("*"):
        return word.endswith(core)
    return word.startswith(core) if pattern.endswith("*") else word == core
