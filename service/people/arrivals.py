"""Who comes in by a launch: recorded as it describes them, or, as most of the time, found just so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager

from service.db import MustWriteError, add_or_get, is_looking, set_changed
from service.people import rules
from service.people.known import COLUMNS, SELECT_MEMBERS, Member, member_of
from service.people.labels import Told, find_told
from service.people.models import Course, LmsRole, Membership, Person, Role, RosterProblem, RosterRead

# Made once: to build a statement anew takes longer than to run it, and every launch runs one of these.
_IS_ARRIVED = (
    Person.platform_id == bindparam("platform_id"),
    Person.subject == bindparam("subject"),
    Course.platform_id == bindparam("platform_id"),
    Course.tenant == bindparam("tenant"),
    Course.context_id == bindparam("context_id"),
)
_FIND_ARRIVED = (
    select(Membership)
    .join(Membership.person)
    .join(Membership.course)
    .outerjoin(Course.roster)
    .options(contains_eager(Membership.person), contains_eager(Membership.course).contains_eager(Course.roster))
    .where(*_IS_ARRIVED)
)


class KnownRoster(NamedTuple):
    """What a launch asks of a `RosterRead`."""

    is_being_read: bool
    started_at: datetime | None
    next_read_at: datetime | None
    problem: RosterProblem | None


AnyRoster: TypeAlias = RosterRead | KnownRoster
_FIND_KNOWN = (
    SELECT_MEMBERS.outerjoin(Course.roster)
    .add_columns(RosterRead.course_id, *(getattr(RosterRead, name) for name in KnownRoster._fields))
    .where(*_IS_ARRIVED)
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


def arrive(session: Session, platform_id: int, arrival: Arrival, *, at: datetime) -> tuple[Member, AnyRoster | None]:
    """Return who has just launched, and how the reading of the course's roster stands.

    Raises MustWriteError for a session that only looks, if the launch says anything that is not known yet.
    """
    if not is_looking(session):
        membership = record_arrival(session, platform_id, arrival, at=at)
        return membership, membership.course.roster
    row = session.connection().execute(_FIND_KNOWN, _keys(platform_id, arrival)).one_or_none()
    if row is None:
        raise MustWriteError
    course_id, *read = row[COLUMNS:]
    member, roster = member_of(row), None if course_id is None else KnownRoster(*read)
    for known, told in _list_told(session, member, roster, arrival, at):
        if any(getattr(known, name) != value for name, value in told.items()):
            raise MustWriteError
    return member, roster


def record_arrival(session: Session, platform_id: int, arrival: Arrival, *, at: datetime) -> Membership:
    """Return the membership of who has just launched, with person and course as the launch describes them.

    What the launch leaves out (a name, a service) is no longer known: it is emptied. Only the way back to the course
    is kept, which not every message names.
    """
    membership = session.scalars(_FIND_ARRIVED, _keys(platform_id, arrival)).one_or_none()
    membership = membership or _add_membership(session, platform_id, arrival, at)
    for known, told in _list_told(session, membership, membership.course.roster, arrival, at):
        set_changed(known, **told)
    return membership


def _keys(platform_id: int, arrival: Arrival) -> Mapping[str, Any]:
    return {
        "platform_id": platform_id,
        "subject": arrival.subject,
        "tenant": arrival.tenant,
        "context_id": arrival.context_id,
    }


def _list_told(
    session: Session, member: Member, roster: AnyRoster | None, arrival: Arrival, at: datetime
) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Give what a launch says of the person, the course and the membership: each with its columns."""
    # A roster that is read at this moment may not name who is here already: it goes by when they were last seen.
    is_being_read = roster is not None and roster.is_being_read
    is_noted = bool(member.left_at) or is_being_read or rules.is_worth_noting(member.last_seen_at, at)
    person = {"name": arrival.name, "email": arrival.email, "launch_language": arrival.language}
    yield member.person, person | ({"last_launch_at": at} if is_noted else {})
    yield (
        member.course,
        {
            "title": arrival.course_title,
            "return_url": arrival.return_url or member.course.return_url,
            "line_items_url": arrival.line_items_url,
            "memberships_url": arrival.memberships_url,
            "grade_scopes": list(arrival.grade_scopes),
        },
    )
    present = rules.settled_role(member.role, has_launched=member.last_seen_at is not None)
    membership = {
        "role": rules.role_after_launch(arrival.lms_role, present, arrival.suggested_role),
        "lms_role": arrival.lms_role,
        "is_test_user": arrival.is_test_user,
        "left_at": None,
        **find_told(session, member.course_id, arrival.labels),
    }
    yield member, membership | ({"last_seen_at": at} if is_noted else {})


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
