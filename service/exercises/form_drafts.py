"""Forms of any other kind that are not sent yet, kept like the drafts of exercises (decision 7).

Only for browsers that keep nothing on the device, as in a frame of another site: what is kept here is shown to its
writer alone, and for a day at most.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.exercises.draft_operations import DraftVersion, OpenForm, keep_draft
from service.exercises.models import FORMS, Draft
from service.exercises.operations import lock_learner

FORGET_FORMS = "forget_forms"
KEPT_FOR = timedelta(days=1)
MOST_FORMS = 20
"""Of one person; of more, the oldest go."""
_CONTENT = "content"


@dataclass(frozen=True)
class KeptForm:
    """What was typed into a form and not sent."""

    version: DraftVersion
    content: str
    """As the page gave it; nobody else reads it."""


def keep_form(session: Session, person_id: int, place: str, form: OpenForm, content: str, *, at: datetime) -> None:
    """Keep a form as it stands. `place` says which form of which page it is.

    Raise InvalidInputError for what is too large to be one of our forms.
    """
    lock_learner(session, person_id)
    keep_draft(session, person_id, (FORMS, _key_of(place)), form, {_CONTENT: content}, at=at)
    mine = select(Draft.id).where(Draft.person_id == person_id, Draft.module_key == FORMS)
    too_many = session.scalars(mine.order_by(Draft.saved_at.desc(), Draft.id.desc()).offset(MOST_FORMS)).all()
    if too_many:
        session.execute(delete(Draft).where(Draft.id.in_(too_many)))


def find_form(session: Session, person_id: int, place: str, *, at: datetime) -> KeptForm | None:
    """Return what the person typed there last and did not send; None if it is nothing, or of more than a day ago."""
    kept = session.scalars(
        select(Draft)
        .where(_is_at(person_id, place), Draft.saved_at > at - KEPT_FOR)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
        .limit(1)
    ).one_or_none()
    return KeptForm(DraftVersion(kept.submission_key, kept.number), kept.fields[_CONTENT]) if kept else None


def forget_form(session: Session, person_id: int, place: str) -> None:
    """Forget what the person typed there."""
    session.execute(delete(Draft).where(_is_at(person_id, place)))


def forget_old_forms(sessions: sessionmaker[Session], *, at: datetime) -> int:
    """Forget what was typed more than a day ago; return how many forms that were. Run by the worker."""
    old = select(Draft.id).where(Draft.module_key == FORMS, Draft.saved_at <= at - KEPT_FOR)
    with transaction(sessions, reads_only=True) as session:
        ids = session.scalars(old.limit(1000)).all()
    if ids:
        with transaction(sessions) as session:
            session.execute(delete(Draft).where(Draft.id.in_(ids), Draft.saved_at <= at - KEPT_FOR))
    return len(ids)


def _key_of(place: str) -> str:
    """Return what stands where the drafts of exercises have their exercise; a place can be longer than that."""
    return hashlib.sha256(place.encode()).hexdigest()


def _is_at(person_id: int, place: str) -> ColumnElement[bool]:
    return and_(Draft.person_id == person_id, Draft.module_key == FORMS, Draft.exercise_key == _key_of(place))
