"""Rewrite advice as an open question. Rules of the author say for each language what makes it one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

from service.exercise_types.answers import invalid_answer, partial_points
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.sort import ItemWords
from service.exercise_types.texts import (
    PhrasesByLanguage,
    count_words,
    example_of,
    find_phrases,
    stand_in,
    texts_by_item,
)

LONGEST = 300
LEAST_WORDS = 4
RULES = ("open", "not-closed", "no-advice", "mark")
_QUESTION_MARKS = "?？؟"
_AFTER_THE_MARK = "\"'“”„’״»)] "


class AdviceToQuestionWords(Shape):
    items = Keyed(fields.Nested(ItemWords))
    rules = Keyed(Text())


class AdviceToQuestionStructure(Shape):
    items = Listed(Key(), 1, 6)
    open_words = PhrasesByLanguage()
    closed_starts = PhrasesByLanguage()
    advice = PhrasesByLanguage()


class AdviceToQuestion(ExerciseType):
    """Structure: items (what to rewrite), three kinds of phrases. Answer: {"texts": {item: text}}.

    Each item has the same share, and each of the four RULES a quarter of that; but without an open question of some
    words, which is what it is all about, the other rules earn nothing.
    """

    name = "advice-to-question"
    structure_shape = AdviceToQuestionStructure
    words_shape = AdviceToQuestionWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        kept = _rules_kept(structure, _open_question(structure))
        if not all(is_kept for is_kept, _ in kept.values()):
            yield Finding(("open_words",), "begins with what the other lists forbid: nobody could have full marks.")

    def by_language(self, structure: Structure) -> Iterator[tuple[tuple[str | int, ...], Collection[str]]]:
        for name in ("open_words", "closed_starts", "advice"):
            yield (name,), structure[name]

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"items": structure["items"], "rules": RULES}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `text.<item>`, or `texts` as in the stored answer."""
        texts = texts_by_item(raw, "texts", "text.", structure["items"], LONGEST)
        missing = [f"text.{item}" for item, text in texts.items() if not text]
        if missing:
            raise invalid_answer("answer.missing", f"{len(missing)} questions are not written.", *missing)
        return {"texts": texts}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"text.{item}": text for item, text in answer["texts"].items()}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        parts: list[PartMark] = []
        earned = 0.0
        for item in structure["items"]:
            kept = _rules_kept(structure, answer["texts"][item])
            parts.extend(PartMark(f"{item}.{rule}", is_kept, found, "") for rule, (is_kept, found) in kept.items())
            if kept["open"][0]:
                earned += sum(is_kept for is_kept, _ in kept.values()) / len(RULES)
        return Mark(
            partial_points(structure, earned, len(structure["items"])), float(structure["points"]), tuple(parts)
        )

    def model_answer(self, structure: Structure) -> Answer:
        return {"texts": dict.fromkeys(structure["items"], _open_question(structure))}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["items"])


def _open_question(structure: Structure) -> str:
    return f"{example_of(structure['open_words'])} {stand_in(LEAST_WORDS)}?"


def _rules_kept(structure: Structure, text: str) -> dict[str, tuple[bool, str]]:
    """Return for each rule whether the text keeps it, and the phrase that breaks it, if one does."""
    opened = find_phrases(structure["open_words"], text)
    closed = find_phrases(structure["closed_starts"], text, at_start=True)
    advice = find_phrases(structure["advice"], text)
    return {
        "open": (bool(opened) and count_words(text) >= LEAST_WORDS, ""),
        "not-closed": (not closed, closed[0].strip("*") if closed else ""),
        "no-advice": (not advice, advice[0].strip("*") if advice else ""),
        "mark": (text.rstrip(_AFTER_THE_MARK).endswith(tuple(_QUESTION_MARKS)), ""),
    }
