"""Turns a question of another system into an exercise of ours, or says why it cannot be one."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from service.exchange.drafts import Losses, NotTakenError
from service.exchange.gap_texts import find_ticked
from service.exchange.makers import MAKERS
from service.exchange.markup import as_markdown, as_text
from service.exchange.multilang import in_language
from service.exchange.questions import Kind, Question, Rich
from service.exchange.stock import Stock

LONGEST_TEXT = 50_000
MOST_TAGS = 1000
"""Elements that stand in each other take the time of their square."""

_REASONS = {
    Kind.DESCRIPTION: "It is text without a question: put it into the text of the module.",
    Kind.CATEGORY: "It names a category of questions; there are none here.",
}


@dataclass(frozen=True)
class Drawn:
    """An exercise as it goes into the files, with what was lost."""

    key: str
    structure: dict[str, Any]
    words: dict[str, Any]
    losses: tuple[str, ...]


def draw(question: Question, key: str, section: str, language: str) -> Drawn:
    """Return the exercise that the question becomes, with the key, after the section. Raise NotTakenError."""
    if question.fault:
        raise NotTakenError(question.fault)
    if question.kind not in MAKERS:
        raise NotTakenError(
            _REASONS.get(question.kind, f"There is no kind of exercise here like {question.source_kind}.")
        )
    if is_too_large(question):
        raise NotTakenError(f"One of its texts has more than {LONGEST_TEXT} characters or {MOST_TAGS} HTML tags.")
    question, of_languages = in_language(question, language)
    question = (find_ticked(question) if question.kind is Kind.CLOZE else None) or question
    losses, stock = Losses([*question.left_behind, *of_languages]), Stock(language)
    text = losses.take(as_markdown(question.text))
    if not text:
        raise NotTakenError("Nothing is left of its text: it may have been a picture.")
    draft = MAKERS[question.kind](question, losses, stock)
    points = _points(question.points, losses)
    needed = points if draft.is_whole else min(points, ceil(points * 60) / 100)
    general = losses.take(as_markdown(question.general_feedback))
    structure = {"key": key, "type": draft.type, "after": section, "points": _short(points), "pass": _short(needed)}
    words = {"title": title_of(question), "task": draft.task or text}
    return Drawn(
        key, structure | draft.structure, words | draft.words | {"model": general or draft.model}, tuple(losses.found)
    )


def is_too_large(question: Question) -> bool:
    """Tell whether one of the texts would take too long to read."""
    return any(len(rich.text) > LONGEST_TEXT or rich.text.count("<") > MOST_TAGS for rich in _texts(question))


def _texts(question: Question) -> Iterator[Rich]:
    yield from (question.text, question.general_feedback, Rich(question.name))
    for choice in question.choices:
        yield from (choice.text, choice.feedback)
    for pair in question.pairs:
        yield from pair


def title_of(question: Question) -> str:
    """Return the question's name, or how its text begins."""
    name = as_text(Rich(question.name)).text or as_text(question.text).text
    return name if len(name) <= 80 else f"{name[:77].rsplit(' ', 1)[0]} …"


def _short(number: float) -> float:
    return int(number) if number == int(number) else number


def _points(points: float, losses: Losses) -> float:
    kept = round(min(max(points, 0.01), 1000), 2)
    if kept != points:
        losses.add(f"its {points:g} points, which became {kept:g}")
    return kept
