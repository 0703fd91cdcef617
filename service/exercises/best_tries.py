"""How people stand in exercises: their best tries, found in one statement however many tries there are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from service.exercises import rules
from service.exercises.models import Attempt, Done
from service.exercises.rules import Best
from service.modules.content import Exercise, Module
from service.modules.models import ModuleVersion

PEOPLE: BindParameter[Sequence[int]] = bindparam("person_ids", expanding=True)
MODULE = bindparam("module_key", type_=Attempt.module_key.type)

_DONE = (
    select(Done.person_id, Done.exercise_key, func.max(Done.after_number).label("after_number"))
    .where(Done.person_id.in_(PEOPLE), Done.module_key == MODULE)
    .group_by(Done.person_id, Done.exercise_key)
    .subquery()
)
_OF_EXERCISE = (Attempt.person_id, Attempt.exercise_key)
_OF_VERSION = (*_OF_EXERCISE, ModuleVersion.version)
_TRIES = (
    select(
        Attempt.person_id,
        Attempt.exercise_key,
        Attempt.number,
        Attempt.submission_key,
        Attempt.handed_in_at,
        Attempt.answer,
        Attempt.points,
        Attempt.counted_share,
        Attempt.passed_version,
        Attempt.module_version_id,
        ModuleVersion.version,
        func.max(Attempt.number).over(partition_by=_OF_EXERCISE).label("tries"),
        func.max(case((or_(~Attempt.is_held, Attempt.number <= _DONE.c.after_number), Attempt.number)))
        .over(partition_by=_OF_EXERCISE)
        .label("shown"),
        func.max(Attempt.number).over(partition_by=_OF_VERSION).label("last_of_version"),
        func.count().over(partition_by=_OF_VERSION).label("in_version"),
    )
    .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
    .outerjoin(_DONE, (_DONE.c.person_id == Attempt.person_id) & (_DONE.c.exercise_key == Attempt.exercise_key))
    .where(Attempt.person_id.in_(PEOPLE), Attempt.module_key == MODULE)
    .subquery()
)
# Made once: to build it anew takes longer than to run it, and every page of a module does. Of many tries it gives few:
# the last one of each version, and the last one whose mark may be known.
LAST_TRIES = (
    select(_TRIES, ModuleVersion.structure)
    .join(ModuleVersion, ModuleVersion.id == _TRIES.c.module_version_id)
    .where(or_(_TRIES.c.number == _TRIES.c.last_of_version, _TRIES.c.number == _TRIES.c.shown))
)


def best_marks(session: Session, person_id: int, module: Module) -> Mapping[str, Best]:
    """Return how the person stands in each exercise of the module that has a try, by exercise key; one statement.

    Points of an earlier version count by their share of the full marks of that version; a mark that is held back does
    not count yet.
    """
    return best_of(session.execute(LAST_TRIES, {"person_ids": [person_id], "module_key": module.key}), module)


def best_of(last_tries: Iterable[Row[Any]], module: Module) -> Mapping[str, Best]:
    """Return what rows of `LAST_TRIES` of one person say, by exercise key, of the exercises that the module has."""
    exercises = {exercise.key: exercise for exercise in module.exercises}
    rows: dict[str, list[Row[Any]]] = {}
    for row in last_tries:
        if row.exercise_key in exercises:
            rows.setdefault(row.exercise_key, []).append(row)
    return {key: _best(exercises[key], found, module.asked_again.get(key, 0)) for key, found in rows.items()}


def _best(exercise: Exercise, rows: Sequence[Row[Any]], asked_in: int) -> Best:
    """Return what the rows of one exercise say. `asked_in` is the version that asked for it again, 0 for none."""
    last = next(row for row in rows if row.number == row.tries)
    shown = next((row for row in rows if row.number == row.shown), None)
    then = rules.exercise_then(last.structure, exercise.key)
    passed_version = shown.passed_version if shown else None
    return Best(
        points=min(round(shown.counted_share * exercise.points, 6), exercise.points) if shown else 0.0,
        tries=last.tries,
        is_passed=passed_version is not None and passed_version >= asked_in,
        last_key=last.submission_key,
        last_at=last.handed_in_at,
        last_answer=last.answer,
        last_mark=rules.mark_then(last.structure, exercise.key, last.answer, last.points),
        is_current=(then.type, then.structure) == (exercise.type, exercise.structure),
        is_held=shown is not last,
        passed_version=passed_version,
        tries_anew=sum(row.in_version for row in rows if row.number == row.last_of_version and row.version >= asked_in),
    )
