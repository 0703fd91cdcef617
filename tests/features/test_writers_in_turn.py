"""SQLite lets in one writer: those of one process queue for it, and one that ends badly leaves the queue too."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import make_engine, transaction
from service.people.models import Person, Role
from tests.databases import sqlite_url
from tests.makers import make_member


@pytest.fixture
def person_id(sessions: sessionmaker[Session]) -> int:
    with transaction(sessions) as session:
        return make_member(session, "mentor-1", Role.MENTOR).person_id


def _add_letter(sessions: sessionmaker[Session], person_id: int) -> None:
    with transaction(sessions) as session:
        session.execute(update(Person).where(Person.id == person_id).values(name=Person.name + "x"))


def _count_letters(sessions: sessionmaker[Session], person_id: int) -> int:
    with transaction(sessions, reads_only=True) as session:
        return session.scalars(select(func.length(Person.name)).where(Person.id == person_id)).one()


def test_many_writers_at_once_all_write(sessions: sessionmaker[Session], person_id: int) -> None:
    before, start = _count_letters(sessions, person_id), Barrier(8)

    def write(_: int) -> None:
        start.wait()
        for _ in range(10):
            _add_letter(sessions, person_id)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert _count_letters(sessions, person_id) == before + 80


def test_readers_do_not_wait_for_a_writer(sessions: sessionmaker[Session], person_id: int) -> None:
    before, has_written, may_end = _count_letters(sessions, person_id), Event(), Event()

    def write() -> None:
        with transaction(sessions) as session:
            session.execute(update(Person).where(Person.id == person_id).values(name=Person.name + "x"))
            has_written.set()
            assert may_end.wait(30)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        assert has_written.wait(30)
        assert _count_letters(sessions, person_id) == before
        may_end.set()
        writing.result()
    assert _count_letters(sessions, person_id) == before + 1


def test_a_writer_that_fails_lets_the_next_one_in(sessions: sessionmaker[Session], person_id: int) -> None:
    before = _count_letters(sessions, person_id)

    def fail() -> None:
        with transaction(sessions) as session:
            session.execute(update(Person).where(Person.id == person_id).values(name=""))
            raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            fail()
    _add_letter(sessions, person_id)
    assert _count_letters(sessions, person_id) == before + 1


@pytest.mark.parametrize("ending", ["close", "invalidate", "rollback"])
def test_a_connection_that_ends_gives_its_turn_back(sqlite_template: Path, tmp_path: Path, ending: str) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "mentorready.sqlite")
    engine = make_engine(sqlite_url(tmp_path / "mentorready.sqlite"))
    connection = engine.connect()
    connection.execute(update(Person).values(name=""))
    driver_connection: Any = connection.connection.driver_connection
    assert driver_connection.has_turn
    getattr(connection, ending)()
    assert not driver_connection.has_turn
    connection.close()
    engine.dispose()
