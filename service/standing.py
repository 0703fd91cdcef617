"""The acts at the gate, each in one transaction with what follows: where the member stands, and what the LMS is told.

Whoever takes something away locks the member first, so that no pairing slips through at the same moment.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from service.people.operations import get_member, set_role
from service.readiness import deciding, operations
from service.readiness.conditions import DECIDED, DECLARED
from service.readiness.operations import Verdict
from service.scoring import queue_readiness

AT_ONCE = 50
"""How many members are looked at again in one transaction."""


def stand(session: Session, catalogue: Catalogue, member: Membership, *, at: datetime) -> Verdict:
    """Say where a member stands now, keep it, and queue it for the gradebook."""
    verdict = operations.bring_up_to_date(session, catalogue, member, at=at)
    queue_readiness(session, member, verdict, at)
    return verdict


def refresh_due_standings(
    sessions: sessionmaker[Session],
    load_content: Callable[[], Catalogue],
    *,
    clock: Callable[[], datetime],
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Look again at members whose standing time or a new policy has made old; return how many there were.

    A transaction for each few, so that nobody waits for long, and memory does not grow with the course.
    """
    count = 0
    while not is_stopping():
        with transaction(sessions, reads_only=True) as session:
            due = [(one.course_id, one.public_id) for one in operations.list_due(session, at=clock(), limit=AT_ONCE)]
        if not due:
            break
        with transaction(sessions) as session:
            # In the order in which pairing locks members.
            for course_id, member_id in sorted(due, key=lambda one: one[1]):
                stand(session, load_content(), _locked(session, course_id, member_id), at=clock())
        count += len(due)
    return count


def give_commitment(
    session: Session, catalogue: Catalogue, member: Membership, kind: str, version: int, language: str, *, at: datetime
) -> Verdict:
    """Record a commitment, and where the member stands with it."""
    operations.record_commitment(session, catalogue, member, kind, version, language, at=at)
    return stand(session, catalogue, member, at=at)


def withdraw_commitment(
    session: Session, catalogue: Catalogue, member: Membership, kind: str, *, at: datetime
) -> Verdict:
    """Take back a commitment."""
    locked = _locked(session, member.course_id, member.public_id)
    operations.withdraw_commitment(session, locked, kind, at=at)
    return stand(session, catalogue, locked, at=at)


def declare(
    session: Session, catalogue: Catalogue, member: Membership, key: str, *, is_given: bool, at: datetime
) -> Verdict:
    """Record what a member says of themselves, or takes back. Raise NotFoundError for what nobody asks."""
    locked = _locked(session, member.course_id, member.public_id)
    operations.get_condition(session, catalogue, locked, f"{DECLARED}:{key}")
    act = deciding.record_declaration if is_given else deciding.withdraw_declaration
    act(session, locked, key, at=at)
    return stand(session, catalogue, locked, at=at)


def decide(
    session: Session,
    catalogue: Catalogue,
    by: Membership,
    member_id: str,
    key: str,
    *,
    is_yes: bool | None,
    reason: str = "",
    at: datetime,
) -> Verdict:
    """Record a yes or no of one of the staff about a member of their course; None takes back what they said before.

    Raise NotFoundError for what nobody asks, and what `deciding.record_decision` raises.
    """
    locked = _locked(session, by.course_id, member_id)
    operations.get_condition(session, catalogue, locked, f"{DECIDED}:{key}")
    if is_yes is None:
        deciding.withdraw_decision(session, locked, key, by, at=at)
    else:
        deciding.record_decision(session, locked, key, by, is_yes=is_yes, reason=reason, at=at)
    return stand(session, catalogue, locked, at=at)


def waive(
    session: Session,
    catalogue: Catalogue,
    by: Membership,
    member_id: str,
    condition: str,
    *,
    reason: str,
    until: datetime | None,
    at: datetime,
) -> Verdict:
    """Waive a condition (its `name`) for a member. Raise NotFoundError for what is not asked, or nobody may waive."""
    locked = _locked(session, by.course_id, member_id)
    operations.get_condition(session, catalogue, locked, condition, only_waivable=True)
    deciding.grant_waiver(session, locked, condition, by, reason, until, at=at)
    return stand(session, catalogue, locked, at=at)


def approve_waiver(
    session: Session, catalogue: Catalogue, by: Membership, member_id: str, waiver_id: str, *, at: datetime
) -> Verdict:
    """Agree to a waiver as the second person."""
    locked = _locked(session, by.course_id, member_id)
    deciding.approve_waiver(session, locked, waiver_id, by, at=at)
    return stand(session, catalogue, locked, at=at)


def withdraw_waiver(
    session: Session, catalogue: Catalogue, by: Membership, member_id: str, waiver_id: str, *, at: datetime
) -> Verdict:
    """End a waiver."""
    locked = _locked(session, by.course_id, member_id)
    deciding.withdraw_waiver(session, locked, waiver_id, by, at=at)
    return stand(session, catalogue, locked, at=at)


def give_role(
    session: Session, catalogue: Catalogue, course_id: int, member_id: str, role: Role, *, at: datetime
) -> None:
    """Give a member another role, and say where they stand in it. Raises NotFoundError or InvalidInputError."""
    member = _locked(session, course_id, member_id)
    set_role(session, member, role)
    stand(session, catalogue, member, at=at)


def _locked(session: Session, course_id: int, member_id: str) -> Membership:
    return get_member(session, course_id, member_id, locked=True)
