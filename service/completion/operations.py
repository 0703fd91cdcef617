"""What is done with completions: bring one up to date after an event, and list them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion import rules
from service.completion.facts import gather_facts
from service.completion.models import Completion, RecognitionStep
from service.completion.recognition_rules import is_in_force
from service.completion.rules import Progress, Result
from service.db import set_row
from service.events.attendance_operations import list_classroom_evidence
from service.exercises.models import Attempt
from service.exercises.operations import MARK_IS_KNOWN, best_marks, lock_learner
from service.exercises.rules import Best
from service.modules.content import Catalogue, Module
from service.modules.models import ModuleVersion
from service.modules.operations import find_first_seen, record_version
from service.modules.requirements import Kind, list_requirements
from service.reviews.models import ReviewEntry
from service.reviews.standings import is_released, list_held_back


def bring_up_to_date(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    *,
    at: datetime,
    is_evidence_withdrawn: bool = False,
    step: RecognitionStep | None = None,
    version_id: int | None = None,
) -> Completion:
    """Return the person's one row for the module, computed anew from all that is known.

    Once complete by own work it stays complete, and then no later version of the module takes anything from the score;
    unless evidence was withdrawn, and what is left carries no version of the module. What a later version asks again
    is not asked for here: `rules.list_asked_again` says it of the content as it is. A module that is recognised is
    complete while that is in force. `step` is one just taken, `version_id` that of the module where the caller knows
    it. Raise NotFoundError for an unknown module or person.
    """
    module = catalogue.module(module_key)
    lock_learner(session, person_id)
    earlier = session.scalars(
        select(Completion).filter_by(person_id=person_id, module_key=module_key),
        execution_options={"populate_existing": True},
    ).one_or_none()
    best = rules.released(best_marks(session, person_id, module), list_held_back(session, person_id, module))
    in_class = _list_in_class(session, person_id, module)
    result = _evaluate(session, person_id, module, best, in_class)
    earned_at = earlier.earned_at if earlier else None
    if is_evidence_withdrawn and not result.is_met and not _is_carried(session, person_id, module_key, in_class):
        earned_at = None
    progress = rules.progress_in(module, best, in_class)
    if earlier and earned_at and _is_taken_by_version(progress, earlier):
        figures = {name: getattr(earlier, name) for name in (*asdict(progress), "module_version_id")}
    else:
        figures = asdict(progress) | {"module_version_id": version_id or record_version(session, module, at=at).id}
    earned_at = earned_at or (at if result.is_met else None)
    recognised = _recognised(step or (earlier.recognition if earlier else None), earned_at, at)
    passed = {key: found.passed_version or 0 for key, found in best.items() if found.is_passed}
    values = {
        **figures,
        "results": result.as_data(),
        "earned_at": earned_at,
        "done_in": rules.done_in(
            module,
            earlier.done_in if earlier else {},
            passed | dict.fromkeys(in_class, module.version),
            is_met=result.is_met,
            is_recognised_anew=recognised["recognition_id"] not in {None, earlier.recognition_id if earlier else None},
        ),
        **recognised,
        "updated_at": at,
    }
    return set_row(session, Completion, {"person_id": person_id, "module_key": module_key}, values)


def _recognised(
    step: RecognitionStep | None, earned_at: datetime | None, at: datetime
) -> dict[str, datetime | int | None]:
    """Return the columns that depend on whether the module is recognised; `step` is the last one that changed it."""
    if step is None or not is_in_force(step.kind, step.valid_until, at):
        return {"recognition_id": None, "expires_at": None, "completed_at": earned_at}
    recognised_at = step.done_at or step.at
    return {
        "recognition_id": step.id,
        "expires_at": None if earned_at else step.valid_until,
        "completed_at": min(earned_at, recognised_at) if earned_at else recognised_at,
    }


def _is_taken_by_version(progress: Progress, earlier: Completion) -> bool:
    """Tell whether the score falls by what a new version asks or is worth, and not by a try that counts instead."""
    worth = progress.all_exercises, progress.max_points
    is_by_tries = progress.passed_exercises == worth[0] and worth == (earlier.all_exercises, earlier.max_points)
    return not is_by_tries and rules.score_of(progress) < rules.score_of(earlier)


def _list_in_class(session: Session, person_id: int, module: Module) -> Mapping[str, datetime]:
    """Return when each exercise was first done with a group in class, by its key.

    What is asked again counts if the class was held after somebody first met the version that asks.
    """
    evidence = list_classroom_evidence(session, [person_id], module.key)[person_id]
    asked = module.asked_again if evidence else {}
    seen_at = find_first_seen(session, module.key, min(asked.values())) if asked else None
    found: dict[str, datetime] = {}
    for one in evidence:
        if one.exercise_key not in asked or (seen_at is not None and one.held_at >= seen_at):
            found.setdefault(one.exercise_key, one.held_at)
    return found


def _evaluate(
    session: Session, person_id: int, module: Module, best: Mapping[str, Best], in_class: Mapping[str, datetime]
) -> Result:
    """Return how far the rule is met by own work; only what the rule names is asked for."""
    kinds = {requirement.kind for requirement in list_requirements(module.completion_rule)} - {Kind.PASSED}
    passed = {key: found.last_at for key, found in best.items() if found.is_passed}
    facts = gather_facts(session, [person_id], kinds)[person_id]
    done = {(module.key, key): at for key, at in (passed | dict(in_class)).items()}
    return rules.evaluate(module.completion_rule, replace(facts, passed=done))


def find_completion(session: Session, person_id: int, module_key: str) -> Completion | None:
    """Return how far the person is in the module, None before the first answer."""
    return session.scalars(select(Completion).filter_by(person_id=person_id, module_key=module_key)).one_or_none()


def list_open_modules(session: Session, person_id: int, module_keys: Collection[str]) -> set[str]:
    """Return those of the modules that the person has not completed."""
    wanted = select(Completion.module_key).where(
        Completion.person_id == person_id,
        Completion.module_key.in_(module_keys),
        Completion.completed_at.is_not(None),
    )
    return set(module_keys).difference(session.scalars(wanted))


def list_completions(session: Session, person_ids: Sequence[int]) -> Mapping[int, Mapping[str, Completion]]:
    """Return the completions of these people by person id and module key, in one statement; nobody is left out."""
    found: dict[int, dict[str, Completion]] = {person_id: {} for person_id in person_ids}
    for completion in session.scalars(select(Completion).where(Completion.person_id.in_(person_ids))):
        found[completion.person_id][completion.module_key] = completion
    return found


def list_expired(session: Session, *, at: datetime, most: int = 100) -> Sequence[tuple[int, str]]:
    """Return person and module of completions whose recognition has ended and that do not say so yet."""
    wanted = select(Completion.person_id, Completion.module_key).where(Completion.expires_at <= at)
    return [(row.person_id, row.module_key) for row in session.execute(wanted.limit(most))]


def _is_carried(session: Session, person_id: int, module_key: str, in_class: Collection[str]) -> bool:
    """Tell whether tries, with what is left in class, made some version complete when it was answered."""
    rows = session.execute(
        select(Attempt.exercise_key, Attempt.is_passed, ModuleVersion.structure)
        .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
        .outerjoin(ReviewEntry, ReviewEntry.attempt_id == Attempt.id)
        .where(Attempt.person_id == person_id, Attempt.module_key == module_key, MARK_IS_KNOWN, is_released())
        .order_by(Attempt.handed_in_at, Attempt.id)
    )
    passed = set(in_class)
    for exercise_key, is_passed, structure in rows:
        passed |= {exercise_key} if is_passed else set()
        asks_for_more = "complete" in structure
        if not asks_for_more and passed.issuperset(exercise["key"] for exercise in structure["exercises"]):
            return True
    return False
