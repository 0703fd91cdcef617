"""The databases that measurements run on, each new and in a folder of its own, and what machine it is."""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, event

from tests import postgresql
from tests.databases import make_tables, new_postgresql_database, sqlite_url

KINDS = ("sqlite", "postgresql")


def add_option(parser: argparse.ArgumentParser, default: str = "both") -> None:
    """Let whoever measures choose the databases."""
    parser.add_argument("--database", choices=(*KINDS, "both"), default=default)


@contextmanager
def new_database(kind: str) -> Iterator[tuple[str, Path]]:
    """Give the address of a database with MentorReady's tables and nothing in them, and a folder; both end after."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if kind == "postgresql":
            with postgresql.server() as server, new_postgresql_database(server) as url:
                yield url, folder
        else:
            url = sqlite_url(folder / "mentorready.sqlite")
            make_tables(url)
            yield url, folder


def each_database(chosen: str) -> Iterator[tuple[str, str, Path]]:
    """Give kind, address and folder of one new database after the other; `chosen`: a kind, or both."""
    for kind in KINDS if chosen == "both" else (chosen,):
        with new_database(kind) as (url, folder):
            yield kind, url, folder


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Give the list in which the statements of the block are noted, without those that begin a transaction."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def list_servers(engine: Engine) -> list[Path]:
    """Return where Linux tells how long the processes of PostgreSQL have worked that serve us; SQLite has none."""
    if engine.dialect.name == "sqlite":
        return []
    mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    with engine.connect() as connection:
        return [Path(f"/proc/{pid}/schedstat") for pid in connection.exec_driver_sql(mine).scalars()]


def spent(servers: Sequence[Path]) -> float:
    """Return how many seconds of processor time our process and these servers have used."""
    return time.process_time() + sum(int(path.read_text().split()[0]) for path in servers) / 1e9


def describe_machine() -> str:
    """Return how many processors there are, and whether other programs use them: figures are read by that."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} processors, load {load:.1f}: {'quiet' if load < 1 else 'other programs run as well'}"
