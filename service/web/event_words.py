"""Puts events into words: what kind, when and in which zone, and why something was not possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_location
from flask import g, url_for
from flask_babel import get_locale, gettext

from service.db import utc_now
from service.errors import MentorReadyError
from service.events.models import AttendanceState, Event, EventKind, Reply
from service.events.operations import list_roles, list_upcoming
from service.events.rules import LONGEST_REASON
from service.i18n import HOME_ZONES
from service.people.models import LEARNING_ROLES, Role
from service.web.access import catalogue, me
from service.web.formats import number
from service.web.words import role_name

NEXT = 3
"""How many events the home page shows."""


@dataclass(frozen=True)
class EventView:
    """An event as pages show it. `when` names its zone; `elsewhere` says it by the reader's clocks, if they differ."""

    event: Event
    kind: str
    when: str
    elsewhere: str
    for_whom: str
    modules: Sequence[tuple[str, str, str]]
    """Key, title and address of each module that is taught there."""
    href: str


def reply_words(reply: Reply | None) -> str:
    """Return what someone said of coming, "" if nothing."""
    if reply is None:
        return ""
    return gettext("said: does not come") if reply.number is None else gettext("said: comes")


def describe_event(event: Event) -> EventView:
    """Return the words for an event, in the language of the page."""
    here: dict[str, Any] = {"course_id": me().course.public_id}
    own_zone = HOME_ZONES.get(g.lang, event.zone)
    at = event.starts_at
    is_elsewhere = at.astimezone(ZoneInfo(own_zone)).utcoffset() != at.astimezone(ZoneInfo(event.zone)).utcoffset()
    everyone = set(event.roles) == {role.value for role in LEARNING_ROLES}
    return EventView(
        event=event,
        kind=kind_name(event.kind),
        when=period(event, event.zone),
        elsewhere=period(event, own_zone) if is_elsewhere else "",
        for_whom=gettext("Everyone") if everyone else ", ".join(role_name(role) for role in _shown_roles(event)),
        modules=[
            (module.key, module.words[g.lang].title, url_for("modules.show", module_key=module.key, **here))
            for module in catalogue().modules
            if module.key in event.module_keys
        ],
        href=url_for("events.show", event_id=event.public_id, **here),
    )


def _shown_roles(event: Event) -> list[Role]:
    """Return for whom an event is; an administrator is not named, who may come wherever coordinators come."""
    return [role for role in list_roles(event) if role is not Role.ADMINISTRATOR]


def next_meetings() -> Sequence[EventView]:
    """Return the next events for the member, for the home page."""
    return [describe_event(event) for event in list_upcoming(g.db, me(), at=utc_now())[:NEXT]]


def period(event: Event, zone: str) -> str:
    """Return from when to when an event lasts by the clocks of a zone, and the name of the zone."""
    begin, end = (at.astimezone(ZoneInfo(zone)) for at in (event.starts_at, event.ends_at))
    if begin.date() == end.date():
        hours = gettext("%(day)s, %(hours)s", day=_day(begin), hours=_hours(begin, end))
    else:
        hours = gettext(
            "%(first_day)s, %(begin)s to %(last_day)s, %(end)s",
            first_day=_day(begin),
            begin=_hour(begin),
            last_day=_day(end),
            end=_hour(end),
        )
    return gettext("%(hours)s (%(zone)s)", hours=hours, zone=zone_name(zone))


def zone_name(zone: str) -> str:
    """Return the name of a zone for people, "Poland Time"."""
    # CLDR has no name for it in every language of ours.
    own_names = {"UTC": "UTC", "Europe/Kyiv": gettext("Ukraine Time")}
    return own_names.get(zone) or get_timezone_location(ZoneInfo(zone), locale=get_locale())


def kind_name(kind: EventKind) -> str:
    """Return what an event is for."""
    return {
        EventKind.OPENING: gettext("Opening meeting"),
        EventKind.MID_MEETING: gettext("Meeting halfway"),
        EventKind.CLOSING: gettext("Closing meeting"),
        EventKind.TRAINING_DAY: gettext("Training day"),
        EventKind.CLASSROOM: gettext("Session in class"),
        EventKind.FORUM_SESSION: gettext("Session of the professional forum"),
    }[kind]


def attendance_name(state: AttendanceState) -> str:
    """Return whether someone was there."""
    return {
        AttendanceState.PRESENT: gettext("Present"),
        AttendanceState.EXCUSED: gettext("Excused"),
        AttendanceState.ABSENT: gettext("Absent"),
    }[state]


def event_refusal(error: MentorReadyError) -> str:
    """Return why something was not done with an event, and what to do."""
    return {
        "event.cancelled": gettext("The meeting was cancelled meanwhile. Nothing was changed."),
        "event.changed": gettext("Someone else has changed the meeting meanwhile. Compare and save once more."),
        "event.has_begun": gettext("The meeting has begun. Nothing was changed."),
        "event.has_not_begun": gettext("The meeting has not begun yet. Attendance can be entered once it has."),
        "event.was_held": gettext("Attendance was entered for this meeting: it took place and cannot be cancelled."),
        "attendance.changed": gettext("Someone else has entered attendance meanwhile. Compare and save once more."),
        "attendance.long_reason": gettext(
            "The reason is too long: at most %(most)s characters.", most=number(LONGEST_REASON)
        ),
        "attendance.no_reason": gettext("Say why: something that was entered before is corrected."),
    }[error.code]


def _day(at: datetime) -> str:
    return format_date(at, "full", locale=get_locale())


def _hour(at: datetime) -> str:
    return format_time(at, "HH:mm", locale=get_locale(), tzinfo=at.tzinfo)


def _hours(begin: datetime, end: datetime) -> str:
    """Return "17:00–19:00", which stays in this order in Hebrew."""
    hours = f"{_hour(begin)}\N{EN DASH}{_hour(end)}"
    return f"\N{LEFT-TO-RIGHT ISOLATE}{hours}\N{POP DIRECTIONAL ISOLATE}"
