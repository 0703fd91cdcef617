"""Reads the form of an event, and says for each field what to do where it cannot be taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate

from service.errors import InvalidInputError
from service.events.models import Event, EventKind
from service.events.operations import Plan
from service.events.rules import LONGEST_REASON, ZONES, moment_in
from service.modules.content import Catalogue
from service.people.models import LEARNING_ROLES
from service.typed_text import clean_text
from service.web.formats import number

LONGEST = timedelta(days=14)
MOST_MATERIALS = 20
ROLE, MODULE = "role.", "module."
_LOCAL = "%Y-%m-%dT%H:%M"
_IN_THESE_YEARS = validate.Range(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2200-01-01"))


class EventForm(Schema):
    """The fields of an event. Errors are codes, see `field_errors`."""

    class Meta:
        unknown = EXCLUDE

    kind = fields.Enum(EventKind, by_value=True, required=True)
    title = fields.String(required=True, validate=validate.Length(1, 200))
    description = fields.String(load_default="", validate=validate.Length(max=5000))
    facilitator = fields.String(load_default="", validate=validate.Length(max=200))
    place = fields.String(load_default="", validate=validate.Length(max=200))
    link = fields.String(load_default="", validate=validate.Length(max=2048))
    materials = fields.String(load_default="", validate=validate.Length(max=10_000))
    starts = fields.NaiveDateTime(required=True, format=_LOCAL, validate=_IN_THESE_YEARS)
    ends = fields.NaiveDateTime(required=True, format=_LOCAL, validate=_IN_THESE_YEARS)
    zone = fields.String(required=True, validate=validate.OneOf(ZONES))
    seats = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 10_000))

    @pre_load
    def _tidy(self, data: Mapping[str, str], **_: object) -> dict[str, str | None]:
        tidy: dict[str, str | None] = {name: clean_text(value) for name, value in data.items()}
        return tidy | {"seats": tidy.get("seats") or None}

    @post_load
    def _in_utc(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        faults, zone = {}, data.pop("zone")
        for name in ("starts", "ends"):
            try:
                data[f"{name}_at"] = moment_in(zone, data.pop(name))
            except InvalidInputError:
                faults[name] = ["hour"]
        if not faults and not timedelta(0) < data["ends_at"] - data["starts_at"] <= LONGEST:
            faults["ends"] = ["order"]
        if data["link"] and not _is_address(data["link"]):
            faults["link"] = ["address"]
        materials = [line.split(maxsplit=1) for line in data["materials"].splitlines() if line.strip()]
        if len(materials) > MOST_MATERIALS or not all(_is_address(line[0]) for line in materials):
            faults["materials"] = ["address"]
        if faults:
            raise ValidationError(faults)
        data["materials"] = [[line[0], line[1] if len(line) > 1 else line[0]] for line in materials]
        return data | {"zone": zone}


@dataclass(frozen=True)
class Typed:
    """What a form holds: what was sent, else what is planned. `errors` are messages by field."""

    values: Mapping[str, str]
    errors: Mapping[str, str]


def read_plan(form: Mapping[str, str], catalogue: Catalogue) -> Plan:
    """Return what a form plans. Raise InvalidInputError with `fields`, the name of a fault by field."""
    roles = [role.value for role in LEARNING_ROLES if form.get(ROLE + role)]
    # To a session of the professional forum the coordinators come, perhaps nobody else.
    needs_roles = form.get("kind") != EventKind.FORUM_SESSION
    faults: dict[str, str] = {"roles": "required"} if needs_roles and not roles else {}
    try:
        values = EventForm().load(form)
    except ValidationError as error:
        faults |= {name: codes[0] for name, codes in error.messages_dict.items()}
    if faults:
        raise InvalidInputError("event.form", f"The form has faults: {faults}.", fields=faults)
    modules = [module.key for module in catalogue.modules if form.get(MODULE + module.key)]
    return Plan(**values, roles=roles, module_keys=modules)


def values_of(event: Event) -> dict[str, str]:
    """Return the fields of the form that plans an event as it is."""
    zone = ZoneInfo(event.zone)
    ticked = [*(ROLE + role for role in event.roles), *(MODULE + key for key in event.module_keys)]
    texts = {name: getattr(event, name) for name in ("title", "description", "facilitator", "place", "link", "zone")}
    return {
        **texts,
        **dict.fromkeys(ticked, "yes"),
        "kind": event.kind.value,
        "materials": "\n".join(f"{address} {title}" for address, title in event.materials),
        "starts": _local(event.starts_at, zone),
        "ends": _local(event.ends_at, zone),
        "seats": str(event.seats or ""),
    }


def field_errors(error: InvalidInputError) -> dict[str, str]:
    """Return what to do, by field of the form."""
    messages = {
        "kind": gettext("Choose what kind of meeting it is."),
        "title": gettext("Give the meeting a title of at most 200 letters."),
        "starts": gettext("Give the day and hour at which it begins. The clocks there must show this hour."),
        "ends": gettext("Give an hour after the beginning and at most 14 days later."),
        "zone": gettext("Choose the time zone of the place."),
        "link": gettext("Give an address that begins with https:// or http://."),
        "materials": gettext("Begin each line with an address (https://…), at most 20 lines."),
        "seats": gettext("Give a whole number from 1 to 10000, or nothing."),
        "roles": gettext("Choose for whom the meeting is."),
    }
    found = error.details.get("fields")
    names = found if isinstance(found, dict) else {}
    return {name: messages.get(name, gettext("This is too long.")) for name in names}


def reason_error(error: InvalidInputError) -> dict[str, str]:
    """Return what to do with the reason for which an event is to be cancelled, as `field_errors`."""
    messages = {
        "missing": gettext("Say why: those who wanted to come will read it."),
        "long": gettext("The reason is too long: at most %(most)s characters.", most=number(LONGEST_REASON)),
    }
    found = error.details.get("fields")
    return {name: messages[code] for name, code in found.items()} if isinstance(found, dict) else {}


def fault_links(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return messages as the macro `error_summary` takes them."""
    return [(f"field-{name}", message) for name, message in errors.items()]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime(_LOCAL)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
