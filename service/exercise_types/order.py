"""Put items in order: a learner who misplaced one item loses one item's share, wherever it went."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

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


class OrderWords(Shape):
    items = Keyed(fields.Nested(ItemWords))


class OrderStructure(Shape):
    items = Listed(Key(), 3, 9)


class Order(ExerciseType):
    """Structure: items, in the right order. Answer: {"order": [items]}.

    Full marks are shared among the items, and an item counts if it may stay where it is when the order is put right
    by moving as few items as possible (the longest common subsequence of the two orders). Comparing places would take
    all marks from someone who put the last item first; comparing neighbours would take up to three shares for one
    misplaced item. If all but one item would have to move, the order is backwards and the mark is 0.
    """

    name = "order"
    is_shuffled = True
    structure_shape = OrderStructure
    words_shape = OrderWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        return iter(())

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"items": structure["items"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `position.<item>`, numbers from 1 on, or `order` as in the stored answer."""
        items = structure["items"]
        positions = parts_by_item(_with_positions(raw), "positions", "position.", items)
        places = {str(number): number for number in range(1, len(items) + 1)}
        strange = [f"position.{item}" for item in items if positions[item] not in places]
        if strange:
            raise invalid_answer("answer.unknown_option", f"A position is not from 1 to {len(items)}.", *strange)
        taken = list(positions.values())
        shared = [f"position.{item}" for item in items if taken.count(positions[item]) > 1]
        if shared:
            raise invalid_answer("answer.same_position", "Two items stand at the same position.", *shared)
        return {"order": sorted(items, key=lambda item: places[positions[item]])}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"position.{item}": str(place) for place, item in enumerate(answer["order"], start=1)}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        right, given = structure["items"], answer["order"]
        kept = _items_that_may_stay(right, given)
        places = enumerate(right, start=1)
        return mark_by_parts(
            structure, [PartMark(item, item in kept, given.index(item) + 1, place) for place, item in places]
        )

    def model_answer(self, structure: Structure) -> Answer:
        return {"order": list(structure["items"])}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        """Shuffle by a hash, which stays the same on every machine. The right order is never the one shown."""
        right = list(structure["items"])
        shown = sorted(right, key=lambda item: hashlib.sha256(f"{seed}/{item}".encode()).digest())
        return shown if shown != right else shown[1:] + shown[:1]


def _with_positions(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `raw` with `order`, a list of items, told as a position for each item."""
    order = raw.get("order")
    if order is None:
        return raw
    if not isinstance(order, list) or not all(isinstance(item, str) for item in order):
        raise invalid_answer("answer.wrong_shape", "order must be a list of items.", "order")
    if len(set(order)) < len(order):
        raise invalid_answer("answer.same_position", "order holds an item twice.", "order")
    return {"positions": {item: str(place) for place, item in enumerate(order, start=1)}}


def _items_that_may_stay(right: Sequence[str], given: Sequence[str]) -> set[str]:
    """Return the items of a longest run of `given` that rises in the right order; of several, one with most in place.

    A run of one, all that the order backwards has, gives the empty set.
    """
    best: list[tuple[int, int, tuple[str, ...]]] = []  # for the run that ends at each item: length, in place, run
    for place, item in enumerate(given):
        runs_before = [best[i] for i in range(place) if right.index(given[i]) < right.index(item)]
        length, in_place, run = max(runs_before, default=(0, 0, ()))
        best.append((length + 1, in_place + (right.index(item) == place), (*run, item)))
    longest = max(best)[2]
    return set(longest) if len(longest) > 1 else set()
