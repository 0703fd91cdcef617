"""Who asks, as plain values: most requests only read, and to make objects takes longer than to read their rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import Column, Table, bindparam, select
from sqlalchemy.orm import Session

from service.people.models import Course, LmsRole, Membership, Person, Role
from service.platforms.models import Platform


@dataclass(frozen=True, eq=False, slots=True)
class KnownPerson:
    """What there is of a `Person`."""

    id: int
    public_id: str
    platform_id: int
    subject: str
    name: str
    email: str
    launch_language: str
    chosen_language: str
    last_launch_at: datetime | None


@dataclass(frozen=True, eq=False, slots=True)
class KnownCourse:
    """What there is of a `Course`."""

    id: int
    public_id: str
    platform_id: int
    tenant: str
    context_id: str
    title: str
    return_url: str
    line_items_url: str
    grade_scopes: list[Any]
    memberships_url: str


@dataclass(frozen=True, eq=False, slots=True)
class KnownMember:
    """What there is of a `Membership`; it cannot be changed, nor locked."""

    person: KnownPerson
    course: KnownCourse
    id: int
    public_id: str
    person_id: int
    course_id: int
    lms_role: LmsRole
    role: Role
    is_test_user: bool
    last_seen_at: datetime | None
    is_listed: bool
    left_at: datetime | None
    lms_group_id: int | None
    lms_organisation_id: int | None
    staff_group_id: int | None
    staff_organisation_id: int | None


Member: TypeAlias = Membership | KnownMember
"""Whoever asks: an object where something may be written, which can be locked; else plain values."""
AnyPerson: TypeAlias = Person | KnownPerson
AnyCourse: TypeAlias = Course | KnownCourse


def _columns(model: type[Any], value: type[Any]) -> list[Column[Any]]:
    """Return the columns of `model` that `value` is made of, in its order."""
    columns = cast(Table, model.__table__).c
    return [columns[field.name] for field in fields(value) if field.name in columns]


_OF_PERSON, _OF_COURSE = _columns(Person, KnownPerson), _columns(Course, KnownCourse)
_OF_MEMBER = _columns(Membership, KnownMember)
_PEOPLE, _COURSES = len(_OF_PERSON), len(_OF_PERSON) + len(_OF_COURSE)
COLUMNS = len((*_OF_PERSON, *_OF_COURSE, *_OF_MEMBER))
SELECT_MEMBERS = (
    select(*_OF_PERSON, *_OF_COURSE, *_OF_MEMBER)
    .select_from(Membership)
    .join(Membership.person)
    .join(Membership.course)
)
"""What `member_of` reads; others may add columns."""
IS_HERE = (
    Person.public_id == bindparam("person"),
    Course.public_id == bindparam("course"),
    Membership.left_at.is_(None),
    Platform.disabled_at.is_(None),
)
"""Who may come in: a member who has not left, and whose LMS is not switched off."""
_FIND_HERE = SELECT_MEMBERS.join(Platform, Platform.id == Course.platform_id).where(*IS_HERE)


def member_of(row: Sequence[Any]) -> KnownMember:
    """Return the member that the first `COLUMNS` of a row tell."""
    person, course = KnownPerson(*row[:_PEOPLE]), KnownCourse(*row[_PEOPLE:_COURSES])
    return KnownMember(person, course, *row[_COURSES:COLUMNS])


def find_known_member(session: Session, person_public_id: str, course_public_id: str) -> KnownMember | None:
    """Return the member, unless they have left, or the LMS is switched off."""
    asked = {"person": person_public_id, "course": course_public_id}
    row = session.connection().execute(_FIND_HERE, asked).one_or_none()
    return None if row is None else member_of(row)
