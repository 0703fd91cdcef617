"""A case with several defensible answers: a choice with the reason for it, then what experts chose (FEATURES N7)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.answers import chosen_key, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure, nested_key_faults
from service.exercise_types.shapes import Keyed, Shape, Share, Text, Whole


class ReasonWords(Shape):
    text = Text()
    feedback = Text()


class OptionWords(Shape):
    text = Text()
    feedback = Text()
    reasons = Keyed(fields.Nested(ReasonWords))


class CaseWords(Shape):
    options = Keyed(fields.Nested(OptionWords))


class OptionStructure(Shape):
    weight = Share()
    experts = Whole(1000, lowest=0, required=False)
    reasons = Keyed(Share(), 1, 5)


class CaseStructure(Shape):
    options = Keyed(fields.Nested(OptionStructure), 2, 6)

    @post_load
    def _put_order_into_lists(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        options = [
            {**option, "key": key, "reasons": [[reason, weight] for reason, weight in option["reasons"].items()]}
            for key, option in data["options"].items()
        ]
        return {"options": options}


class Case(ExerciseType):
    """Structure: options ([{key, weight, experts, reasons: [[key, weight]]}]). Answer: {"choice": "option.reason"}.

    The mark is the product of two weights: how defensible the choice is, and how well the reason carries it. `experts`
    is how many of those who were asked chose the option.
    """

    name = "case"
    structure_shape = CaseStructure
    words_shape = CaseWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        options = structure["options"]
        if max(_weights(structure).values()) < 1:
            yield Finding(
                ("options",), "needs an option of weight 1 with a reason of weight 1, or nobody has full marks."
            )
        if sum(option["weight"] > 0 for option in options) < 2:
            yield Finding(
                ("options",), "needs two options with a weight above 0: a case has more than one good answer."
            )
        asked = [option for option in options if "experts" in option]
        if asked and (len(asked) < len(options) or not sum(option["experts"] for option in asked)):
            yield Finding(("options",), "needs `experts` for each option or for none, and some above 0.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"options": [option["key"] for option in structure["options"]]}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        yield from super().words_faults(structure, words)
        for option in structure["options"]:
            path = ("options", option["key"], "reasons")
            yield from nested_key_faults(words, path, [reason for reason, _ in option["reasons"]])

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        return {"choice": chosen_key("choice", raw.get("choice"), list(_weights(structure)))}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {"choice": answer["choice"]}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        given, weights = answer["choice"], _weights(structure)
        best = self.model_answer(structure)["choice"]
        weight = weights[given]
        is_right = weight == 1
        return mark_by_parts(structure, [PartMark("choice", is_right, given, best, 0.0 if is_right else weight)])

    def model_answer(self, structure: Structure) -> Answer:
        weights = _weights(structure)
        return {"choice": max(weights, key=lambda choice: weights[choice])}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return [option["key"] for option in structure["options"]]


def _weights(structure: Structure) -> dict[str, float]:
    """Return what each choice with its reason is worth, in the order shown."""
    return {
        f"{option['key']}.{reason}": option["weight"] * weight
        for option in structure["options"]
        for reason, weight in option["reasons"]
    }
