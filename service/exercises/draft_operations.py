"""What is done with drafts: save one as it is typed, end them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from service.db import set_row
from service.errors import ConflictError, InvalidInputError
from service.exercises.models import Attempt, Draft
from service.exercises.operations import check_submission_key, lock_learner
from service.modules.content import Catalogue

MOST_DRAFTS = 5
"""Of one exercise, for one person; of more, the oldest go."""
MOST_FIELDS = 200
LONGEST_DRAFT = 64 * 1024
"""Characters, of all fields together; the longest exercise has less."""


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
    _end(session, person_id, *map(_is_version, form.seen))
    _end_oldest(session, person_id, module_key, exercise_key)


def end_draft(session: Session, person_id: int, submission_key: str, seen: Sequence[DraftVersion] = ()) -> None:
    """Forget the draft of a form that was handed in or given up, and what it went on from if that is unchanged."""
    _end(session, person_id, Draft.submission_key == submission_key, *map(_is_version, seen))


def _is_version(version: DraftVersion) -> ColumnElement[bool]:
    return and_(Draft.submission_key == version.submission_key, Draft.number == version.number)


def _end(session: Session, person_id: int, *which: ColumnElement[bool]) -> None:
    if which:
        session.execute(delete(Draft).where(Draft.person_id == person_id, or_(*which)))


def _end_oldest(session: Session, person_id: int, module_key: str, exercise_key: str) -> None:
    ids = select(Draft.id).filter_by(person_id=person_id, module_key=module_key, exercise_key=exercise_key)
    too_many = session.scalars(ids.order_by(Draft.saved_at.desc(), Draft.id.desc()).offset(MOST_DRAFTS)).all()
    if too_many:
        session.execute(delete(Draft).where(Draft.id.in_(too_many)))
