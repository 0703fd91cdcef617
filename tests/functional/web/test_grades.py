"""The pages about grades: what each state says to whom, what staff may do, and what comes of pressing twice."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import RESULT_SCOPE, SCORE_SCOPE
from service.db import transaction, utc_now
from service.grades.models import LineItem, PlatformSending, Score, ScoreState
from service.grades.operations import note_line_item, queue_score
from service.grades.outbox import Report, claim_due, finish
from service.grades.pausing import lock_sending
from service.grades.rules import CONFIRMED
from service.grades.tally import count_tries
from service.people.models import Course, Membership, Role
from tests.databases import sqlite_url
from tests.makers import make_member, make_platform

NOW = utc_now()
WEEK = timedelta(days=7)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def columns(database: sessionmaker[Session], members: dict[Role, Membership]) -> list[LineItem]:
    """Two columns of the course, in which the mentor has 80 and 40, sent a day ago."""
    mentor = members[Role.MENTOR]
    with transaction(database) as session:
        course = session.get_one(Course, mentor.course_id)
        course.grade_scopes = [SCORE_SCOPE, RESULT_SCOPE, LINE_ITEM_SCOPE]
        items = [
            note_line_item(
                session, course.id, f"module:{key}", link, title, 100.0, f"https://lms.example/{link}", at=NOW
            )
            for link, key, title in (("5", "roles", "Roles"), ("6", "stages", "Stages"))
        ]
        for item, fraction in zip(items, (0.8, 0.4), strict=True):
            values = {"course_id": course.id, "person_id": mentor.person_id, "label": item.label, "comment": "1/2"}
            queue_score(session, subject=item.subject, fraction=fraction, at=NOW - timedelta(hours=23), **values)
        [*claims] = claim_due(session, course.platform_id, limit=5, at=NOW - timedelta(hours=23))
        finish(session, [(claim, Report(CONFIRMED, "200")) for claim in claims], at=NOW, jitter=0.0)
        return items


def set_score(database: sessionmaker[Session], column: LineItem, state: str, **values) -> None:
    with transaction(database) as session:
        fields = {"state": ScoreState(state), "next_try_at": None} | values
        session.execute(update(Score).where(Score.line_item_id == column.id).values(**fields))


def the_score(database: sessionmaker[Session], column: LineItem) -> Score:
    with database() as session:
        return session.scalars(select(Score).where(Score.line_item_id == column.id)).one()


def rows_of(page: str) -> list[str]:
    table = (
        page[page.index('id="grades-caption"') : page.index('id="columns-caption"')] if "grades-caption" in page else ""
    )
    return re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.DOTALL)


STAFF_WORDS = {
    "waiting": "On its way since",
    "sending": "On its way since",
    "sent": "not seen to show it",
    "confirmed": "MentorReady has looked",
    "overridden": "stays",
    "differs": "The gradebook shows 95.",
    "not_gradable": "only enrolled learners",
    "locked": "A teacher has locked it.",
    "line_item_gone": "was deleted",
    "clock_conflict": "dated later",
    "refused": "The LMS refused it.",
    "paused": "has ended",
}
LEARNER_WORDS = {
    "waiting": "Nothing needs to be done",
    "sending": "Nothing needs to be done",
    "sent": "The course has accepted",
    "confirmed": "The gradebook of the course shows",
    "overridden": "set by a teacher",
    "differs": "The coordinator sees it and decides",
    "not_gradable": "Readiness is not affected",
    "locked": "A teacher has locked this grade",
    "line_item_gone": "The coordinator can see why",
    "clock_conflict": "Nothing needs to be done",
    "refused": "The coordinator can see why",
    "paused": "takes no grades at present",
}


def test_the_tables_have_every_state() -> None:
    assert set(STAFF_WORDS) == set(LEARNER_WORDS) == set(ScoreState)


def test_each_state_is_told_in_words_to_staff_with_what_to_do(browse, database, columns) -> None:
    browser = browse(Role.COORDINATOR)
    for state, words in STAFF_WORDS.items():
        set_score(database, columns[0], state, lms_score=95.0, reason="400 Incorrect score received")
        set_score(database, columns[1], "confirmed")
        [row] = [row for row in rows_of(browser.get(browser.path("/grades/?group=all")).text) if "Roles" in row]
        assert words in row.replace("&#39;", "'"), state
        assert "400 Incorrect score received" in row
        assert "80 of 100" in row


def test_each_state_is_told_in_words_to_the_learner(browse, database, members, columns) -> None:
    browser = browse(Role.MENTOR)
    for exercise in ("first", "second"):
        page = browser.get(browser.path("/modules/roles")).text
        key = re.search(rf'id="exercise-{exercise}".*?name="submission_key" value="([^"]+)"', page, re.DOTALL)
        assert key
        form = {"choice": "ask", "submission_key": key[1], "as": members[Role.MENTOR].person.public_id}
        assert browser.post(browser.path(f"/modules/roles/exercises/{exercise}"), form).status_code == 303
    may_ask = {"refused", "locked", "not_gradable", "line_item_gone", "clock_conflict", "paused"}
    for state, words in LEARNER_WORDS.items():
        set_score(database, columns[0], state, lms_score=95.0, reason="secret of the staff", score_given=80.0)
        page = browser.get(browser.path("/modules/roles")).text
        line = page[page.index('class="grade-line"') :]
        assert words in line, state
        assert "secret" not in page
        assert ("Send again" in line) == (state in may_ask), state


def test_the_page_opens_with_what_needs_attention(browse, database, columns) -> None:
    browser = browse(Role.COORDINATOR)
    page = browser.get(browser.path("/grades/")).text
    assert "No grade needs attention." in page
    set_score(database, columns[0], "refused")
    page = browser.get(browser.path("/grades/")).text
    assert len(rows_of(page)) == 1
    assert "Need attention (1)" in page
    assert "In the gradebook (1)" in page
    home = browser.get(browser.path("/")).text
    assert "1 grade</span>" in home
    column = browser.get(browser.path(f"/grades/?group=all&column={columns[1].public_id}")).text
    assert [("Stages" in row) for row in rows_of(column)] == [True]
    assert browser.get(browser.path("/grades/?group=nothing")).status_code == 422


def test_all_that_is_shown_is_sent_again_once(browse, database, columns) -> None:
    for column in columns:
        set_score(database, column, "locked", next_try_at=NOW + WEEK)
    browser = browse(Role.COORDINATOR)
    form = {"group": "attention", "column": columns[0].public_id, "page": "1"}
    answer = browser.post(browser.path("/grades/again"), form)
    assert answer.status_code == 303
    assert f"column={columns[0].public_id}" in answer.location
    assert "One score is sent again." in browser.get(answer.location).text
    assert the_score(database, columns[0]).state is ScoreState.WAITING
    assert the_score(database, columns[1]).state is ScoreState.LOCKED
    asked_at = the_score(database, columns[0]).asked_at
    again = browser.post(browser.path("/grades/again"), form)
    assert "Nothing to send again" in browser.get(again.location).text
    assert the_score(database, columns[0]).asked_at == asked_at


@pytest.mark.parametrize(
    ("decision", "state", "words"),
    [("theirs", "overridden", "keeps what it shows"), ("again", "waiting", "sent again")],
)
def test_over_what_differs_one_decides(browse, database, members, columns, decision, state, words) -> None:
    set_score(database, columns[0], "differs", lms_score=95.0)
    browser = browse(Role.COORDINATOR)
    page = browser.get(browser.path("/grades/")).text
    assert "Keep theirs" in page
    assert "Send all of these again" not in page
    key = f"{columns[0].public_id}.{members[Role.MENTOR].person.public_id}"
    assert f'name="score" value="{key}"' in page
    for _ in range(2):
        answer = browser.post(browser.path("/grades/decide"), {"score": key, "decision": decision})
        assert words in browser.get(answer.location).text
    score = the_score(database, columns[0])
    assert (score.state, score.overrules) == (state, decision == "again")


def test_who_decides_must_say_over_what_and_how(browse, database, members, columns) -> None:
    set_score(database, columns[0], "differs")
    browser = browse(Role.COORDINATOR)
    key = f"{columns[0].public_id}.{members[Role.MENTOR].person.public_id}"
    assert browser.post(browser.path("/grades/decide"), {"score": key, "decision": "?"}).status_code == 422
    assert browser.post(browser.path("/grades/decide"), {"score": "x.y", "decision": "again"}).status_code == 404
    assert browser.post(browser.path("/grades/compare"), {"compared": "x"}).status_code == 404
    assert the_score(database, columns[0]).state is ScoreState.DIFFERS


def test_another_course_is_out_of_reach(app, browse, database, members, columns) -> None:
    with transaction(database) as session:
        elsewhere = make_member(session, "coordinator-9", Role.COORDINATOR, context_id="course-9")
    set_score(database, columns[0], "differs")
    browser = type(browse())(app, elsewhere)
    key = f"{columns[0].public_id}.{members[Role.MENTOR].person.public_id}"
    assert browser.post(browser.path("/grades/decide"), {"score": key, "decision": "again"}).status_code == 404
    assert browser.post(browser.path("/grades/compare"), {"compared": columns[0].public_id}).status_code == 404
    person = members[Role.MENTOR].person.public_id
    for query in (
        f"?item={columns[0].public_id}",
        f"?person={person}",
        f"?item={columns[0].public_id}&person={person}",
    ):
        assert browser.get(browser.path(f"/review{query}")).status_code == 404
    assert rows_of(browser.get(browser.path("/grades/?group=all")).text) == []


def test_a_column_is_compared_when_asked_and_says_when_it_was(browse, database, columns) -> None:
    browser = browse(Role.COORDINATOR)
    answer = browser.post(browser.path("/grades/compare"), {"compared": columns[0].public_id})
    assert "The gradebook is being read." in browser.get(answer.location).text
    with transaction(database) as session:
        item = session.get_one(LineItem, columns[0].id)
        assert item.check_at is not None
        assert item.check_at <= utc_now()
        item.check_problem = "404 Not Found"
    page = browser.get(browser.path("/grades/")).text
    assert "The last comparison did not work." in page
    assert "404 Not Found" in page


def test_many_scores_come_in_pages(browse, database, columns) -> None:
    with transaction(database) as session:
        course = session.get_one(Course, columns[0].course_id)
        for number in range(60):
            person = make_member(session, f"learner-{number:02}", grade_scopes=tuple(course.grade_scopes)).person_id
            values = {"course_id": course.id, "person_id": person, "label": "Roles", "comment": ""}
            queue_score(session, subject=columns[0].subject, fraction=0.5, at=NOW - timedelta(days=1), **values)
    browser = browse(Role.COORDINATOR)
    first, second = (browser.get(browser.path(f"/grades/?page={number}")).text for number in (1, 2))
    assert [len(rows_of(page)) for page in (first, second)] == [50, 10]
    assert "Page 1 of 2" in first
    assert "learner-59" in second


def test_a_learner_asks_again_for_the_own_score(browse, database, columns) -> None:
    set_score(database, columns[0], "refused")
    with transaction(database) as session:
        session.execute(update(Score).values(asked_at=NOW - timedelta(days=1)))
    browser = browse(Role.MENTOR)
    path = browser.path("/modules/roles")
    answer = browser.post(browser.path("/grades/own/again"), {"next": path})
    assert answer.location == path
    assert the_score(database, columns[0]).state is ScoreState.WAITING
    away = browser.post(browser.path("/grades/own/again"), {"next": "//evil.example"})
    assert away.location == "/"


def test_a_rest_of_the_lms_is_told_instead_of_lateness(browse, database, columns) -> None:
    set_score(database, columns[0], "waiting", next_try_at=NOW)
    with transaction(database) as session:
        session.add_all([])
        lock_sending(session, make_platform(session).id)
        session.execute(update(PlatformSending).values(paused_until=utc_now() + timedelta(minutes=9)))
    browser = browse(Role.COORDINATOR)
    [row] = rows_of(browser.get(browser.path("/grades/")).text)
    assert "does not answer at present" in row


def test_what_was_handed_in_is_shown_by_marks_without_answers(browse, database, members, columns) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.get(mentor.path("/modules/roles")).text
    key = re.search(r'id="exercise-first".*?name="submission_key" value="([^"]+)"', page, re.DOTALL)
    assert key
    form = {"choice": "tell", "submission_key": key[1], "as": members[Role.MENTOR].person.public_id}
    mentor.post(mentor.path("/modules/roles/exercises/first"), form)
    browser = browse(Role.COORDINATOR)
    person = members[Role.MENTOR].person.public_id
    page = browser.get(browser.path(f"/review?item={columns[0].public_id}&person={person}")).text
    assert "Work of <bdi>Name of mentor-1</bdi>" in page
    assert "0 of 1" in page
    assert "Not passed" in page
    assert page.count("Nothing handed in yet") == 1
    assert "Why Tell" not in page
    assert "MentorReady has looked" in page


def test_a_review_of_what_is_not_there_says_so(browse, database, members, columns) -> None:
    browser = browse(Role.COORDINATOR)
    assert "has not opened MentorReady yet" in browser.get(browser.path("/review")).text
    person = members[Role.MENTEE].person.public_id
    page = browser.get(browser.path(f"/review?person={person}")).text
    assert "does not know this gradebook column" in page
    assert f"/people/{members[Role.MENTEE].public_id}" in page
    with transaction(database) as session:
        session.execute(update(LineItem).values(subject="readiness").where(LineItem.id == columns[0].id))
    page = browser.get(browser.path(f"/review?item={columns[0].public_id}&person={person}")).text
    assert "is not about exercises" in page


def test_the_administrator_sees_how_sending_goes_at_the_own_lms(browse, database, columns) -> None:
    set_score(database, columns[0], "refused")
    with transaction(database) as session:
        row = lock_sending(session, make_platform(session).id)
        row.clock_difference, row.paused_until, row.reason = -42.4, utc_now() + timedelta(minutes=5), "POST: timeout"
        other = make_member(
            session,
            "far",
            platform=make_platform(session, "https://other.example"),
            grade_scopes=(SCORE_SCOPE, LINE_ITEM_SCOPE),
        )
        values = {"course_id": other.course_id, "person_id": other.person_id, "label": "x", "comment": ""}
        queue_score(session, subject="readiness", fraction=1.0, at=NOW, **values)
    browser = browse(Role.ADMINISTRATOR)
    page = browser.get(browser.path("/health")).text
    assert "0 scores are still to be sent or looked at." in page
    assert "It is 42 seconds behind." in page
    assert "POST: timeout" in page
    assert "2 of 2" in page
    assert "Examine the connection" in page
    assert browse(Role.COORDINATOR).get(browser.path("/health")).status_code == 403


def test_the_metrics_are_numbers_without_names(app, browse, database, columns) -> None:
    set_score(database, columns[0], "waiting", next_try_at=NOW, asked_at=NOW - timedelta(hours=1))
    with transaction(database) as session:
        platform = make_platform(session)
        count_tries(session, platform.id, [Report(CONFIRMED, seconds=each) for each in (0.05, 0.2, 99.0)])
    answer = browse().get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    label = f'platform="{platform.public_id}"'
    assert f"mentorready_queue_length{{{label}}} 1" in lines
    assert f"mentorready_platform_paused{{{label}}} 0" in lines
    assert f'mentorready_scores{{{label},state="confirmed"}} 1' in lines
    assert f'mentorready_score_tries_total{{{label},outcome="confirmed"}} 3' in lines
    buckets = [line.rpartition(" ")[2] for line in lines if line.startswith("mentorready_score_try_seconds_bucket")]
    assert buckets == ["1", "2", "2", "2", "2", "2", "2", "2", "3"]
    assert f"mentorready_score_try_seconds_sum{{{label}}} 99.25" in lines
    [age] = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("mentorready_oldest_score_seconds{")]
    assert 3600 <= age <= 3600 + (utc_now() - NOW).total_seconds()
    assert "Name of" not in answer.text
    assert all(
        line.startswith("#") or re.fullmatch(r'[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [\d.e+]+', line)
        for line in lines
    )


def test_the_metrics_are_not_for_the_world(app) -> None:
    for address, status in (("127.0.0.1", 200), ("10.1.2.3", 200), ("fd00::1", 200), ("8.8.8.8", 404)):
        answer = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address})
        assert answer.status_code == status
