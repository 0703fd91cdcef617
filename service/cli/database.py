"""Opens the database of the settings for a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from service.config import Settings
from service.db import make_engine, make_sessions, transaction


@contextmanager
def open_sessions() -> Iterator[sessionmaker[Session]]:
    """Give the sessions of the database that the settings name; raise SettingsError."""
    engine = make_engine(Settings.from_environment().database_url)
    try:
        yield make_sessions(engine)
    finally:
        engine.dispose()


@contextmanager
def open_transaction(*, reads_only: bool = False) -> Iterator[Session]:
    """Give a session for one transaction in that database."""
    with open_sessions() as sessions, transaction(sessions, reads_only=reads_only) as session:
        yield session
