"""CONFORMANCE section I where an LMS answers oddly: roles, errors, next pages, thousands of people."""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.people.models import LmsRole, RosterProblem
from tests.conformance.classroom import MEMBERS, Classroom, page, scripted_course
from tests.databases import sqlite_url
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server

A_DAY = timedelta(days=1)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: what the rows do to a database is tested on both with the features."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def room(sessions: sessionmaker[Session]) -> Classroom:
    return Classroom(sessions)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def test_n06_roles_of_all_kinds_never_give_more_than_they_say(room: Classroom, server: ScriptedServer) -> None:
    course = scripted_course(room, server)
    context = "http://purl.imsglobal.org/vocab/lis/v2/membership"
    server.answers[MEMBERS] = [
        page(
            {"user_id": "short", "roles": ["Instructor"], "lti11_legacy_user_id": "old"},
            {"user_id": "full", "roles": [f"{context}#Instructor"]},
            {"user_id": "crafted", "roles": [f"{context}/Learner#Instructor"]},
            {"user_id": "none", "roles": []},
            {"user_id": "absent"},
            {"user_id": "institution", "roles": ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff"]},
            {"roles": ["Instructor"]},
            "learner",
        )
    ]
    room.read(course)
    roles = {key: member.lms_role for key, member in room.present(course).items()}
    staff = {key for key, role in roles.items() if role is LmsRole.STAFF}
    assert (staff, len(roles)) == ({"short", "full"}, 7)
    assert room.state(course).skipped_count == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(401), RosterProblem.REFUSED),
        (Answer(403), RosterProblem.REFUSED),
        (Answer(404), RosterProblem.GONE),
        (Answer(500, b"[]"), RosterProblem.UNREACHABLE),
        (Answer(429, b"", {"Retry-After": "1200"}), RosterProblem.UNREACHABLE),
        (Answer(302, b"", {"Location": "/elsewhere"}), RosterProblem.UNREADABLE),
        (Answer(200, b"<html>Please log in</html>"), RosterProblem.UNREADABLE),
        (Answer(200, b'{"members": {}}'), RosterProblem.UNREADABLE),
        (page(), RosterProblem.EMPTY),
        (page({"user_id": "7", "status": "Inactive"}), RosterProblem.EMPTY),
        (page({"name": "Nobody"}), RosterProblem.EMPTY),
    ],
)
def test_n08_an_answer_without_a_list_leaves_the_last_one(
    room: Classroom, server: ScriptedServer, answer: Answer, problem: RosterProblem
) -> None:
    course = scripted_course(room, server)
    server.answers[MEMBERS] = [page("7", "8"), answer]
    assert room.read(course).listing
    before = room.state(course)
    failure = room.read(course, later=A_DAY).failure
    assert failure
    assert failure.problem is problem
    assert set(room.present(course)) == {"7", "8"}
    after = room.state(course)
    assert (after.read_at, after.member_count, after.problem) == (before.read_at, 2, problem)
    assert after.next_read_at
    assert after.started_at
    wait = after.next_read_at - after.started_at
    assert timedelta(minutes=20 if answer.status == 429 else 1) <= wait <= timedelta(hours=2)


def test_n08_a_next_page_on_a_foreign_host_is_not_asked_for(room: Classroom, server: ScriptedServer) -> None:
    course = scripted_course(room, server)
    server.answers[MEMBERS] = [page("7", "8"), page("7", link='<http://127.0.0.1:1/next>; rel="next"')]
    room.read(course)
    failure = room.read(course).failure
    assert failure
    assert failure.problem is RosterProblem.REFUSED
    assert set(room.present(course)) == {"7", "8"}


def test_n09_a_link_to_differences_is_left_alone(room: Classroom, server: ScriptedServer) -> None:
    course = scripted_course(room, server)
    server.answers[MEMBERS] = [page("7", link=f'<{server.url}{MEMBERS}?since=1>; rel="differences"')]
    assert room.read(course).listing
    assert len(room.asked_pages()) == 1


def test_n10_five_thousand_in_twenty_slow_pages(room: Classroom, server: ScriptedServer) -> None:
    course = scripted_course(room, server)
    server.answers[MEMBERS] = [
        _slow(page(*_subjects(number), link=f"<{MEMBERS}?page={number + 1}>; rel=next" if number < 19 else ""))
        for number in range(20)
    ]
    listing = room.read(course).listing
    assert listing
    assert listing.added == 5000
    assert len(room.present(course)) == 5000
    assert len(room.asked_pages()) == 20


def test_n10_a_list_cut_short_by_the_lms_is_not_taken(room: Classroom, server: ScriptedServer) -> None:
    course = scripted_course(room, server)
    pages = [page(*_subjects(number), link=f"<{MEMBERS}?page={number + 1}>; rel=next") for number in range(3)]
    server.answers[MEMBERS] = [*pages, Answer(503)]
    assert room.read(course).failure
    assert room.person_count() == 0


def _subjects(number: int) -> list[str]:
    return [f"p{number:02}-{place:03}" for place in range(250)]


def _slow(answer: Answer) -> Answer:
    """Let an answer take its time."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.05)
        handler.wfile.write(answer.body)

    return Answer(200, b"", answer.headers | {"Content-Length": str(len(answer.body))}, write)
