"""The figures of exercises from what was handed in: first tries of learners, versions apart, sums alone."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from service.exercises.operations import record_attempt
from service.item_check import operations
from service.item_check.operations import ItemCheck, check_items
from service.modules.content import Catalogue, Exercise, Module
from service.people.models import Membership, Role
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member, make_module

SORT = {
    "points": 2.0,
    "groups": ["x", "y"],
    "items": ["a", "b"],
    "answer": {"a": "x", "b": "y"},
}


def module(exercises: tuple[str, ...] = ("first", "second")) -> Module:
    """Return a module of exercises with one answer, and one with two parts."""
    made = make_module("roles", ("mentor",), exercises)
    sorting = Exercise("parts", "sort", "start", 2, 2, SORT)
    words = {language: replace(said, exercises=dict(said.exercises)) for language, said in made.words.items()}
    return replace(made, exercises=(*made.exercises, sorting), words=words)


def hand_in(
    session: Session, catalogue: Catalogue, member: Membership, exercise: str, answer: Any, key: str = ""
) -> None:
    record_attempt(
        session, catalogue, member.person_id, "roles", exercise, answer, f"{exercise}{key}-{member.id}", at=AT
    )


def answer_all(session: Session, catalogue: Catalogue, people: int, prefix: str = "p") -> list[Membership]:
    """Let people answer: all have the last part right, every other one the rest."""
    members = []
    for number in range(people):
        member = make_member(session, f"{prefix}{number}")
        good = number % 2 == 0
        for exercise in ("first", "second"):
            hand_in(session, catalogue, member, exercise, RIGHT if good else WRONG)
        hand_in(session, catalogue, member, "parts", {"groups": {"a": "x" if good else "y", "b": "y"}})
        members.append(member)
    return members


def shown(check: ItemCheck) -> dict[tuple[str, str], tuple[int, int, float] | None]:
    return {
        (item.exercise, item.part): (item.figures.count, item.figures.right, round(item.figures.facility, 3))
        if item.figures
        else None
        for item in check.items
    }


def test_exercises_and_parts_are_counted(session: Session) -> None:
    catalogue = make_catalogue(module())
    answer_all(session, catalogue, 10)
    check = check_items(session, "roles")
    assert shown(check) == {
        ("first", ""): (10, 5, 0.5),
        ("second", ""): (10, 5, 0.5),
        ("parts", ""): (10, 5, 0.75),
        ("parts", "a"): (10, 5, 0.5),
        ("parts", "b"): (10, 10, 1.0),
    }
    found = {(item.exercise, item.part): item.figures.discrimination for item in check.items if item.figures}
    # Whoever has one right has all: the correlation with the rest is 1; part b, which all have right, tells nothing.
    assert [found[item] for item in (("first", ""), ("parts", ""), ("parts", "a"))] == pytest.approx([1, 1, 1])
    assert found["parts", "b"] is None


def test_below_ten_nothing_is_shown_and_then_five_more_change_it(session: Session) -> None:
    catalogue = make_catalogue(module())
    answer_all(session, catalogue, 9)
    check = check_items(session, "roles")
    assert check.shown
    assert set(shown(check).values()) == {None}
    answer_all(session, catalogue, 5, "more")
    first = shown(check_items(session, "roles"))["first", ""]
    assert first
    assert first[0] == 10


def test_only_first_tries_of_learners_count(session: Session) -> None:
    catalogue = make_catalogue(module())
    members = answer_all(session, catalogue, 10)
    before = shown(check_items(session, "roles"))
    for member in members:
        hand_in(session, catalogue, member, "first", RIGHT, "again")
    for number in range(5):
        staff = make_member(session, f"staff{number}", Role.COORDINATOR)
        hand_in(session, catalogue, staff, "first", WRONG)
        tester = make_member(session, f"tester{number}")
        tester.is_test_user = True
        hand_in(session, catalogue, tester, "first", WRONG)
    assert shown(check_items(session, "roles")) == before


def test_versions_are_kept_apart(session: Session) -> None:
    old = make_catalogue(module())
    new = make_catalogue(replace(module(), digest="new", version=2))
    answer_all(session, old, 10)
    for number in range(3):
        hand_in(session, new, make_member(session, f"new{number}"), "first", WRONG)
    check = check_items(session, "roles")
    assert [(version.version, version.people) for version in check.versions] == [(2, 3), (1, 10)]
    # The newest has too few answers yet, so the one before is shown.
    assert check.shown == check.versions[1]
    chosen = check_items(session, "roles", version_id=check.versions[0].id)
    assert chosen.shown == check.versions[0]
    assert shown(chosen)["first", ""] is None
    assert check_items(session, "roles", version_id=0).shown is None


def test_a_course_sees_its_own_learners(session: Session) -> None:
    catalogue = make_catalogue(module())
    answer_all(session, catalogue, 10)
    stranger = make_member(session, "elsewhere", context_id="course-2")
    for exercise in ("first", "second"):
        hand_in(session, catalogue, stranger, exercise, WRONG)
    check = check_items(session, "roles", course_id=stranger.course_id)
    assert check.shown
    assert (check.shown.people, set(shown(check).values())) == (1, {None})


def test_statements_do_not_grow_and_the_latest_are_enough(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = make_catalogue(module())
    monkeypatch.setattr(operations, "MOST_PEOPLE", 10)
    monkeypatch.setattr(operations, "_CHUNK", 3)
    counts = []
    for people in (10, 15):
        answer_all(session, catalogue, people, f"of{people}-")
        session.flush()
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any, statements: list[str] = statements) -> None:
            statements.append(statement)

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        check = check_items(session, "roles")
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts == [2, 2]
    assert check.items[0].figures
    assert check.items[0].figures.count == 10
