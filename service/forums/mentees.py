"""Asks whether a text names a mentee of a course; how names are found is in `guard`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.forums.guard import find_names
from service.people.models import Membership, Person, Role


def find_mentees(session: Session, course_id: int, text: str, *, but: int = 0) -> list[str]:
    """Return the words of `text` that seem to name a mentee of the course, other than the person `but`."""
    return find_names(text, list_mentee_names(session, course_id, but=but))


def list_mentee_names(session: Session, course_id: int, *, but: int = 0) -> list[str]:
    """Return the names of all who are or were mentees of the course, but for the person `but`."""
    mentees = (
        select(Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id, Membership.role == Role.MENTEE, Person.id != but)
    )
    return list(session.scalars(mentees))
