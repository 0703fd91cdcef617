"""What is done with completions: bring one up to date after an answer, and list them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion import rules
from service.completion.models import Completion
from service.db import set_row
from service.events.attendance_operations import list_classroom_evidence
from service.exercises.models import Attempt
from service.exercises.operations import best_marks, lock_learner
from service.modules.content import Catalogue
from service.modules.models import ModuleVersion
from service.modules.operations import record_version


def bring_up_to_date(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    *,
    at: datetime,
    is_evidence_withdrawn: bool = False,
) -> Completion:
    """Return the person's one row for the module, computed anew from all tries and from what was done in class.

    Once complete it stays complete, and then the score never falls, whatever a later version of the module asks;
    unless evidence was withdrawn, and what is left carries no version of the module.
    Raise NotFoundError for an unknown module or person.
    """
    module = catalogue.module(module_key)
    lock_learner(session, person_id)
    earlier = session.scalars(
        select(Completion).filter_by(person_id=person_id, module_key=module_key),
        execution_options={"populate_existing": True},
    ).one_or_none()
    evidence = list_classroom_evidence(session, [person_id], module_key)[person_id]
    in_class = {found.exercise_key for found in evidence}
    progress = rules.progress_in(module, best_marks(session, person_id, module), in_class)
    completed_at = earlier.completed_at if earlier else None
    if is_evidence_withdrawn and not progress.is_complete and not _is_carried(session, person_id, module_key, in_class):
        completed_at = None
    if earlier and completed_at and rules.score_of(progress) < rules.score_of(earlier):
        return earlier
    values = {
        **asdict(progress),
        "module_version_id": record_version(session, module, at=at).id,
        "completed_at": completed_at or (at if progress.is_complete else None),
        "updated_at": at,
    }
    return set_row(session, Completion, {"person_id": person_id, "module_key": module_key}, values)


def find_completion(session: Session, person_id: int, module_key: str) -> Completion | None:
    """Return how far the person is in the module, None before the first answer."""
    return list_completions(session, [person_id])[person_id].get(module_key)


def list_completions(session: Session, person_ids: Sequence[int]) -> Mapping[int, Mapping[str, Completion]]:
    """Return the completions of these people by person id and module key, in one statement; nobody is left out."""
    found: dict[int, dict[str, Completion]] = {person_id: {} for person_id in person_ids}
    for completion in session.scalars(select(Completion).where(Completion.person_id.in_(person_ids))):
        found[completion.person_id][completion.module_key] = completion
    return found


def _is_carried(session: Session, person_id: int, module_key: str, in_class: Collection[str]) -> bool:
    """Tell whether tries, with what is left in class, made some version complete when it was answered."""
    rows = session.execute(
        select(Attempt.exercise_key, Attempt.is_passed, ModuleVersion.structure)
        .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
        .where(Attempt.person_id == person_id, Attempt.module_key == module_key)
        .order_by(Attempt.handed_in_at, Attempt.id)
    )
    passed = set(in_class)
    for exercise_key, is_passed, structure in rows:
        passed |= {exercise_key} if is_passed else set()
        if passed.issuperset(exercise["key"] for exercise in structure["exercises"]):
            return True
    return False
