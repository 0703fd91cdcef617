"""What is done with completions: bring one up to date after an answer, and list them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion import rules
from service.completion.models import Completion
from service.db import set_row
from service.exercises.operations import best_marks, lock_learner
from service.modules.content import Catalogue
from service.modules.operations import record_version


def bring_up_to_date(
    session: Session, catalogue: Catalogue, person_id: int, module_key: str, *, at: datetime
) -> Completion:
    """Return the person's one row for the module, computed anew from all tries.

    Once complete it stays complete, and then the score never falls, whatever a later version of the module asks.
    Raise NotFoundError for an unknown module or person.
    """
    module = catalogue.module(module_key)
    lock_learner(session, person_id)
    earlier = session.scalars(
        select(Completion).filter_by(person_id=person_id, module_key=module_key),
        execution_options={"populate_existing": True},
    ).one_or_none()
    progress = rules.progress_in(module, best_marks(session, person_id, module))
    if earlier and earlier.completed_at and rules.score_of(progress) < rules.score_of(earlier):
        return earlier
    completed_at = earlier.completed_at if earlier else None
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
