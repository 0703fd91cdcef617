"""Rosters from the command line, read from an LMS over HTTP."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Course, Person, RosterRead
from tests.conformance.classroom import MEMBERS, Classroom, page, scripted_course
from tests.functional.cli.conftest import Run
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        running.answers[MEMBERS] = [page("7", "8"), page("8", "9"), Answer(403)]
        yield running


@pytest.fixture
def course(sessions: sessionmaker[Session], server: ScriptedServer, run: Run) -> Course:
    """A course whose LMS gives its roster. The key that signs is made by the command itself."""
    run("keys", "rotate")
    return scripted_course(Classroom(sessions), server)


def _wait_no_longer(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        session.execute(update(RosterRead).values(started_at=None))


def test_a_course_is_read_now_and_the_outcome_said(run: Run, course: Course, sessions: sessionmaker[Session]) -> None:
    first = run("roster", "refresh")
    assert (first.exit_code, re.sub(r" +", " ", first.output.strip())) == (
        0,
        f"{course.public_id} 2 members, 2 new, 0 back, 0 left",
    )
    assert "a moment ago" in run("roster", "refresh").output
    _wait_no_longer(sessions)
    assert "2 members, 1 new, 0 back, 1 left" in run("roster", "refresh", "--course", course.public_id).output
    with sessions() as session:
        assert set(session.scalars(select(Person.subject))) == {"7", "8", "9"}
    _wait_no_longer(sessions)
    failed = run("roster", "refresh")
    assert failed.exit_code == 1
    assert "not read: refused, 403" in failed.output


def test_a_course_that_is_not_there_is_an_error(run: Run, course: Course) -> None:
    result = run("roster", "refresh", "--course", "nothing")
    assert result.exit_code == 1
    assert "There is no course nothing" in str(result.exception)


def test_without_courses_there_is_nothing_to_do(run: Run) -> None:
    result = run("roster", "refresh")
    assert (result.exit_code, result.output) == (0, "")
