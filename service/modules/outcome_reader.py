"""Reads `outcomes:` of course.yaml: what a learner of the course can do in the end, and what shows it."""

from collections.abc import Iterator, Sequence
from typing import Any

from marshmallow import fields

from service.exercise_types.shapes import Key, Listed, Shape, Text
from service.modules.content import Module, Outcome
from service.modules.requirement_reader import Parts, RuleReader
from service.modules.shapes import Row
from service.modules.sources import SourceFile


class OutcomeShape(Shape):
    key = Key()
    rows = Listed(Row(), 0, required=False)
    evidence = fields.Raw(required=True, error_messages={"required": "is missing: say what shows it."})
    words = fields.Dict(
        keys=fields.String(),
        values=Text(),
        required=True,
        error_messages={"required": "is missing.", "invalid": "must name the languages."},
    )


def read_outcomes(source: SourceFile, modules: Sequence[Module], languages: Sequence[str]) -> tuple[Outcome, ...]:
    """Return the outcomes of a course, without those that have faults. `modules` are those that could be read."""
    given = source.data.get("outcomes", [])
    if not isinstance(given, list):
        source.add(("outcomes",), "must be a list.")
        return ()
    parts = {
        module.key: Parts(module.sections, {exercise.key: exercise for exercise in module.exercises})
        for module in modules
    }
    # A module with faults is not here, and whoever names it would be told that it does not exist.
    is_whole = len(modules) == len(source.keys("modules") or [])
    reader = RuleReader(source, parts) if is_whole else None
    found = tuple(_read(source, given, languages, reader))
    keys = [outcome.key for outcome in found]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        source.add(("outcomes",), f"holds `{key}` more than once.")
    return found


def _read(
    source: SourceFile, given: Sequence[Any], languages: Sequence[str], reader: RuleReader | None
) -> Iterator[Outcome]:
    for number, data in enumerate(given):
        path = ("outcomes", number)
        header = source.shaped(OutcomeShape, data, path)
        if header is None:
            continue
        for language in {*header["words"], *languages}:
            if language not in languages:
                source.add((*path, "words", language), "is not a language of catalog.yaml.")
            elif language not in header["words"]:
                source.add((*path, "words", language), "is missing.")
        rule = reader.read(data["evidence"], (*path, "evidence")) if reader else None
        if rule:
            yield Outcome(header["key"], rule, tuple(header.get("rows", ())), header["words"])
