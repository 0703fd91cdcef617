"""Accounts of one human being in a course: an LMS that merges two, or makes a new one, tells nobody."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.people.known import Member
from service.people.models import Membership, Person


def get_former(session: Session, course_id: int, public_id: str) -> Membership:
    """Return someone who is no longer on the list of a course; raise NotFoundError for anyone else."""
    former = select(Membership).where(
        Membership.course_id == course_id, Membership.public_id == public_id, Membership.left_at.is_not(None)
    )
    is_id = public_id.isprintable()  # PostgreSQL could not even compare another
    member = session.scalars(former).one_or_none() if is_id else None
    if member is None:
        raise NotFoundError("member.unknown", "No such former member in this course.")
    return member


def list_former_alike(session: Session, member: Member) -> list[Membership]:
    """Return those who have left the course and had the name or the mail address of a member, latest first."""
    person = member.person
    alike = or_(
        and_(Person.name == person.name, Person.name != ""), and_(Person.email == person.email, Person.email != "")
    )
    former = select(Membership).join(Membership.person).where(Membership.course_id == member.course_id)
    return list(
        session.scalars(former.where(Membership.left_at.is_not(None), alike).order_by(Membership.left_at.desc()))
    )
