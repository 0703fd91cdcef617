"""A short answer in own words: each idea that it should hold earns its share, found by phrases of its author."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import fields, post_load

from service.exercise_types.answers import invalid_answer, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.several_answers import TICKED, ticked_keys
from service.exercise_types.shapes import Keyed, Shape, Text, YesNo
from service.exercise_types.texts import PhrasesByLanguage, count_words, example_of, find_phrases, written

LONGEST = 600
LEAST_WORDS_TO_CLAIM = 5


class IdeaWords(Shape):
    text = Text()
    feedback = Text()


class ShortTextWords(Shape):
    ideas = Keyed(fields.Nested(IdeaWords))


class ShortTextStructure(Shape):
    ideas = Keyed(PhrasesByLanguage(), 1, 8)
    self_check = YesNo()

    @post_load
    def _put_order_into_a_list(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"items": list(data["ideas"]), "ideas": data["ideas"], "self_check": data["self_check"]}


class ShortText(ExerciseType):
    """Structure: items (ideas), ideas ({idea: phrases}), self_check. Answer: {"text": ..., "claimed": [ideas]}.

    With self_check, a learner who sees what was not found may say that it is there in other words. This counts, if the
    answer has some words at all, and the mark then asks for a review.
    """

    name = "short-text"
    structure_shape = ShortTextStructure
    words_shape = ShortTextWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        return iter(())

    def by_language(self, structure: Structure) -> Iterator[tuple[tuple[str | int, ...], Collection[str]]]:
        for key, phrases in structure["ideas"].items():
            yield ("ideas", key), phrases

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"ideas": structure["items"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `text` and `claim.<idea>`, or the stored answer."""
        text = written("text", raw.get("text", ""), LONGEST)
        if not text:
            raise invalid_answer("answer.missing", "Nothing was written.", "text")
        offered = structure["items"] if structure["self_check"] else []
        return {"text": text, "claimed": ticked_keys(raw, "claimed", "claim.", offered, least=0)}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {"text": answer["text"]} | {f"claim.{key}": TICKED for key in answer["claimed"]}

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        text = answer["text"]
        claimed = answer["claimed"] if count_words(text) >= LEAST_WORDS_TO_CLAIM else []
        parts = []
        for key in structure["items"]:
            found = find_phrases(structure["ideas"][key], text)
            given = found[0] if found else "claimed" if key in claimed else ""
            parts.append(PartMark(key, bool(given), given, ""))
        mark = mark_by_parts(structure, parts)
        return replace(mark, needs_review=any(part.given == "claimed" for part in parts))

    def model_answer(self, structure: Structure) -> Answer:
        texts = [example_of(structure["ideas"][key]) for key in structure["items"]]
        return {"text": ", ".join(texts), "claimed": []}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["items"])
