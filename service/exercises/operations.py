"""What is done with attempts: hand one in, list them, and say how a learner stands in each exercise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, func, select
from sqlalchemy.orm import Session

from service.errors import InvalidInputError, NotFoundError
from service.exercise_types import Mark
from service.exercises import rules
from service.exercises.models import Attempt
from service.exercises.rules import Best
from service.modules.content import Catalogue, Module
from service.modules.models import ModuleVersion
from service.modules.operations import record_version
from service.people.models import Person

_SUBMISSION_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

_TRIES = (
    select(
        Attempt.exercise_key,
        Attempt.number,
        Attempt.submission_key,
        Attempt.handed_in_at,
        Attempt.answer,
        Attempt.points,
        Attempt.module_version_id,
        func.max(Attempt.number).over(partition_by=Attempt.exercise_key).label("tries"),
        func.max(Attempt.points / Attempt.max_points).over(partition_by=Attempt.exercise_key).label("best_share"),
        func.max(case((Attempt.is_passed, 1), else_=0)).over(partition_by=Attempt.exercise_key).label("passed"),
    )
    .where(Attempt.person_id == bindparam("person_id"), Attempt.module_key == bindparam("module_key"))
    .subquery()
)
# Made once: to build it anew takes longer than to run it, and every page of a module does.
LAST_TRIES = (
    select(_TRIES, ModuleVersion.structure)
    .join(ModuleVersion, ModuleVersion.id == _TRIES.c.module_version_id)
    .where(_TRIES.c.number == _TRIES.c.tries)
)


@dataclass(frozen=True)
class AttemptResult:
    """An attempt with its mark part by part. `is_new` is False for one that was there before."""

    attempt: Attempt
    mark: Mark
    is_new: bool = False


def lock_learner(session: Session, person_id: int) -> None:
    """Make other hand-ins of this person wait until the transaction ends. Raise NotFoundError for an unknown person.

    Two tabs then get two numbers, and the second sees what the first has passed; without the wait, each of two last
    exercises would count without the other and the module would stay incomplete. SQLite lets in one writer anyway.
    """
    row = session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    if row is None:
        raise NotFoundError("person.unknown", f"There is no person {person_id}.")


def check_submission_key(key: str) -> None:
    """Raise InvalidInputError for what none of our forms holds."""
    if not _SUBMISSION_KEY.fullmatch(key):
        raise InvalidInputError("submission.wrong_key", "A submission key has 1 to 64 letters, digits, - or _.")


def record_attempt(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    exercise_key: str,
    raw_answer: Mapping[str, Any],
    submission_key: str,
    *,
    at: datetime,
) -> AttemptResult:
    """Keep an answer and its mark for ever. The same `submission_key` again returns the attempt that is there.

    `raw_answer` is a form or JSON, as the `read_answer` of the exercise's type takes it. Raise NotFoundError for an
    exercise that the module does not have, InvalidInputError for an answer that cannot be read, with `fields`.
    """
    exercise = catalogue.module(module_key).exercise(exercise_key)
    check_submission_key(submission_key)
    lock_learner(session, person_id)
    earlier = _find_submission(session, person_id, module_key, exercise_key, submission_key)
    if earlier:
        return earlier
    answer = exercise.kind.read_answer(exercise.structure, raw_answer)
    mark = exercise.kind.mark(exercise.structure, answer)
    attempt = Attempt(
        person_id=person_id,
        module_key=module_key,
        module_version_id=record_version(session, catalogue.module(module_key), at=at).id,
        exercise_key=exercise_key,
        number=_next_number(session, person_id, module_key, exercise_key),
        submission_key=submission_key,
        answer=answer,
        points=mark.points,
        max_points=mark.max_points,
        is_passed=rules.is_passed(exercise, mark),
        handed_in_at=at,
    )
    session.add(attempt)
    session.flush()
    return AttemptResult(attempt, mark, is_new=True)


def get_attempt(session: Session, person_id: int, public_id: str) -> AttemptResult:
    """Return an attempt of this person. Raise NotFoundError if there is none."""
    found = _marked(session, Attempt.person_id == person_id, Attempt.public_id == public_id)
    if not found:
        raise NotFoundError("attempt.unknown", "There is no such attempt of this person.")
    return found[0]


def list_attempts(session: Session, person_id: int, module_key: str) -> list[AttemptResult]:
    """Return all attempts of a person in a module, first to last in each exercise, marked as they were then."""
    return _marked(session, Attempt.person_id == person_id, Attempt.module_key == module_key)


def best_marks(session: Session, person_id: int, module: Module) -> Mapping[str, Best]:
    """Return how the person stands in each exercise of the module that has a try, by exercise key; one statement.

    Points of an earlier version count by their share of the full marks of that version.
    """
    return best_of(session.execute(LAST_TRIES, {"person_id": person_id, "module_key": module.key}), module)


def best_of(last_tries: Iterable[Row[Any]], module: Module) -> Mapping[str, Best]:
    """Return what rows of `LAST_TRIES` say, by exercise key, of the exercises that the module has."""
    exercises = {exercise.key: exercise for exercise in module.exercises}
    best = {}
    for row in last_tries:
        exercise = exercises.get(row.exercise_key)
        if exercise:
            then = rules.exercise_then(row.structure, exercise.key)
            best[exercise.key] = Best(
                points=min(round(row.best_share * exercise.points, 6), exercise.points),
                tries=row.tries,
                is_passed=bool(row.passed),
                last_key=row.submission_key,
                last_at=row.handed_in_at,
                last_answer=row.answer,
                last_mark=rules.mark_then(row.structure, exercise.key, row.answer, row.points),
                is_current=(then.type, then.structure) == (exercise.type, exercise.structure),
            )
    return best


def _marked(session: Session, *conditions: ColumnElement[bool]) -> list[AttemptResult]:
    statement = (
        select(Attempt, ModuleVersion.structure)
        .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
        .where(*conditions)
        .order_by(Attempt.exercise_key, Attempt.number)
    )
    return [
        AttemptResult(attempt, rules.mark_then(structure, attempt.exercise_key, attempt.answer, attempt.points))
        for attempt, structure in session.execute(statement)
    ]


def _find_submission(
    session: Session, person_id: int, module_key: str, exercise_key: str, submission_key: str
) -> AttemptResult | None:
    found = _marked(session, Attempt.person_id == person_id, Attempt.submission_key == submission_key)
    if not found:
        return None
    if (found[0].attempt.module_key, found[0].attempt.exercise_key) != (module_key, exercise_key):
        raise InvalidInputError("submission.other_exercise", "This submission key was used elsewhere.")
    return found[0]


def _next_number(session: Session, person_id: int, module_key: str, exercise_key: str) -> int:
    highest = select(func.max(Attempt.number)).filter_by(
        person_id=person_id, module_key=module_key, exercise_key=exercise_key
    )
    return (session.scalar(highest) or 0) + 1
