"""What people say of themselves, what staff decide about them, and what staff waive; nothing of it is ever erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.people.known import Member
from service.readiness.leaf_rules import NUMBERS
from service.readiness.models import Decision, Declaration, Waiver

LONGEST_REASON = 2000


def record_declaration(session: Session, member: Member, key: str, *, at: datetime, number: int | None = None) -> None:
    """Record what a member, who is locked, says of themselves; twice within a day is once, later it is said anew.

    Another `number` is said anew at once. Raise InvalidInputError for one that is out of range.
    """
    if number is not None and not 0 <= number <= NUMBERS.get(key, -1):
        raise InvalidInputError("declaration.number", "The number is out of range.", fields={"number": "out_of_range"})
    found = _find_declaration(session, member, key)
    if found and found.number == number and at < found.given_at + timedelta(days=1):
        return
    if found:
        found.withdrawn_at = at
        session.flush()
    session.add(Declaration(membership_id=member.id, key=key, number=number, given_at=at))
    session.flush()


def withdraw_declaration(session: Session, member: Member, key: str, *, at: datetime) -> None:
    """Take it back; the row stays."""
    found = _find_declaration(session, member, key)
    if found:
        found.withdrawn_at = at


def _find_declaration(session: Session, member: Member, key: str) -> Declaration | None:
    open_ones = select(Declaration).where(Declaration.membership_id == member.id, Declaration.withdrawn_at.is_(None))
    return session.scalars(open_ones.where(Declaration.key == key)).one_or_none()


def record_decision(
    session: Session,
    member: Member,
    key: str,
    by: Member,
    *,
    is_yes: bool,
    reason: str,
    at: datetime,
    is_applicable: bool = True,
) -> Decision:
    """Record a yes or no of one of the staff about a member, who is locked; it takes the place of their earlier one.

    With `is_applicable` False it says that the question does not arise. Raise InvalidInputError for that, or a no,
    without a reason, and ConflictError for a decision about oneself.
    """
    _refuse_self(member, by)
    if not is_yes or not is_applicable or reason:
        reason = _checked_reason(reason)
    withdraw_decision(session, member, key, by, at=at)
    decision = Decision(
        membership_id=member.id,
        key=key,
        is_yes=is_yes,
        is_applicable=is_applicable,
        reason=reason,
        decided_by_id=by.id,
        decided_at=at,
    )
    session.add(decision)
    session.flush()
    return decision


def withdraw_decision(session: Session, member: Member, key: str, by: Member, *, at: datetime) -> None:
    """Take back what one of the staff has decided; the row stays."""
    for row in list_decisions(session, [member.id]):
        if row.key == key and row.decided_by_id == by.id:
            row.withdrawn_at = at
    session.flush()


def list_decisions(session: Session, member_ids: Sequence[int]) -> list[Decision]:
    """Return the decisions about these members that stand, first to last; one statement."""
    rows = select(Decision).where(Decision.membership_id.in_(member_ids), Decision.withdrawn_at.is_(None))
    return list(session.scalars(rows.order_by(Decision.decided_at, Decision.id)))


def grant_waiver(
    session: Session,
    member: Member,
    condition: str,
    by: Member,
    reason: str,
    until: datetime | None,
    *,
    at: datetime,
) -> Waiver:
    """Waive a condition (its `name`) for a member, who is locked.

    Raise InvalidInputError without a reason or with an end that is over, ConflictError for oneself or if one stands.
    """
    _refuse_self(member, by)
    reason = _checked_reason(reason)
    if until is not None and until <= at:
        raise InvalidInputError("waiver.over", "The end of the waiver is over.", fields={"until": "waiver.over"})
    if any(waiver.condition == condition for waiver in list_waivers(session, [member.id], at=at)):
        raise ConflictError("waiver.stands", "The condition is waived already.")
    for lapsed in _standing(session, [member.id]):
        if lapsed.condition == condition:
            lapsed.withdrawn_at = lapsed.until
    session.flush()
    waiver = Waiver(
        membership_id=member.id, condition=condition, reason=reason, granted_by_id=by.id, granted_at=at, until=until
    )
    session.add(waiver)
    session.flush()
    return waiver


def approve_waiver(session: Session, member: Member, public_id: str, by: Member, *, at: datetime) -> None:
    """Agree as the second person; a second time changes nothing. Raise ConflictError for the first person again."""
    waiver = _get_waiver(session, member, public_id)
    _refuse_self(member, by)
    if waiver.granted_by_id == by.id:
        raise ConflictError("waiver.same_person", "A second person has to agree.")
    if waiver.approved_by_id is None:
        waiver.approved_by_id, waiver.approved_at = by.id, at


def withdraw_waiver(session: Session, member: Member, public_id: str, by: Member, *, at: datetime) -> None:
    """End a waiver; a second time changes nothing."""
    waiver = _get_waiver(session, member, public_id)
    if waiver.withdrawn_at is None:
        waiver.withdrawn_by_id, waiver.withdrawn_at = by.id, at


def list_waivers(session: Session, member_ids: Sequence[int], *, at: datetime) -> list[Waiver]:
    """Return the waivers of these members that are not over, oldest first; one statement."""
    return [waiver for waiver in _standing(session, member_ids) if waiver.until is None or waiver.until > at]


def list_history(session: Session, member: Member) -> list[Decision | Waiver]:
    """Return all that was ever decided and waived about a member, newest first; two statements."""
    decisions = session.scalars(select(Decision).where(Decision.membership_id == member.id)).all()
    waivers = session.scalars(select(Waiver).where(Waiver.membership_id == member.id)).all()
    return sorted([*decisions, *waivers], key=_when, reverse=True)


def _when(row: Decision | Waiver) -> datetime:
    return row.decided_at if isinstance(row, Decision) else row.granted_at


def _standing(session: Session, member_ids: Sequence[int]) -> Sequence[Waiver]:
    rows = select(Waiver).where(Waiver.membership_id.in_(member_ids), Waiver.withdrawn_at.is_(None))
    return session.scalars(rows.order_by(Waiver.granted_at, Waiver.id)).all()


def _get_waiver(session: Session, member: Member, public_id: str) -> Waiver:
    waiver = session.scalars(select(Waiver).filter_by(membership_id=member.id, public_id=public_id)).one_or_none()
    if waiver is None:
        raise NotFoundError("waiver.unknown", "No such waiver of this member.")
    return waiver


def _refuse_self(member: Member, by: Member) -> None:
    if member.person_id == by.person_id:
        raise ConflictError("decision.own", "Nobody decides about themselves.")


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidInputError("reason.missing", "A reason is needed.", fields={"reason": "reason.missing"})
    if len(reason) > LONGEST_REASON:
        raise InvalidInputError("reason.too_long", "The reason is too long.", fields={"reason": "reason.too_long"})
    return reason
