"""What follows when people have done something in modules: completion, readiness in every course, scores to send."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.completion.operations import (
    NOTHING_ELSE,
    Occasion,
    bring_all_up_to_date,
    list_completions,
)
from service.exercises.operations import lock_learner
from service.grades.operations import NewScore
from service.modules.content import Catalogue
from service.people.models import Membership
from service.people.operations import list_memberships_of
from service.scoring import score_exercise, score_module
from service.standing import stand_all


def follow_up(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    *module_keys: str,
    at: datetime,
    occasion: Occasion = NOTHING_ELSE,
) -> None:
    """Bring up to date what depends on a person's work in modules.

    Whoever changes a fact that a completion rule asks for calls this in the same transaction; when evidence is
    withdrawn, with the memberships locked before (`list_locked_memberships`).
    """
    lock_learner(session, person_id)
    members = list_memberships_of(session, person_id)
    follow_all(session, catalogue, [person_id], members, module_keys, at=at, occasion=occasion)


def follow_exercise(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    exercise_key: str,
    *,
    at: datetime,
    occasion: Occasion = NOTHING_ELSE,
) -> None:
    """Do so after an exercise, whose mark counts by itself where it is placed by itself; the person is locked."""
    members = list_memberships_of(session, person_id)
    scores = score_exercise(session, catalogue, members, module_key, exercise_key)
    follow_all(session, catalogue, [person_id], members, [module_key], at=at, occasion=occasion, scores=scores)


def follow_all(
    session: Session,
    catalogue: Catalogue,
    person_ids: Collection[int],
    members: Sequence[Membership],
    module_keys: Collection[str],
    *,
    at: datetime,
    occasion: Occasion = NOTHING_ELSE,
    scores: Sequence[NewScore] = (),
) -> None:
    """Do so for several people, who are locked, with all their memberships: as many statements as for one.

    `scores` are queued beside.
    """
    ordered = sorted(person_ids)
    before = list_completions(session, ordered)
    after = {person_id: dict(done) for person_id, done in before.items()}
    for key in module_keys:
        done = bring_all_up_to_date(session, catalogue, ordered, key, at=at, occasion=occasion, known=before)
        for person_id, one in done.items():
            after[person_id][key] = one
    falls = occasion.may_fall or occasion.is_evidence_withdrawn
    of_modules = [
        score
        for member in members
        for key in module_keys
        for score in score_module(catalogue, member, after[member.person_id][key], may_fall=falls)
    ]
    stand_all(session, catalogue, members, at=at, scores=[*scores, *of_modules], known=after)
