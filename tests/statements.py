"""Statements of the databases under test, written in SQL once in each process: engines live as long as one test."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

MOST_STATEMENTS = 5000


class _Alike:
    """Dialects of one kind that write alike are one to the keys under which SQLAlchemy keeps what it wrote."""

    def _writes(self) -> tuple[Any, ...]:
        return type(self), self.statement_compiler, self.ddl_compiler, self.paramstyle, self.server_version_info  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self._writes() == other._writes()

    def __hash__(self) -> int:
        return hash(type(self))


class Sqlite(_Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class Postgresql(_Alike, PGDialect_psycopg):
    supports_statement_cache = True


def write_once() -> None:
    """Let the engines that this process makes from now on share what they wrote."""
    registry.register("sqlite", __name__, "Sqlite")
    registry.register("postgresql.psycopg", __name__, "Postgresql")
    written: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=written)
