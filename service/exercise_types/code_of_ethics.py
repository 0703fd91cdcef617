"""Write a code of ethics: keep, change or leave out each proposed clause, and add one's own (S4-121 to S4-130)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

from service.exercise_types.answers import given_by_item, invalid_answer, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Whole
from service.exercise_types.sort import ItemWords
from service.exercise_types.texts import count_words, texts_by_item

LONGEST = 400
DECISIONS = ("keep", "change", "leave")


class CodeOfEthicsWords(Shape):
    clauses = Keyed(fields.Nested(ItemWords))


class CodeOfEthicsStructure(Shape):
    clauses = Listed(Key(), 2, 15)
    own = Whole(5, lowest=0, required=False, load_default=3)


class CodeOfEthics(ExerciseType):
    """Structure: clauses, own (how many may be added).

    Answer: {"decisions": {clause: decision}, "texts": {clause: new words}, "own": [texts]}. Each clause that was
    decided on earns its share, whatever the decision; a changed one needs words.
    """

    name = "code-of-ethics"
    structure_shape = CodeOfEthicsStructure
    words_shape = CodeOfEthicsWords
    is_judged = False

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        return iter(())

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"clauses": structure["clauses"]}

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `decision.<clause>`, `text.<clause>` and `own.<number>`, or the stored answer.

        New words count where a clause was changed, and are dropped elsewhere: the form always sends them.
        """
        clauses = structure["clauses"]
        decisions = {
            key: given for key, given in given_by_item(raw, "decisions", "decision.", clauses).items() if given
        }
        strange = [f"decision.{key}" for key, decision in decisions.items() if decision not in DECISIONS]
        if strange:
            raise invalid_answer("answer.unknown_option", "A decision was not offered.", *strange)
        if not decisions:
            raise invalid_answer("answer.missing", "Nothing was decided.", *(f"decision.{key}" for key in clauses))
        texts = texts_by_item(raw, "texts", "text.", clauses, LONGEST)
        return {
            "decisions": {key: decisions[key] for key in clauses if key in decisions},
            "texts": {key: text for key, text in texts.items() if decisions.get(key) == "change"},
            "own": _own(structure, raw),
        }

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return {
            **{f"decision.{key}": decision for key, decision in answer["decisions"].items()},
            **{f"text.{key}": text for key, text in answer["texts"].items()},
            **{f"own.{number}": text for number, text in enumerate(answer["own"], start=1)},
        }

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        decisions, texts = answer["decisions"], answer["texts"]
        parts = []
        for key in structure["clauses"]:
            decision = decisions.get(key, "")
            is_done = count_words(texts[key]) > 0 if decision == "change" else bool(decision)
            parts.append(PartMark(key, is_done, decision, ""))
        return mark_by_parts(structure, parts)

    def model_answer(self, structure: Structure) -> Answer:
        return {"decisions": dict.fromkeys(structure["clauses"], "keep"), "texts": {}, "own": []}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return list(structure["clauses"])


def _own(structure: Structure, raw: Mapping[str, Any]) -> list[str]:
    """Return the clauses that were added, without gaps between them."""
    stored = raw.get("own")
    if stored is not None:
        if not isinstance(stored, list) or len(stored) > structure["own"]:
            raise invalid_answer("answer.wrong_shape", f"own must be a list of at most {structure['own']}.", "own")
        raw = {f"own.{number}": text for number, text in enumerate(stored, start=1)}
    numbers = [str(number) for number in range(1, structure["own"] + 1)]
    return [text for text in texts_by_item(raw, "own", "own.", numbers, LONGEST).values() if text]
