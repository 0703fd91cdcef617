"""Who made a course and its modules, and what they draw on (S0-59, S4-139, S4-140)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from service.exercise_types.shapes import Key, Shape, Text
from service.modules.sources import SourceFile

_DAY = re.compile(r"(\d{4})(-\d{2})?(-\d{2})?")
_DATE_RULE = "must be a date: 2026, 2026-11 or 2026-11-30."


@dataclass(frozen=True)
class Credit:
    """A text that modules draw on. What nobody knows of it is empty."""

    key: str
    title: str
    language: str
    """In which it is written, as a language tag, which says how its title runs."""
    author: str = ""
    date: str = ""
    """`2026-11-30`, `2026-11` or `2026`."""
    licence: str = ""
    link: str = ""


class PartOfDate(fields.String):
    """A date of which the day, or the month too, may be unknown."""

    default_error_messages = {"invalid": _DATE_RULE}  # noqa: RUF012 (marshmallow reads it from the class)

    def __init__(self) -> None:
        super().__init__(load_default="", validate=self._check)

    @staticmethod
    def _check(text: str) -> None:
        if not is_part_of_date(text):
            raise ValidationError(_DATE_RULE)


class CreditShape(Shape):
    key = Key()
    title = Text()
    language = Key(longest=8)
    author = Text(required=False, load_default="")
    date = PartOfDate()
    licence = Text(required=False, load_default="")
    link = Text(required=False, load_default="")


def is_part_of_date(text: str) -> bool:
    """Say whether this is a date, or the beginning of one: `2026-11-30`, `2026-11` or `2026`."""
    found = _DAY.fullmatch(text)
    if not found:
        return False
    try:
        date.fromisoformat(f"{found[1]}{found[2] or '-01'}{found[3] or '-01'}")
    except ValueError:
        return False
    return True


def read_credits(source: SourceFile) -> tuple[Credit, ...]:
    """Return `sources` of course.yaml, without those that have faults."""
    given, found = source.data.get("sources", []), dict[str, Credit]()
    if not isinstance(given, list):
        source.add(("sources",), "must be a list.")
        return ()
    for number, data in enumerate(given):
        shaped = source.shaped(CreditShape, data, ("sources", number))
        if shaped is None:
            continue
        if shaped["link"] and urlsplit(shaped["link"]).scheme not in {"https", "http"}:
            source.add(("sources", number, "link"), "must begin with https://.")
        if shaped["key"] in found:
            source.add(("sources", number, "key"), f"is `{shaped['key']}` a second time.")
        found[shaped["key"]] = Credit(**shaped)
    return tuple(found.values())


def check_named(source: SourceFile, header: Mapping[str, Any], known: Sequence[Credit]) -> None:
    """Keep a fault for each name in `sources` of module.yaml that course.yaml does not have."""
    keys = {credit.key for credit in known}
    for number, key in enumerate(header.get("sources", ())):
        if key not in keys:
            source.add(("sources", number), f"is `{key}`, which is none of the sources in course.yaml.")
