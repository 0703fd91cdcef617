"""Several answers out of more: each right one earns its share, each wrong one takes its share away."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

from service.exercise_types.answers import chosen_key, given_by_item, invalid_answer, partial_points
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text


class OptionWords(Shape):
    text = Text()
    feedback = Text()


class SeveralAnswersWords(Shape):
    options = Keyed(fields.Nested(OptionWords))


class SeveralAnswersStructure(Shape):
    options = Listed(Key(), 3, 10)
    answers = Listed(Key(), 1, 9)


class SeveralAnswers(ExerciseType):
    """Structure: options (keys in the order shown), answers (keys). Answer: {"ticked": [options]}.

    With 3 right and 2 wrong options a right tick earns a third and a wrong one takes away a half, but no mark is below
    nothing. So whoever ticks everything has nothing, and only ticking the right ones alone earns full marks.
    """

    name = "several-answers"
    structure_shape = SeveralAnswersStructure
    words_shape = SeveralAnswersWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        offered = ", ".join(structure["options"])
        for number, answer in enumerate(structure["answers"]):
            if answer not in structure["options"]:
                yield Finding(("answers", number), f"is `{answer}`, which is none of the options {offered}.")
        if set(structure["options"]) <= set(structure["answers"]):
            yield Finding(("answers",), "holds all options: at least one must be wrong.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"options": structure["options"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `tick.<option>`, which only ticked boxes send, or `ticked` as in the stored answer."""
        return {"ticked": ticked_keys(raw, "ticked", "tick.", structure["options"])}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"tick.{option}": TICKED for option in answer["ticked"]}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        options, right, ticked = structure["options"], structure["answers"], answer["ticked"]
        hits = sum(option in right for option in ticked)
        misses = len(ticked) - hits
        wrong = len(options) - len(right)
        # In whole numbers, so that equal shares are equal.
        earned = max(0, hits * wrong - misses * len(right))
        parts = tuple(
            PartMark(option, (option in ticked) == (option in right), _tick(option in ticked), _tick(option in right))
            for option in options
        )
        return Mark(partial_points(structure, earned, len(right) * wrong), float(structure["points"]), parts)

    def model_answer(self, structure: Structure) -> Answer:
        return {"ticked": [option for option in structure["options"] if option in structure["answers"]]}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["options"])


TICKED = "yes"
"""What the box of a form sends when it is ticked."""


def ticked_keys(raw: Mapping[str, Any], name: str, prefix: str, keys: Sequence[str], least: int = 1) -> list[str]:
    """Return which of `keys` are ticked, in their order. Raise InvalidInputError if these are fewer than `least`."""
    given = raw.get(name)
    if given is None:
        given = [key for key, value in given_by_item(raw, name, prefix, keys).items() if value == TICKED]
    if not isinstance(given, list):
        raise invalid_answer("answer.wrong_shape", f"{name} must be a list.", name)
    ticked = {chosen_key(name, key, keys) for key in given}
    if len(ticked) < least:
        raise invalid_answer("answer.missing", f"{name} holds nothing.", *(prefix + key for key in keys))
    return [key for key in keys if key in ticked]


def _tick(is_ticked: bool) -> str:
    return "ticked" if is_ticked else "left"
