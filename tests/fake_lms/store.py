"""The LMS's SQLite file: one transaction at a time, so that a read and the write after it belong together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from tests.fake_lms.models import Base


def _set_up(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


class Store:
    """The database of one LMS process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _set_up)
        self._lock = threading.RLock()
        self._current: Session | None = None
        Base.metadata.create_all(self._engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a transaction that commits at the end, or join the one this thread is in. Objects stay readable."""
        with self._lock:
            if self._current is not None:
                yield self._current
                return
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                self._current = session
                try:
                    yield session
                finally:
                    self._current = None

    def close(self) -> None:
        self._engine.dispose()
