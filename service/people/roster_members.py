"""Writes a whole roster into persons and memberships: a few statements for each 500 people that change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from lti.roster import Member, Roster
from service.db import add_rows
from service.people import roster_rules as rules
from service.people.labels import note_roster
from service.people.models import Course, LabelKind, LmsRole, Membership, Person, Role
from service.people.rules import Known, roles_after_roster

CHUNK = 500

Item = TypeVar("Item")


@dataclass(frozen=True)
class Listing:
    """What a roster has changed. `member_count` is whom it names, without test users."""

    member_count: int
    added: int
    returned: int
    left: int
    is_doubtful: bool


@dataclass(frozen=True)
class _Person:
    """A person as read."""

    id: int
    subject: str
    name: str
    email: str
    has_launched: bool


@dataclass(frozen=True)
class _Row:
    """A membership as read."""

    public_id: str
    person: _Person
    known: Known


def record_members(
    session: Session, course: Course, roster: Roster, *, started_at: datetime, is_doubt_settled: bool, at: datetime
) -> Listing:
    """Make the people of a course those of its roster.

    Newcomers get person and membership before they ever launch. Who returned is back; who is gone has left, which
    ends access and deletes nothing. With a doubt that is not settled, or a roster that is not whole, nobody leaves.
    Raises ValueError for a roster that names nobody.
    """
    listed = {member.subject: member for member in roster.members if member.is_active}
    if not listed:
        raise ValueError("A roster that names nobody changes nothing.")
    rows = _list_rows(session, course.id)
    named = [row for row in rows if row.person.subject in listed]
    newcomers = listed.keys() - {row.person.subject for row in named}
    persons = _record_persons(session, course.platform_id, {key: listed[key] for key in sorted(newcomers)}, at)
    _fill_in(session, [(person, listed[person.subject]) for person in [*persons, *(row.person for row in named)]])
    _add_memberships(session, course.id, [(person, listed[person.subject]) for person in persons])
    absent = [row for row in rows if row.person.subject not in listed]
    gone = [row for row in absent if rules.has_vanished(row.known, started_at=started_at)]
    present = sum(not row.known.has_left and not row.known.is_test_user for row in rows)
    is_doubtful = roster.is_whole and not is_doubt_settled and rules.is_doubtful(present, len(gone))
    leaving = [] if is_doubtful or not roster.is_whole else gone
    changes = [_leave(row, at) for row in leaving] + [_stay(row, listed[row.person.subject]) for row in named]
    _change_memberships(session, changes)
    note_roster(session, course.id, {subject: _labels(member) for subject, member in listed.items() if member.custom})
    return Listing(
        member_count=sum(not member.roles.is_test_user for member in listed.values()),
        added=len(newcomers),
        returned=sum(row.known.has_left for row in named),
        left=len(leaving),
        is_doubtful=is_doubtful,
    )


def _list_rows(session: Session, course_id: int) -> list[_Row]:
    columns = select(
        Membership.public_id,
        Person.id,
        Person.subject,
        Person.name,
        Person.email,
        Person.last_launch_at.is_not(None),
        Membership.lms_role,
        Membership.role,
        Membership.last_seen_at,
        Membership.is_listed,
        Membership.left_at.is_not(None),
        Membership.is_test_user,
    )
    rows = session.execute(columns.join(Membership.person).where(Membership.course_id == course_id))
    return [_Row(row[0], _Person(*row[1:6]), Known(*row[6:])) for row in rows]


def _record_persons(session: Session, platform_id: int, members: Mapping[str, Member], at: datetime) -> list[_Person]:
    """Return persons for all subjects of `members`; those whom we do not know are added.

    All are looked for before any is added: PostgreSQL would look badly through rows that it has not counted yet.
    """
    found = _find_persons(session, platform_id, list(members))
    missing = [subject for subject in members if subject not in found]
    new = {"platform_id": platform_id, "created_at": at}
    for subjects in _chunks(missing):
        rows = [new | {"subject": subject} | _told(members[subject]) for subject in subjects]
        added = add_rows(session, Person, rows, Person.id, Person.subject, Person.name, Person.email)
        found |= {row.subject: _Person(row.id, row.subject, row.name, row.email, has_launched=False) for row in added}
    launched_meanwhile = [subject for subject in missing if subject not in found]
    return [*found.values(), *_find_persons(session, platform_id, launched_meanwhile).values()]


def _find_persons(session: Session, platform_id: int, subjects: Sequence[str]) -> dict[str, _Person]:
    columns = select(Person.id, Person.subject, Person.name, Person.email, Person.last_launch_at.is_not(None))
    of_platform = columns.where(Person.platform_id == platform_id)
    rows = (row for chunk in _chunks(subjects) for row in session.execute(of_platform.where(Person.subject.in_(chunk))))
    return {person.subject: person for person in (_Person(*row) for row in rows)}


def _fill_in(session: Session, listed: Sequence[tuple[_Person, Member]]) -> None:
    """Fill in names and mail addresses, always in the same order: the rosters of two courses never wait in a circle."""
    changes = []
    for person, member in sorted(listed, key=lambda pair: pair[0].id):
        known = {"name": person.name, "email": person.email}
        told = {
            field: rules.told_after_roster(value, known[field], has_launched=person.has_launched)
            for field, value in _told(member).items()
        }
        if told != known:
            changes.append({"id": person.id, **told})
    for chunk in _chunks(changes):
        session.execute(update(Person), [*chunk])


def _told(member: Member) -> dict[str, str]:
    return {"name": member.full_name, "email": member.email if "@" in member.email else ""}


def _add_memberships(session: Session, course_id: int, listed: Sequence[tuple[_Person, Member]]) -> None:
    for chunk in _chunks(listed):
        new = []
        for person, member in chunk:
            lms_role, role = roles_after_roster(_lms_role(member), None)
            values = {"lms_role": lms_role, "role": role, "is_test_user": member.roles.is_test_user}
            new.append({"course_id": course_id, "person_id": person.id, "is_listed": True} | values)
        add_rows(session, Membership, new, Membership.id)


def _leave(row: _Row, at: datetime) -> dict[str, Any]:
    return _change(row, row.known.lms_role, row.known.role, is_listed=False, left_at=at)


def _stay(row: _Row, member: Member) -> dict[str, Any] | None:
    """Return the change of a membership that the roster names, None if nothing changes."""
    lms_role, role = roles_after_roster(_lms_role(member), row.known)
    is_same = (lms_role, role) == (row.known.lms_role, row.known.role) and row.known.is_listed
    return None if is_same and not row.known.has_left else _change(row, lms_role, role, is_listed=True, left_at=None)


def _change(row: _Row, lms_role: LmsRole, role: Role, **values: Any) -> dict[str, Any]:
    was = {"was_public_id": row.public_id, "was_role": row.known.role, "was_seen_at": row.known.last_seen_at}
    return was | {"lms_role": lms_role, "role": role} | values


def _change_memberships(session: Session, changes: Sequence[dict[str, Any] | None]) -> None:
    """Change memberships, except those that a launch or a coordinator has changed since they were read.

    In the order in which pairing locks them, so that neither waits for the other for ever.
    """
    table = cast(Table, Membership.__table__)
    statement = update(table).where(
        table.c.public_id == bindparam("was_public_id"),
        table.c.role == bindparam("was_role"),
        table.c.last_seen_at.is_not_distinct_from(bindparam("was_seen_at")),
    )
    rows = sorted(filter(None, changes), key=lambda change: str(change["was_public_id"]))
    for chunk in _chunks(rows):
        session.connection().execute(statement, [*chunk])


def _labels(member: Member) -> dict[LabelKind, str]:
    return {kind: member.custom[kind] for kind in LabelKind if kind in member.custom}


def _lms_role(member: Member) -> LmsRole:
    return LmsRole(member.roles.role.value)


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
