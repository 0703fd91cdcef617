"""Exercises that are placed by themselves, links that are edited, and answers to content requests, in the database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.claims import DeepLinkingSettings
from service.errors import ConflictError, NotFoundError
from service.grades.models import LineItem, Score
from service.grades.operations import note_line_item
from service.journey import hand_in
from service.modules.deep_linking import (
    REQUEST_LIFETIME,
    SENT_AGAIN_WITHIN,
    get_request,
    record_answer,
    record_request,
)
from service.modules.operations import find_ancestor, note_link, set_placement
from service.people.models import Membership, Role
from service.placing import content_path
from tests.features.grades.makers import ALL_SCOPES
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member, make_platform

CATALOGUE = make_catalogue()
EXERCISE = "exercise:roles/first"
SETTINGS = DeepLinkingSettings("https://lms.example/back", ("ltiResourceLink",), True, None)


def place(session: Session, member: Membership, subject: str, link: str = "5") -> LineItem:
    return note_line_item(
        session, member.course_id, subject, link, "Title", 100.0, f"https://lms.example/{link}", at=AT
    )


def answer(session: Session, member: Membership, given: dict[str, str], key: str, exercise: str = "first") -> None:
    hand_in(session, CATALOGUE, member, "roles", exercise, given, key, at=AT)


def scores(session: Session) -> dict[tuple[str, str], float]:
    """Return what is queued, by course and subject."""
    rows = session.execute(select(LineItem, Score).join(Score))
    return {(str(item.course_id), item.subject): score.score_given for item, score in rows}


def test_a_placed_exercise_is_graded_by_itself_once_it_is_passed(session: Session) -> None:
    member = make_member(session, "1", grade_scopes=ALL_SCOPES)
    place(session, member, EXERCISE)
    answer(session, member, WRONG, "a")
    assert (str(member.course_id), EXERCISE) not in scores(session)
    answer(session, member, RIGHT, "b")
    assert scores(session)[str(member.course_id), EXERCISE] == 100
    answer(session, member, WRONG, "c")
    assert scores(session)[str(member.course_id), EXERCISE] == 100


def test_an_exercise_that_nobody_placed_gets_no_column(session: Session) -> None:
    member = make_member(session, "1", grade_scopes=ALL_SCOPES)
    place(session, member, "exercise:roles/second")
    answer(session, member, RIGHT, "a")
    assert session.scalars(select(LineItem.subject)).all() == ["exercise:roles/second"]
    assert scores(session) == {}


def test_it_counts_in_every_course_that_placed_it_and_in_no_other(session: Session) -> None:
    here, there, third = (
        make_member(session, "1", context_id=context, grade_scopes=ALL_SCOPES) for context in ("c1", "c2", "c3")
    )
    place(session, here, EXERCISE)
    place(session, there, EXERCISE)
    place(session, third, "exercise:roles/second")
    answer(session, here, RIGHT, "a")
    assert set(scores(session)) == {(str(member.course_id), EXERCISE) for member in (here, there)}


@pytest.mark.parametrize("changes", [{"role": Role.COORDINATOR}, {"is_test_user": True}])
def test_staff_and_test_users_get_no_score(session: Session, changes: dict[str, Any]) -> None:
    member = make_member(session, "1", changes.get("role", Role.MENTOR), grade_scopes=ALL_SCOPES)
    member.is_test_user = changes.get("is_test_user", False)
    session.flush()
    place(session, member, EXERCISE)
    answer(session, member, RIGHT, "a")
    assert scores(session) == {}


def columns(session: Session) -> list[tuple[str, str, str]]:
    session.expire_all()
    rows = session.scalars(select(LineItem).order_by(LineItem.subject, LineItem.resource_link_id))
    return [(row.subject, row.resource_link_id, row.url) for row in rows]


def test_an_edited_link_takes_its_column_along(session: Session) -> None:
    member = make_member(session, "1", grade_scopes=ALL_SCOPES)
    place(session, member, "module:roles")
    place(session, member, "module:stages")
    expected = [("module:roles", "", ""), ("module:stages", "5", "https://lms.example/5")]
    assert columns(session) == expected
    place(session, member, "module:stages")
    assert columns(session) == expected
    place(session, member, "module:roles")
    assert columns(session) == [
        ("module:roles", "", ""),
        ("module:roles", "5", "https://lms.example/5"),
        ("module:stages", "", ""),
    ]
    place(session, member, "module:stages")
    assert [row for row in columns(session) if row[2]] == [("module:stages", "5", "https://lms.example/5")]


def test_the_column_of_another_link_stays_as_it_is(session: Session) -> None:
    member = make_member(session, "1", grade_scopes=ALL_SCOPES)
    place(session, member, "module:roles", link="5")
    place(session, member, "module:stages", link="6")
    assert columns(session) == [
        ("module:roles", "5", "https://lms.example/5"),
        ("module:stages", "6", "https://lms.example/6"),
    ]


def test_the_nearest_known_ancestor_of_the_same_lms_is_found(session: Session) -> None:
    old, older = (make_member(session, "1", context_id=context) for context in ("old", "older"))
    elsewhere = make_member(session, "1", platform=make_platform(session, "https://other.example"), context_id="old")
    set_placement(session, CATALOGUE, older.course_id, "1", "", "module:stages", at=AT)
    set_placement(session, CATALOGUE, old.course_id, "2", "", "module:roles", at=AT)
    note_link(session, old.course_id, "3", "", at=AT)
    set_placement(session, CATALOGUE, elsewhere.course_id, "3", "", "pairing", at=AT)

    def found(*links: str, contexts: tuple[str, ...] = ()) -> str | None:
        placement = find_ancestor(session, old.course, links, contexts)
        return placement.content if placement else None

    assert found("3", "2", "1") == "module:roles"
    assert found("1", "2") == "module:stages"
    assert found("3", contexts=("old",)) is None
    assert found() is None
    set_placement(session, CATALOGUE, older.course_id, "2", "", "home", at=AT)
    assert found("2", contexts=("older",)) == "home"
    assert found("2", contexts=("old",)) == "module:roles"


def test_a_request_is_answered_once_and_its_answer_sent_again_for_a_while(session: Session) -> None:
    member = make_member(session, "1", Role.COORDINATOR)
    request = record_request(session, member, "1", SETTINGS, at=AT)
    tokens = iter(("first", "second"))

    def reply(chosen: str, minutes: float = 0) -> str:
        at = AT + timedelta(minutes=minutes)
        locked = get_request(session, member, request.public_id, at=at, locked=True)
        return record_answer(locked, {"content": [chosen]}, lambda: next(tokens), at=at)

    assert reply("home") == "first"
    session.flush()
    assert reply("home", 1) == "first"
    for chosen, minutes in (("readiness", 0), ("home", SENT_AGAIN_WITHIN / timedelta(minutes=1))):
        with pytest.raises(ConflictError) as caught:
            reply(chosen, minutes)
        assert caught.value.code == "deep_linking.answered"


def test_a_request_ends_and_belongs_to_its_member(session: Session) -> None:
    member, other = (make_member(session, subject, Role.COORDINATOR) for subject in ("1", "2"))
    request = record_request(session, member, "1", SETTINGS, at=AT)
    assert get_request(session, member, request.public_id, at=AT + REQUEST_LIFETIME - timedelta(seconds=1)) is request
    with pytest.raises(ConflictError) as caught:
        get_request(session, member, request.public_id, at=AT + REQUEST_LIFETIME)
    assert caught.value.code == "deep_linking.expired"
    with pytest.raises(NotFoundError):
        get_request(session, other, request.public_id, at=AT)


@pytest.mark.parametrize(
    ("role", "content", "path"),
    [
        (Role.MENTOR, "forum:community", "/forums/community"),
        (Role.MENTEE, "forum:community", "/forums/?open=community"),
        (Role.MENTEE, "forum:announcements", "/forums/announcements"),
        (Role.MENTOR, "forum:steering", "/forums/?open=steering"),
        (Role.COORDINATOR, "forum:steering", "/forums/steering"),
        (Role.COORDINATOR, "forum:relation", "/forums/?open=relation"),
        (Role.COORDINATOR, "forum:network", "/forums/?open=network"),
        (Role.MENTOR, "board", "/"),
        (Role.COORDINATOR, "board", "/people/"),
    ],
)
def test_a_link_leads_to_what_the_role_may_read(session: Session, role: Role, content: str, path: str) -> None:
    member = make_member(session, "1", role)
    assert content_path(member, content) == f"/course/{member.course.public_id}{path}"
