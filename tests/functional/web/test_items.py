"""The item check as staff see it: figures from ten first tries on, with a sentence for what stands out."""

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.exercises.operations import record_attempt
from service.modules.content import Catalogue
from service.people.models import Role
from tests.makers import AT, RIGHT, WRONG, make_member


def answer(database: sessionmaker[Session], catalogue: Catalogue, people: range, context: str = "course-1") -> None:
    """Let people answer `first`: one of ten has it right."""
    with transaction(database) as session:
        for number in people:
            member = make_member(session, f"{context}-{number}", context_id=context)
            given = WRONG if number % 10 else RIGHT
            record_attempt(session, catalogue, member.person_id, "roles", "first", given, f"k{number}", at=AT)


def test_what_most_fail_is_told(database: sessionmaker[Session], catalogue: Catalogue, browse) -> None:
    staff = browse(Role.COORDINATOR)
    assert "Nobody has answered yet." in staff.get(staff.path("/modules/roles/items")).text
    answer(database, catalogue, range(9))
    few = staff.get(staff.path("/modules/roles/items")).text
    assert "Too few have answered yet." in few
    assert "Case first" not in few
    answer(database, catalogue, range(9, 10))
    page = staff.get(staff.path("/modules/roles/items")).text
    assert "One item stands out" in page
    assert "9 of 10 fail this at the first try" in page
    assert "One exercise has too few first tries" in page
    assert "Name of" not in page
    assert f'href="{staff.path("/modules/roles/items")}"' in staff.get(staff.path("/modules/roles")).text


def test_only_staff_and_only_their_course(database: sessionmaker[Session], catalogue: Catalogue, browse) -> None:
    answer(database, catalogue, range(10), "course-2")
    staff, learner = browse(Role.COORDINATOR), browse(Role.MENTOR)
    assert "Nobody has answered yet." in staff.get(staff.path("/modules/roles/items")).text
    assert "Nobody has answered yet." in staff.get(staff.path("/modules/roles/items?version=1")).text
    assert staff.get(staff.path("/modules/none/items")).status_code == 404
    assert learner.get(learner.path("/modules/roles/items")).status_code == 403
    assert "Item check" not in learner.get(learner.path("/modules/roles")).text


@pytest.mark.parametrize("version", ["x", "-1", "99999999999999999999", "%00"])
def test_a_version_that_is_none_shows_nothing(version: str, browse) -> None:
    staff = browse(Role.ADMINISTRATOR)
    assert staff.get(staff.path(f"/modules/roles/items?version={version}")).status_code == 200


def test_statements_do_not_grow_with_the_course(
    app: Flask, database: sessionmaker[Session], catalogue: Catalogue, browse
) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    staff, counts = browse(Role.COORDINATOR), []
    for people in (range(10), range(10, 40)):
        answer(database, catalogue, people)
        statements.clear()
        staff.get(staff.path("/modules/roles/items"))
        counts.append(len(statements))
        assert len([statement for statement in statements if "FROM attempt" in statement]) == 2
    assert counts[0] == counts[1]
