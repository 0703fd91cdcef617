"""Posts that are not sent yet: kept like the drafts of exercises (decision 7), one for each open form."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import ConflictError, InvalidInputError
from service.exercises.draft_operations import OpenForm, keep_draft
from service.exercises.models import Draft
from service.exercises.operations import lock_learner
from service.exercises.work import Kept
from service.forums.models import Post

_FORUMS = "forum:"
"""Stands where the drafts of exercises have their module, whose keys have no colon."""
LONGEST_PLACE = 64


def save_post_draft(
    session: Session, person_id: int, place: str, form: OpenForm, fields: Mapping[str, str], *, at: datetime
) -> None:
    """Keep the form of a post as it stands. `place` is the id of a thread, or `new-` and the key of a forum.

    Raise InvalidInputError for what is too large, and ConflictError if the form was posted already.
    """
    if len(place) > LONGEST_PLACE:
        raise InvalidInputError("draft.place", "No form of ours has this place.")
    lock_learner(session, person_id)
    if session.scalar(select(Post.id).filter_by(author_id=person_id, submission_key=form.submission_key)):
        raise ConflictError("draft.handed_in", "This form was posted already.")
    keep_draft(session, person_id, (_FORUMS, place), form, fields, at=at)


def list_post_drafts(session: Session, person_id: int, place: str) -> list[Kept]:
    """Return what the person began to write there and did not post, newest first."""
    rows = session.scalars(
        select(Draft)
        .filter_by(person_id=person_id, module_key=_FORUMS, exercise_key=place)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
    )
    return [Kept(row.submission_key, row.number, row.fields, row.saved_at) for row in rows]


def find_last_key(session: Session, person_id: int) -> str:
    """Return the submission key of what the person posted last, "" if nothing."""
    keys = select(Post.submission_key).filter_by(author_id=person_id)
    return session.scalar(keys.order_by(Post.posted_at.desc(), Post.id.desc()).limit(1)) or ""
