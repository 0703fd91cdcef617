"""A longer text of one's own, such as a reflection: points for handing in enough words, questions to judge it by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.exercise_types.answers import invalid_answer, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.several_answers import TICKED, ticked_keys
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text, Whole, YesNo
from service.exercise_types.texts import count_words, stand_in, written

LONGEST = 10_000


class LongTextWords(Shape):
    rubric = Keyed(Text())


class LongTextStructure(Shape):
    words = Whole(500)
    rubric = Listed(Key(), 1, 8)
    needs_review = YesNo()


class LongText(ExerciseType):
    """Structure: words (how many at least), rubric (keys), needs_review. Answer: {"text": ..., "met": [rubric]}.

    What the writer finds met in the rubric is kept for whoever reviews the text, and earns nothing.
    """

    name = "long-text"
    structure_shape = LongTextStructure
    words_shape = LongTextWords
    is_judged = False

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        return iter(())

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"rubric": structure["rubric"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `text` and `met.<point of the rubric>`, or the stored answer."""
        text = written("text", raw.get("text", ""), LONGEST)
        if not text:
            raise invalid_answer("answer.missing", "Nothing was written.", "text")
        return {"text": text, "met": ticked_keys(raw, "met", "met.", structure["rubric"], least=0)}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {"text": answer["text"]} | {f"met.{key}": TICKED for key in answer["met"]}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        words, least = count_words(answer["text"]), structure["words"]
        mark = mark_by_parts(structure, [PartMark("text", words >= least, words, least)])
        return replace(mark, needs_review=structure["needs_review"] and words >= least)

    def model_answer(self, structure: Structure) -> Answer:
        return {"text": stand_in(structure["words"]), "met": []}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["rubric"])
