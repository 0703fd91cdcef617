"""What opens and ends tries: a learner who is done, staff who give one person more of them, and take them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.db import add_or_get
from service.errors import InvalidInputError, NotFoundError
from service.exercises.best_tries import best_marks
from service.exercises.models import Done, ExtraTries
from service.exercises.operations import check_submission_key, list_open_tries, lock_learner
from service.modules.content import Catalogue

MOST_TRIES = 10
"""Given at once."""
LONGEST_REASON = 500


def record_done(
    session: Session, catalogue: Catalogue, person_id: int, module_key: str, exercise_key: str, *, at: datetime
) -> bool:
    """Show and count what was held back of the person's tries, and end them; False where nothing is held back.

    Raise NotFoundError for an unknown module, exercise or person.
    """
    module = catalogue.module(module_key)
    module.exercise(exercise_key)
    lock_learner(session, person_id)
    best = best_marks(session, person_id, module).get(exercise_key)
    if best is None or not best.is_held:
        return False
    keys = {"person_id": person_id, "module_key": module_key, "exercise_key": exercise_key}
    add_or_get(session, Done, {**keys, "after_number": best.tries}, {"done_at": at})
    return True


@dataclass(frozen=True)
class MoreTries:
    """What staff fill in to give a person more tries at one exercise."""

    module_key: str
    exercise_key: str
    tries: int
    reason: str
    submission_key: str
    """The same again is the same tries."""


def give_tries(
    session: Session, catalogue: Catalogue, person_id: int, more: MoreTries, *, by_member_id: int, at: datetime
) -> ExtraTries:
    """Give a person more tries at one exercise, and return the row, which may be there already.

    Raise NotFoundError for an unknown module, exercise or person; InvalidInputError, with `fields`, for a reason that
    is missing or longer than `LONGEST_REASON`, for a number that is not 1 to `MOST_TRIES`, and for an exercise whose
    tries have no end.
    """
    module = catalogue.module(more.module_key)
    exercise = module.exercise(more.exercise_key)
    check_submission_key(more.submission_key)
    lock_learner(session, person_id)
    reason = more.reason.replace("\0", "").strip()
    faults = {} if reason else {"reason": "tries.reason_missing"}
    if len(reason) > LONGEST_REASON:
        faults["reason"] = "tries.reason_too_long"
    if not 1 <= more.tries <= MOST_TRIES:
        faults["tries"] = "tries.wrong_number"
    if list_open_tries(session, person_id, module, best_marks(session, person_id, module))[exercise.key].left is None:
        faults["exercise"] = "tries.endless"
    if faults:
        raise InvalidInputError(next(iter(faults.values())), "More tries cannot be given like this.", fields=faults)
    keys = {"person_id": person_id, "submission_key": more.submission_key}
    values = {
        "module_key": module.key,
        "exercise_key": exercise.key,
        "tries": more.tries,
        "reason": reason,
        "given_by_id": by_member_id,
        "given_at": at,
    }
    return add_or_get(session, ExtraTries, keys, values)


def take_back_tries(session: Session, person_id: int, public_id: str, *, by_member_id: int, at: datetime) -> None:
    """Take back tries that were given. What was handed in meanwhile stays. Raise NotFoundError if there are none."""
    lock_learner(session, person_id)
    found = session.scalars(select(ExtraTries).filter_by(person_id=person_id, public_id=public_id)).one_or_none()
    if found is None:
        raise NotFoundError("tries.unknown", "No such tries were given to this person.")
    if found.taken_back_at is None:
        found.taken_back_by_id, found.taken_back_at = by_member_id, at


def list_extra_tries(session: Session, person_id: int) -> Sequence[ExtraTries]:
    """Return all tries that a person was given, with who gave them and took them back, newest first."""
    given = select(ExtraTries).filter_by(person_id=person_id).order_by(ExtraTries.given_at.desc(), ExtraTries.id.desc())
    return session.scalars(given.options(joinedload(ExtraTries.given_by), joinedload(ExtraTries.taken_back_by))).all()
