"""Meetings on the screen: planned by staff, seen by those for whom they are, answered with seats in order."""

import re
from datetime import timedelta

import icalendar
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from service.db import transaction, utc_now
from service.events.models import Event, EventKind
from service.people.models import Membership, Role
from tests.features.events.events import make_event
from tests.makers import make_member

PLAN = {
    "kind": "training_day",
    "title": "Day <b>one</b>",
    "starts": "2077-03-10T17:00",
    "ends": "2077-03-10T19:30",
    "zone": "Europe/Warsaw",
    "seats": "1",
    "place": "Room 2",
    "link": "https://meet.example/x?a=1&b=2",
    "materials": "https://files.example/1 Slides\nhttps://files.example/2",
    "description": "First.\r\nThen.",
    "role.mentor": "yes",
    "module.roles": "yes",
    "submission_key": "a-key-of-the-form",
}

FAULTS = [
    ("title", " ", "Give the meeting a title"),
    ("title", "x" * 201, "Give the meeting a title"),
    ("starts", "soon", "Give the day and hour"),
    ("starts", "2077-03-28T02:30", "The clocks there must show this hour"),
    ("starts", "0001-01-01T00:00", "Give the day and hour"),
    ("ends", "2077-03-10T17:00", "Give an hour after the beginning"),
    ("ends", "9999-12-31T23:59", "Give an hour after the beginning"),
    ("zone", "Mars/Olympus", "Choose the time zone"),
    ("seats", "0", "Give a whole number"),
    ("seats", "many", "Give a whole number"),
    ("link", "javascript:alert(1)", "Give an address that begins with https://"),
    ("link", "https://[x", "Give an address that begins with https://"),
    ("materials", "https://files.example/1 Slides\nslides", "Begin each line with an address"),
    ("role.mentor", "", "Choose for whom"),
    ("kind", "party", "Choose what kind"),
    ("description", "x" * 5001, "This is too long."),
]
"""Field, what is typed, and what is said of it."""


@pytest.fixture
def soon(members, database) -> str:
    """The public id of an opening, in an hour, with one seat."""
    with transaction(database) as session:
        staff = session.get_one(Membership, members[Role.COORDINATOR].id)
        starts = utc_now() + timedelta(hours=1)
        event = make_event(session, staff, seats=1, starts_at=starts, ends_at=starts + timedelta(hours=1))
        return event.public_id


def plan(browser, **changes: str):
    return browser.post(browser.path("/events/new"), {**PLAN, **changes})


def test_staff_plan_a_meeting_and_those_for_whom_it_is_see_it(browse, database) -> None:
    coordinator, mentor, mentee = browse(Role.COORDINATOR), browse(Role.MENTOR), browse(Role.MENTEE)
    assert "No meeting is planned." in coordinator.get(coordinator.path("/events/")).text
    answer = plan(coordinator)
    assert (answer.status_code, plan(coordinator).location) == (303, answer.location)
    with database() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 1
    for page in (mentor.get(answer.location).text, coordinator.get(answer.location).text):
        assert "Day &lt;b&gt;one&lt;/b&gt;" in page
        assert "Wednesday, 10 March 2077, \u206617:00–19:30\u2069 (Poland Time)" in page
        assert 'href="https://meet.example/x?a=1&amp;b=2"' in page
        assert 'href="https://files.example/1"' in page
        assert "About roles" in page
    assert "Day &lt;b&gt;one&lt;/b&gt;" in mentor.get(mentor.path("/")).text
    assert "Day &lt;b&gt;one" in coordinator.get(coordinator.path("/")).text
    assert mentee.get(answer.location).status_code == 404
    assert "Day &lt;b&gt;" not in mentee.get(mentee.path("/events/")).text


def test_the_readers_own_clocks_are_said_beside_those_of_the_place(browse, database) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    page = plan(coordinator).location
    mentor.post("/language", {"language": "he", "next": "/"})
    shown = mentor.get(page).text
    assert "\u206617:00–19:30\u2069 (שעון פולין)" in shown
    assert "\u206618:00–20:30\u2069 (שעון ישראל)" in shown


def test_what_cannot_be_planned_comes_back_with_what_to_do(browse) -> None:
    coordinator = browse(Role.COORDINATOR)
    for field, value, said in FAULTS:
        answer = plan(coordinator, **{field: value})
        assert (field, value, answer.status_code) == (field, value, 422)
        assert said in answer.text
        assert "Room 2" in answer.text


def test_control_characters_are_left_out_and_the_rest_is_kept(browse) -> None:
    coordinator = browse(Role.COORDINATOR)
    page = coordinator.get(plan(coordinator, title="A\0B\x07", description="one\0two").location).text
    assert "AB" in page
    assert "onetwo" in page


def test_a_change_by_another_in_between_is_shown_and_not_overwritten(browse, soon) -> None:
    coordinator = browse(Role.COORDINATOR)
    change = coordinator.path(f"/events/{soon}/change")
    form = coordinator.get(change).text
    assert 'name="seen" value="0"' in form
    assert coordinator.post(change, {**PLAN, "seen": "0"}).status_code == 303
    answer = coordinator.post(change, {**PLAN, "title": "Mine", "seen": "0"})
    assert answer.status_code == 409
    assert "Someone else has changed the meeting" in answer.text
    assert 'value="Mine"' in answer.text
    assert coordinator.post(change, {**PLAN, "title": "Mine", "seen": "1"}).status_code == 303


def test_a_cancelled_meeting_says_why_and_takes_no_answers(browse, soon) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    cancel = coordinator.path(f"/events/{soon}/cancel")
    assert coordinator.post(cancel, {"reason": " "}).status_code == 422
    answer = coordinator.post(cancel, {"reason": "Snow " * 500})
    assert answer.status_code == 422
    assert "The reason is too long: at most 2000 characters." in answer.text
    assert "Snow " * 500 in answer.text, "what was typed stays"
    assert coordinator.post(cancel, {"reason": "Snow & ice"}).status_code == 303
    page = mentor.get(mentor.path(f"/events/{soon}")).text
    assert "Snow &amp; ice" in page
    assert "no answer is needed" in page
    answer = mentor.post(mentor.path(f"/events/{soon}/reply"), {"coming": "yes"})
    assert answer.status_code == 409
    assert "cancelled meanwhile" in answer.text
    entry = read_calendar(mentor, soon)
    assert (entry["status"], entry["sequence"]) == ("CANCELLED", 1)


def test_who_comes_when_all_seats_are_taken_waits_and_moves_up(browse, soon, database) -> None:
    first, second, staff = browse(Role.MENTOR), browse(Role.MENTEE), browse(Role.COORDINATOR)
    reply = first.path(f"/events/{soon}/reply")
    assert first.post(reply, {"coming": "perhaps"}).status_code == 422
    assert first.post(reply, {"coming": "yes"}).status_code == 303
    page = second.get(second.path(f"/events/{soon}")).text
    assert "All seats are taken." in page
    second.post(reply, {"coming": "yes"})
    assert "Your place in line: 1" in second.get(second.path(f"/events/{soon}")).text
    page = staff.get(staff.path(f"/events/{soon}")).text
    assert "With a seat (1)" in page
    assert "On the waiting list (1)" in page
    first.post(reply, {"coming": "no"})
    assert "A seat is kept for you." in second.get(second.path(f"/events/{soon}")).text
    assert "Name of mentor-1" not in second.get(second.path(f"/events/{soon}")).text


def test_only_staff_plan_change_and_cancel(browse, soon) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    for path in ("/events/new", f"/events/{soon}/change"):
        assert mentor.get(mentor.path(path)).status_code == 403
        assert mentor.post(mentor.path(path), PLAN).status_code == 403
    assert mentor.post(mentor.path(f"/events/{soon}/cancel"), {"reason": "x"}).status_code == 403
    assert coordinator.post(coordinator.path(f"/events/{soon}/reply"), {"coming": "yes"}).status_code == 403


def test_a_meeting_of_another_course_is_not_there(browse, database) -> None:
    with transaction(database) as session:
        elsewhere = make_member(session, "coordinator-2", Role.COORDINATOR, context_id="course-2")
        foreign = make_event(session, elsewhere).public_id
    coordinator = browse(Role.COORDINATOR)
    paths = [
        f"/events/{foreign}{rest}" for rest in ("", "/change", "/calendar.ics", "/attendance", "/attendance/sheet")
    ]
    assert {coordinator.get(coordinator.path(path)).status_code for path in paths} == {404}
    for act in ("change", "cancel", "attendance", "attendance/list"):
        answer = coordinator.post(coordinator.path(f"/events/{foreign}/{act}"), {**PLAN, "reason": "x", "text": "x"})
        assert answer.status_code == 404


def read_calendar(browser, event_id: str) -> icalendar.Event:
    answer = browser.get(browser.path(f"/events/{event_id}/calendar.ics"))
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="event-\w+\.ics"', answer.headers["Content-Disposition"])
    [entry] = icalendar.Calendar.from_ical(answer.data).events
    return entry


def test_the_calendar_file_says_what_the_page_says(browse) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    page = plan(coordinator).location
    entry = read_calendar(mentor, page.rsplit("/", 1)[-1])
    assert (entry["summary"], entry["url"]) == ("Day <b>one</b>", f"https://tool.example{page}")
    assert entry["dtstart"].params["tzid"] == "Europe/Warsaw"
    assert entry.start.isoformat() == "2077-03-10T17:00:00+01:00"


def test_lists_cost_the_same_however_many_people_there_are(browse, app, database, members, soon) -> None:
    coordinator = browse(Role.COORDINATOR)
    counts: dict[str, list[int]] = {}
    for more in (5, 300):
        with transaction(database) as session:
            for number in range(more):
                make_member(session, f"p{more}-{number}")
        for path in ("/events/", f"/events/{soon}", f"/events/{soon}/attendance", f"/events/{soon}/attendance/sheet"):
            statements: list[str] = []

            def note(*call, found=statements) -> None:
                found.append(call[2])

            sqlalchemy_event.listen(app.extensions["engine"], "before_cursor_execute", note)
            answer = coordinator.get(coordinator.path(path))
            sqlalchemy_event.remove(app.extensions["engine"], "before_cursor_execute", note)
            assert answer.status_code == 200
            counts.setdefault(path, []).append(len([one for one in statements if one.startswith("SELECT")]))
    assert all(few == many <= 8 for few, many in counts.values()), counts


def test_every_kind_has_its_words(browse) -> None:
    form = browse(Role.COORDINATOR)
    page = form.get(form.path("/events/new")).text
    assert all(f'value="{kind}"' in page for kind in EventKind)
