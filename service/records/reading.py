"""Reads a credential that a stranger sends: small, plain JSON, or a clear refusal. Nothing else is ever unpacked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import rfc8785
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from service.db import Json
from service.errors import InvalidInputError

LONGEST = 64 * 1024
"""Bytes of a record; one of ours with all modules of three courses is under a third of it."""


@dataclass(frozen=True)
class Line:
    """One thing that a record states: a module, or an outcome."""

    title: str
    key: str = ""
    version: str = ""
    on: date | None = None
    valid_until: date | None = None
    is_recognised: bool = False
    evidence: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """What a record says, whoever issued it. `name` is "" where it names nobody."""

    title: str
    description: str
    criteria: str
    issuer: str
    issuer_name: str
    name: str
    is_name_own: bool
    """Whether the holder wrote the name, instead of the LMS."""
    on: datetime
    valid_until: datetime | None
    modules: Sequence[Line]
    outcomes: Sequence[Line]


def parse(raw: bytes) -> Json:
    """Return the JSON object that `raw` is; raise InvalidInputError with a code for what cannot be taken."""
    if len(raw) > LONGEST:
        raise InvalidInputError("record.too_long", f"A record has at most {LONGEST} bytes.")
    if raw.lstrip().startswith(b"%PDF"):
        raise InvalidInputError("record.is_pdf", "This is the PDF; the JSON file is attached to it.")
    try:
        found = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_without_twins, parse_constant=_refuse)
        # What cannot be written in the one way of RFC 8785, nothing can have signed. PostgreSQL keeps no NUL.
        is_whole = isinstance(found, dict) and b"\\u0000" not in rfc8785.dumps(found)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("record.unreadable", "This is not JSON.") from error
    if not is_whole:
        raise InvalidInputError("record.unreadable", "This is not the JSON of a record.")
    return dict(found)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice in one object: readers would differ in what it says.")
    return found


def _refuse(text: str) -> None:
    raise ValueError(f"{text} stands in no record.")


class _Lenient(Schema):
    class Meta:
        unknown = EXCLUDE


_TEXT = fields.String(load_default="")
_NEEDED = fields.String(required=True)
_PROFILE = _Lenient.from_dict({"id": _NEEDED, "name": _TEXT})
_CRITERIA = _Lenient.from_dict({"narrative": _TEXT})
_DESCRIPTION = _Lenient.from_dict({"id": _NEEDED, "name": _NEEDED, "moduleKey": _TEXT, "contentVersion": _TEXT})
_ACHIEVEMENT = _Lenient.from_dict(
    {
        "name": _NEEDED,
        "description": _TEXT,
        "criteria": fields.Nested(_CRITERIA, load_default=lambda: {"narrative": ""}),
        "resultDescription": fields.List(fields.Nested(_DESCRIPTION), load_default=list),
    }
)
_RESULT = _Lenient.from_dict(
    {
        "resultDescription": _TEXT,
        "status": _TEXT,
        "finishedOn": fields.Date(load_default=None),
        "holdsUntil": fields.Date(load_default=None),
        "evidenceKind": fields.List(fields.String(), load_default=list),
    }
)
_IDENTITY = _Lenient.from_dict(
    {
        "identityType": _NEEDED,
        "identityHash": _NEEDED,
        "hashed": fields.Boolean(required=True),
        "nameSource": _TEXT,
    }
)
_SUBJECT = _Lenient.from_dict(
    {
        "achievement": fields.Nested(_ACHIEVEMENT, required=True),
        "identifier": fields.List(fields.Nested(_IDENTITY), load_default=list),
        "result": fields.List(fields.Nested(_RESULT), load_default=list),
    }
)
_CREDENTIAL = _Lenient.from_dict(
    {
        "id": _NEEDED,
        "issuer": fields.Nested(_PROFILE, required=True),
        "validFrom": fields.AwareDateTime(required=True),
        "validUntil": fields.AwareDateTime(load_default=None),
        "credentialSubject": fields.Nested(_SUBJECT, required=True),
    }
)


def read(credential: Mapping[str, Any]) -> Reading:
    """Return what the credential says; raise InvalidInputError `record.no_badge` if it is no Open Badge 3.0."""
    try:
        found = _CREDENTIAL().load(dict(credential))
    except (ValidationError, OverflowError) as error:
        raise InvalidInputError("record.no_badge", f"This is no Open Badge 3.0: {error}") from error
    subject = found["credentialSubject"]
    achievement = subject["achievement"]
    names = [one for one in subject["identifier"] if one["identityType"] == "name" and not one["hashed"]]
    described = {one["id"]: one for one in achievement["resultDescription"]}
    lines = [
        _line(described[one["resultDescription"]], one)
        for one in subject["result"]
        if one["status"] == "Completed" and one["resultDescription"] in described
    ]
    return Reading(
        title=achievement["name"],
        description=achievement["description"],
        criteria=achievement["criteria"]["narrative"],
        issuer=found["issuer"]["id"],
        issuer_name=found["issuer"]["name"] or found["issuer"]["id"],
        name=names[0]["identityHash"] if names else "",
        is_name_own=bool(names) and names[0]["nameSource"] == "holder",
        on=found["validFrom"],
        valid_until=found["validUntil"],
        modules=[line for line in lines if line.key],
        outcomes=[line for line in lines if not line.key],
    )


def _line(described: Mapping[str, Any], result: Mapping[str, Any]) -> Line:
    evidence = tuple(result["evidenceKind"])
    return Line(
        described["name"],
        described["moduleKey"],
        described["contentVersion"],
        result["finishedOn"],
        result["holdsUntil"],
        "recognised" in evidence,
        evidence,
    )
