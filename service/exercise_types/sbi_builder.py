"""Build feedback from Situation, Behaviour and Impact: choose the best wording of each, then try one's own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from marshmallow import fields

from service.exercise_types.answers import all_answers, invalid_answer, mark_by_parts, parts_by_item
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure, nested_key_faults
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.texts import PhrasesByLanguage, find_phrases, texts_by_item

LONGEST = 600
OWN_WORDS = "own."
"""What the mark of own words is called, before the key of the part."""


class WordingWords(Shape):
    text = Text()
    feedback = Text()


class SbiBuilderWords(Shape):
    parts = Keyed(Keyed(fields.Nested(WordingWords)))


class PartStructure(Shape):
    options = Listed(Key(), 2, 5)
    answer = Key()


class SbiBuilderStructure(Shape):
    parts = Keyed(fields.Nested(PartStructure))
    avoid = PhrasesByLanguage(required=False, load_default=dict)


class SbiBuilder(ExerciseType):
    """Structure: parts ({part: {options, answer}}), avoid (phrases).

    Answer: {"choices": {part: option}, "texts": {part: own words}}. Only what is chosen is marked: each part earns its
    share. Own words may be left out; phrases to avoid that are in them are pointed out, and cost nothing.
    """

    name = "sbi-builder"
    structure_shape = SbiBuilderStructure
    words_shape = SbiBuilderWords
    part_keys: ClassVar[Sequence[str]] = ("situation", "behaviour", "impact")
    """What it consists of, in the order in which it is said; its names are words of the page."""

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        parts = structure["parts"]
        for key in self.part_keys:
            if key not in parts:
                yield Finding(("parts", key), "is missing.")
        for key, part in parts.items():
            if key not in self.part_keys:
                yield Finding(("parts", key), f"is none of the parts {', '.join(self.part_keys)}.")
            if part["answer"] not in part["options"]:
                offered = ", ".join(part["options"])
                yield Finding(("parts", key, "answer"), f"is `{part['answer']}`, which is none of {offered}.")

    def by_language(self, structure: Structure) -> Iterator[tuple[tuple[str | int, ...], Collection[str]]]:
        if structure["avoid"]:
            yield ("avoid",), structure["avoid"]

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"parts": self.part_keys}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        yield from super().words_faults(structure, words)
        for key, part in structure["parts"].items():
            yield from nested_key_faults(words, ("parts", key), part["options"])

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `choice.<part>` and `text.<part>`, or the stored answer."""
        return all_answers(
            lambda: {"choices": self._choices(structure, raw)},
            lambda: {"texts": texts_by_item(raw, "texts", "text.", self.part_keys, LONGEST)},
        )

    def _choices(self, structure: Structure, raw: Mapping[str, Any]) -> dict[str, str]:
        given = parts_by_item(raw, "choices", "choice.", self.part_keys)
        strange = [f"choice.{key}" for key in given if given[key] not in structure["parts"][key]["options"]]
        if strange:
            raise invalid_answer("answer.unknown_option", "A wording was not offered.", *strange)
        return given

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        choices = {f"choice.{key}": option for key, option in answer["choices"].items()}
        return choices | {f"text.{key}": text for key, text in answer["texts"].items() if text}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        given = answer["choices"]
        right = {key: structure["parts"][key]["answer"] for key in self.part_keys}
        chosen = [PartMark(key, given[key] == right[key], given[key], right[key]) for key in self.part_keys]
        mark = mark_by_parts(structure, chosen)
        own = [self._own_words(structure, key, text) for key, text in answer["texts"].items() if text]
        return replace(mark, parts=(*mark.parts, *own))

    def _own_words(self, structure: Structure, key: str, text: str) -> PartMark:
        found = find_phrases(structure["avoid"], text)
        return PartMark(OWN_WORDS + key, not found, ", ".join(phrase.strip("*") for phrase in found), "")

    def model_answer(self, structure: Structure) -> Answer:
        parts = structure["parts"]
        return {
            "choices": {key: parts[key]["answer"] for key in self.part_keys},
            "texts": dict.fromkeys(self.part_keys, ""),
        }

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(self.part_keys)
