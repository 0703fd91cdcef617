"""Weigh alternatives: what speaks for each and against it, then decide (S1-05). A worksheet laid out as a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.base import Finding, Structure, key_faults
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text, Whole
from service.exercise_types.sort import ItemWords
from service.exercise_types.worksheet import Worksheet

NAME, DECISION, WHY = "name", "decision", "why"


class AlternativesTableWords(Shape):
    alternatives = Keyed(fields.Nested(ItemWords))
    name = Text()
    columns = Keyed(Text())
    decision = fields.Nested(ItemWords, required=True)
    why = Text()


class AlternativesTableStructure(Shape):
    alternatives = Listed(Key(), 2, 5)
    columns = Keyed(Whole(100, lowest=0), 1, 4)
    why = Whole(100, lowest=0, required=False, load_default=5)

    @post_load
    def _as_worksheet(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        texts = [[NAME, 1], *([column, words] for column, words in data["columns"].items())]
        questions = [{"key": key, "options": [], "choose": "one", "texts": texts} for key in data["alternatives"]]
        decision = {"key": DECISION, "options": data["alternatives"], "choose": "one", "texts": [[WHY, data["why"]]]}
        return {"questions": [*questions, decision], "needs_review": False}


class AlternativesTable(Worksheet):
    """Structure and answer: those of `Worksheet`, with a question for each alternative and one for the decision.

    Each alternative has a name and a text for each column; the decision is one of them, with the reason for it.
    """

    name = "alternatives-table"
    structure_shape = AlternativesTableStructure
    words_shape = AlternativesTableWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        if DECISION in _alternatives(structure):
            yield Finding(("alternatives",), f"holds `{DECISION}`, which is the key of the decision itself.")
        if NAME in _columns(structure):
            yield Finding(("columns", NAME), "is the key of the alternative's own name: choose another.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"alternatives": _alternatives(structure), "columns": _columns(structure)}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        for part, keys in self.worded_keys(structure).items():
            yield from key_faults((part,), keys, words.get(part))


def _alternatives(structure: Structure) -> list[str]:
    return [question["key"] for question in structure["questions"][:-1]]


def _columns(structure: Structure) -> list[str]:
    return [column for column, _ in structure["questions"][0]["texts"][1:]]
