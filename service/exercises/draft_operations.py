"""What is done with drafts: save one as it is typed, read them, end them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, bindparam, delete, literal, null, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.db import Json, set_row
from service.errors import ConflictError, InvalidInputError
from service.exercises.models import Attempt, Draft
from service.exercises.operations import LAST_TRIES, best_of, check_submission_key, lock_learner
from service.exercises.rules import Best
from service.modules.content import Catalogue, Module

MOST_DRAFTS = 5
"""Of one exercise, for one person; of more, the oldest go."""
MOST_FIELDS = 200
LONGEST_DRAFT = 64 * 1024
"""Characters, of all fields together; the longest exercise has less."""


_OF_DRAFTS: list[Any] = [Draft.exercise_key, Draft.number, Draft.submission_key, Draft.saved_at, Draft.fields]
_DRAFTS = select(*_OF_DRAFTS, *[null()] * 10).where(
    Draft.person_id == bindparam("person_id"), Draft.module_key == bindparam("module_key")
)
# Beside the last tries, so that the page of a module asks once.
_WORK: CompoundSelect[Any] = union_all(LAST_TRIES, _DRAFTS)


@dataclass(frozen=True)
class Trace:
    """What else there is of a person in a module: of which kind, with the key of a part, and when."""

    kind: str
    key: str
    at: datetime


def select_traces(kind: str, key: InstrumentedAttribute[str], at: InstrumentedAttribute[datetime]) -> Select[Any]:
    """Return what `work_and` takes; its conditions may use the parameters `person_id` and `module_key`."""
    columns: list[Any] = [key, null(), literal(kind), at, *[null()] * 11]
    return select(*columns)


def work_and(*traces: Select[Any]) -> CompoundSelect[Any]:
    """Return the statement that `read_all` asks: tries, drafts, and traces."""
    return union_all(LAST_TRIES, _DRAFTS, *traces)


@dataclass(frozen=True)
class Kept:
    """A draft as it was kept."""

    submission_key: str
    number: int
    fields: Json
    saved_at: datetime


@dataclass(frozen=True)
class DraftVersion:
    """A draft as a page has seen it: whoever goes on from it takes its place, unless it was changed meanwhile."""

    submission_key: str
    number: int

    def __str__(self) -> str:
        return f"{self.submission_key}.{self.number}"

    @classmethod
    def read_all(cls, text: str) -> tuple["DraftVersion", ...]:
        """Return what `str` wrote, with spaces between; whatever else stands there is left out."""
        found = re.findall(r"(?:^|(?<= ))([A-Za-z0-9_-]{1,64})\.([0-9]{1,9})(?= |$)", text)
        return tuple(cls(key, int(number)) for key, number in found[:MOST_DRAFTS])


@dataclass(frozen=True)
class OpenForm:
    """The form of an exercise as it is open in some browser."""

    submission_key: str
    number: int = 1
    """Rises with each saving."""
    seen: tuple[DraftVersion, ...] = ()
    """The drafts that the form went on from."""


def save_draft(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    exercise_key: str,
    form: OpenForm,
    fields: Mapping[str, str],
    *,
    at: datetime,
) -> None:
    """Keep a form as it stands, instead of what it went on from. One that is older than what is kept changes nothing.

    Raise NotFoundError for an unknown exercise, InvalidInputError for what is too large to be one of our forms, and
    ConflictError if the form was handed in already.
    """
    catalogue.module(module_key).exercise(exercise_key)
    lock_learner(session, person_id)
    if session.scalar(select(Attempt.id).filter_by(person_id=person_id, submission_key=form.submission_key)):
        raise ConflictError("draft.handed_in", "This form was handed in already.")
    keep_draft(session, person_id, (module_key, exercise_key), form, fields, at=at)


def keep_draft(
    session: Session, person_id: int, place: tuple[str, str], form: OpenForm, fields: Mapping[str, str], *, at: datetime
) -> None:
    """Keep a form of a person who is locked. `place` says where it belongs: module and exercise, or the like.

    Raise InvalidInputError for what is too large to be one of our forms.
    """
    module_key, exercise_key = place
    check_submission_key(form.submission_key)
    if len(fields) > MOST_FIELDS or sum(len(name) + len(value) for name, value in fields.items()) > LONGEST_DRAFT:
        raise InvalidInputError("draft.too_long", f"A draft has at most {LONGEST_DRAFT} characters.")
    key = {"person_id": person_id, "submission_key": form.submission_key}
    kept = session.scalar(select(Draft.number).filter_by(**key))
    if kept is not None and kept >= form.number:
        return
    values = {
        "module_key": module_key,
        "exercise_key": exercise_key,
        "number": form.number,
        # PostgreSQL keeps no NUL in a text.
        "fields": {name.replace("\0", ""): value.replace("\0", "") for name, value in fields.items()},
        "saved_at": at,
    }
    set_row(session, Draft, key, values)
    _end_seen(session, person_id, form.seen)
    _end_oldest(session, person_id, module_key, exercise_key)


def read_work(session: Session, person_id: int, module: Module) -> tuple[Mapping[str, Best], Mapping[str, list[Kept]]]:
    """Return how the person stands in each exercise of the module, and their drafts, newest first; one statement."""
    best, drafts, _traces = read_all(session, person_id, module, _WORK)
    return best, drafts


def read_all(
    session: Session, person_id: int, module: Module, statement: CompoundSelect[Any]
) -> tuple[Mapping[str, Best], Mapping[str, list[Kept]], Sequence[Trace]]:
    """Return what `read_work` does, and the traces for which the statement asks."""
    rows = session.execute(statement, {"person_id": person_id, "module_key": module.key}).all()
    others = sorted((row for row in rows if row.tries is None), key=lambda row: row.handed_in_at, reverse=True)
    drafts: dict[str, list[Kept]] = {}
    for row in others:
        if row.number is not None:
            kept = Kept(row.submission_key, row.number, row.answer, row.handed_in_at)
            drafts.setdefault(row.exercise_key, []).append(kept)
    traces = [Trace(row.submission_key, row.exercise_key, row.handed_in_at) for row in others if row.number is None]
    return best_of((row for row in rows if row.tries is not None), module), drafts, traces


def end_draft(session: Session, person_id: int, submission_key: str, seen: Sequence[DraftVersion] = ()) -> None:
    """Forget the draft of a form that was handed in or given up, and what it went on from if that is unchanged."""
    session.execute(delete(Draft).filter_by(person_id=person_id, submission_key=submission_key))
    _end_seen(session, person_id, seen)


def _end_seen(session: Session, person_id: int, seen: Sequence[DraftVersion]) -> None:
    for version in seen:
        session.execute(delete(Draft).filter_by(person_id=person_id, **asdict(version)))


def _end_oldest(session: Session, person_id: int, module_key: str, exercise_key: str) -> None:
    ids = select(Draft.id).filter_by(person_id=person_id, module_key=module_key, exercise_key=exercise_key)
    too_many = session.scalars(ids.order_by(Draft.saved_at.desc(), Draft.id.desc()).offset(MOST_DRAFTS)).all()
    if too_many:
        session.execute(delete(Draft).where(Draft.id.in_(too_many)))
