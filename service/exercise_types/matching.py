"""Match each item with what belongs to it: sorting into groups of one, with some that nothing belongs to."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.base import Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.sort import ItemWords, Sort


class MatchingWords(Shape):
    items = Keyed(fields.Nested(ItemWords))
    matches = Keyed(Text())


class MatchingStructure(Shape):
    pairs = Keyed(Key(), 2, 10)
    extra = Listed(Key(), 0, 5, load_default=list, required=False)

    @post_load
    def _as_in_sort(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        matches = dict.fromkeys([*data["pairs"].values(), *data["extra"]])
        return {"groups": _mixed(matches), "items": list(data["pairs"]), "answer": data["pairs"]}


class Matching(Sort):
    """Structure and answer: those of `Sort`. The groups stand in an order that says nothing, the same for everybody."""

    name = "matching"
    structure_shape = MatchingStructure
    words_shape = MatchingWords

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"items": structure["items"], "matches": structure["groups"]}


def _mixed(keys: Mapping[str, None]) -> list[str]:
    as_listed = list(keys)
    mixed = sorted(as_listed, key=lambda key: hashlib.sha256(key.encode()).digest())
    return mixed if mixed != as_listed else mixed[1:] + mixed[:1]
