"""What can be done with people: find them again, give them a role."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from service.errors import InvalidInputError, NotFoundError
from service.people import rules
from service.people.known import IS_HERE
from service.people.models import LEARNING_ROLES, Course, Membership, Person, Role
from service.platforms.models import Platform

# Made once: to build a statement anew takes longer than to run it.
_FIND_MEMBERSHIP = (
    select(Membership)
    .join(Membership.person)
    .join(Membership.course)
    .join(Platform, Platform.id == Course.platform_id)
    .options(contains_eager(Membership.person), contains_eager(Membership.course))
    .where(*IS_HERE)
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
