"""What is known of the courses of an LMS: which there are, and when something of theirs was last heard."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.people.models import Course, Membership, RosterRead


def get_course(session: Session, platform_id: int, public_id: str) -> Course:
    """Return a course of this platform; raise NotFoundError for any other."""
    course = session.scalars(select(Course).filter_by(platform_id=platform_id, public_id=public_id)).one_or_none()
    if course is None:
        raise NotFoundError("course.unknown", f"There is no course {public_id} of this platform.")
    return course


def find_course_with_roster(session: Session, platform_id: int) -> Course | None:
    """Return the newest course of a platform that says where its roster is, if any does."""
    has_roster = (Course.platform_id == platform_id, Course.memberships_url != "")
    return session.scalars(select(Course).where(*has_roster).order_by(Course.id.desc()).limit(1)).one_or_none()


def find_last_launch(session: Session, platform_id: int, *, course_id: int | None = None) -> datetime | None:
    """Return when someone last came from this platform, or from one course of it."""
    wanted = select(func.max(Membership.last_seen_at)).join(Course, Course.id == Membership.course_id)
    return session.scalar(wanted.where(*_courses(platform_id, course_id)))


def find_last_roster(session: Session, platform_id: int, *, course_id: int | None = None) -> datetime | None:
    """Return when a roster of this platform, or of one course of it, was last read whole."""
    wanted = select(func.max(RosterRead.read_at)).join(Course, Course.id == RosterRead.course_id)
    return session.scalar(wanted.where(*_courses(platform_id, course_id)))


def _courses(platform_id: int, course_id: int | None) -> list[ColumnElement[bool]]:
    of_platform = Course.platform_id == platform_id
    return [of_platform] if course_id is None else [of_platform, Course.id == course_id]
