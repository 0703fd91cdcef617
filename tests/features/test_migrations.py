"""The history of the tables: one line, and at its end just the tables that the code has."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import service.tables  # noqa: F401 (fills the registry of tables)
from service.db import Base, make_sessions, transaction
from service.exercises.operations import record_attempt
from service.migrations import changing_tables, config_for, is_up_to_date, upgrade
from service.modules.loader import load_catalogue
from service.notices.models import MailChoice
from service.notices.rules import Cadence
from service.people.models import Membership
from service.platforms.models import Deployment, Platform
from tests.makers import AT, make_member, make_platform
from tests.small_content import SmallContent, add_person


def test_there_is_one_newest_migration() -> None:
    assert len(ScriptDirectory.from_config(config_for()).get_heads()) == 1


def test_the_history_ends_in_the_tables_of_the_code(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        assert is_up_to_date(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_older_tries_get_what_they_would_have_been_given(engine: Engine, tmp_path: Path) -> None:
    content = SmallContent(tmp_path / "content")
    versions = [load_catalogue(content.write())]
    content.module["version"] = 2
    versions.append(load_catalogue(content.write()))
    with engine.connect() as connection:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            person_id = add_person(session)
            for number, (catalogue, choice) in enumerate([(0, "tell"), (0, "ask"), (1, "ask"), (1, "tell")]):
                answer = {"choice": choice}
                record_attempt(
                    session, versions[catalogue], person_id, "roles", "who-leads", answer, str(number), at=AT
                )
            session.commit()
        before = _what_counted(connection)
        command.downgrade(config_for(connection), "0008")
        command.upgrade(config_for(connection), "head")
        assert _what_counted(connection) == before
        assert [tuple(row[1:3]) for row in before] == [(0, None), (1, 1), (1, 2), (1, 2)]
        connection.rollback()


def _what_counted(connection: Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(
        text(
            "SELECT a.number, counted_share, passed_version, is_held, v.version FROM attempt a"
            " JOIN module_version v ON v.id = module_version_id ORDER BY a.number"
        )
    )
    return [tuple(row) for row in rows]


def test_who_wanted_no_mail_before_is_taken_to_have_stopped_all_of_it(engine: Engine) -> None:
    with engine.connect() as connection:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            people = [add_person(session, subject) for subject in ("1", "2")]
            for person_id, cadence in zip(people, (Cadence.NEVER, Cadence.DAILY), strict=True):
                wish = {"cadence": cadence, "hour": 8, "weekday": 0, "zone": "UTC"}
                session.add(MailChoice(person_id=person_id, **wish))
            session.commit()
        command.downgrade(config_for(connection), "0029")
        command.upgrade(config_for(connection), "head")
        with Session(connection) as session:
            stopped = {one.person_id: one.stopped_at is not None for one in session.scalars(select(MailChoice))}
        assert stopped == dict(zip(people, (True, False), strict=True))
        connection.rollback()


def test_courses_of_a_shared_registration_get_the_one_deployment_that_they_can_be_of(engine: Engine) -> None:
    issuers = {"https://blackboard.com": "5e6f", "https://moodle.example": ""}
    with transaction(make_sessions(engine)) as session:
        for issuer in issuers:
            platform_id = make_member(session, "1", platform=make_platform(session, issuer)).course.platform_id
            of_it = {"deployment_id": "5e6f", "first_seen_at": AT, "approved_at": AT}
            session.add(Deployment(platform_id=platform_id, **of_it))
    with changing_tables(engine) as connection:
        command.downgrade(config_for(connection), "0032")
        command.upgrade(config_for(connection), "head")
    with transaction(make_sessions(engine), reads_only=True) as session:
        members = session.scalars(select(Membership)).all()
        issuer_of = dict(session.execute(select(Platform.id, Platform.issuer)).all())
        assert {issuer_of[one.course.platform_id]: one.course.tenant for one in members} == issuers


def test_a_change_after_which_a_reference_leads_nowhere_is_taken_back(engine: Engine) -> None:
    with transaction(make_sessions(engine)) as session:
        make_member(session, "1")
    with pytest.raises((RuntimeError, IntegrityError)), changing_tables(engine) as connection:
        connection.execute(text("DELETE FROM course"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM course")) == 1
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("DELETE FROM course"))
