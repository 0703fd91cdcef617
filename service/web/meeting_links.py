"""Leads to the meeting at which something can be done: the next one that fits."""

from collections.abc import Collection

from flask import g, url_for

from service.db import utc_now
from service.events.models import Event
from service.events.operations import list_upcoming
from service.web.access import me


def meeting_address(kinds: Collection[str], module_key: str = "") -> str:
    """Return the page of the next meeting of the member's course of one of these kinds; without kinds, of the module.

    While none is planned, that of all meetings.
    """
    course_id = me().course.public_id
    for event in _planned():
        if event.kind.value in kinds if kinds else module_key in event.module_keys:
            return url_for("events.show", course_id=course_id, event_id=event.public_id)
    return url_for("events.list_events", course_id=course_id)


def _planned() -> list[Event]:
    if "planned_meetings" not in g:
        g.planned_meetings = [one for one in list_upcoming(g.db, me(), at=utc_now()) if one.cancelled_at is None]
    found: list[Event] = g.planned_meetings
    return found
