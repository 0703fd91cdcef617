"""The calendar file of an event: whatever is in its texts, a calendar reads what was written."""

from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.calendar import calendar_file
from service.events.models import Event
from service.events.rules import ZONES

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
CANCELLED = {"cancelled_at": START - timedelta(days=2), "revision": 1}
texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn"]) | st.sampled_from(";,\\:\"'\n"))


def make_event(**values: object) -> Event:
    usual = {
        "public_id": "abc",
        "title": "Opening",
        "description": "",
        "place": "",
        "link": "",
        "zone": "Europe/Warsaw",
    }
    times = {"starts_at": START, "ends_at": START + timedelta(hours=2), "changed_at": START - timedelta(days=9)}
    return Event(**{**usual, **times, "revision": 0, "cancelled_at": None, **values})


def read(event: Event) -> tuple[icalendar.Calendar, icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(calendar_file(event, "https://tool.example/e"))
    [entry] = calendar.events
    return calendar, entry


@settings(max_examples=60, deadline=None)
@given(title=texts, description=texts, place=texts, zone=st.sampled_from(ZONES))
def test_what_is_written_is_read(title: str, description: str, place: str, zone: str) -> None:
    event = make_event(title=title, description=description, place=place, zone=zone)
    calendar, entry = read(event)
    assert not calendar.errors
    assert entry["summary"] == " ".join(title.split())
    assert entry.get("description", "").split() == description.split()
    assert entry.get("location", "") == " ".join(place.split())
    assert (entry.start, entry.end) == (event.starts_at, event.ends_at)
    assert entry["dtstart"].params.get("tzid", "UTC") == zone
    lines = calendar_file(event, "https://tool.example/e").split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)


def test_a_change_keeps_the_uid_and_raises_the_sequence() -> None:
    first, second = read(make_event())[1], read(make_event(revision=3, title="Later"))[1]
    assert first["uid"] == second["uid"] == "event-abc@mentorready"
    assert (first["sequence"], second["sequence"]) == (0, 3)
    assert first["dtstamp"].dt == START - timedelta(days=9)


def test_a_cancelled_event_is_taken_out_of_calendars() -> None:
    calendar, entry = read(make_event(**CANCELLED))
    assert (calendar["method"], entry["status"]) == ("CANCEL", "CANCELLED")


def test_control_characters_never_reach_a_calendar() -> None:
    _, entry = read(make_event(title="a\x00b\x07", description="one\r\n\x1btwo"))
    assert (entry["summary"], entry["description"]) == ("ab", "one\ntwo")


def test_the_zone_comes_with_its_rules() -> None:
    calendar, entry = read(make_event(zone="Asia/Jerusalem"))
    assert [zone["tzid"] for zone in calendar.timezones] == ["Asia/Jerusalem"]
    assert entry.start.hour == 17
