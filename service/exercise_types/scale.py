"""Place oneself on a scale of numbers, 4 to 10 by default, for each of some statements. No answer is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.answers import invalid_answer, mark_by_parts, parts_by_item
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text, Whole
from service.exercise_types.sort import ItemWords


class ScaleWords(Shape):
    low = Text()
    high = Text()
    items = Keyed(fields.Nested(ItemWords))


class ScaleStructure(Shape):
    items = Listed(Key(), 1, 12)
    lowest = Whole(10, lowest=0, required=False, load_default=4, data_key="from")
    highest = Whole(10, required=False, load_default=10, data_key="to")

    @post_load
    def _with_values(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"items": data["items"], "values": [str(n) for n in range(data["lowest"], data["highest"] + 1)]}


class Scale(ExerciseType):
    """Structure: items, values (the numbers of the scale, as text). Answer: {"values": {item: value}}.

    Full points for answering all of it. The seeds' scale for goals goes from 4 to 10, as school marks do.
    """

    name = "scale"
    structure_shape = ScaleStructure
    words_shape = ScaleWords
    is_judged = False

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        if len(structure["values"]) < 3:
            yield Finding(("to",), "must be at least two more than `from`.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"items": structure["items"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `value.<item>`, or `values` as in the stored answer."""
        given = parts_by_item(raw, "values", "value.", structure["items"])
        strange = [f"value.{item}" for item, value in given.items() if value not in structure["values"]]
        if strange:
            raise invalid_answer("answer.unknown_option", "A value is not on the scale.", *strange)
        return {"values": given}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"value.{item}": value for item, value in answer["values"].items()}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        given = answer["values"]
        return mark_by_parts(structure, [PartMark(item, True, given[item], given[item]) for item in structure["items"]])

    def model_answer(self, structure: Structure) -> Answer:
        return {"values": dict.fromkeys(structure["items"], structure["values"][len(structure["values"]) // 2])}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["items"])
