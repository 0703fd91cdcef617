"""What pairing can do: bring a mentor and a mentee together if the gate lets both through now, and end a relation."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.modules.content import Catalogue
from service.pairing.models import Relation, RelationMember
from service.people.known import Member
from service.people.models import Membership, Role
from service.people.operations import get_member
from service.readiness.operations import Verdict, bring_up_to_date

MOST_MENTEES = 5
"""A mentor accompanies at most five mentees (S4: small groups of four or five)."""


class NotReadyError(ConflictError):
    """Someone has not met their conditions; `verdicts` holds those of whoever is not ready, by membership public id."""

    def __init__(self, verdicts: dict[str, Verdict]) -> None:
        super().__init__("pairing.not_ready", "Someone is not ready to be paired.")
        self.verdicts = verdicts


def record_pair(
    session: Session,
    catalogue: Catalogue,
    coordinator: Member,
    mentor_public_id: str,
    mentee_public_id: str,
    *,
    at: datetime,
) -> Relation:
    """Pair a mentor with a mentee of the coordinator's course.

    Both members stay locked until the transaction ends and the gate is asked inside it, so that evidence withdrawn
    at the same moment is either seen here or has to wait. Raises NotFoundError, InvalidInputError for a member in
    another role, NotReadyError with what is missing, and ConflictError if one of them has no place left.
    """
    mentor, mentee = _get_both_locked(session, coordinator.course_id, mentor_public_id, mentee_public_id)
    verdicts = {member.public_id: bring_up_to_date(session, catalogue, member, at=at) for member in (mentor, mentee)}
    not_ready = {public_id: verdict for public_id, verdict in verdicts.items() if not verdict.is_ready}
    if not_ready:
        raise NotReadyError(not_ready)
    if _count_mentees(session, mentor.id) >= MOST_MENTEES:
        raise ConflictError("pairing.mentor_is_full", "The mentor has as many mentees as allowed.", most=MOST_MENTEES)
    relation = Relation(course_id=coordinator.course_id, paired_by_id=coordinator.id, paired_at=at)
    for member in (mentor, mentee):
        verdict = verdicts[member.public_id]
        results = [result.as_data() for result in verdict.results]
        frozen = {"policy_version": verdict.policy_version, "results": results, "snapshot": verdict.snapshot()}
        relation.members.append(RelationMember(membership=member, role=member.role, **frozen))
    try:
        with session.begin_nested():
            session.add(relation)
    except IntegrityError as error:
        raise ConflictError("pairing.mentee_has_mentor", "The mentee already has a mentor.") from error
    return relation


def _get_both_locked(
    session: Session, course_id: int, mentor_public_id: str, mentee_public_id: str
) -> tuple[Membership, Membership]:
    # Always locked in the same order, so that two coordinators never wait for each other for ever.
    members = {
        public_id: get_member(session, course_id, public_id, locked=True)
        for public_id in sorted({mentor_public_id, mentee_public_id})
    }
    mentor, mentee = members[mentor_public_id], members[mentee_public_id]
    if mentor.role is not Role.MENTOR or mentee.role is not Role.MENTEE:
        raise InvalidInputError("pairing.wrong_role", "A pair needs one mentor and one mentee.")
    return mentor, mentee


def _count_mentees(session: Session, mentor_membership_id: int) -> int:
    own = (
        select(RelationMember.relation_id)
        .where(RelationMember.membership_id == mentor_membership_id, RelationMember.ended_at.is_(None))
        .where(RelationMember.role == Role.MENTOR)
    )
    return session.scalars(
        select(func.count()).where(
            RelationMember.relation_id.in_(own),
            RelationMember.role == Role.MENTEE,
            RelationMember.ended_at.is_(None),
        )
    ).one()


def list_relations(session: Session, course_id: int) -> list[Relation]:
    """Return the relations of a course that have not ended, newest first, with their members."""
    return list(
        session.scalars(
            select(Relation)
            .where(Relation.course_id == course_id, Relation.ended_at.is_(None))
            .order_by(Relation.paired_at.desc(), Relation.id.desc())
        )
    )


def list_paired(session: Session, course_id: int) -> set[int]:
    """Return the memberships of a course that are in a relation now."""
    current = select(RelationMember.membership_id).join(Relation, Relation.id == RelationMember.relation_id)
    return set(session.scalars(current.where(Relation.course_id == course_id, RelationMember.ended_at.is_(None))))


def list_relations_of(session: Session, membership_id: int) -> list[Relation]:
    """Return the relations that a member is in now."""
    return list(
        session.scalars(
            select(Relation)
            .join(Relation.members)
            .where(RelationMember.membership_id == membership_id, RelationMember.ended_at.is_(None))
            .order_by(Relation.paired_at)
        )
    )


def end_relation(session: Session, course_id: int, relation_public_id: str, *, at: datetime) -> Relation:
    """End a relation of this course; it stays as history. Ending twice changes nothing. Raises NotFoundError."""
    relation = session.scalars(
        select(Relation).where(Relation.course_id == course_id, Relation.public_id == relation_public_id)
    ).one_or_none()
    if relation is None:
        raise NotFoundError("relation.unknown", "No such relation in this course.")
    if relation.ended_at is None:
        relation.ended_at = at
        for member in relation.members:
            member.ended_at = at
    return relation
