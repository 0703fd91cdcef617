"""Courses whose professional forum has not met for too long."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.events.models import Event, EventKind
from service.forums.models import Forum
from service.people.models import STAFF_ROLES, Membership

MONTHS_BETWEEN = 3
"""How many months may pass between two sessions (S2-37)."""
MONTHS_TOLD = 12
"""For how many months after the last one its coordinators are told, once a quarter; then it has ended for good."""


def list_courses_due(session: Session, *, before: datetime, after: datetime) -> Collection[int]:
    """Return the ids of courses whose latest session ended between these moments, and that have planned no other.

    A course that has never met counts from the day on which its coordinators wrote down their first case: where nobody
    uses the professional forum, nobody is told of it.
    """
    is_session = (Event.kind == EventKind.FORUM_SESSION, Event.cancelled_at.is_(None))
    last = func.max(Event.ends_at)
    lapsed = select(Event.course_id).where(*is_session).group_by(Event.course_id).having(last < before, last >= after)
    has_met = select(Event.id).where(Event.course_id == Forum.course_id, *is_session)
    never = select(Forum.course_id).where(
        Forum.key == "cases",
        Forum.course_id.is_not(None),
        Forum.created_at < before,
        Forum.created_at >= after,
        ~has_met.exists(),
    )
    return {course_id for course_id in session.scalars(lapsed.union(never)) if course_id is not None}


def quarter_of(at: datetime) -> str:
    """Return the quarter of a year that a moment is in, `2026-Q1`."""
    return f"{at.year}-Q{(at.month + 2) // 3}"


def list_coordinators(session: Session, course_ids: Collection[int]) -> list[int]:
    """Return the ids of the memberships of the coordinators of these courses."""
    wanted = select(Membership.id).where(
        Membership.course_id.in_(course_ids),
        Membership.role.in_(STAFF_ROLES),
        Membership.left_at.is_(None),
        Membership.is_test_user.is_(False),
    )
    return list(session.scalars(wanted))
