"""Engine, base class, constraint names, UTC times, and the statements that SQLite and PostgreSQL spell apart."""

import base64
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, DateTime, Dialect, Engine, Enum, MetaData, Row, create_engine, event, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

Json = dict[str, Any]
ModelT = TypeVar("ModelT", bound="Base")
ResultT = TypeVar("ResultT")
OutcomeT = TypeVar("OutcomeT")

BEGIN_WRITING = "BEGIN IMMEDIATE"
SQLITE_PATIENCE = 10
"""Seconds that a writer waits for another."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, always aware; a naive one is refused instead of guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_type(kind: type[StrEnum]) -> Enum:
    """Return the column type of `kind`: its values as plain text, so that a new value needs no migration."""
    return Enum(kind, native_enum=False, length=24, values_callable=lambda members: [m.value for m in members])


class Base(DeclarativeBase):
    """The one registry of tables. Constraints are named by convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime,
        Json: JSON().with_variant(JSONB(), "postgresql"),
        list[Any]: JSON().with_variant(JSONB(), "postgresql"),
    }


def new_public_id() -> str:
    """Return an id that may leave the tool: 80 random bits, nothing to count or guess."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def utc_now() -> datetime:
    """Return the time. Operations take it as an argument, so only the edges of the house ask the clock."""
    return datetime.now(UTC)


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for `url`; on SQLite with WAL, foreign keys and a real BEGIN.

    The driver's own BEGIN comes too late and loses updates, so it is switched off and ours is sent:
    IMMEDIATE unless the connection says that it only reads.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=pool_size)
    turn = Lock()
    options = {"timeout": SQLITE_PATIENCE, "check_same_thread": False, "factory": partial(_TurnTaker, turn)}
    engine = create_engine(url, connect_args=options)
    engine.dialect.statement_compiler = _Compiler

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=normal", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        begin = connection.get_execution_options().get("sqlite_begin", BEGIN_WRITING)
        if begin == BEGIN_WRITING:
            connection.connection.driver_connection.take_turn()
            connection.exec_driver_sql(begin)
        elif begin:
            # It waits for nobody and cannot fail, so it needs none of what SQLAlchemy does around a statement.
            connection.connection.driver_connection.execute(begin)

    return engine


class _Compiler(SQLiteCompiler):
    """Writes hints for SQLite: of a table whose rows are long it reads the rows, where an index would do."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


class _TurnTaker(sqlite3.Connection):
    """Writes in turn with the other connections of its engine.

    SQLite lets in one writer; the others ask again after ever longer naps, and some of them late. Threads of one
    process need not ask: they queue.
    """

    def __init__(self, turn: Lock, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._turn = turn
        self.has_turn = False

    def take_turn(self) -> None:
        """Wait until no other connection of this engine writes, but not for ever."""
        self.has_turn = self.has_turn or self._turn.acquire(timeout=SQLITE_PATIENCE)

    def commit(self) -> None:
        super().commit()
        self._end_turn()

    def rollback(self) -> None:
        super().rollback()
        self._end_turn()

    def close(self) -> None:
        super().close()
        self._end_turn()

    def _end_turn(self) -> None:
        if self.has_turn:
            self.has_turn = False
            self._turn.release()


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the maker of sessions; objects stay readable after their transaction has ended."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: sessionmaker[Session], *, reads_only: bool = False) -> Iterator[Session]:
    """Give a session for one transaction: leaving commits, raising rolls back. Nothing else in the house commits.

    `reads_only` lets readers run beside a writer on SQLite; a write may then be refused.
    """
    engine = sessions.kw["bind"]
    with sessions(bind=_reading(engine) if reads_only else engine) as session:
        yield session
        session.commit()


@contextmanager
def single_statements(sessions: sessionmaker[Session]) -> Iterator[Connection]:
    """Give a connection on which each statement is a transaction of its own, for what is true or done by one alone.

    Nothing is locked while Python thinks about the next one: on SQLite that is what others would wait for. It gives
    rows and knows no objects: to have a session look after those takes as long as the statement.
    """
    with _each_alone(sessions.kw["bind"]).connect() as connection:
        yield connection


class MustWriteError(Exception):
    """Who only looks has come to where something must be written."""


class _Onlooker(Session):
    """Refuses to write. Not by events of the session, which would cost each launch more than this check."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.new or self.deleted or any(map(self.is_modified, self.dirty)):
            raise MustWriteError

    def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:
        return super().execute(_if_reads(statement), *arguments, **options)

    def scalar(self, statement: Any, *arguments: Any, **options: Any) -> Any:
        return super().scalar(_if_reads(statement), *arguments, **options)

    def scalars(self, statement: Any, *arguments: Any, **options: Any) -> Any:
        return super().scalars(_if_reads(statement), *arguments, **options)


def _if_reads(statement: Any) -> Any:
    if not getattr(statement, "is_select", False):
        raise MustWriteError
    return statement


def is_looking(session: Session) -> bool:
    """Say whether a session may only look (see `look`)."""
    return isinstance(session, _Onlooker)


def look(
    sessions: sessionmaker[Session], act: Callable[[Session], ResultT], settle: Callable[[Connection], OutcomeT]
) -> tuple[ResultT, OutcomeT] | None:
    """Return what `act` does with a session and, since that wrote nothing, what `settle` does after it.

    None if `act` must write: then neither has left anything behind.
    """
    with _Onlooker(_each_alone(sessions.kw["bind"]), expire_on_commit=False) as session:
        try:
            found = act(session)
            session.flush()
        except MustWriteError:
            return None
        return found, settle(session.connection())


@lru_cache(maxsize=8)
def _reading(engine: Engine) -> Engine:
    """Return the engine for transactions that only read; it shares the pool."""
    return engine.execution_options(sqlite_begin="BEGIN")


@lru_cache(maxsize=8)
def _each_alone(engine: Engine) -> Engine:
    """Return the engine for statements that are transactions of their own; it shares the pool."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(sqlite_begin="")
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _insert(session: Session, model: type[ModelT]) -> Any:
    dialect = session.get_bind().dialect.name
    return (postgresql_insert if dialect == "postgresql" else sqlite_insert)(model)


def add_or_get(
    session: Session, model: type[ModelT], keys: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> ModelT:
    """Return the row of `model` with the unique `keys`, added with `values` if missing; two at once make one row."""
    row = session.scalars(select(model).filter_by(**keys)).one_or_none()
    return row or add_new_or_get(session, model, keys, values)


def add_new_or_get(
    session: Session, model: type[ModelT], keys: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> ModelT:
    """Do what `add_or_get` does for a row that was missing a moment ago: it is there only if someone was quicker."""
    statement = _insert(session, model).values(**keys, **(values or {})).on_conflict_do_nothing().returning(model)
    row: ModelT | None = session.scalars(statement).one_or_none()
    return row or session.scalars(select(model).filter_by(**keys)).one()


def set_row(session: Session, model: type[ModelT], keys: Mapping[str, Any], values: Mapping[str, Any]) -> ModelT:
    """Return the row of `model` with the unique `keys` and now these `values`, added if it is missing."""
    return set_rows(session, model, list(keys), [{**keys, **values}])[0]


def set_rows(
    session: Session, model: type[ModelT], keys: Sequence[str], rows: Sequence[Mapping[str, Any]], *kept: str
) -> Sequence[ModelT]:
    """Return the rows of `model`, all with the same names and unique in `keys`, added where they are missing.

    What is there already gets the new values; `kept` stays as it is there.
    """
    if not rows:
        return []
    statement = _insert(session, model)
    changes = {name: statement.excluded[name] for name in rows[0] if name not in {*keys, *kept}}
    statement = statement.on_conflict_do_update(index_elements=list(keys), set_=changes).returning(model)
    return session.scalars(statement, [dict(row) for row in rows], execution_options={"populate_existing": True}).all()


def set_changed(row: Base, **values: Any) -> None:
    """Set what differs. To set an equal value costs nearly as much as a change: the session looks at the whole row."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def add_rows(
    session: Session,
    model: type[ModelT],
    rows: Sequence[Mapping[str, Any]],
    *columns: InstrumentedAttribute[Any] | type[ModelT],
) -> Sequence[Row[Any]]:
    """Add rows of `model`, all with the same keys, and return `columns` of those added, or the rows as such.

    Rows whose unique keys are there already stay as they are.
    """
    if not rows:
        return []
    statement = _insert(session, model).on_conflict_do_nothing().returning(*columns)
    return session.execute(statement, [dict(row) for row in rows]).all()
