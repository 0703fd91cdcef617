"""All that there is of people in a module, in one statement: tries, drafts, and traces of what other rooms keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, literal, null, select, union_all
from sqlalchemy.orm import Session

from service.db import Json
from service.exercises.best_tries import LAST_TRIES, MODULE, PEOPLE, best_of
from service.exercises.models import Draft
from service.exercises.rules import Best
from service.modules.content import Module

_OF_DRAFTS: list[Any] = [
    Draft.person_id,
    Draft.exercise_key,
    Draft.number,
    Draft.submission_key,
    Draft.saved_at,
    Draft.fields,
]
_DRAFTS = select(*_OF_DRAFTS, *[null()] * 10).where(Draft.person_id.in_(PEOPLE), Draft.module_key == MODULE)


@dataclass(frozen=True)
class Kept:
    """A draft as it was kept."""

    submission_key: str
    number: int
    fields: Json
    saved_at: datetime


@dataclass(frozen=True)
class Trace:
    """What else there is of a person in a module: of which kind, with the key of a part, when, and in which version."""

    kind: str
    key: str
    at: datetime
    version: int | None


@dataclass(frozen=True)
class Work:
    """What there is of one person: how they stand in each exercise, their drafts, newest first, and traces."""

    best: Mapping[str, Best]
    drafts: Mapping[str, Sequence[Kept]]
    traces: Sequence[Trace]


def select_traces(kind: str | ColumnElement[str], person: Any, key: Any, at: Any, version: Any = None) -> Select[Any]:
    """Return what `work_and` takes; its conditions may use `PEOPLE` and `MODULE`. The columns are those of a Trace."""
    named = literal(kind) if isinstance(kind, str) else kind
    columns: list[Any] = [person, key, null(), named, at, *[null()] * 3, null() if version is None else version]
    return select(*columns, *[null()] * 7)


def work_and(*traces: Select[Any]) -> CompoundSelect[Any]:
    """Return the statement that `read_all` asks: tries, drafts, and traces."""
    return union_all(LAST_TRIES, _DRAFTS, *traces)


def read_all(
    session: Session, person_ids: Sequence[int], module: Module, statement: CompoundSelect[Any]
) -> Mapping[int, Work]:
    """Return what there is of these people in a module, by person id; nobody is left out."""
    rows = session.execute(statement, {"person_ids": person_ids, "module_key": module.key}).all()
    by_person: dict[int, list[Any]] = {person_id: [] for person_id in person_ids}
    for row in rows:
        by_person[row.person_id].append(row)
    return {person_id: _work(found, module) for person_id, found in by_person.items()}


def _work(rows: Sequence[Any], module: Module) -> Work:
    others = sorted((row for row in rows if row.tries is None), key=lambda row: row.handed_in_at, reverse=True)
    drafts: dict[str, list[Kept]] = {}
    for row in others:
        if row.number is not None:
            kept = Kept(row.submission_key, row.number, row.answer, row.handed_in_at)
            drafts.setdefault(row.exercise_key, []).append(kept)
    traces = [
        Trace(row.submission_key, row.exercise_key, row.handed_in_at, row.passed_version)
        for row in others
        if row.number is None
    ]
    return Work(best_of((row for row in rows if row.tries is not None), module), drafts, traces)
