"""Languages of the tool: which there are, how one is chosen, and how text is searched and sorted in each."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from gettext import NullTranslations, translation
from pathlib import Path

LANGUAGES = ("en", "he", "pl")
DEFAULT_LANGUAGE = "en"
LANGUAGE_NAMES = {"en": "English", "he": "עברית", "pl": "Polski"}
"""Each language in itself: who looks for a language reads that one."""
HOME_ZONES = {"he": "Asia/Jerusalem", "pl": "Europe/Warsaw"}
"""The clocks that most readers of a language live by."""

_CATALOGUES = Path(__file__).parent / "web" / "translations"
_RIGHT_TO_LEFT = frozenset({"he"})
_OLD_TAGS = {"iw": "he"}


def direction(language: str) -> str:
    """Return the value of HTML's `dir` for a language of ours."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def translatable(text: str) -> str:
    """Return `text`. Imported as `_`, it marks words for the translators where no page is at hand to translate them."""
    return text


def translatable_number(one: str, many: str) -> tuple[str, str]:
    """Return the forms of a sentence with a number. Imported as `ngettext`, it marks them for the translators."""
    return one, many


def translated(text: str, language: str, **facts: object) -> str:
    """Return a `translatable` sentence in a language of ours, with `facts` in the places of its `%(name)s`.

    For words that leave the tool without a page around them; what nobody has translated stays English.
    """
    return _catalogue(language).gettext(text) % facts


def translated_number(one: str, many: str, count: int, language: str, **facts: object) -> str:
    """Return a sentence with a number, in the form that it takes in a language of ours; `%(num)d` is the number."""
    return _catalogue(language).ngettext(one, many, count) % {"num": count, **facts}


@cache
def _catalogue(language: str) -> NullTranslations:
    return translation("messages", _CATALOGUES, [language], fallback=True)


def normalise_language(tag: str) -> str:
    """Return the language of ours that `tag` names, or "" for any other.

    Takes BCP 47 tags and what LMSs send instead: `pl-PL`, `pl_PL.UTF-8`, child packs such as `he_kids`, and the
    withdrawn `iw` (FEATURES M15).
    """
    primary = tag.strip().lower().replace("_", "-").partition("-")[0].partition(".")[0]
    primary = _OLD_TAGS.get(primary, primary)
    return primary if primary in LANGUAGES else ""


def choose_language(chosen: str = "", launch: str = "", accept_header: str = "") -> str:
    """Return the first language of ours among a person's choice, the launch and the browser's wishes; else English."""
    for tag in (chosen, launch, *_wishes(accept_header)):
        language = normalise_language(tag)
        if language:
            return language
    return DEFAULT_LANGUAGE


def _wishes(accept_header: str) -> Sequence[str]:
    """Return the tags of an Accept-Language header, most wanted first; what cannot be read is left out."""
    wishes = []
    for part in accept_header.split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            wishes.append((quality, tag))
    return [tag for _, tag in sorted(wishes, key=lambda wish: -wish[0])]


# Search and sort. Python's own order is the order of code points, which puts Ł, Ś and Ż after Z and Hebrew final
# letters before their plain form; no collation library comes as a small wheel, so the few letters that matter
# are tailored here (UX H13, P6).

MOST_NAMES = 50_000
"""How many names are kept folded, and how many ready to be sorted."""
_FINAL_LETTERS = str.maketrans("ךםןףץ", "כמנפצ")
_STROKES = str.maketrans("łŁøØđĐ", "lLoOdD")
"""Letters with a stroke, which Unicode does not take apart into letter and mark."""
_DROPPED = dict.fromkeys(map(ord, "'’‘\"”“„`´׳״./\\\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Quotes, geresh, gershayim, the dots and slashes of gendered spellings, and marks of direction."""
_SPACES = str.maketrans(dict.fromkeys("-‐‑–—־_", " "))


def fold(text: str) -> str:
    """Return `text` as search compares it: no case, marks, niqqud, final letters, quotes; one space between words."""
    plain = _without_marks(text.translate(_DROPPED).translate(_SPACES)).translate(_STROKES).translate(_FINAL_LETTERS)
    return " ".join(plain.casefold().split())


@lru_cache(MOST_NAMES)
def fold_once(text: str) -> str:
    """Return `fold(text)`, kept for the next time: a list of people is searched again and again."""
    return fold(text)


def find_folded(text: str, words: Iterable[str]) -> int:
    """Return where the first of these folded words stands in `text`, as it was typed; -1 if none does."""
    letters: list[str] = []
    places: list[int] = []
    for place, typed in enumerate(text):
        for letter in _fold_letter(typed):
            if letter != " " or letters[-1:] not in ([], [" "]):
                letters.append(letter)
                places.append(place)
    folded = "".join(letters)
    return min((places[start] for word in words if (start := folded.find(word)) >= 0), default=-1)


@lru_cache(10_000)
def _fold_letter(letter: str) -> str:
    """Return what `fold` makes of a letter inside a text."""
    return fold(f"x{letter}x")[1:-1]


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


SortKey = tuple[tuple[tuple[int, str, int], ...], str]

_POLISH_LETTERS = {"ą": ("a", 1), "ć": ("c", 1), "ę": ("e", 1), "ł": ("l", 1), "ń": ("n", 1), "ó": ("o", 1)} | {
    "ś": ("s", 1),
    "ź": ("z", 1),
    "ż": ("z", 2),
}
"""Letters of the Polish alphabet that follow the plain letter and all that begins with it."""


def sort_key(text: str, language: str) -> SortKey:
    """Return a key that sorts `text` as a reader of `language` expects; the exact text decides between equals.

    Spaces come first, then digits, then letters; the script of the language comes before the others.
    """
    composed = unicodedata.normalize("NFC", text.translate(_DROPPED).translate(_SPACES)).casefold()
    weights: list[tuple[int, str, int]] = []
    for letter in composed:
        if language == "pl" and letter in _POLISH_LETTERS:
            base, place = _POLISH_LETTERS[letter]
            weights.append((_rank(base, language), base, place))
        else:
            weights.extend((_rank(plain, language), plain, 0) for plain in fold(letter) or " " * letter.isspace())
    return tuple(weights), text


@lru_cache(MOST_NAMES)
def sort_text(text: str, language: str) -> str:
    """Return text whose plain order is that of `sort_key`, kept for the next time."""
    weights, exact = sort_key(text, language)
    return "".join(f"{rank}{letter}{place}" for rank, letter, place in weights) + f"\0{exact}"


def _rank(letter: str, language: str) -> int:
    if letter.isspace():
        return 0
    if letter.isdigit():
        return 2
    if not letter.isalpha():
        return 1
    is_hebrew = "\u05d0" <= letter <= "\u05ea"
    is_latin = letter < "\u0250"
    own = is_hebrew if language == "he" else is_latin
    return 3 if own else 4
