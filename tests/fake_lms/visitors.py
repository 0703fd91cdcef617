"""Who is looking at a page: the person chosen in this browser, and what they may see of a course."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus

from flask import abort, session
from sqlalchemy.orm import Session

from tests.fake_lms.launches import may_edit
from tests.fake_lms.models import Course, Enrolment, Person


@dataclass(frozen=True)
class Visit:
    """A person looking at a course."""

    person: Person
    course: Course
    is_staff: bool


def browser_session() -> str:
    """Return the id of the browser's session, making one for a new browser."""
    return str(session.setdefault("id", secrets.token_hex(8)))


def sign_in(person: Person) -> None:
    """Make this browser the person's. A launch begun as somebody else cannot be finished any more, as in Moodle."""
    if session.get("person_id") != person.id:
        session.clear()
    session["person_id"] = person.id
    browser_session()


def visitor(store: Session) -> Person | None:
    """Return the person chosen in this browser."""
    return store.get(Person, session.get("person_id", 0))


def visit(store: Session, course_id: int, *, staff_only: bool = False) -> Visit:
    """Return the visit to a course, or abort with 404, or 403 for strangers and, if asked so, for learners."""
    person, course = visitor(store), store.get(Course, course_id)
    if course is None:
        abort(HTTPStatus.NOT_FOUND, "This course does not exist.")
    if person is None:
        abort(HTTPStatus.FORBIDDEN, "Choose a person first.")
    enrolment = store.get(Enrolment, (course_id, person.id))
    if not person.is_site_admin and (enrolment is None or enrolment.is_suspended):
        abort(HTTPStatus.FORBIDDEN, f"{person.name} is not enrolled in {course.title}.")
    is_staff = may_edit(person, enrolment)
    if staff_only and not is_staff:
        abort(HTTPStatus.FORBIDDEN, "Only staff of the course may do this.")
    return Visit(person, course, is_staff)
