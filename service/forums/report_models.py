"""Tables of what readers report, and of what moderators do about writers."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, enum_type, new_public_id
from service.forums.report_rules import FlagState, MeasureKind, ReportReason


class Report(Base):
    """What someone tells the moderators about a post, kept for ever; each person reports a post once."""

    __tablename__ = "forum_report"
    __table_args__ = (UniqueConstraint("post_id", "person_id"), Index(None, "person_id", "reported_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("forum_post.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[ReportReason] = mapped_column(enum_type(ReportReason))
    words: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    """When a moderator looked at it; None while it is open. What was decided stands in the log."""


class Measure(Base):
    """A warning or a block because of a post; it holds in all forums of a course, or in those of a platform."""

    __tablename__ = "forum_measure"
    __table_args__ = (Index(None, "person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"), index=True)
    """None: in the forum across the courses of the platform."""
    post_id: Mapped[int] = mapped_column(ForeignKey("forum_post.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("forum_moderation_entry.id"), unique=True)
    """Where the log says who did it."""
    kind: Mapped[MeasureKind] = mapped_column(enum_type(MeasureKind))
    reason: Mapped[str] = mapped_column(Text)
    """As the person reads it."""
    until: Mapped[date | None]
    """The last day of a block, by UTC; None for a warning."""
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


_LASTS = text("ended_at IS NULL")


class SafetyFlag(Base):
    """What someone wrote to the coordinators of their course since somebody's safety is at stake. In no log."""

    __tablename__ = "forum_safety_flag"
    __table_args__ = (UniqueConstraint("membership_id", "submission_key"), Index(None, "course_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    """Who wrote it."""
    post_id: Mapped[int | None] = mapped_column(ForeignKey("forum_post.id"), index=True)
    """The post it is about. None for one that coordinators do not read: of a relation they get `quote` alone."""
    words: Mapped[str] = mapped_column(Text)
    quote: Mapped[str] = mapped_column(Text, default="")
    submission_key: Mapped[str] = mapped_column(String(64))
    raised_at: Mapped[datetime]
    state: Mapped[FlagState] = mapped_column(enum_type(FlagState))
    version: Mapped[int] = mapped_column(default=1)
    """Rises with each change, so that the second of two at once is told."""


class SafetyStep(Base):
    """What coordinators did about a flag, for ever."""

    __tablename__ = "forum_safety_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[int] = mapped_column(ForeignKey("forum_safety_flag.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[FlagState] = mapped_column(enum_type(FlagState))
    words: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime]


class ContactPause(Base):
    """A conversation of a relation in which staff let nothing be written for a time; for ever, with who did so when."""

    __tablename__ = "forum_contact_pause"
    __table_args__ = (
        Index("uq_forum_contact_pause_now", "ring", unique=True, sqlite_where=_LASTS, postgresql_where=_LASTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ring: Mapped[str] = mapped_column(String(40))
    """Of the conversation, begun or not: `relation:<id>`, see `Thread.ring`."""
    flag_id: Mapped[int] = mapped_column(ForeignKey("forum_safety_flag.id"), index=True)
    """For which it was paused."""
    paused_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    paused_at: Mapped[datetime]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
