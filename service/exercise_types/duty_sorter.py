"""Sort duties into groups, each with the reason for it: half of a share for the group, half for its reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.answers import all_answers, invalid_answer, mark_by_parts, parts_by_item
from service.exercise_types.base import Answer, Finding, Mark, PartMark, Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.sort import Sort, SortWords


class DutySorterWords(SortWords):
    reasons = Keyed(Text())


class DutyStructure(Shape):
    group = Key()
    reason = Key()


class DutySorterStructure(Shape):
    groups = Listed(Key(), 2, 5)
    reasons = Listed(Key(), 2, 8)
    items = Keyed(fields.Nested(DutyStructure), 2, 12)

    @post_load
    def _as_in_sort(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {
            **data,
            "items": list(data["items"]),
            "answer": {item: duty["group"] for item, duty in data["items"].items()},
            "answer_reasons": {item: duty["reason"] for item, duty in data["items"].items()},
        }


class DutySorter(Sort):
    """Structure: that of `Sort`, reasons, answer_reasons ({item: reason}).

    Answer: {"groups": {item: group}, "reasons": {item: reason}}. A reason counts only with the right group: it is the
    reason for that.
    """

    name = "duty-sorter"
    structure_shape = DutySorterStructure
    words_shape = DutySorterWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        yield from super().structure_faults(structure)
        for item, reason in structure["answer_reasons"].items():
            if reason not in structure["reasons"]:
                offered = ", ".join(structure["reasons"])
                yield Finding(("items", item, "reason"), f"is `{reason}`, which is none of the reasons {offered}.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {**super().worded_keys(structure), "reasons": structure["reasons"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `group.<item>` and `reason.<item>`, or the stored answer."""
        return all_answers(
            lambda: super(DutySorter, self).read_answer(structure, raw), lambda: _reasons(structure, raw)
        )

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        reasons = {f"reason.{item}": reason for item, reason in answer["reasons"].items()}
        return super().form_fields(structure, answer) | reasons

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        right, right_reasons = structure["answer"], structure["answer_reasons"]
        parts = []
        for item in structure["items"]:
            group, reason = answer["groups"][item], answer["reasons"][item]
            has_group, has_reason = group == right[item], reason == right_reasons[item]
            expected = f"{right[item]}, {right_reasons[item]}"
            is_right = has_group and has_reason
            share = 0.5 if has_group and not has_reason else 0.0
            parts.append(PartMark(item, is_right, f"{group}, {reason}", expected, share))
        return mark_by_parts(structure, parts)

    def model_answer(self, structure: Structure) -> Answer:
        return {**super().model_answer(structure), "reasons": dict(structure["answer_reasons"])}


def _reasons(structure: Structure, raw: Mapping[str, Any]) -> Answer:
    given = parts_by_item(raw, "reasons", "reason.", structure["items"])
    strange = [f"reason.{item}" for item, reason in given.items() if reason not in structure["reasons"]]
    if strange:
        raise invalid_answer("answer.unknown_option", "A reason was not offered.", *strange)
    return {"reasons": given}
