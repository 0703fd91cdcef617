"""The column of readiness in the gradebook: it opens, closes by the clock, and leaves to teachers what they typed."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service import standing
from service.db import transaction, utc_now
from service.grades.models import LineItem, Score, ScoreState
from service.journey import hand_in
from service.people.models import Membership, Role
from service.readiness.conditions import DECLARED, Condition
from service.readiness.policies import set_own_conditions
from tests.databases import sqlite_url
from tests.fake_lms import FakeLms
from tests.fake_lms.models import GradeItem
from tests.functional.grades.school import School
from tests.makers import RIGHT, make_catalogue, make_member, make_module

CATALOGUE = make_catalogue(make_module("roles", ("mentor",)))
NOW = utc_now()
BEGUN = NOW - timedelta(days=200)
"""Six months and more ago."""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def mentor(school: School) -> Membership:
    """A mentor who has done everything, in a course where one's word counts for six months."""
    course = school.arrive("mentor_he", "mentoring/readiness").course
    with transaction(school.sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR, platform=school.platform, context_id=course.context_id)
        own = [Condition(DECLARED, "time", valid_months=6)]
        set_own_conditions(session, CATALOGUE, staff, Role.MENTOR, own, shown_version=1, at=BEGUN)
    mentor = school.arrive("mentor_he", "mentoring/readiness")  # whose launch tells where the gradebook is
    with transaction(school.sessions) as session:
        member = session.merge(mentor)
        for exercise in ("first", "second"):
            hand_in(session, CATALOGUE, member, "roles", exercise, RIGHT, exercise, at=BEGUN)
        standing.give_commitment(session, CATALOGUE, member, "confidentiality", 1, "en", at=BEGUN)
        standing.declare(session, CATALOGUE, member, "time", is_given=True, number=4, at=BEGUN)
    return mentor


def look_again(school: School) -> None:
    """Do what the worker does each minute: look at whom the clock has made old, and send what follows."""
    standing.refresh_due_standings(school.sessions, lambda: CATALOGUE, clock=lambda: NOW)
    school.send_again()


def test_it_opens_on_ready_closes_by_the_clock_and_says_how_much_is_met(
    school: School, lms: FakeLms, mentor: Membership
) -> None:
    school.send()
    column = school.column_named("Readiness")
    assert (school.shown("mentor_he", column), column.maximum) == (100, 100)
    assert _comment(lms, column) == "3 of 3 conditions met"
    look_again(school)
    assert school.shown("mentor_he", column) == 0
    assert _comment(lms, column) == "2 of 3 conditions met"
    with transaction(school.sessions) as session:
        standing.declare(session, CATALOGUE, session.merge(mentor), "time", is_given=True, number=4, at=utc_now())
    school.send_again()
    assert school.shown("mentor_he", column) == 100


def test_what_a_teacher_typed_is_noticed_when_readiness_ends_and_stays(
    school: School, lms: FakeLms, mentor: Membership
) -> None:
    school.send()
    column = school.column_named("Readiness")
    lms.override_grade("mentor_he", column, 60, "seen in class")
    look_again(school)
    assert school.shown("mentor_he", column) == 60
    with school.sessions() as session:
        score = session.scalars(select(Score).join(LineItem).where(LineItem.subject == "readiness")).one()
    assert (score.state, score.lms_score, score.score_given) == (ScoreState.OVERRIDDEN, 60.0, 0.0)


def _comment(lms: FakeLms, column: GradeItem) -> str | None:
    grade = lms.grade("mentor_he", column)
    return grade.comment if grade else None
