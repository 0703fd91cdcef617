"""Reads answers and shares out marks: what the types have in common beyond their interface."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.errors import InvalidInputError
from service.exercise_types.base import Answer, Mark, PartMark, Structure


def partial_points(structure: Structure, right: float, of: float) -> float:
    """Return the share of full marks for `right` parts `of` all, rounded so that sums of shares come out even."""
    full = float(structure["points"])
    return full if right == of else round(full * right / of, 6)


def mark_by_parts(structure: Structure, parts: Sequence[PartMark]) -> Mark:
    """Return the mark in which each part earns the same share: all of it, or as much as the part says."""
    earned = sum(1.0 if part.is_right else part.share for part in parts)
    return Mark(partial_points(structure, earned, len(parts)), float(structure["points"]), tuple(parts))


def invalid_answer(code: str, message: str, *fields: str) -> InvalidInputError:
    """Return the error for an answer that cannot be read, with `code` at each of the form's `fields`."""
    return InvalidInputError(code, message, fields=dict.fromkeys(fields, code))


def all_answers(*readers: Callable[[], Answer]) -> Answer:
    """Return what all `readers` read, in one. Raise InvalidInputError with the fields of all that refuse."""
    answer: Answer = {}
    refusals: list[InvalidInputError] = []
    fields: dict[str, str] = {}
    for read in readers:
        try:
            answer |= read()
        except InvalidInputError as error:
            refusals.append(error)
            found = error.details.get("fields")
            fields |= found if isinstance(found, dict) else {}
    if refusals:
        raise InvalidInputError(refusals[0].code, str(refusals[0]), fields=fields)
    return answer


def chosen_key(field: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value`. Raise InvalidInputError if nothing was chosen at `field`, or what is not offered."""
    if value is None or value == "":
        raise invalid_answer("answer.missing", f"{field} has no answer.", field)
    if not isinstance(value, str):
        raise invalid_answer("answer.wrong_shape", f"{field} must be text.", field)
    if value not in allowed:
        raise invalid_answer("answer.unknown_option", f"{field} holds what was not offered.", field)
    return value


def given_by_item(raw: Mapping[str, Any], name: str, prefix: str, items: Sequence[str]) -> dict[str, str]:
    """Return what was given for some of `items`: from `raw[name]`, a mapping, or from form fields `prefix` + item.

    Raise InvalidInputError for what is not text, and for an item that is not of this exercise.
    """
    given = raw.get(name)
    if given is None:
        given = {field.removeprefix(prefix): value for field, value in raw.items() if field.startswith(prefix)}
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise invalid_answer("answer.wrong_shape", f"{name} must hold one text for each item.", name)
    if not given.keys() <= set(items):
        raise invalid_answer("answer.unknown_option", f"{name} holds an item that was not offered.", name)
    return dict(given)


def parts_by_item(raw: Mapping[str, Any], name: str, prefix: str, items: Sequence[str]) -> dict[str, str]:
    """Return what was given for each of `items`, as `given_by_item` finds it.

    Raise InvalidInputError too if an item has nothing, naming all such fields.
    """
    given = given_by_item(raw, name, prefix, items)
    missing = [prefix + item for item in items if not given.get(item)]
    if missing:
        raise invalid_answer("answer.missing", f"{len(missing)} of {len(items)} items have no answer.", *missing)
    return {item: given[item] for item in items}
