"""The blocks that stand out from a text: a case, a story, a note about a country.

In Markdown a block begins with a line `::: story`, a country note with `::: country-note IL 2026`, and ends with `:::`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from babel import Locale
from markdown_it.token import Token

from service.modules.credits import is_part_of_date

OPEN = "container_block_open"
CLOSE = "container_block_close"
STORIES = ("case", "story")
COUNTRY_NOTE = "country-note"
KINDS = (*STORIES, COUNTRY_NOTE)
_WRITTEN = {COUNTRY_NOTE: "::: country-note IL 2026-11"}
_COUNTRIES = {str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code))} - {
    "EU",
    "EZ",
    "UN",
    "ZZ",
}


def kind_of(token: Token) -> str:
    """Return the kind of the block that begins with this token, in the author's spelling; empty for other tokens."""
    return (token.info.split() or [""])[0] if token.type == OPEN else ""


def details_of(token: Token) -> Mapping[str, str]:
    """Return what the line says beside the kind: `country` and `as_of` of a country note."""
    words = token.info.split()[1:]
    if kind_of(token) == COUNTRY_NOTE and len(words) == 2:
        return {"country": words[0], "as_of": words[1]}
    return {}


def block_problems(tokens: Sequence[Token], text: str) -> Iterator[tuple[int, str]]:
    """Give what is wrong with the blocks of a text, by line."""
    lines = text.splitlines()
    for number, token in enumerate(tokens):
        if token.type != OPEN or token.map is None:
            continue
        line, end = token.map[0] + 1, token.map[1]
        yield from ((line, sentence) for sentence in _line_problems(token))
        if token.level:
            yield line, "A block cannot stand inside another block, a quotation or a list."
        elif end >= len(lines) or not lines[end].lstrip().startswith(":::"):
            yield line, f"The block `::: {kind_of(token)}` does not end: a line with `:::` alone is missing."
        if tokens[number + 1].type == CLOSE:
            yield line, "Nothing stands in this block."


def _line_problems(token: Token) -> Iterator[str]:
    kind, words = kind_of(token), token.info.split()
    if kind not in KINDS:
        yield f"There is no block `{kind[:40]}`: it is one of {', '.join(KINDS)}."
    elif kind != COUNTRY_NOTE:
        if len(words) > 1:
            yield f"Nothing stands after `::: {kind}`."
    elif len(words) != 3:
        yield f"A country note begins with its country and the date of what it says: `{_WRITTEN[kind]}`."
    else:
        if words[1] not in _COUNTRIES:
            yield f"`{words[1][:40]}` is no country: take its two letters by ISO 3166, such as IL or PL."
        if not is_part_of_date(words[2]):
            yield f"`{words[2][:40]}` is no date: write 2026, 2026-11 or 2026-11-30."
