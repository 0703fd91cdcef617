"""What is done with attempts: hand one in, list them, and say how a learner stands in each exercise."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exercise_types import Mark
from service.exercises import rules
from service.exercises.models import Attempt, Done, ExtraTries
from service.exercises.rules import Best, Counted
from service.modules.content import Catalogue, Exercise, Module
from service.modules.models import ModuleVersion
from service.modules.operations import record_version
from service.modules.tries import FeedbackWhen, TryRule
from service.people.models import Person

_SUBMISSION_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

_DONE = (
    select(Done.exercise_key, func.max(Done.after_number).label("after_number"))
    .where(Done.person_id == bindparam("person_id"), Done.module_key == bindparam("module_key"))
    .group_by(Done.exercise_key)
    .subquery()
)
_TRIES = (
    select(
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
        func.max(Attempt.number).over(partition_by=Attempt.exercise_key).label("tries"),
        func.max(case((or_(~Attempt.is_held, Attempt.number <= _DONE.c.after_number), Attempt.number)))
        .over(partition_by=Attempt.exercise_key)
        .label("shown"),
        func.max(Attempt.number)
        .over(partition_by=(Attempt.exercise_key, ModuleVersion.version))
        .label("last_of_version"),
        func.count().over(partition_by=(Attempt.exercise_key, ModuleVersion.version)).label("in_version"),
    )
    .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
    .outerjoin(_DONE, _DONE.c.exercise_key == Attempt.exercise_key)
    .where(Attempt.person_id == bindparam("person_id"), Attempt.module_key == bindparam("module_key"))
    .subquery()
)
# Made once: to build it anew takes longer than to run it, and every page of a module does. Of many tries it gives few:
# the last one of each version, and the last one whose mark may be known.
LAST_TRIES = (
    select(_TRIES, ModuleVersion.structure)
    .join(ModuleVersion, ModuleVersion.id == _TRIES.c.module_version_id)
    .where(or_(_TRIES.c.number == _TRIES.c.last_of_version, _TRIES.c.number == _TRIES.c.shown))
)

_LATER = aliased(Attempt)


def _is_same_exercise(table: type[Done | Attempt]) -> ColumnElement[bool]:
    return and_(
        table.person_id == Attempt.person_id,
        table.module_key == Attempt.module_key,
        table.exercise_key == Attempt.exercise_key,
    )


MARK_IS_KNOWN: ColumnElement[bool] = or_(
    ~Attempt.is_held,
    exists().where(_is_same_exercise(_LATER), _LATER.number > Attempt.number, ~_LATER.is_held),
    exists().where(_is_same_exercise(Done), Done.after_number >= Attempt.number),
)
"""Of an attempt: it was not held back, or its end has come."""


@dataclass(frozen=True)
class AttemptResult:
    """An attempt with its mark part by part. `is_new` is False for one that was there before."""

    attempt: Attempt
    mark: Mark
    is_new: bool = False


@dataclass(frozen=True)
class OpenTries:
    """How many more tries someone has at an exercise, None for any number, and those that staff gave."""

    left: int | None
    extra: Sequence[ExtraTries] = ()

    @property
    def is_closed(self) -> bool:
        return self.left == 0


def lock_learner(session: Session, person_id: int) -> None:
    """Make other hand-ins of this person wait until the transaction ends. Raise NotFoundError for an unknown person.

    Two tabs then get two numbers, and the second sees what the first has passed; without the wait, each of two last
    exercises would count without the other and the module would stay incomplete. SQLite lets in one writer anyway.
    """
    transaction, locked = session.info.get("locked_learners", (None, frozenset()))
    if transaction is not None and transaction is session.get_transaction() and person_id in locked:
        return
    row = session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    if row is None:
        raise NotFoundError("person.unknown", f"There is no person {person_id}.")
    kept = locked if transaction is session.get_transaction() else frozenset()
    session.info["locked_learners"] = session.get_transaction(), kept | {person_id}


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
    exercise that the module does not have, ConflictError for one without a try left, InvalidInputError for an answer
    that cannot be read, with `fields`.
    """
    module = catalogue.module(module_key)
    exercise = module.exercise(exercise_key)
    check_submission_key(submission_key)
    lock_learner(session, person_id)
    earlier = _find_submission(session, person_id, module_key, exercise_key, submission_key)
    if earlier:
        return earlier
    tries = _refuse_closed(session, person_id, module, exercise) if exercise.rule != TryRule() else OpenTries(None)
    answer = exercise.kind.read_answer(exercise.structure, raw_answer)
    mark = exercise.kind.mark(exercise.structure, answer)
    is_passed = rules.is_passed(exercise, mark)
    number, before = _find_last(session, person_id, module_key, exercise_key)
    counted = rules.count(
        before, mark.points / mark.max_points, module.version if is_passed else None, exercise.rule.counts
    )
    attempt = Attempt(
        person_id=person_id,
        module_key=module_key,
        module_version_id=record_version(session, module, at=at).id,
        exercise_key=exercise_key,
        number=number + 1,
        submission_key=submission_key,
        answer=answer,
        points=mark.points,
        max_points=mark.max_points,
        is_passed=is_passed,
        counted_share=counted.share,
        passed_version=counted.passed_version,
        is_held=exercise.rule.feedback_when is FeedbackWhen.AT_END and tries.left != 1,
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

    Points of an earlier version count by their share of the full marks of that version; a mark that is held back does
    not count yet.
    """
    return best_of(session.execute(LAST_TRIES, {"person_id": person_id, "module_key": module.key}), module)


def best_of(last_tries: Iterable[Row[Any]], module: Module) -> Mapping[str, Best]:
    """Return what rows of `LAST_TRIES` say, by exercise key, of the exercises that the module has."""
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


def list_open_tries(
    session: Session, person_id: int, module: Module, best: Mapping[str, Best]
) -> Mapping[str, OpenTries]:
    """Return what is left to try in each exercise of the module, by key; at most two statements."""
    extra: dict[str, list[ExtraTries]] = {exercise.key: [] for exercise in module.exercises}
    done: dict[str, Done] = {}
    if any(exercise.rule != TryRule() for exercise in module.exercises):
        of_person = {"person_id": person_id, "module_key": module.key}
        rows = select(ExtraTries).filter_by(**of_person, taken_back_at=None).order_by(ExtraTries.given_at)
        for given in session.scalars(rows.options(joinedload(ExtraTries.given_by))):
            extra.setdefault(given.exercise_key, []).append(given)
        for ended in session.scalars(select(Done).filter_by(**of_person).order_by(Done.after_number)):
            done[ended.exercise_key] = ended
    found = {}
    for exercise in module.exercises:
        key, so_far = exercise.key, best.get(exercise.key)
        tries, anew = (so_far.tries, so_far.tries_anew) if so_far else (0, 0)
        found[key] = OpenTries(rules.tries_left(exercise.rule, tries, anew, extra[key], done.get(key)), extra[key])
    return found


def _refuse_closed(session: Session, person_id: int, module: Module, exercise: Exercise) -> OpenTries:
    best = best_marks(session, person_id, module)
    tries = list_open_tries(session, person_id, module, best)[exercise.key]
    if tries.is_closed:
        raise ConflictError("attempt.closed", "No try of this exercise is left.")
    return tries


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


def _find_last(session: Session, person_id: int, module_key: str, exercise_key: str) -> tuple[int, Counted | None]:
    """Return the number of the last try and what counts after it; 0 and None before the first one."""
    columns = select(Attempt.number, Attempt.counted_share, Attempt.passed_version)
    of_exercise = columns.filter_by(person_id=person_id, module_key=module_key, exercise_key=exercise_key)
    row = session.execute(of_exercise.order_by(Attempt.number.desc()).limit(1)).one_or_none()
    return (row.number, Counted(row.counted_share, row.passed_version)) if row else (0, None)
