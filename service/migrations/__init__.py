"""The history of the tables (Alembic), and whether a database has all of it."""

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
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "head")


def is_up_to_date(connection: Connection) -> bool:
    """Tell whether the database has every migration that this code knows."""
    return MigrationContext.configure(connection).get_current_heads() == tuple(
        ScriptDirectory.from_config(config_for()).get_heads()
    )
