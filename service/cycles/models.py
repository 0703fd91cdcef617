"""Tables of the professional forum: what stands on the agenda of a session or stays open, and what was written down."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, enum_type, new_public_id
from service.forums.models import Thread


class PointList(StrEnum):
    """Where a point of a session stands."""

    AGENDA = "agenda"
    QUESTIONS = "questions"
    """Questions that the session left open."""


class SessionPoint(Base):
    """A point on the agenda of a session, or a question that it left open: a thread of `cases`, or own words."""

    __tablename__ = "session_point"
    __table_args__ = (UniqueConstraint("event_id", "thread_id"), UniqueConstraint("event_id", "carried_from_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    list: Mapped[PointList] = mapped_column(enum_type(PointList))
    number: Mapped[int]
    """Its place in the list."""
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("forum_thread.id"))
    text: Mapped[str] = mapped_column(String(500), default="")
    """Empty where it is a thread."""
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was written although it seems to name a mentee."""
    settled_at: Mapped[datetime | None]
    """When it was marked as talked through; what is not, is open and can be carried over."""
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("session_point.id"))
    """The point of an earlier session that it carries on."""
    added_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    added_at: Mapped[datetime]
    thread: Mapped[Thread | None] = relationship(lazy="joined")


class SessionRecord(Base):
    """What is written down for a session, in Markdown: to prepare it, and after it."""

    __tablename__ = "session_record"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    materials: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it was written although it seems to name a mentee; the latest."""
    revision: Mapped[int] = mapped_column(default=0)
    """Rises with each change, so that nobody overwrites what they have not seen."""
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    changed_at: Mapped[datetime]
