"""Databases for the tests: a new SQLite file for each test, and one PostgreSQL database that each test finds empty."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, inspect, make_url
from sqlalchemy.orm import Session, sessionmaker

import service.tables  # noqa: F401 (fills the registry of tables)
from service.db import Base, make_engine
from service.migrations import upgrade
from tests import postgresql


def make_tables(url: str) -> None:
    """Make the tables of an empty database as an installation gets them: by the migrations."""
    engine = make_engine(url)
    upgrade(engine)
    if not inspect(engine).has_table("platform"):
        Base.metadata.create_all(engine)
    engine.dispose()


def sqlite_url(path: Path) -> str:
    """Return the address of an SQLite file."""
    return f"sqlite:///{path}"


@contextmanager
def new_postgresql_database(server: URL) -> Iterator[str]:
    """Give the address of a new database with tables; drop it at the end."""
    url = server.set(database=f"mentorready_test_{secrets.token_hex(4)}")
    with psycopg.connect(postgresql.dsn(server), autocommit=True) as connection:
        connection.execute(f"create database {url.database}")
        connection.execute(f"alter database {url.database} set synchronous_commit = off")
    try:
        address = url.render_as_string(hide_password=False)
        make_tables(address)
        yield address
    finally:
        with psycopg.connect(postgresql.dsn(server), autocommit=True) as connection:
            connection.execute(f"drop database {url.database} with (force)")


def connect(url: str) -> psycopg.Connection:
    """Return a connection that a run keeps: a new one has to look up every table anew before it can empty it."""
    return psycopg.connect(postgresql.dsn(make_url(url)))


def empty(connection: psycopg.Connection) -> None:
    """Delete every row. Raise after 5 s if a transaction that an earlier test left open stands in the way."""
    deletes = [f'delete from "{table.name}"' for table in reversed(Base.metadata.sorted_tables)]
    with connection.transaction():
        connection.execute("; ".join(["set local lock_timeout = '5s'", *deletes]))


def someone_waits(sessions: sessionmaker[Session]) -> bool:
    """Tell whether a transaction of a PostgreSQL database waits for another; asked anew, since one sees one moment."""
    statement = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with sessions() as session:
        return session.connection().exec_driver_sql(statement).first() is not None
