"""What would change for the people of a course if a policy were saved (FEATURES N17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.modules.content import Catalogue
from service.people.models import Membership
from service.people.operations import list_members
from service.readiness.conditions import Condition
from service.readiness.operations import list_verdicts
from service.readiness.policies import InForce, conditions_from_content, policies_in_force, role_asked, with_own


@dataclass(frozen=True)
class WhatIf:
    """Who meets all that is asked now, who would, and who would no longer."""

    all: int
    ready_now: int
    ready_then: int
    losing: tuple[Membership, ...]
    gaining: tuple[Membership, ...]


def try_out(
    session: Session, catalogue: Catalogue, course_id: int, asked_of: str, own: Sequence[Condition], *, at: datetime
) -> WhatIf:
    """Return what saving `own` would do, by the same evaluation that saving starts. Writes nothing."""
    role = role_asked(asked_of)
    members = [one for one in list_members(session, course_id, [role]) if not one.is_test_user]
    now = policies_in_force(session, catalogue, [course_id])[course_id, asked_of]
    then = InForce(0, with_own(conditions_from_content(catalogue, asked_of), own), tuple(own))
    before = list_verdicts(session, catalogue, members, at=at, policies={(course_id, role): now})
    after = list_verdicts(session, catalogue, members, at=at, policies={(course_id, role): then})
    return WhatIf(
        all=len(members),
        ready_now=sum(before[one.id].is_ready for one in members),
        ready_then=sum(after[one.id].is_ready for one in members),
        losing=tuple(one for one in members if before[one.id].is_ready and not after[one.id].is_ready),
        gaining=tuple(one for one in members if after[one.id].is_ready and not before[one.id].is_ready),
    )
