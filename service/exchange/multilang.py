"""Chooses one language of texts that hold several, as Moodle's filters `multilang` and `multilang2` write them."""

import re
from collections.abc import Callable
from dataclasses import replace

from service.exchange.questions import Question, Rich

_ATTRIBUTES = r"""(?=[^<>]*\sclass=["']?[^"'<>]*\bmultilang\b)[^<>]*\slang=["']?([A-Za-z_-]{2,20})[^<>]*"""
_SPAN = re.compile(rf"<span\b(?={_ATTRIBUTES}>)[^<>]*>(.*?)</span>\s*", re.DOTALL | re.IGNORECASE)
# Up to the next mark and no further: of openings that nothing closes, each would look through all the rest.
_TO_MARK = r"((?:(?!\{\s*mlang\b).)*)"
_BRACES = re.compile(rf"\{{\s*mlang\s+([\w, -]{{2,80}})\}}{_TO_MARK}\{{\s*mlang\s*\}}\s*", re.DOTALL | re.IGNORECASE)
_GROUPS = [
    (one, re.compile(rf"(?:{re.sub(r'[(](?![?])', '(?:', one.pattern)})+", one.flags)) for one in (_SPAN, _BRACES)
]
_ANY = "other"


def in_language(question: Question, language: str) -> tuple[Question, tuple[str, ...]]:
    """Return the question in this language, and what that leaves behind, in words that follow “without”.

    Where a text has other languages only, the first of them stays.
    """
    left: dict[str, None] = {}
    lacking: dict[str, None] = {}

    def choose(rich: Rich) -> Rich:
        return replace(rich, text=_chosen(rich.text, language, left, lacking))

    chosen = replace(
        question,
        name=choose(Rich(question.name)).text,
        text=choose(question.text),
        general_feedback=choose(question.general_feedback),
        choices=tuple(replace(one, text=choose(one.text), feedback=choose(one.feedback)) for one in question.choices),
        pairs=tuple((choose(asked), choose(match)) for asked, match in question.pairs),
    )
    losses = [f"its words in {', '.join(left)}"] if left else []
    if lacking:
        losses.append(f"words in {language} everywhere: where there were none, those in {', '.join(lacking)} stand")
    return chosen, tuple(losses)


def _chosen(text: str, language: str, left: dict[str, None], lacking: dict[str, None]) -> str:
    for one, group in _GROUPS:
        text = group.sub(_chooser(one, language, left, lacking), text)
    return text


def _chooser(
    one: re.Pattern[str], language: str, left: dict[str, None], lacking: dict[str, None]
) -> Callable[[re.Match[str]], str]:
    def choose(group: re.Match[str]) -> str:
        found: dict[str, str] = {}
        for part in one.finditer(group[0]):
            for name in part[1].lower().replace(",", " ").split():
                found.setdefault(re.split("[_-]", name)[0], part[2])
        known = language if language in found else _ANY if _ANY in found else next(iter(found))
        if known not in {language, _ANY}:
            lacking[known] = None
        left.update(dict.fromkeys(name for name in found if name not in {known, _ANY}))
        return found[known] + (" " if group[0][-1:].isspace() else "")

    return choose
