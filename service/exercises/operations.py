"""What is done with attempts: hand one in, list them, and say how a learner stands in each exercise."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exercise_types import Mark
from service.exercises import rules
from service.exercises.best_tries import best_marks
from service.exercises.models import Attempt, Done, ExtraTries
from service.exercises.rules import Best, Counted
from service.modules.content import Catalogue, Exercise, Module
from service.modules.models import ModuleVersion
from service.modules.operations import record_version
from service.modules.tries import FeedbackWhen, TryRule
from service.people.models import Person

_SUBMISSION_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")

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
    lock_learners(session, [person_id])


def lock_learners(session: Session, person_ids: Collection[int]) -> None:
    """Do so for several people, in an order that keeps them from waiting in a circle; one statement."""
    transaction, locked = session.info.get("locked_learners", (None, frozenset()))
    kept = locked if transaction is not None and transaction is session.get_transaction() else frozenset()
    asked = set(person_ids) - kept
    if not asked:
        return
    people = select(Person.id).where(Person.id.in_(asked)).order_by(Person.id)
    unknown = asked.difference(session.scalars(people.with_for_update(key_share=True)))
    if unknown:
        raise NotFoundError("person.unknown", f"There is no person {min(unknown)}.")
    session.info["locked_learners"] = session.get_transaction(), kept | asked


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
    before = _read_before(session, person_id, module, exercise_key, submission_key)
    if before.same:
        return _find_same(session, before.same, module_key, exercise_key)
    tries = _refuse_closed(session, person_id, module, exercise) if exercise.rule != TryRule() else OpenTries(None)
    answer = exercise.kind.read_answer(exercise.structure, raw_answer)
    mark = exercise.kind.mark(exercise.structure, answer)
    attempt = Attempt(
        person_id=person_id,
        module_version_id=before.version_id or record_version(session, module, at=at).id,
        submission_key=submission_key,
        answer=answer,
        is_held=exercise.rule.feedback_when is FeedbackWhen.AT_END and tries.left != 1,
        handed_in_at=at,
        **_marked_columns(module, exercise, mark, before),
    )
    session.add(attempt)
    session.flush()
    return AttemptResult(attempt, mark, is_new=True)


def _marked_columns(module: Module, exercise: Exercise, mark: Mark, before: "_Before") -> dict[str, Any]:
    """Return what the mark says of an attempt, and what counts after it."""
    is_passed = rules.is_passed(exercise, mark)
    passed_version = module.version if is_passed else None
    counted = rules.count(before.counted, mark.points / mark.max_points, passed_version, exercise.rule.counts)
    return {
        "module_key": module.key,
        "exercise_key": exercise.key,
        "number": before.number + 1,
        "points": mark.points,
        "max_points": mark.max_points,
        "is_passed": is_passed,
        "counted_share": counted.share,
        "passed_version": counted.passed_version,
    }


def list_attempts(session: Session, person_id: int, module_key: str) -> list[AttemptResult]:
    """Return all attempts of a person in a module, first to last in each exercise, marked as they were then."""
    return _marked(session, Attempt.person_id == person_id, Attempt.module_key == module_key)


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


@dataclass(frozen=True)
class _Before:
    """What is known when an answer comes: the attempt that it made already, the last one of the exercise, the version.

    `number` of the last try is 0 and `counted` None before the first one; `version_id` is None for a version of the
    module that nobody has answered yet.
    """

    same: Attempt | None
    number: int
    counted: Counted | None
    version_id: int | None


def _read_before(session: Session, person_id: int, module: Module, exercise_key: str, submission_key: str) -> _Before:
    of_exercise = {"person_id": person_id, "module_key": module.key, "exercise_key": exercise_key}
    last = select(func.max(Attempt.number)).filter_by(**of_exercise).scalar_subquery()
    version = select(ModuleVersion.id).filter_by(module_key=module.key, digest=module.digest).scalar_subquery()
    is_wanted = or_(
        Attempt.submission_key == submission_key,
        and_(Attempt.module_key == module.key, Attempt.exercise_key == exercise_key, Attempt.number == last),
    )
    rows = session.execute(
        select(Attempt, version)
        .select_from(Person)
        .outerjoin(Attempt, and_(Attempt.person_id == Person.id, is_wanted))
        .where(Person.id == person_id)
    ).all()
    found = [attempt for attempt, _version_id in rows if attempt]
    same = next((attempt for attempt in found if attempt.submission_key == submission_key), None)
    before = next((attempt for attempt in found if attempt is not same), None)
    counted = Counted(before.counted_share, before.passed_version) if before else None
    return _Before(same, before.number if before else 0, counted, rows[0][1])


def _find_same(session: Session, same: Attempt, module_key: str, exercise_key: str) -> AttemptResult:
    if (same.module_key, same.exercise_key) != (module_key, exercise_key):
        raise InvalidInputError("submission.other_exercise", "This submission key was used elsewhere.")
    return _marked(session, Attempt.id == same.id)[0]
