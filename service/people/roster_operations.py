"""What can be done with the roster of a course: ask for it, take it, write down what it says or why it says nothing.

Each function runs in a short transaction of its own, and none of them while the LMS is spoken to.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.roster import Roster
from service.db import add_or_get
from service.people import roster_rules as rules
from service.people.arrivals import AnyRoster
from service.people.known import AnyCourse
from service.people.models import Course, RosterProblem, RosterRead
from service.people.roster_members import Listing, record_members

REFRESH_ROSTERS = "refresh_rosters"
"""The background job to wake once the transaction has committed."""


@dataclass(frozen=True)
class Claim:
    """A roster that is ours to read until `leased_until`, with all that is needed and no session open."""

    course_id: int
    course_public_id: str
    platform_id: int
    url: str
    started_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Failure:
    """Why a roster could not be read. `retry_after` is in seconds."""

    problem: RosterProblem
    detail: str
    retry_after: float | None = None


def queue_roster(session: Session, course: AnyCourse, occasion: rules.Occasion, *, at: datetime) -> bool:
    """Have the roster of a course read soon, unless that was done a moment ago; return whether it is now due.

    False too where the LMS offers no roster.
    """
    if not may_be_due(course, session.get(RosterRead, course.id), occasion, at=at):
        return False
    add_or_get(session, RosterRead, {"course_id": course.id})
    row = _get_locked(session, course.id)
    if not _is_due(row, occasion, at):
        return False
    row.next_read_at = at
    if occasion is rules.Occasion.REQUEST:
        row.tries = 0
    session.info.setdefault("wake", set()).add(REFRESH_ROSTERS)
    return True


def may_be_due(course: AnyCourse, read: AnyRoster | None, occasion: rules.Occasion, *, at: datetime) -> bool:
    """Tell by how the reading of a roster stood a moment ago whether it is to be read now."""
    return bool(course.memberships_url) and (read is None or _is_due(read, occasion, at))


def find_roster_read(session: Session, course_id: int) -> RosterRead | None:
    """Return how the reading of a course's roster stands; None if it was never asked for."""
    return session.get(RosterRead, course_id)


def list_roster_reads(session: Session, course_ids: Collection[int]) -> dict[int, RosterRead]:
    """Return how the reading of these courses' rosters stands, by course id; those never asked for are left out."""
    rows = session.scalars(select(RosterRead).where(RosterRead.course_id.in_(course_ids)))
    return {row.course_id: row for row in rows}


def list_courses_with_roster(session: Session) -> list[Course]:
    """Return the courses whose LMS offers a roster."""
    return list(session.scalars(select(Course).where(Course.memberships_url != "").order_by(Course.id)))


def claim_due(
    session: Session, *, at: datetime, except_platforms: Collection[int] = (), course_id: int | None = None
) -> Claim | None:
    """Take the roster that is due longest, of any course or of one; those that others hold are passed over."""
    due = (
        select(RosterRead, Course)
        .join(Course, Course.id == RosterRead.course_id)
        .where(RosterRead.next_read_at <= at, Course.memberships_url != "")
        .where(Course.platform_id.not_in(except_platforms))
        .order_by(RosterRead.next_read_at, RosterRead.course_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=RosterRead)
    )
    if course_id is not None:
        due = due.where(RosterRead.course_id == course_id)
    found = session.execute(due).one_or_none()
    if found is None:
        return None
    row, course = found
    row.is_being_read, row.started_at, row.next_read_at = True, at, at + rules.LEASE
    row.tries += 1
    return Claim(
        course_id=course.id,
        course_public_id=course.public_id,
        platform_id=course.platform_id,
        url=course.memberships_url,
        started_at=at,
        leased_until=row.next_read_at,
    )


def record_roster(session: Session, claim: Claim, roster: Roster, *, at: datetime) -> Listing | None:
    """Write down a roster in one go, and whom it no longer names; None if it was no longer ours to read.

    One that names surprisingly few is believed when it does so a second time, some minutes later: nobody has left
    until then. One whose pages had no end takes nobody away either. Raises ValueError for one that names nobody.
    """
    row = _held(session, claim)
    if row is None:
        return None
    is_confirmed = row.doubted_at is not None and claim.started_at - row.doubted_at >= rules.CONFIRM_AFTER
    course = session.get_one(Course, claim.course_id)
    listing = record_members(session, course, roster, started_at=claim.started_at, is_doubt_settled=is_confirmed, at=at)
    row.is_being_read, row.problem, row.detail = False, None, ""
    if not roster.is_whole:
        row.problem = RosterProblem.INCOMPLETE
        row.next_read_at = rules.next_read_after(row.problem, row.tries, at=at, jitter=0.0)
        return listing
    row.tries, row.read_at, row.member_count, row.skipped_count = 0, at, listing.member_count, roster.skipped
    row.doubted_at = (row.doubted_at or claim.started_at) if listing.is_doubtful else None
    row.next_read_at = row.doubted_at + rules.CONFIRM_AFTER if row.doubted_at else None
    return listing


def record_failure(session: Session, claim: Claim, failure: Failure, *, jitter: float, at: datetime) -> None:
    """Write down why a roster could not be read, and when to try again; the members stay as they are."""
    row = _held(session, claim)
    if row is not None:
        row.is_being_read, row.problem, row.detail = False, failure.problem, failure.detail[:255]
        row.next_read_at = rules.next_read_after(
            failure.problem, row.tries, at=at, jitter=jitter, retry_after=failure.retry_after
        )


def release(session: Session, claim: Claim) -> None:
    """Give back a roster that was not read to its end; it is due at once."""
    row = _held(session, claim)
    if row is not None:
        row.is_being_read, row.next_read_at = False, claim.started_at
        row.tries -= 1


def _is_due(row: AnyRoster, occasion: rules.Occasion, at: datetime) -> bool:
    return rules.is_due(
        occasion,
        at=at,
        started_at=row.started_at,
        next_read_at=row.next_read_at,
        is_being_read=row.is_being_read,
        problem=row.problem,
    )


def _get_locked(session: Session, course_id: int) -> RosterRead:
    session.flush()
    return session.get_one(RosterRead, course_id, with_for_update=True, populate_existing=True)


def _held(session: Session, claim: Claim) -> RosterRead | None:
    row = _get_locked(session, claim.course_id)
    return row if row.is_being_read and row.next_read_at == claim.leased_until else None
