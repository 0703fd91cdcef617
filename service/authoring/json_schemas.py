"""JSON Schemas of the content files, made from the shapes that the loader reads: editors complete and check by them.

They see less than `mentorready modules check`: not whether a key is there, nor whether a translation lacks words.
"""

from collections.abc import Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from service.exercise_types import exercise_types
from service.modules import shapes
from service.modules.credits import CreditShape
from service.modules.outcome_reader import OutcomeShape
from service.modules.requirements import DISCUSSED, DISCUSSION_FORUMS, IN_FORUM, Kind
from service.modules.review import ReviewShape

JsonSchema = dict[str, Any]
_RULE: JsonSchema = {"$ref": "#/definitions/rule"}
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest one that editors of YAML know in full."""


def list_schemas() -> dict[str, JsonSchema]:
    """Return the schema of each kind of file, by the name of the file that holds the schema."""
    files = {
        "catalog": ("catalog.yaml", _catalogue()),
        "course": ("course.yaml", _course()),
        "module": ("module.yaml", _module()),
        "words": ("en.yaml, he.yaml, pl.yaml", _words()),
        "commitment": ("commitment.yaml", _plain(shapes.CommitmentShape)),
        "glossary": ("glossary.yaml", _with(_plain(shapes.GlossaryShape), terms=_term())),
    }
    return {
        f"{name}.json": {"$schema": DIALECT, "title": f"MentorReady {shapes.FORMAT}: {file}", **schema}
        for name, (file, schema) in files.items()
    }


def _catalogue() -> JsonSchema:
    schema = _plain(shapes.CatalogueShape)
    schema["properties"]["format"] = {"enum": [shapes.FORMAT, float(shapes.FORMAT)]}
    return schema


def _course() -> JsonSchema:
    schema = _with(_plain(shapes.CourseShape), words=_plain(shapes.CourseWordsShape))
    outcome = _plain(OutcomeShape)
    outcome["properties"]["evidence"] = _RULE
    schema["properties"]["outcomes"] = {"type": "array", "items": outcome}
    schema["properties"]["sources"] = {"type": "array", "items": _plain(CreditShape)}
    return schema | {"definitions": _definitions()}


def _definitions() -> JsonSchema:
    """Return what a rule is: what `requirement_reader` reads, which is no shape."""
    rules = {"type": "array", "minItems": 1, "items": _RULE}
    names = {"type": ["string", "array"], "minItems": 1, "items": {"type": "string"}}
    whole = {"type": "integer", "minimum": 1}
    parts = {kind.value: whole if kind is Kind.POSTED else names for kind in Kind if kind not in IN_FORUM}
    parts[DISCUSSED] = {
        "type": "object",
        "properties": {"forum": {"enum": [*DISCUSSION_FORUMS]}, "posts": whole, "answers": whole},
        "required": ["forum"],
        "minProperties": 2,
        "additionalProperties": False,
    }
    rule = {
        "type": "object",
        "minProperties": 1,
        "properties": {"all": rules, "any": rules, "of": rules, "at_least": {"type": "integer", "minimum": 1}} | parts,
        "additionalProperties": False,
    }
    return {"rule": rule}


def _module() -> JsonSchema:
    exercise = _plain(shapes.ExerciseShape)
    review = _plain(ReviewShape)
    exercise["properties"]["review"] = {"anyOf": [review["properties"]["decision"], review]}
    types, known = exercise_types(), {"properties": dict.fromkeys(exercise["properties"], True)}
    exercise["properties"]["type"] = {"enum": list(types)}
    exercise["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": _merged(known, _plain(kind.structure_shape)),
        }
        for name, kind in types.items()
    ]
    # What a type adds is known only to its branch, so that it is the branch that refuses what is not known.
    exercise["additionalProperties"] = True
    shown = {"figures": _plain(shapes.FigureShape), "media": _plain(shapes.MediumShape)}
    schema = _with(_plain(shapes.ModuleShape), exercises=exercise, **shown)
    schema["properties"]["complete"] = _RULE
    return schema | {"definitions": _definitions()}


def _words() -> JsonSchema:
    common = _plain(shapes.ExerciseWordsShape)
    kinds: list[JsonSchema] = []
    for kind in exercise_types().values():
        merged = _merged(common, _plain(kind.words_shape))
        if merged not in kinds:
            kinds.append(merged)
    shown = {"figures": _plain(shapes.FigureWordsShape), "media": _plain(shapes.MediumWordsShape)}
    return _with(_plain(shapes.ModuleWordsShape), exercises={"anyOf": kinds}, **shown)


def _term() -> JsonSchema:
    return _with(_plain(shapes.TermShape), words=_plain(shapes.TermWordsShape))


def _with(schema: JsonSchema, **inside: JsonSchema) -> JsonSchema:
    """Return the schema with what stands inside a list or mapping of which the shape says only that it is one."""
    for name, entry in inside.items():
        held = schema["properties"][name]
        held["items" if held["type"] == "array" else "additionalProperties"] = entry
    return schema


def _merged(one: JsonSchema, other: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": one["properties"] | other["properties"],
        "required": sorted({*one.get("required", ()), *other.get("required", ())}),
        "additionalProperties": False,
    }


def _plain(shape: type[Schema]) -> JsonSchema:
    """Return the schema of a shape alone, as editors should have it."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    APISpec("content", shapes.FORMAT, "3.1.0", plugins=[plugin])
    converter = plugin.converter
    assert converter
    converter.add_attribute_function(_keys)  # type: ignore[no-untyped-call]
    schema: JsonSchema = converter.schema2jsonschema(shape())  # type: ignore[no-untyped-call]
    for part in _parts(schema):
        _adjust(part)
    return schema


def _keys(converter: object, field: fields.Field[Any], **_: object) -> JsonSchema:
    """Return what the keys of a mapping must be, which the converter leaves out."""
    key = getattr(field, "key_field", None)
    pattern = [rule.regex.pattern for rule in key.validators if hasattr(rule, "regex")] if key else []
    return {"propertyNames": {"pattern": f"^{pattern[0]}"}} if pattern else {}


def _parts(schema: Any) -> Iterator[JsonSchema]:
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _parts(inner)


def _adjust(part: JsonSchema) -> None:
    """Say in a schema what YAML of authors looks like: `yes` is a word, and text may look like a number."""
    kind = part.get("type")
    if kind == "object":
        for short, right in (("minLength", "minProperties"), ("maxLength", "maxProperties")):
            if short in part:
                part[right] = part.pop(short)
    elif kind == "boolean":
        del part["type"]
        part["enum"] = ["yes", "no", True, False]
    elif kind == "string" and "true" in part.get("enum", ()):
        del part["type"]
        part["enum"] += [True, False]
    elif kind == "string" and "enum" not in part:
        part["type"] = ["string", "number", "boolean"]
    if "pattern" in part and isinstance(part["pattern"], str):
        part["pattern"] = f"^{part['pattern'].removeprefix('^')}"
    part.pop("default", None)
