"""Who comes in by a launch: looked at as plain values first, which must tell the same as the objects do."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from service.db import look, transaction
from service.people.arrivals import Arrival, arrive
from service.people.known import KnownCourse, KnownMember, KnownPerson, find_known_member
from service.people.models import Course, LabelKind, LmsRole, Membership, Person, Role, RosterRead
from service.people.operations import find_membership
from service.platforms.models import Platform
from tests.makers import AT, make_platform

USUAL = Arrival(
    subject="s",
    name="Name",
    email="s@uni.example",
    language="en",
    context_id="course-1",
    course_title="Mentoring",
    return_url="https://lms.example/course",
    line_items_url="https://lms.example/lineitems",
    grade_scopes=("score",),
    memberships_url="https://lms.example/members",
    lms_role=LmsRole.LEARNER,
    suggested_role=None,
    is_test_user=False,
    labels={LabelKind.GROUP: "Group A"},
)
NEWS: dict[str, Any] = {
    "name": "Another name",
    "email": "",
    "language": "pl",
    "course_title": "Another title",
    "return_url": "https://lms.example/elsewhere",
    "line_items_url": "",
    "grade_scopes": ("score", "lineitem"),
    "memberships_url": "",
    "lms_role": LmsRole.STAFF,
    "is_test_user": True,
    "labels": {LabelKind.GROUP: "Group B"},
    "subject": "someone-else",
    "context_id": "course-2",
    "tenant": "another",
}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def platform(sessions: sessionmaker[Session]) -> Platform:
    """A platform from which the usual person has come once."""
    with transaction(sessions) as session:
        platform = make_platform(session)
        arrive(session, platform.id, USUAL, at=AT)
    return platform


def is_known(sessions: sessionmaker[Session], platform: Platform, arrival: Arrival, after: timedelta = MINUTE) -> bool:
    """Say whether a launch brings nothing new, a while after the first."""
    found = look(sessions, lambda session: arrive(session, platform.id, arrival, at=AT + after), lambda _: None)
    return found is not None


def test_a_launch_like_the_one_before_changes_nothing(sessions: sessionmaker[Session], platform: Platform) -> None:
    assert is_known(sessions, platform, USUAL)


@pytest.mark.parametrize("field", NEWS)
def test_what_a_launch_says_anew_is_seen_and_then_recorded(
    sessions: sessionmaker[Session], platform: Platform, field: str
) -> None:
    news = replace(USUAL, **{field: NEWS[field]})
    assert not is_known(sessions, platform, news)
    with transaction(sessions) as session:
        arrive(session, platform.id, news, at=AT)
    assert is_known(sessions, platform, news)


def test_the_news_are_all_that_a_launch_says() -> None:
    assert {field.name for field in fields(Arrival)} - NEWS.keys() == {"suggested_role"}


def test_who_was_a_guess_of_the_roster_takes_the_role_of_the_link(
    sessions: sessionmaker[Session], platform: Platform
) -> None:
    named = replace(USUAL, suggested_role=Role.MENTEE)
    assert is_known(sessions, platform, named)  # whoever has a place keeps it
    with transaction(sessions) as session:
        session.execute(update(Membership).values(last_seen_at=None))
    assert not is_known(sessions, platform, named)


def test_a_visit_is_noted_by_the_hour_or_when_it_must_be(sessions: sessionmaker[Session], platform: Platform) -> None:
    assert not is_known(sessions, platform, USUAL, timedelta(hours=1))
    with transaction(sessions) as session:
        course = session.query(Course).one()
        session.add(RosterRead(course_id=course.id, is_being_read=True))
    assert not is_known(sessions, platform, USUAL)
    with transaction(sessions) as session:
        session.execute(update(RosterRead).values(is_being_read=False))
    assert is_known(sessions, platform, USUAL)
    with transaction(sessions) as session:
        session.execute(update(Membership).values(left_at=AT))
    assert not is_known(sessions, platform, USUAL)


def test_plain_values_say_what_the_objects_say(sessions: sessionmaker[Session], platform: Platform) -> None:
    """All columns but the days on which a person and a course were first heard of, which nobody asks for."""
    with sessions() as session:
        ids = session.query(Person).one().public_id, session.query(Course).one().public_id
        member, known = find_membership(session, *ids), find_known_member(session, *ids)
        assert member is not None
        assert known is not None
        pairs: list[tuple[Any, Any, type[Any]]] = [
            (member, known, KnownMember),
            (member.person, known.person, KnownPerson),
            (member.course, known.course, KnownCourse),
        ]
        for row, value, kind in pairs:
            names = {field.name for field in fields(kind)} - {"person", "course"}
            assert {name: getattr(value, name) for name in names} == {name: getattr(row, name) for name in names}
            assert {column.key for column in row.__table__.columns} - names <= {"created_at"}
            with pytest.raises(AttributeError):
                value.public_id = "changed"


@pytest.mark.parametrize("gone", ["left", "switched_off", "unknown"])
def test_who_may_not_come_in_is_nobody(sessions: sessionmaker[Session], platform: Platform, gone: str) -> None:
    with transaction(sessions) as session:
        person, course = session.query(Person).one().public_id, session.query(Course).one().public_id
        if gone == "left":
            session.execute(update(Membership).values(left_at=AT))
        elif gone == "switched_off":
            session.execute(update(Platform).values(disabled_at=AT))
    with sessions() as session:
        asked = (person, "nowhere") if gone == "unknown" else (person, course)
        assert find_known_member(session, *asked) is None
        assert find_membership(session, *asked) is None
