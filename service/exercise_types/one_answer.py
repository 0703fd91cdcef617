"""One answer out of several: full marks for the right one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

from service.exercise_types.answers import chosen_key, mark_by_parts
from service.exercise_types.base import (
    Answer,
    ExerciseType,
    Finding,
    Mark,
    PartMark,
    Structure,
)
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text


class OptionWords(Shape):
    text = Text()
    feedback = Text()


class OneAnswerWords(Shape):
    options = Keyed(fields.Nested(OptionWords))


class OneAnswerStructure(Shape):
    options = Listed(Key(), 2, 8)
    answer = Key()


class OneAnswer(ExerciseType):
    """Structure: options (keys in the order shown), answer (a key). Answer: {"choice": key}."""

    name = "one-answer"
    structure_shape = OneAnswerStructure
    words_shape = OneAnswerWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        if structure["answer"] not in structure["options"]:
            offered = ", ".join(structure["options"])
            yield Finding(("answer",), f"is `{structure['answer']}`, which is none of the options {offered}.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"options": structure["options"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        return {"choice": chosen_key("choice", raw.get("choice"), structure["options"])}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {"choice": answer["choice"]}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        given, expected = answer["choice"], structure["answer"]
        return mark_by_parts(structure, [PartMark("choice", given == expected, given, expected)])

    def model_answer(self, structure: Structure) -> Answer:
        return {"choice": structure["answer"]}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["options"])
