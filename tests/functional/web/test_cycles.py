"""The professional forum on the screen: agenda of open dilemmas, summary, what is carried to the next session."""

import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from sqlalchemy import event, func, select

from service.db import transaction, utc_now
from service.events.models import Event, EventKind
from service.expiring import tell_sessions_due
from service.notices.models import Notice
from service.notices.rules import NoticeKind
from service.people.models import Membership, Role
from tests.features.events.events import make_event
from tests.functional.web.forum_forms import opened, posted
from tests.functional.web.test_events import PLAN
from tests.makers import make_member

OPTIONS = {"options": "Wait\nAsk"}
WEEK = timedelta(days=7)


@pytest.fixture
def held(database, members: dict[Role, Membership]) -> str:
    return _plan(database, members, utc_now() - WEEK)


def _plan(database, members, starts_at: datetime, **values) -> str:
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}
    with transaction(database) as session:
        staff = session.merge(members[Role.COORDINATOR])
        kind = {"kind": EventKind.FORUM_SESSION, "roles": []}
        return make_event(session, staff, **{**kind, **times, **values}).public_id


def test_a_session_is_planned_for_coordinators_alone_and_has_a_page(browse, database) -> None:
    staff, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    form = staff.get(staff.path("/events/new?kind=forum_session")).text
    assert re.search(r'value="forum_session" selected', form)
    assert 'name="role.mentor" value="yes" checked' not in form
    plan = {name: value for name, value in PLAN.items() if not name.startswith(("role.", "module."))}
    answer = staff.post(staff.path("/events/new"), plan | {"kind": "forum_session"})
    assert answer.status_code == 303, answer.text
    event_id = answer.location.rpartition("/")[2]
    assert f"/professional-forum/{event_id}" in staff.get(answer.location).text
    assert "Coordinator" in staff.get(answer.location).text
    assert staff.get(staff.path(f"/professional-forum/{event_id}")).status_code == 200
    assert mentor.get(mentor.path(f"/events/{event_id}")).status_code == 404
    assert mentor.get(mentor.path(f"/professional-forum/{event_id}")).status_code == 403
    with database() as session:
        told = set(session.scalars(select(Notice.membership_id).filter_by(kind=NoticeKind.MEETING, about=event_id)))
        staff_ids = {one.id for one in session.scalars(select(Membership).where(Membership.role == Role.ADMINISTRATOR))}
        assert told == staff_ids


def test_from_open_dilemmas_to_the_next_session(browse, database, members, held: str) -> None:
    staff = browse(Role.COORDINATOR)
    opened(staff, "cases", title="A gift <i>", **OPTIONS)
    page = staff.path(f"/professional-forum/{held}")
    shown = staff.get(page).text
    threads = re.findall(r'name="thread" value="(\w+)" checked', shown)
    assert len(threads) == 1
    assert "A gift &lt;i&gt;" in shown
    assert staff.post(f"{page}/dilemmas", {"thread": threads[0]}).status_code == 303
    assert staff.post(f"{page}/points", {"list": "agenda", "agenda": "Dates"}).status_code == 303
    assert staff.post(f"{page}/points", {"list": "questions", "questions": "Who trains?"}).status_code == 303
    answer = staff.post(f"{page}/carry", {})
    assert answer.status_code == 409
    assert "Plan the next session first" in answer.text
    following = _plan(database, members, utc_now() + 12 * WEEK)
    assert staff.post(f"{page}/carry", {}).status_code == 303
    assert staff.post(f"{page}/carry", {}).status_code == 303
    after = staff.get(staff.path(f"/professional-forum/{following}")).text
    places = [after.index(words) for words in ("Who trains?", "A gift &lt;i&gt;", "Dates")]
    assert places == sorted(places)
    assert after.count("Left open by an earlier session") == 3
    assert "Carried over to a later session" in staff.get(page).text


def test_points_are_moved_and_settled_by_their_buttons(browse, held: str) -> None:
    staff = browse(Role.COORDINATOR)
    page = staff.path(f"/professional-forum/{held}")
    for words in ("First", "Second"):
        staff.post(f"{page}/points", {"list": "agenda", "agenda": words})
    ids = re.findall(r"/points/(\w+)\"", staff.get(page).text)
    assert staff.post(f"{page}/points/{ids[1]}", {"act": "up"}).status_code == 303
    assert re.findall(r"/points/(\w+)\"", staff.get(page).text) == [ids[1], ids[0]]
    assert staff.post(f"{page}/points/{ids[0]}", {"act": "settle"}).status_code == 303
    assert 'value="reopen"' in staff.get(page).text
    assert staff.post(f"{page}/points/{ids[0]}", {"act": "paint"}).status_code == 422
    assert staff.post(f"{page}/points/nothing", {"act": "drop"}).status_code == 404
    assert staff.post(f"{page}/points/{ids[0]}", {"act": "drop"}).status_code == 303
    assert re.findall(r"/points/(\w+)\"", staff.get(page).text) == [ids[1]]


def test_a_summary_is_markdown_and_nobody_overwrites_what_they_have_not_seen(browse, held: str) -> None:
    staff, other = browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    page = staff.path(f"/professional-forum/{held}")
    assert staff.post(f"{page}/record", {"part": "summary", "summary": "**Ask** <b>", "seen": "0"}).status_code == 303
    assert "<strong>Ask</strong> &lt;b&gt;" in other.get(page).text
    answer = other.post(f"{page}/record", {"part": "summary", "summary": "Mine", "seen": "0"})
    assert answer.status_code == 409
    assert "Mine" in answer.text
    assert "<strong>Ask</strong>" in answer.text
    answer = other.post(f"{page}/record", {"part": "materials", "materials": "x" * 20_001, "seen": "1"})
    assert answer.status_code == 422
    assert "Shorten it to at most" in answer.text
    assert "x" * 20_001 in answer.text


def test_a_mentee_is_named_with_a_reason_or_reworded(browse, database, held: str) -> None:
    with transaction(database) as session:
        make_member(session, "Zuzanna", Role.MENTEE)
    staff = browse(Role.COORDINATOR)
    page = staff.path(f"/professional-forum/{held}")
    sent = {"list": "questions", "questions": "How is Zuzanna?"}
    answer = staff.post(f"{page}/points", sent)
    assert answer.status_code == 422
    assert 'value="reword"' in answer.text
    answer = staff.post(f"{page}/points", sent | {"act": "reword"})
    assert 'value="How is a mentee?"' in answer.text
    answer = staff.post(f"{page}/points", sent | {"reason": "x" * 501})
    assert (answer.status_code, "x" * 501 in answer.text) == (422, True)
    assert "The reason is too long: at most 500 characters." in answer.text
    assert staff.post(f"{page}/points", sent | {"reason": "Another Zuzanna"}).status_code == 303
    assert "Another Zuzanna" in staff.get(page).text


def test_the_file_for_calendars_has_the_session_and_names_no_mentee(browse, database, members, held: str) -> None:
    with transaction(database) as session:
        make_member(session, "Zuzanna", Role.MENTEE)
    staff = browse(Role.COORDINATOR)
    page = staff.path(f"/professional-forum/{held}")
    staff.post(f"{page}/points", {"list": "agenda", "agenda": "About Zuzanna", "reason": "Why"})
    staff.post(f"{page}/record", {"part": "summary", "summary": "A secret", "seen": "0"})
    words = {"title": "Sprawa Zuzanny", "description": "Zuzanna", "place": "Room 2"}
    named = _plan(database, members, utc_now() + WEEK, **words)
    plain = _plan(database, members, utc_now() + WEEK, title="Spring", description="Bring a case")
    for event_id, title in ((named, "Session of the professional forum"), (plain, "Spring"), (held, "Opening")):
        data = staff.get(staff.path(f"/events/{event_id}/calendar.ics")).data
        event = icalendar.Calendar.from_ical(data).walk("VEVENT")[0]
        assert str(event["summary"]) == title
        assert str(event["location"]) == "Room 2"
        assert b"Zuzann" not in data
        assert b"secret" not in data
    assert b"Bring a case" in staff.get(staff.path(f"/events/{plain}/calendar.ics")).data


def test_attendance_of_coordinators_can_be_entered(browse, members, held: str) -> None:
    staff = browse(Role.COORDINATOR)
    page = staff.path(f"/events/{held}/attendance")
    own = members[Role.ADMINISTRATOR].public_id
    shown = staff.get(page).text
    assert f"state.{own}" in shown
    assert f"state.{members[Role.MENTOR].public_id}" not in shown
    assert staff.post(page, {f"state.{own}": "present", "seen": "0"}).status_code == 303
    assert "Present: 1" in staff.get(staff.path(f"/professional-forum/{held}")).text


AT = datetime(2026, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "count", "in_october"),
    [([-80], 0, 2), ([-95], 2, 2), ([-400], 0, 0), ([-95, 10], 0, 0), ([-400, -95], 2, 2), ([], 0, 0)],
)
def test_three_months_without_a_session_are_told_once_a_quarter(
    database, members, days: list[int], count: int, in_october: int
) -> None:
    for number in days:
        _plan(database, members, AT + timedelta(days=number))
    assert tell_sessions_due(database, clock=lambda: AT) == count
    assert tell_sessions_due(database, clock=lambda: AT + WEEK) == 0
    with database() as session:
        told = session.scalars(select(Notice).filter_by(kind=NoticeKind.FORUM_SESSION_DUE)).all()
        assert {one.about for one in told} == ({"2026-Q3"} if count else set())
        staff = {members[role].id for role in (Role.COORDINATOR, Role.ADMINISTRATOR)}
        assert {one.membership_id for one in told} == (staff if count else set())
    assert tell_sessions_due(database, clock=lambda: AT + timedelta(days=80)) == in_october


def test_a_cancelled_session_was_none_and_cases_alone_count_from_the_first(browse, database, members) -> None:
    event_id = _plan(database, members, utc_now() - 4 * WEEK)
    with transaction(database) as session:
        event = session.scalars(select(Event).filter_by(public_id=event_id)).one()
        event.cancelled_at = event.created_at
    later = utc_now() + 20 * WEEK
    assert tell_sessions_due(database, clock=lambda: later) == 0
    opened(browse(Role.COORDINATOR), "cases", **OPTIONS)
    assert tell_sessions_due(database, clock=lambda: later) == 2
    staff = browse(Role.COORDINATOR)
    assert "/professional-forum/" in staff.get(_notice(staff)).location


def _notice(browser) -> str:
    page = browser.get(browser.path("/notices/")).text
    return re.search(r'href="([^"]+/notices/[a-z0-9]{16})"', page)[1]


def test_the_list_says_how_the_cycle_stands(browse, database, members) -> None:
    staff = browse(Role.COORDINATOR)
    path = staff.path("/professional-forum/")
    assert "There has been no session yet." in staff.get(path).text
    _plan(database, members, utc_now() - 20 * WEEK, title="Spring")
    assert "Three months have passed without a session" in staff.get(path).text
    _plan(database, members, utc_now() - WEEK, title="Summer")
    assert "No session is planned. The next one is due by" in staff.get(path).text
    _plan(database, members, utc_now() + WEEK, title="Autumn")
    shown = staff.get(path).text
    assert "The next session is on" in shown
    assert [shown.index(title) for title in ("Autumn", "Summer", "Spring")] == sorted(
        shown.index(title) for title in ("Autumn", "Summer", "Spring")
    )
    with database() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 3


def test_a_session_is_taken_along_with_names_or_without(browse, database, members, held: str) -> None:
    with transaction(database) as session:
        make_member(session, "Zuzanna", Role.MENTEE)
    staff, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    page = staff.path(f"/professional-forum/{held}")
    opened(staff, "cases", title="A gift <i>", text="=1+1 says **nobody**", **OPTIONS)
    opened(staff, "cases", title="Unsigned", text="Who am I?", is_unnamed="yes", **OPTIONS)
    opened(mentor, "supervision", text="In private")
    threads = re.findall(r'name="thread" value="(\w+)" checked', staff.get(page).text)
    staff.post(f"{page}/dilemmas", {"thread": threads})
    sent = {"part": "summary", "summary": "O Zuzannie mówi coordinator-1", "seen": "0", "reason": "Why"}
    assert staff.post(f"{page}/record", sent).status_code == 303
    own = "Name of coordinator-1"
    for ending, mark in (("html", "A gift &lt;i&gt;"), ("csv", "A gift <i>")):
        named = staff.get(f"{page}/session.{ending}?names=yes")
        assert "attachment" in named.headers["Content-Disposition"]
        plain = staff.get(f"{page}/session.{ending}").text
        for text in (named.text, plain):
            assert mark in text
            assert "Unsigned" in text
            assert "someone without a name" in text
            assert "In private" not in text
        assert own in named.text
        assert "Zuzannie" in named.text
        assert own not in plain
        assert "Zuzannie" not in plain
        assert "Person " in plain
    lines = staff.get(f"{page}/session.csv").data
    assert lines.startswith(b"\xef\xbb\xbf")
    assert b";'=1+1" in lines
    assert b"<strong>nobody</strong>" in staff.get(f"{page}/session.html").data
    for ending in ("html", "csv"):
        assert mentor.get(f"{page}/session.{ending}").status_code == 403
        assert staff.get(staff.path(f"/professional-forum/nothing/session.{ending}")).status_code == 404


def test_a_year_is_taken_along_whole_and_nobody_has_two_numbers(browse, database, members) -> None:
    spring = _plan(database, members, datetime(2025, 3, 4, 9, tzinfo=UTC), title="Spring with coordinator-1")
    # In Jerusalem, where it takes place, it is the new year already.
    winter = _plan(database, members, datetime(2025, 12, 31, 22, 30, tzinfo=UTC), title="Winter", zone="Asia/Jerusalem")
    summer = _plan(database, members, datetime(2025, 6, 4, 9, tzinfo=UTC), title="Summer")
    off = _plan(database, members, datetime(2024, 6, 4, 9, tzinfo=UTC), title="Off")
    staff, other, mentor = browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR), browse(Role.MENTOR)
    staff.post(staff.path(f"/events/{off}/cancel"), {"reason": "Nobody could"})
    thread = opened(staff, "cases", title="A gift", text="First words", **OPTIONS)
    posted(other, thread, text="Second words of coordinator-1")
    for event_id in (spring, summer):
        page = staff.path(f"/professional-forum/{event_id}")
        found = re.findall(r'name="thread" value="(\w+)" checked', staff.get(page).text)
        staff.post(f"{page}/dilemmas", {"thread": found})
        staff.post(f"{page}/points", {"list": "questions", "questions": f"Question of {event_id}"})
    listed = staff.get(staff.path("/professional-forum/")).text
    assert re.findall(r"<h3>(\d+)</h3>", listed) == ["2026", "2025"]
    year = staff.path("/professional-forum/years/2025/sessions")
    for ending in ("html", "csv"):
        plain, named = staff.get(f"{year}.{ending}"), staff.get(f"{year}.{ending}?names=yes").text
        assert f'filename="sessions-2025.{ending}"' in plain.headers["Content-Disposition"]
        for text in (plain.text, named):
            places = [text.index(words) for words in ("Spring", "First words", f"Question of {spring}", "Summer")]
            assert places == sorted(places)
            assert text.count("First words") == 1
            assert f"Question of {summer}" in text
            assert "Winter" not in text
        assert "Spring with […]" in plain.text
        assert "Second words of […]" in plain.text
        assert not {"Name of coordinator-1", "Name of administrator-1"} & set(re.findall(r"Name of [\w-]+", plain.text))
        assert set(re.findall(r"Person \d", plain.text)) == {"Person 1", "Person 2"}
        assert "Name of administrator-1" in named
        assert winter
        assert "Winter" in staff.get(staff.path(f"/professional-forum/years/2026/sessions.{ending}")).text
        for nothing in ("2024", "2027", "99999999999"):
            none = staff.path(f"/professional-forum/years/{nothing}/sessions.{ending}")
            assert staff.get(none).status_code == 404
        assert mentor.get(f"{year}.{ending}").status_code == 403
    assert "Its posts stand above" in staff.get(f"{year}.html").text


def test_many_sessions_are_taken_along_in_as_many_statements_as_one(app, browse, database, members) -> None:
    staff, asked = browse(Role.COORDINATOR), []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *given: asked.append(given[2]))

    def hold(month: int) -> None:
        event_id = _plan(database, members, datetime(2025, month, 1, 9, tzinfo=UTC))
        present = {f"state.{members[Role.COORDINATOR].public_id}": "present", "seen": "0"}
        assert staff.post(staff.path(f"/events/{event_id}/attendance"), present).status_code == 303
        page = staff.path(f"/professional-forum/{event_id}")
        assert staff.post(f"{page}/record", {"part": "summary", "summary": "Done", "seen": "0"}).status_code == 303
        posted(staff, opened(staff, "cases", title="A case", text="Words of a case", **OPTIONS), text="An answer")
        found = re.findall(r'name="thread" value="(\w+)" checked', staff.get(page).text)
        assert staff.post(f"{page}/dilemmas", {"thread": found}).status_code == 303

    def take_along(cases: int) -> int:
        asked.clear()
        year = staff.get(staff.path("/professional-forum/years/2025/sessions.html")).text
        assert [year.count(words) for words in ("Words of a case", "An answer", "Done")] == [cases] * 3
        return len(asked)

    hold(1)
    few = take_along(1)
    for month in (2, 3, 4):
        hold(month)
    assert take_along(4) == few


def test_the_next_session_is_on_its_day_where_it_takes_place(browse, database, members) -> None:
    """At half past five in the afternoon in Los Angeles it is the next day in Greenwich already."""
    _plan(database, members, datetime(2031, 1, 1, 1, 30, tzinfo=UTC), zone="America/Los_Angeles")
    staff = browse(Role.COORDINATOR)
    assert "The next session is on 31 December 2030." in staff.get(staff.path("/professional-forum/")).text


def test_coordinators_say_whether_they_come_and_it_stands_with_the_attendance(browse, database, members) -> None:
    staff, other = browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    event_id = _plan(database, members, utc_now() + WEEK)
    meeting, page = staff.path(f"/events/{event_id}"), staff.path(f"/professional-forum/{event_id}")
    assert "Say whether you come" in staff.get(page).text
    assert staff.post(f"{meeting}/reply", {}).status_code == 422
    for browser, answer in ((staff, "yes"), (other, "no")):
        assert browser.post(f"{meeting}/reply", {"coming": answer}).status_code == 303
    assert "You come" in staff.get(meeting).text
    assert "You do not come" in other.get(meeting).text
    shown = staff.get(page).text
    assert "Answers: Come: 1, Do not come: 1" in shown
    assert "Change whether you come" in shown
    with transaction(database) as session:
        event = session.scalars(select(Event).filter_by(public_id=event_id)).one()
        event.starts_at, event.ends_at = event.starts_at - 2 * WEEK, event.ends_at - 2 * WEEK
    rows = re.findall(r'<th scope="row">.*?</th>', staff.get(f"{meeting}/attendance").text, re.DOTALL)
    said = {name: "said: comes" in row for row in rows for name in ("coordinator-1", "administrator-1") if name in row}
    assert said == {"coordinator-1": True, "administrator-1": False}
    assert sum("said: does not come" in row for row in rows) == 1
    assert staff.post(f"{meeting}/reply", {"coming": "no"}).status_code == 409
