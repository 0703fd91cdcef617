"""Fill the gaps of a text: choose from a list, or write one of the words that are accepted."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from service.exercise_types.answers import invalid_answer, mark_by_parts, parts_by_item
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure, nested_key_faults
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text
from service.exercise_types.texts import LONGEST_LINE, PhrasesByLanguage, example_of, is_one_of, written

_GAP = re.compile(r"\[([a-z0-9-]{1,64})\]")


class GapWords(Shape):
    feedback = Text()
    options = fields.Dict(
        keys=Key(), values=Text(), error_messages={"invalid": "must consist of lines of the form `key: ...`."}
    )


class FillTheGapWords(Shape):
    text = Text()
    gaps = Keyed(fields.Nested(GapWords))

    @post_load
    def _with_pieces(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Add the text cut at its gaps: paragraphs of pieces, each with `text`, or with `gap`, a key."""
        paragraphs = re.split(r"\n\s*\n", data["text"])
        return {**data, "paragraphs": [list(_pieces(paragraph)) for paragraph in paragraphs]}


class GapStructure(Shape):
    options = Listed(Key(), 2, 8, required=False)
    answer = Key(required=False)
    accepted = PhrasesByLanguage(required=False)

    @validates_schema
    def _is_of_one_kind(self, data: Mapping[str, Any], **_: object) -> None:
        if set(data) not in ({"options", "answer"}, {"accepted"}):
            raise ValidationError("needs either `options` and `answer`, or `accepted`.")


class FillTheGapStructure(Shape):
    gaps = Keyed(fields.Nested(GapStructure), 1, 12)

    @post_load
    def _put_order_into_a_list(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"items": list(data["gaps"]), "gaps": data["gaps"]}


class FillTheGap(ExerciseType):
    """Structure: items (gaps), gaps ({gap: {options, answer} or {accepted}}). Answer: {"gaps": {gap: given}}.

    Each gap earns its share. What is written is compared as a search would: without case, marks and quotes.
    """

    name = "fill-the-gap"
    structure_shape = FillTheGapStructure
    words_shape = FillTheGapWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        for key, gap in structure["gaps"].items():
            if "answer" in gap and gap["answer"] not in gap["options"]:
                offered = ", ".join(gap["options"])
                yield Finding(("gaps", key, "answer"), f"is `{gap['answer']}`, which is none of the options {offered}.")

    def by_language(self, structure: Structure) -> Iterator[tuple[tuple[str | int, ...], Collection[str]]]:
        for key, gap in structure["gaps"].items():
            if "accepted" in gap:
                yield ("gaps", key, "accepted"), gap["accepted"]

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"gaps": structure["items"]}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        yield from super().words_faults(structure, words)
        text = words.get("text")
        if isinstance(text, str):
            in_text = _GAP.findall(text)
            for key in [*structure["items"], *in_text]:
                if (in_text.count(key), key in structure["gaps"]) != (1, True):
                    yield Finding(("text",), f"must have each gap of module.yaml once, and `[{key}]` is not so.")
        for key, gap in structure["gaps"].items():
            yield from nested_key_faults(words, ("gaps", key, "options"), gap.get("options", []))

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `gap.<key>`, or `gaps` as in the stored answer."""
        given = parts_by_item(raw, "gaps", "gap.", structure["items"])
        kept = {key: written(f"gap.{key}", text, LONGEST_LINE) for key, text in given.items()}
        missing = [f"gap.{key}" for key, text in kept.items() if not text]
        if missing:
            raise invalid_answer("answer.missing", "A gap holds nothing that can be read.", *missing)
        for key, text in kept.items():
            if text not in structure["gaps"][key].get("options", [text]):
                raise invalid_answer("answer.unknown_option", f"gap.{key} was not offered.", f"gap.{key}")
        return {"gaps": kept}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {f"gap.{key}": text for key, text in answer["gaps"].items()}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        return mark_by_parts(
            structure, [_marked(key, structure["gaps"][key], answer["gaps"][key]) for key in structure["items"]]
        )

    def model_answer(self, structure: Structure) -> Answer:
        return {"gaps": {key: _right(structure["gaps"][key]) for key in structure["items"]}}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["items"])


def _pieces(paragraph: str) -> Iterator[dict[str, str]]:
    for number, piece in enumerate(_GAP.split(paragraph)):
        if piece:
            yield {"gap": piece} if number % 2 else {"text": piece}


def _right(gap: Mapping[str, Any]) -> str:
    return gap["answer"] if "answer" in gap else example_of(gap["accepted"])


def _marked(key: str, gap: Mapping[str, Any], given: str) -> PartMark:
    is_right = given == gap["answer"] if "answer" in gap else is_one_of(gap["accepted"], given)
    return PartMark(key, is_right, given, _right(gap))
