"""The history of the tables (Alembic), and whether a database has all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


def config_for(connection: Connection | None = None) -> Config:
    """Return Alembic's settings, for commands that run on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database of `engine` to the newest tables; nothing happens where they are there already."""
    with changing_tables(engine) as connection:
        command.upgrade(config_for(connection), "head")


@contextmanager
def changing_tables(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose transaction may change tables; it is committed at the end.

    SQLite changes a table by making another in its place, and would meanwhile refuse to drop what others refer to. So
    foreign keys are looked at when all is done, as its documentation of ALTER TABLE has it. Raises RuntimeError, and
    changes nothing, if a reference leads nowhere then.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection if engine.dialect.name == "sqlite" else None
        if driver is not None:
            driver.execute("PRAGMA foreign_keys=off")
        try:
            with connection.begin():
                yield connection
                if driver is not None and (broken := driver.execute("PRAGMA foreign_key_check").fetchall()):
                    raise RuntimeError(f"References that lead nowhere (table, row, table it refers to): {broken[:10]}")
        finally:
            if driver is not None:
                driver.execute("PRAGMA foreign_keys=on")


def is_up_to_date(connection: Connection) -> bool:
    """Tell whether the database has every migration that this code knows."""
    return MigrationContext.configure(connection).get_current_heads() == tuple(
        ScriptDirectory.from_config(config_for()).get_heads()
    )
