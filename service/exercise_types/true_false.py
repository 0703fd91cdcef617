"""Say of each statement whether it is true or false: sorting into two groups, whose words are those of the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load, validate

from service.exercise_types.base import Structure
from service.exercise_types.shapes import MISSING, Keyed, Shape
from service.exercise_types.sort import ItemWords, Sort

_GROUPS = ["true", "false"]


class TrueFalseWords(Shape):
    statements = Keyed(fields.Nested(ItemWords))


class TrueFalseStructure(Shape):
    statements = Keyed(
        fields.String(
            required=True,
            validate=validate.OneOf(_GROUPS, error="must be true or false."),
            error_messages={"required": MISSING, "invalid": "must be true or false."},
        ),
        2,
        12,
    )

    @post_load
    def _as_in_sort(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"groups": _GROUPS, "items": list(data["statements"]), "answer": data["statements"]}


class TrueFalse(Sort):
    """Structure and answer: those of `Sort`, with the groups `true` and `false`."""

    name = "true-false"
    structure_shape = TrueFalseStructure
    words_shape = TrueFalseWords

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"statements": structure["items"]}
