"""Tables of the board: views that coordinators keep, and reminders, with who was reminded."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_public_id
from service.people.models import Membership


class SavedView(Base):
    """Filters and an order under a name, of one coordinator in one course."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("membership_id", "name"),
        Index(
            "uq_saved_view_default",
            "membership_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(Text)
    """The query of its address, as `Wish` has it."""
    is_default: Mapped[bool] = mapped_column(default=False)
    """Whether it opens when nothing else is asked for."""


class Reminder(Base):
    """Something that a coordinator sent to several people at once; the same form sends once."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("sent_by_id", "submission_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_key: Mapped[str] = mapped_column(String(32))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    sent_at: Mapped[datetime]
    person_count: Mapped[int] = mapped_column(default=0)
    sent_by: Mapped[Membership] = relationship(lazy="joined", innerjoin=True)


class Reminded(Base):
    """One person whom a reminder went to."""

    __tablename__ = "reminded"

    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, index=True)
