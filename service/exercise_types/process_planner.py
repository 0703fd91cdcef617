"""Plan a mentoring process: put its stages in order, and match mentees with mentors, each with the reason for it.

It is `Order` and `DutySorter` side by side: every stage and every mentee earns the same share.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.answers import all_answers, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, Structure
from service.exercise_types.duty_sorter import DutySorter
from service.exercise_types.order import Order
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.sort import ItemWords

_ORDER, _MATCHING = Order(), DutySorter()


class ProcessPlannerWords(Shape):
    stages = Keyed(fields.Nested(ItemWords))
    mentors = Keyed(Text())
    mentees = Keyed(fields.Nested(ItemWords))
    reasons = Keyed(Text())


class MenteeStructure(Shape):
    mentor = Key()
    reason = Key()


class ProcessPlannerStructure(Shape):
    stages = Listed(Key(), 3, 9)
    mentors = Listed(Key(), 2, 5)
    reasons = Listed(Key(), 2, 8)
    mentees = Keyed(fields.Nested(MenteeStructure), 2, 6)

    @post_load
    def _as_two_types(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        mentees = data["mentees"]
        return {
            "plan": {"items": data["stages"], "points": 1.0},
            "matching": {
                "groups": data["mentors"],
                "reasons": data["reasons"],
                "items": list(mentees),
                "answer": {mentee: right["mentor"] for mentee, right in mentees.items()},
                "answer_reasons": {mentee: right["reason"] for mentee, right in mentees.items()},
                "points": 1.0,
            },
        }


class ProcessPlanner(ExerciseType):
    """Structure: plan (that of `Order`), matching (that of `DutySorter`). Answer: the two in one."""

    name = "process-planner"
    is_shuffled = True
    structure_shape = ProcessPlannerStructure
    words_shape = ProcessPlannerWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        matching = structure["matching"]
        for name, answers, offered in (
            ("mentor", matching["answer"], matching["groups"]),
            ("reason", matching["answer_reasons"], matching["reasons"]),
        ):
            for mentee, given in answers.items():
                if given not in offered:
                    yield Finding(("mentees", mentee, name), f"is `{given}`, which is none of {', '.join(offered)}.")
        for key in set(structure["plan"]["items"]) & set(matching["items"]):
            yield Finding(("mentees", key), "is the key of a stage too: give one of them another.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        matching = structure["matching"]
        return {
            "stages": structure["plan"]["items"],
            "mentors": matching["groups"],
            "mentees": matching["items"],
            "reasons": matching["reasons"],
        }

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields of `Order` and of `DutySorter`, or the stored answer."""
        return all_answers(
            lambda: _ORDER.read_answer(structure["plan"], raw),
            lambda: _MATCHING.read_answer(structure["matching"], raw),
        )

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {
            **_ORDER.form_fields(structure["plan"], answer),
            **_MATCHING.form_fields(structure["matching"], answer),
        }

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        stages = _ORDER.mark(structure["plan"], answer)
        mentees = _MATCHING.mark(structure["matching"], answer)
        return mark_by_parts(structure, [*stages.parts, *mentees.parts])

    def model_answer(self, structure: Structure) -> Answer:
        return {**_ORDER.model_answer(structure["plan"]), **_MATCHING.model_answer(structure["matching"])}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        """Return the stages, shuffled as `Order` does; the mentees stand as in the structure."""
        return _ORDER.display_order(structure["plan"], seed)
