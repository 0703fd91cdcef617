"""Tables of events: what is planned, who says they come, who was there, and what the group did in class."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, enum_type, new_public_id
from service.people.models import Membership, Person


class EventKind(StrEnum):
    """What an event is for (S0-39, S2-25, S2-37, S4-135)."""

    OPENING = "opening"
    MID_MEETING = "mid_meeting"
    CLOSING = "closing"
    TRAINING_DAY = "training_day"
    CLASSROOM = "classroom"
    """A session in class of one or several modules."""
    FORUM_SESSION = "forum_session"
    """A session of the professional forum, once a quarter."""


class AttendanceState(StrEnum):
    """Whether someone was there."""

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"


class Event(Base):
    """A meeting of a course. A cancelled one stays, with the reason."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("course_id", "submission_key"),
        Index(None, "course_id", "ends_at"),
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
        CheckConstraint("seats > 0", name="some_seats"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    submission_key: Mapped[str] = mapped_column(String(64))
    """Made with the form: sent twice, it makes one event."""
    kind: Mapped[EventKind] = mapped_column(enum_type(EventKind))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    facilitator: Mapped[str] = mapped_column(String(200), default="")
    """Who leads it, in words: a guest need not be in the course."""
    place: Mapped[str] = mapped_column(String(200), default="")
    link: Mapped[str] = mapped_column(String(2048), default="")
    materials: Mapped[list[Any]] = mapped_column(default=list)
    """A list of [address, title]."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    """The zone of the place, by its name in the IANA database."""
    seats: Mapped[int | None]
    """None: as many as come."""
    roles: Mapped[list[Any]] = mapped_column(default=list)
    """For whom it is."""
    module_keys: Mapped[list[Any]] = mapped_column(default=list)
    """What is taught there."""
    revision: Mapped[int] = mapped_column(default=0)
    """Rises with each change; calendars go by it."""
    changed_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    attendance_revision: Mapped[int] = mapped_column(default=0)
    """Rises with each entry of attendance or work, so that nobody overwrites what they have not seen."""


class Reply(Base):
    """What someone says of coming. Whoever comes has a number, in the order of saying so."""

    __tablename__ = "event_reply"
    __table_args__ = (UniqueConstraint("event_id", "number"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    number: Mapped[int | None]
    """None for who does not come. The lowest numbers have the seats, the others wait for one."""
    said_at: Mapped[datetime]


class Attendance(Base):
    """Whether a person was at an event. Belongs to the person: they need never have opened the tool."""

    __tablename__ = "attendance"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    state: Mapped[AttendanceState] = mapped_column(enum_type(AttendanceState))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    recorded_at: Mapped[datetime]


class AttendanceChange(Base):
    """A correction of attendance, or of what a group did: who, when, why. Never changed."""

    __tablename__ = "attendance_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """None where the work of the whole group was corrected."""
    was: Mapped[str] = mapped_column(String(160))
    """A state; for work `module/exercise`."""
    became: Mapped[str] = mapped_column(String(160))
    """A state, or nothing: taken back."""
    reason: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    changed_at: Mapped[datetime]
    person: Mapped[Person | None] = relationship(lazy="joined")
    changed_by: Mapped[Membership] = relationship(lazy="joined", innerjoin=True)


class ClassWork(Base):
    """An exercise that the group of an event did together: evidence for whoever was present."""

    __tablename__ = "class_work"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    module_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    exercise_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    recorded_at: Mapped[datetime]
