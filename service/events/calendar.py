"""An event as a file for calendars (RFC 5545)."""

from collections.abc import Callable
from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

import icalendar

from service.events.models import Event

_DIRECTIONS = "\u200c\u200d\u200e\u200f"


def calendar_file(
    event: Event, address: str, *, neutral_title: str = "", is_named: Callable[[str], bool] = lambda _text: False
) -> bytes:
    """Return the event as text/calendar; `address` is its page.

    A text that `is_named` says names a mentee is left out, and `neutral_title` stands for such a title: the file leaves
    the tool (S4-133).

    The same event has the same UID for ever, and its SEQUENCE rises, so that a calendar replaces what it holds; a
    cancelled one is taken out.
    """
    entry = icalendar.Event()
    entry.add("uid", f"event-{event.public_id}@mentorready")
    entry.add("dtstamp", event.changed_at)
    entry.add("last-modified", event.changed_at)
    entry.add("sequence", event.revision)
    entry.add("status", "CANCELLED" if event.cancelled_at else "CONFIRMED")
    entry.add("summary", neutral_title if is_named(event.title) else _one_line(event.title))
    entry.add("dtstart", event.starts_at.astimezone(ZoneInfo(event.zone)))
    entry.add("dtend", event.ends_at.astimezone(ZoneInfo(event.zone)))
    where = _one_line(", ".join(filter(None, (event.place, event.link))))
    if where and not is_named(where):
        entry.add("location", where)
    if event.description and not is_named(event.description):
        lines = event.description.splitlines()
        entry.add("description", "\n".join(_one_line(line) for line in lines))
    entry.add("url", address)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//MentorReady//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if event.cancelled_at else "PUBLISH")
    calendar.add_component(entry)
    # Only the rules of the years around it: a zone has had fifty years of them.
    calendar.add_missing_timezones(
        first_date=date(event.starts_at.year - 1, 1, 1), last_date=date(event.ends_at.year + 2, 1, 1)
    )
    return cast(bytes, calendar.to_ical())


def _one_line(text: str) -> str:
    """Return `text` with one space between words, and without what no calendar takes: other control characters."""
    return " ".join("".join(c for c in text if c.isspace() or c.isprintable() or c in _DIRECTIONS).split())
