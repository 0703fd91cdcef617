"""The item check on the command line."""

from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import NotFoundError
from service.exercises.operations import record_attempt
from tests.functional.cli.conftest import Run
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member


def test_figures_of_a_module(run: Run, sessions: sessionmaker[Session]) -> None:
    assert isinstance(run("modules", "items", "roles").exception, NotFoundError)
    catalogue = make_catalogue()
    with transaction(sessions) as session:
        for number in range(10):
            member = make_member(session, f"learner-{number}")
            given = RIGHT if number == 0 else WRONG
            record_attempt(session, catalogue, member.person_id, "roles", "first", given, "key", at=AT)
        record_attempt(session, catalogue, member.person_id, "roles", "second", RIGHT, "key-2", at=AT)
    lines = run("modules", "items", "roles").output.splitlines()
    assert lines[0].endswith("version 1 of 2026-03-01, 10 people")
    assert lines[2].split()[:4] == ["first", "10", "1", "0.10"]
    assert lines[2].endswith("what the text says about it")
    assert lines[3].split(maxsplit=1) == ["second", "fewer than 10 first tries"]
