"""The reader of rosters: what it does between the LMS and the database, and how it stops."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from lti.errors import ServiceUnreachableError
from lti.service_client import ServiceAnswer
from service.db import transaction
from service.errors import ConflictError
from service.people.models import Course, Person, RosterProblem, RosterRead
from service.people.roster import RefreshReport, refresh_due
from service.people.roster_operations import queue_roster
from service.people.roster_rules import LONGEST_READ, Occasion
from tests.makers import AT, make_platform

URL = "https://lms.example/members"
Step = Callable[[], object]


@dataclass
class Lms:
    """A client whose pages never end before `pages`; `before_page` happens while it is asked."""

    pages: int = 1
    before_page: Step = lambda: None
    asked: list[str] = field(default_factory=list)

    def request(self, _method: str, url: str, **_: Any) -> ServiceAnswer:
        self.asked.append(url)
        self.before_page()
        number = len(self.asked)
        body = json.dumps({"members": [{"user_id": f"p{number}"}]}).encode()
        return ServiceAnswer(
            200, "", CaseInsensitiveDict(), body, f"{URL}?{number}" if number < self.pages else None, None
        )


@dataclass
class Clock:
    now: datetime = AT

    def __call__(self) -> datetime:
        return self.now


def add_course(sessions: sessionmaker[Session], context_id: str, issuer: str = "https://lms.example") -> Course:
    """Return a course whose roster is due."""
    with transaction(sessions) as session:
        platform = make_platform(session, issuer)
        course = Course(platform_id=platform.id, context_id=context_id, memberships_url=URL, created_at=AT)
        session.add(course)
        session.flush()
        queue_roster(session, course, Occasion.REQUEST, at=AT)
    return course


def state(sessions: sessionmaker[Session], course: Course) -> RosterRead:
    with sessions() as session:
        return session.get_one(RosterRead, course.id)


def refresh(sessions: sessionmaker[Session], lms: Any, clock: Clock | None = None, **options: Any) -> RefreshReport:
    return refresh_due(sessions, lambda _platform_id: lms, clock=clock or Clock(), **options)


def test_all_that_is_due_is_read_with_no_transaction_open(engine: Engine, sessions: sessionmaker[Session]) -> None:
    courses = [add_course(sessions, context_id) for context_id in ("1", "2")]
    open_connections: list[int] = []
    lms = Lms(before_page=lambda: open_connections.append(engine.pool.checkedout()))
    report = refresh(sessions, lms)
    assert [outcome.course_id for outcome in report.outcomes] == [course.public_id for course in courses]
    assert (open_connections, report.has_more) == ([0, 0], False)
    assert all(state(sessions, course).read_at == AT for course in courses)


def test_one_course_alone_may_be_read(sessions: sessionmaker[Session]) -> None:
    add_course(sessions, "1")
    wanted = add_course(sessions, "2")
    [outcome] = refresh(sessions, Lms(), course_id=wanted.id).outcomes
    assert outcome.course_id == wanted.public_id


def test_a_worker_that_stops_gives_back_what_it_is_at(sessions: sessionmaker[Session]) -> None:
    course = add_course(sessions, "1")
    lms = Lms(pages=9)
    report = refresh(sessions, lms, is_stopping=lambda: len(lms.asked) >= 2)
    assert (report.outcomes, report.has_more, len(lms.asked)) == ([], True, 2)
    left = state(sessions, course)
    assert (left.is_being_read, left.next_read_at, left.tries, left.problem) == (False, AT, 0, None)
    assert refresh(sessions, Lms()).outcomes[0].listing


def test_a_list_that_takes_too_long_is_left_and_tried_later(sessions: sessionmaker[Session]) -> None:
    course = add_course(sessions, "1")
    clock = Clock()

    def pass_time() -> None:
        clock.now += LONGEST_READ / 4

    lms = Lms(pages=99, before_page=pass_time)
    [outcome] = refresh(sessions, lms, clock).outcomes
    assert outcome.failure
    assert outcome.failure.problem is RosterProblem.UNREACHABLE
    assert len(lms.asked) == 4
    assert state(sessions, course).next_read_at > clock.now
    with sessions() as session:
        assert session.scalars(select(Person)).all() == []


def test_a_run_ends_in_time_and_says_that_there_is_more(sessions: sessionmaker[Session]) -> None:
    for context_id in ("1", "2", "3"):
        add_course(sessions, context_id)
    clock = Clock()

    def pass_time() -> None:
        clock.now += timedelta(seconds=70)

    report = refresh(sessions, Lms(before_page=pass_time), clock)
    assert (len(report.outcomes), report.has_more) == (2, True)


def test_a_fault_of_ours_stops_no_other_course(
    sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = add_course(sessions, "1"), add_course(sessions, "2")
    calls = iter([RuntimeError("a fault"), None])

    def fail_once() -> None:
        if (error := next(calls)) is not None:
            raise error

    refresh(sessions, Lms(before_page=fail_once))
    assert state(sessions, bad).problem is RosterProblem.OWN_FAULT
    assert state(sessions, bad).next_read_at > AT
    assert state(sessions, good).read_at == AT
    assert "a fault" in caplog.text


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConflictError("platform.disabled", "Disabled."), RosterProblem.NO_CLIENT),
        (ServiceUnreachableError("timeout", "GET: timeout"), RosterProblem.UNREACHABLE),
    ],
)
def test_an_lms_that_cannot_be_asked_holds_up_its_own_courses_only(
    sessions: sessionmaker[Session], error: Exception, problem: RosterProblem
) -> None:
    first, second = add_course(sessions, "1"), add_course(sessions, "2")
    other = add_course(sessions, "1", "https://other.example")

    def open_client(platform_id: int) -> Any:
        if platform_id == first.platform_id:
            raise error
        return Lms()

    report = refresh_due(sessions, open_client, clock=Clock())
    assert report.stopped_platforms == {first.platform_id}
    assert state(sessions, first).problem is problem
    assert (state(sessions, second).next_read_at, state(sessions, second).problem) == (AT, None)
    assert state(sessions, other).read_at == AT
