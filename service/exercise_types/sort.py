"""Sort items into groups: each item in its group earns its share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from marshmallow import fields, post_load

from service.exercise_types.answers import invalid_answer, mark_by_parts, parts_by_item
from service.exercise_types.base import (
    Answer,
    ExerciseType,
    Finding,
    Mark,
    PartMark,
    Structure,
)
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text


class ItemWords(Shape):
    text = Text()
    feedback = Text()


class SortWords(Shape):
    groups = Keyed(Text())
    items = Keyed(fields.Nested(ItemWords))


class SortStructure(Shape):
    groups = Listed(Key(), 2, 5)
    items = Keyed(Key(), 3, 12)

    @post_load
    def _put_order_into_a_list(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"groups": data["groups"], "items": list(data["items"]), "answer": data["items"]}


class Sort(ExerciseType):
    """Structure: groups, items (keys in the order shown), answer ({item: group}). Answer: {"groups": {item: group}}."""

    name = "sort"
    structure_shape: ClassVar[type[Shape]] = SortStructure
    words_shape: ClassVar[type[Shape]] = SortWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        for item, group in structure["answer"].items():
            if group not in structure["groups"]:
                offered = ", ".join(structure["groups"])
                yield Finding(("items", item), f"belongs to `{group}`, which is none of the groups {offered}.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"groups": structure["groups"], "items": structure["items"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `group.<item>`, or `groups` as in the stored answer."""
        given = parts_by_item(raw, "groups", "group.", structure["items"])
        strange = [f"group.{item}" for item, group in given.items() if group not in structure["groups"]]
        if strange:
            raise invalid_answer("answer.unknown_option", "An item is in a group that was not offered.", *strange)
        return {"groups": given}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"group.{item}": group for item, group in answer["groups"].items()}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        given, expected = answer["groups"], structure["answer"]
        items = structure["items"]
        parts = [PartMark(item, given[item] == expected[item], given[item], expected[item]) for item in items]
        return mark_by_parts(structure, parts)

    def model_answer(self, structure: Structure) -> Answer:
        return {"groups": dict(structure["answer"])}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["items"])
