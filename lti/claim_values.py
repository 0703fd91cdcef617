"""Reads single values out of a token whose types are not to be trusted. Nothing here raises: what is wrong is None."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from lti.urls import web_origin

LONGEST_ID = 255
LONGEST_TEXT = 255
LONGEST_CUSTOM_VALUE = 2048
MOST_CUSTOM_VALUES = 100

_NOTHING: Mapping[str, Any] = {}
_UNSUBSTITUTED = re.compile(r"\$[A-Za-z][\w.-]*")
_DIRECTION_OVERRIDES = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def identifier(value: object) -> str | None:
    """Return an id as it was sent, if it is a text of 1 to 255 printable characters (Core 5.3.6, CONFORMANCE C26)."""
    is_good = isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable() and not value.isspace()
    return str(value) if is_good else None


def text(value: object) -> str:
    """Return a title or name fit to be stored: one line, at most 255 characters, "" if there is none (C30).

    Marks of direction stay, since Hebrew needs them; overrides, which would turn the page around them, go.
    """
    if not isinstance(value, str):
        return ""
    sent = value[: LONGEST_TEXT * 4]
    kept = sent if sent.isprintable() else "".join(map(_kept, sent))  # nothing printable is replaced
    return " ".join(kept.split())[:LONGEST_TEXT].rstrip()


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    return "" if category in {"Cs", "Cn"} or ord(character) in _DIRECTION_OVERRIDES else character


def url(value: object) -> str | None:
    """Return an absolute http(s) address, None for anything else."""
    return str(value) if web_origin(value) else None


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else _NOTHING


def texts(value: object, *, most: int) -> tuple[str, ...]:
    """Return the ids in a list, without those that are none."""
    found = value[:most] if isinstance(value, list) else []
    return tuple(item for item in map(identifier, found) if item is not None)


def custom(value: object) -> dict[str, str]:
    """Return custom parameters: texts, and whole numbers as texts (Canvas sends them so).

    Anything else is left out, and so is a variable that the LMS did not replace (CONFORMANCE G21, G23, C27).
    """
    found: dict[str, str] = {}
    for key, item in list(mapping(value).items())[:MOST_CUSTOM_VALUES]:
        found_value = _custom_value(item)
        if identifier(key) and found_value is not None:
            found[key] = found_value
    return found


def _custom_value(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63:
        return str(value)
    if not isinstance(value, str) or len(value) > LONGEST_CUSTOM_VALUE or _UNSUBSTITUTED.fullmatch(value):
        return None
    return value if is_storable(value) else None


def is_storable(value: str) -> bool:
    """Say whether a database takes the text: no NUL, no half of a character."""
    return not re.search(r"[\x00\ud800-\udfff]", value)
