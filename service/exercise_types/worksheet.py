"""A worksheet: questions with things to choose and own words. Nothing is wrong; complete questions earn their share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from marshmallow import fields, post_load, validate

from service.exercise_types.answers import chosen_key, invalid_answer, mark_by_parts
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure, nested_key_faults
from service.exercise_types.several_answers import TICKED, ticked_keys
from service.exercise_types.shapes import Key, Keyed, Listed, Shape, Text, Whole, YesNo
from service.exercise_types.texts import count_words, stand_in, written

LONGEST = 2000


class QuestionWords(Shape):
    text = Text()
    feedback = Text()
    options = fields.Dict(keys=Key(), values=Text(), load_default=dict)
    texts = fields.Dict(keys=Key(), values=Text(), load_default=dict)


class WorksheetWords(Shape):
    questions = Keyed(fields.Nested(QuestionWords))


class QuestionStructure(Shape):
    options = Listed(Key(), 2, 12, required=False, load_default=list)
    choose = fields.String(
        load_default="several",
        validate=validate.OneOf(["one", "several"], error="must be one or several."),
    )
    texts = fields.Dict(keys=Key(), values=Whole(300, lowest=0), load_default=dict)


class WorksheetStructure(Shape):
    questions = Keyed(fields.Nested(QuestionStructure), 1, 12)
    needs_review = YesNo()

    @post_load
    def _put_order_into_lists(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        questions = [
            {**question, "key": key, "texts": [[text, words] for text, words in question["texts"].items()]}
            for key, question in data["questions"].items()
        ]
        return {**data, "questions": questions}


class Worksheet(ExerciseType):
    """Structure: questions ([{key, options, choose, texts: [[key, words at least]]}]), needs_review.

    Answer: {"choices": {question: [options]}, "texts": {question: {text: own words}}}. A question is complete when
    something is chosen, if it has options, and each of its texts has the words it asks for.
    """

    name = "worksheet"
    structure_shape: ClassVar[type[Shape]] = WorksheetStructure
    words_shape: ClassVar[type[Shape]] = WorksheetWords
    is_judged = False
    question_keys: ClassVar[Sequence[str]] = ()
    """The questions of a sheet that always has the same ones; empty where the author chooses them."""

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        keys = [question["key"] for question in structure["questions"]]
        for key in self.question_keys:
            if key not in keys:
                yield Finding(("questions", key), f"is missing: {self.name} asks {', '.join(self.question_keys)}.")
        for question in structure["questions"]:
            if self.question_keys and question["key"] not in self.question_keys:
                asked = ", ".join(self.question_keys)
                yield Finding(("questions", question["key"]), f"is not a question of {self.name}, which asks {asked}.")
            if not question["options"] and not any(words for _, words in question["texts"]):
                yield Finding(("questions", question["key"]), "needs `options`, or `texts` of at least one word.")

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"questions": [question["key"] for question in structure["questions"]]}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        yield from super().words_faults(structure, words)
        for question in structure["questions"]:
            path = ("questions", question["key"])
            yield from nested_key_faults(words, (*path, "options"), question["options"])
            yield from nested_key_faults(words, (*path, "texts"), [text for text, _ in question["texts"]])

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `choice.<question>`, `tick.<question>.<option>`, `text.<question>.<text>`; or an answer.

        What is left open is taken, so that nothing written is lost; only a sheet with nothing on it is refused.
        """
        questions = structure["questions"]
        choices = {question["key"]: _choices(question, raw) for question in questions}
        texts = {question["key"]: _texts(question, raw) for question in questions}
        if not any(choices.values()) and not any(any(given.values()) for given in texts.values()):
            raise invalid_answer("answer.missing", "The sheet is empty.", *_fields(structure))
        return {"choices": choices, "texts": texts}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        found: dict[str, str] = {}
        for question in structure["questions"]:
            key = question["key"]
            for option in answer["choices"][key]:
                found |= {f"choice.{key}": option} if question["choose"] == "one" else {f"tick.{key}.{option}": TICKED}
            found |= {f"text.{key}.{name}": text for name, text in answer["texts"][key].items() if text}
        return found

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        parts = []
        for question in structure["questions"]:
            key = question["key"]
            done = [bool(answer["choices"][key])] if question["options"] else []
            done += [count_words(answer["texts"][key][name]) >= words for name, words in question["texts"]]
            parts.append(PartMark(key, all(done), sum(done), len(done)))
        is_complete = all(part.is_right for part in parts)
        return replace(mark_by_parts(structure, parts), needs_review=structure["needs_review"] and is_complete)

    def model_answer(self, structure: Structure) -> Answer:
        questions = structure["questions"]
        return {
            "choices": {question["key"]: question["options"][:1] for question in questions},
            "texts": {
                question["key"]: {name: stand_in(words) for name, words in question["texts"]} for question in questions
            },
        }

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return [question["key"] for question in structure["questions"]]


def _choices(question: Mapping[str, Any], raw: Mapping[str, Any]) -> list[str]:
    key, options, field = question["key"], question["options"], f"choice.{question['key']}"
    stored = raw.get("choices")
    if stored is not None:
        given = stored.get(key, []) if isinstance(stored, Mapping) else None
        if not isinstance(given, list) or (question["choose"] == "one" and len(given) > 1):
            raise invalid_answer("answer.wrong_shape", "choices must hold a list for each question.", "choices")
        return ticked_keys({"choices": given}, "choices", "", options, least=0)
    if question["choose"] == "several":
        return ticked_keys(raw, f"tick.{key}", f"tick.{key}.", options, least=0)
    return [chosen_key(field, raw[field], options)] if options and raw.get(field) else []


def _texts(question: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, str]:
    key, stored = question["key"], raw.get("texts")
    given = stored.get(key, {}) if isinstance(stored, Mapping) else raw if stored is None else None
    if not isinstance(given, Mapping):
        raise invalid_answer("answer.wrong_shape", "texts must hold texts for each question.", "texts")
    prefix = f"text.{key}." if stored is None else ""
    return {name: written(f"text.{key}.{name}", given.get(prefix + name, ""), LONGEST) for name, _ in question["texts"]}


def _fields(structure: Structure) -> Iterator[str]:
    for question in structure["questions"]:
        key = question["key"]
        yield from (f"text.{key}.{name}" for name, _ in question["texts"])
        yield from (
            [f"choice.{key}"] if question["choose"] == "one" else (f"tick.{key}.{o}" for o in question["options"])
        )
