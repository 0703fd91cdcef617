"""What can be done with people: record them at launch, find them again, give them a role."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager

from service.db import add_or_get, set_changed
from service.errors import InvalidInputError, NotFoundError
from service.people import rules
from service.people.labels import Told, note_told
from service.people.models import LEARNING_ROLES, Course, LmsRole, Membership, Person, Role
from service.platforms.models import Platform

# Made once: to build a statement anew takes longer than to run it, and every launch and every page run these.
_FIND_ARRIVED = (
    select(Membership)
    .join(Membership.person)
    .join(Membership.course)
    .outerjoin(Course.roster)
    .options(contains_eager(Membership.person), contains_eager(Membership.course).contains_eager(Course.roster))
    .where(
        Person.platform_id == bindparam("platform_id"),
        Person.subject == bindparam("subject"),
        Course.platform_id == bindparam("platform_id"),
        Course.tenant == bindparam("tenant"),
        Course.context_id == bindparam("context_id"),
    )
)
_FIND_MEMBERSHIP = (
    select(Membership)
    .join(Membership.person)
    .join(Membership.course)
    .join(Platform, Platform.id == Course.platform_id)
    .options(contains_eager(Membership.person), contains_eager(Membership.course))
    .where(
        Person.public_id == bindparam("person"),
        Course.public_id == bindparam("course"),
        Membership.left_at.is_(None),
        Platform.disabled_at.is_(None),
    )
)


@dataclass(frozen=True)
class Arrival:
    """What a launch says of a person and a course, in our words."""

    subject: str
    name: str
    email: str
    language: str
    context_id: str
    course_title: str
    return_url: str
    line_items_url: str
    grade_scopes: tuple[str, ...]
    memberships_url: str
    lms_role: LmsRole
    suggested_role: Role | None
    is_test_user: bool
    tenant: str = ""
    """See `Course.tenant`."""
    labels: Told = field(default_factory=dict)
    """What the launch says of group and organisation, as far as it speaks of them."""


def record_arrival(session: Session, platform_id: int, arrival: Arrival, *, at: datetime) -> Membership:
    """Return the membership of who has just launched, with person and course as the launch describes them.

    What the launch leaves out (a name, a service) is no longer known: it is emptied. Only the way back to the course
    is kept, which not every message names.
    """
    membership = _find_arrived(session, platform_id, arrival) or _add_membership(session, platform_id, arrival, at)
    person, course = membership.person, membership.course
    set_changed(person, name=arrival.name, email=arrival.email, launch_language=arrival.language)
    set_changed(
        course,
        title=arrival.course_title,
        return_url=arrival.return_url or course.return_url,
        line_items_url=arrival.line_items_url,
        memberships_url=arrival.memberships_url,
        grade_scopes=list(arrival.grade_scopes),
    )
    present = rules.settled_role(membership.role, has_launched=membership.last_seen_at is not None)
    set_changed(
        membership,
        role=rules.role_after_launch(arrival.lms_role, present, arrival.suggested_role),
        lms_role=arrival.lms_role,
        is_test_user=arrival.is_test_user,
    )
    note_told(session, membership, arrival.labels)
    # A roster that is read at this moment may not name who is here already: it goes by when they were last seen.
    is_being_read = course.roster is not None and course.roster.is_being_read
    if membership.left_at or is_being_read or rules.is_worth_noting(membership.last_seen_at, at):
        person.last_launch_at = membership.last_seen_at = at
    set_changed(membership, left_at=None)
    return membership


def _find_arrived(session: Session, platform_id: int, arrival: Arrival) -> Membership | None:
    """Return the membership of someone who has been here, with person, course and its roster, in one statement."""
    keys = {"platform_id": platform_id, "subject": arrival.subject}
    course = {"tenant": arrival.tenant, "context_id": arrival.context_id}
    return session.scalars(_FIND_ARRIVED, keys | course).one_or_none()


def _add_membership(session: Session, platform_id: int, arrival: Arrival, at: datetime) -> Membership:
    known, since = {"platform_id": platform_id}, {"created_at": at}
    person = add_or_get(session, Person, {**known, "subject": arrival.subject}, since)
    course = add_or_get(session, Course, {**known, "tenant": arrival.tenant, "context_id": arrival.context_id}, since)
    return add_or_get(
        session,
        Membership,
        {"person_id": person.id, "course_id": course.id},
        {
            "lms_role": arrival.lms_role,
            "role": rules.role_after_launch(arrival.lms_role, None, arrival.suggested_role),
        },
    )


def find_membership(session: Session, person_public_id: str, course_public_id: str) -> Membership | None:
    """Return the membership of that person in that course, unless they have left, or its LMS is switched off."""
    return session.scalars(_FIND_MEMBERSHIP, {"person": person_public_id, "course": course_public_id}).one_or_none()


def get_member(session: Session, course_id: int, membership_public_id: str, *, locked: bool = False) -> Membership:
    """Return a member of this course, locked until the transaction ends if asked for.

    Raises NotFoundError for anyone else, whether they exist or not.
    """
    statement = select(Membership).where(
        Membership.course_id == course_id,
        Membership.public_id == membership_public_id,
        Membership.left_at.is_(None),
    )
    if locked:
        statement = statement.with_for_update(of=Membership).execution_options(populate_existing=True)
    is_id = membership_public_id.isprintable()  # PostgreSQL could not even compare another
    member = session.scalars(statement).one_or_none() if is_id else None
    if member is None:
        raise NotFoundError("member.unknown", "No such member in this course.")
    return member


def find_member_ever(session: Session, course_id: int, *, person_id: str = "", subject: str = "") -> Membership | None:
    """Return a member of this course, who may have left, by the person's public id or by that of the LMS."""
    statement = select(Membership).join(Membership.person).where(Membership.course_id == course_id)
    condition = Person.public_id == person_id if person_id else Person.subject == subject
    return session.scalars(statement.where(condition)).one_or_none()


def list_members(session: Session, course_id: int, roles: Sequence[Role]) -> list[Membership]:
    """Return the members of a course in these roles, without those who left; in no order that a reader may rely on."""
    return list(
        session.scalars(
            select(Membership).where(
                Membership.course_id == course_id, Membership.role.in_(roles), Membership.left_at.is_(None)
            )
        )
    )


def list_former_members(session: Session, course_id: int) -> list[Membership]:
    """Return those who have left a course, whatever they were; in no order that a reader may rely on."""
    former = select(Membership).where(Membership.course_id == course_id, Membership.left_at.is_not(None))
    return list(session.scalars(former))


def list_memberships_of(session: Session, person_id: int) -> list[Membership]:
    """Return a person's memberships in all courses that they have not left."""
    return list(
        session.scalars(select(Membership).where(Membership.person_id == person_id, Membership.left_at.is_(None)))
    )


def list_locked_memberships(session: Session, person_ids: Collection[int]) -> list[Membership]:
    """Return the memberships of these people in all courses that they have not left, all locked until the end.

    First the people in one order, as a hand-in locks them, then the memberships in that of pairing: nobody waits in a
    circle.
    """
    people = select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id)
    session.execute(people.with_for_update(key_share=True)).all()
    members = select(Membership).where(Membership.person_id.in_(person_ids), Membership.left_at.is_(None))
    locked = members.order_by(Membership.public_id).with_for_update(of=Membership)
    return list(session.scalars(locked, execution_options={"populate_existing": True}))


def list_people(session: Session, person_ids: Collection[int]) -> list[Person]:
    """Return these people, in no order that a reader may rely on."""
    return list(session.scalars(select(Person).where(Person.id.in_(person_ids))))


def set_role(session: Session, member: Membership, role: Role) -> None:
    """Give a member another role among the learners; raise InvalidInputError if the LMS role does not allow it."""
    if not rules.may_be_given(role, member.lms_role):
        raise InvalidInputError(
            "role.not_for_this_member",
            f"{role} cannot be given to someone whom the LMS calls {member.lms_role}.",
            allowed=[str(allowed) for allowed in LEARNING_ROLES],
        )
    member.role = role


def set_language(session: Session, person_public_id: str, language: str) -> None:
    """Keep the language that a person chose; it wins over what later launches say."""
    person = session.scalars(select(Person).where(Person.public_id == person_public_id)).one_or_none()
    if person is not None:
        person.chosen_language = language
