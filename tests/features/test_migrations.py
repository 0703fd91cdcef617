"""The history of the tables: one line, and at its end just the tables that the code has."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

import service.tables  # noqa: F401 (fills the registry of tables)
from service.db import Base
from service.migrations import config_for, is_up_to_date, upgrade


def test_there_is_one_newest_migration() -> None:
    assert len(ScriptDirectory.from_config(config_for()).get_heads()) == 1


def test_the_history_ends_in_the_tables_of_the_code(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        assert is_up_to_date(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
