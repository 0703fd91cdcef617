"""Whole columns compared over real HTTP: what differs is told, people choose, and nothing is judged unseen."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from service.db import transaction, utc_now
from service.grades import attention
from service.grades.models import LineItem, PlatformSending, Score, ScoreState
from service.grades.reconciling import LEASE, Outcome, ask_check, check_due
from service.people.models import Course, Membership
from tests.databases import sqlite_url
from tests.fake_lms import FakeLms
from tests.functional.grades.school import School

ROLES = "mentoring/roles"
NAMES = ("mentor_he", "mentor_pl", "mentee", "nameless")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def members(school: School) -> list[Membership]:
    """Four learners whose scores have arrived: 50, 60, 70 and 80."""
    members = [school.arrive(name, ROLES) for name in NAMES]
    for number, member in enumerate(members):
        school.queue(member, 0.5 + number / 10, at=utc_now() - timedelta(hours=1))
    school.send()
    return members


def ask(school: School) -> None:
    with transaction(school.sessions) as session:
        for item in session.scalars(select(LineItem)):
            ask_check(session, item, at=utc_now())


def check(school: School) -> list[Outcome]:
    """Ask for a comparison of each column, and make it."""
    ask(school)
    return list(check_due(school.sessions, school.open_client, clock=utc_now))


def states(school: School, members: list[Membership]) -> list[str]:
    return [school.score(member).state.value for member in members]


def test_what_agrees_is_confirmed_and_compared_again_another_night(school: School, members: list[Membership]) -> None:
    assert check(school) == [Outcome("Roles in mentoring", compared=4)]
    assert states(school, members) == ["confirmed"] * 4
    [column] = school.columns()
    assert column.checked_at is not None
    assert column.check_at is not None
    assert column.check_at - utc_now() > timedelta(hours=6)
    assert list(check_due(school.sessions, school.open_client, clock=utc_now)) == []


def test_what_a_teacher_changed_or_the_lms_lost_is_told_and_left_to_people(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    item = lms.item_of(ROLES)
    lms.override_grade("mentor_he", item, 95)
    school.blank_cell("mentor_pl", item, at=utc_now() - timedelta(hours=2))
    assert check(school) == [Outcome("Roles in mentoring", compared=4, different=2)]
    assert states(school, members) == ["differs", "differs", "confirmed", "confirmed"]
    assert [school.score(member).lms_score for member in members] == [95.0, None, 70.0, 80.0]
    assert school.send().tried == 0
    theirs, ours = (school.score(member) for member in members[:2])
    with transaction(school.sessions) as session:
        assert attention.keep_theirs(session.merge(theirs))
        assert attention.send_one_again(session, session.merge(ours), at=utc_now())
    assert school.send().states == {ScoreState.CONFIRMED: 1}
    assert (school.shown("mentor_he", item), school.shown("mentor_pl", item)) == (95.0, 60.0)
    assert check(school) == [Outcome("Roles in mentoring", compared=4)]
    assert states(school, members) == ["overridden", "confirmed", "confirmed", "confirmed"]


def test_ours_replaces_what_a_teacher_typed_into_our_own_column_when_someone_chooses_so(
    school: School, lms: FakeLms
) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    item = school.column_named("Readiness")
    lms.override_grade("mentor_he", item, 50)
    assert check(school)[0].different == 1
    ours = school.score(mentor)
    with transaction(school.sessions) as session:
        attention.send_one_again(session, session.merge(ours), at=utc_now() + timedelta(seconds=1))
    report = school.send(clock=lambda: utc_now() + timedelta(seconds=2))
    assert report.states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", item) == 100.0


def test_on_an_activity_the_lms_keeps_the_teachers_grade_and_we_say_so(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    lms.override_grade("mentor_he", lms.item_of(ROLES), 95)
    check(school)
    ours = school.score(members[0])
    with transaction(school.sessions) as session:
        attention.send_one_again(session, session.merge(ours), at=utc_now() + timedelta(seconds=1))
    report = school.send(clock=lambda: utc_now() + timedelta(seconds=2))
    assert report.states == {ScoreState.OVERRIDDEN: 1}
    assert not school.score(members[0]).overrules


def test_all_pages_are_read_and_a_person_on_none_differs(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    lms.switches.update({"page_size": 3, "results_limit_is_broken": False})
    assert check(school) == [Outcome("Roles in mentoring", compared=4)]
    school.blank_cell("nameless", lms.item_of(ROLES), at=utc_now())
    assert check(school)[0].different == 1


def test_a_list_that_has_no_end_says_nothing_of_who_is_not_on_it(
    school: School, members: list[Membership], lms: FakeLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lti.answers.MOST_PAGES", 1)
    lms.switches.update({"page_size": 3, "results_limit_is_broken": False})
    assert check(school) == [Outcome("Roles in mentoring", 3, 0, "The pages of the list have no end.")]
    assert states(school, members) == ["confirmed"] * 4


def test_a_second_page_that_breaks_says_nothing_of_who_would_be_on_it(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    lms.switches.set("page_size", 3)  # and Moodle breaks down on the `limit` of its own next page
    assert check(school) == [Outcome("Roles in mentoring", 3, 0, "The LMS did not give the list: 404 Not Found")]
    assert states(school, members) == ["confirmed"] * 4


def test_what_is_on_its_way_is_left_to_its_sender(school: School, members: list[Membership], lms: FakeLms) -> None:
    school.queue(members[0], 1.0)
    assert check(school) == [Outcome("Roles in mentoring", compared=3)]
    assert school.score(members[0]).state is ScoreState.WAITING
    school.send()
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 100.0


def test_what_was_sent_while_the_column_was_read_is_not_judged_by_what_was_read(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    ask(school)
    read_at = utc_now() - timedelta(minutes=1)
    school.blank_cell("mentor_he", lms.item_of(ROLES), at=read_at)
    with transaction(school.sessions) as session:
        session.execute(update(LineItem).values(check_at=read_at - timedelta(seconds=1)))
    times = iter([read_at] * 4)
    outcomes = check_due(school.sessions, school.open_client, clock=lambda: next(times, utc_now()))
    assert next(outcomes).compared == 0
    assert states(school, members) == ["confirmed"] * 4


def test_an_lms_that_does_not_answer_is_asked_again_later(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    lms.stop()
    [outcome] = check(school)
    assert "connection" in outcome.problem
    [column] = school.columns()
    assert column.check_problem == outcome.problem
    assert column.checked_at is None
    assert column.check_at is not None
    assert column.check_at < utc_now() + timedelta(hours=2)
    lms.start()
    assert check(school)[0].problem == ""
    assert school.columns()[0].check_problem == ""


def test_a_page_that_is_no_list_is_a_problem_of_this_column(
    school: School, members: list[Membership], lms: FakeLms
) -> None:
    school.remove_column(lms.item_of(ROLES))
    [outcome] = check(school)
    assert outcome.problem.startswith("The LMS did not give the list: 404")
    assert states(school, members) == ["confirmed"] * 4


def test_where_results_may_not_be_read_nobody_is_asked(school: School, members: list[Membership], lms: FakeLms) -> None:
    with transaction(school.sessions) as session:
        for course in session.scalars(select(Course)):
            course.grade_scopes = [scope for scope in course.grade_scopes if "result" not in scope]
    before = len(lms.calls)
    assert check(school) == []
    assert len(lms.calls) == before
    assert "no right to read" in school.columns()[0].check_problem


def test_an_lms_that_rests_is_not_asked(school: School, members: list[Membership]) -> None:
    with transaction(school.sessions) as session:
        session.execute(update(PlatformSending).values(paused_until=utc_now() + timedelta(minutes=5)))
    assert check(school) == []


def test_one_at_a_time_compares_a_column_and_who_dies_leaves_it_due(school: School, members: list[Membership]) -> None:
    ask(school)
    dying = check_due(school.sessions, school.open_client, clock=utc_now)
    with transaction(school.sessions) as session:
        session.execute(update(LineItem).values(check_at=utc_now() + LEASE))
    assert list(dying) == []
    ask(school)
    assert list(check_due(school.sessions, school.open_client, clock=utc_now)) == []
    later = utc_now() + LEASE
    assert len(list(check_due(school.sessions, school.open_client, clock=lambda: later))) == 1


def test_a_column_that_has_no_time_gets_one_at_night(school: School, members: list[Membership]) -> None:
    assert list(check_due(school.sessions, school.open_client, clock=utc_now)) == []
    [column] = school.columns()
    assert column.check_at is not None
    assert 1 <= column.check_at.hour <= 5
    assert len(list(check_due(school.sessions, school.open_client, clock=lambda: column.check_at))) == 1


def test_a_long_column_is_compared_in_steps(
    school: School, members: list[Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.grades.reconciling.CHUNK", 2)
    assert check(school) == [Outcome("Roles in mentoring", compared=4)]
    with school.sessions() as session:
        assert all(session.scalars(select(Score.last_checked_at)))
