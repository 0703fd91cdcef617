"""Lets only so many senders speak to one LMS at the same time, counted over all processes.

A slot is a lock that the database server, or with SQLite the operating system, keeps for a living process. Whoever is
killed gives it back in that moment, which no lease in a table could promise.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

_OUR_LOCKS = 1_296_385_092
"""Sets our advisory locks apart from those of others in the same database."""
_MOST = 1000


@contextmanager
def take_slot(sessions: sessionmaker[Session], platform_id: int, count: int) -> Iterator[bool]:
    """Say whether one of `count` slots (below 1000) of a platform was free; it is ours until the block ends."""
    engine = sessions.kw["bind"]
    with ExitStack() as held:
        if engine.dialect.name == "postgresql":
            yield _take_on_server(engine, platform_id, count, held)
        else:
            yield _take_on_this_machine(engine, platform_id, count, held)


def _take_on_server(engine: Engine, platform_id: int, count: int, held: ExitStack) -> bool:
    # Without a transaction: the lock belongs to the connection, which is ours for as long as it is held.
    connection = held.enter_context(engine.connect()).execution_options(isolation_level="AUTOCOMMIT")
    for number in range(count):
        key = {"ours": _OUR_LOCKS, "slot": platform_id * _MOST + number}
        if connection.execute(text("SELECT pg_try_advisory_lock(:ours, :slot)"), key).scalar():
            held.callback(_give_back, connection, key)
            return True
    return False


def _give_back(connection: Connection, key: dict[str, int]) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:ours, :slot)"), key)
    except Exception:
        # Not back into the pool with a lock on it.
        connection.invalidate()
        raise


def _take_on_this_machine(engine: Engine, platform_id: int, count: int, held: ExitStack) -> bool:
    folder = Path(f"{engine.url.database}-slots")
    folder.mkdir(exist_ok=True)
    for number in range(count):
        file = held.enter_context((folder / f"{platform_id}-{number}").open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False
