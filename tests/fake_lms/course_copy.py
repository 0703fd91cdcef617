"""Copying a course, as Moodle's backup and restore does: what a tool must find again has new ids (FEATURES M13)."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.models import Activity, Course, Enrolment, GradeItem

Row = TypeVar("Row", Enrolment, Activity, GradeItem)


def copy_course(session: Session, original: Course, key: str, title: str) -> Course:
    """Copy activities and columns, with new ids and the same custom parameters, and the people, but no grade."""
    copy = Course(key=key, label=key.upper(), title=title, copied_from=original.id)
    session.add(copy)
    session.flush()
    for enrolment in session.scalars(select(Enrolment).filter_by(course_id=original.id)):
        session.add(_twin(enrolment, course_id=copy.id))
    new_ids: dict[int, int] = {}
    for activity in session.scalars(select(Activity).filter_by(course_id=original.id).order_by(Activity.id)):
        suffix = activity.key.rpartition("/")[2] if activity.key else None
        twin = _twin(activity, id=None, course_id=copy.id, key=f"{key}/{suffix}" if suffix else None)
        session.add(twin)
        session.flush()
        new_ids[activity.id] = twin.id
    for item in session.scalars(select(GradeItem).filter_by(course_id=original.id).order_by(GradeItem.id)):
        links = {name: new_ids.get(getattr(item, name) or 0) for name in ("activity_id", "resource_link_id")}
        session.add(_twin(item, id=None, course_id=copy.id, **links))
    return copy


def _twin(row: Row, **changes: object) -> Row:
    """Return a new row with the same values but for the changes."""
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return type(row)(**(values | changes))
