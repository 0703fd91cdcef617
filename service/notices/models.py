"""Tables of notices: what members were told, what they follow, how they want mail, and the mails on their way."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, Json, enum_type, new_public_id
from service.notices.rules import Cadence, MailState, NoticeKind

_UNREAD = text("read_at IS NULL")


class Notice(Base):
    """Something that a member is to know of. Ids and keys only: no name and no text of anyone.

    There is one row for each thing: told of it again, the member finds it as unread as before.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("membership_id", "kind", "about"),
        Index(None, "membership_id", "at"),
        Index("ix_notice_unread", "membership_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    kind: Mapped[NoticeKind] = mapped_column(enum_type(NoticeKind))
    about: Mapped[str] = mapped_column(String(80))
    """See NoticeKind."""
    at: Mapped[datetime]
    """When the member was last told."""
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    """When it went into a digest."""


class ForumFollow(Base):
    """A forum of which someone wants to know everything new."""

    __tablename__ = "forum_follow"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), primary_key=True, index=True)
    since: Mapped[datetime]


class ThreadFollow(Base):
    """What someone wants of one thread, whatever they want of its forum."""

    __tablename__ = "forum_thread_follow"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"), primary_key=True, index=True)
    is_followed: Mapped[bool]
    since: Mapped[datetime]


class MailChoice(Base):
    """How often, and when, someone wants what is new by mail; and whether mail reaches them."""

    __tablename__ = "mail_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(enum_type(Cadence))
    hour: Mapped[int]
    """0 to 23, by the clocks of the zone."""
    weekday: Mapped[int]
    """0 for Monday to 6, for who wants one mail a week."""
    zone: Mapped[str] = mapped_column(String(48))
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the next digest is due; None for who wants none."""
    stopped_at: Mapped[datetime | None]
    """When they stopped all mail by the link in one, until they choose another cadence than none: then nothing comes.
    Who only chose to have no digest still gets what is urgent."""
    refused_address: Mapped[str] = mapped_column(String(255), default="")
    """The address that takes no mail. Nothing is sent there; to another one there is."""
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(255), default="")
    """What its server said, cut short."""


class Mail(Base):
    """A digest on its way."""

    __tablename__ = "mail"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    """In its Message-ID, so that who gets it twice shows it once; and in the address that it bounces to."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(8))
    content: Mapped[Json]
    """What it tells, see `render`: keys and numbers, and titles of courses."""
    is_urgent: Mapped[bool] = mapped_column(default=False)
    """Whether it is about somebody's safety."""
    made_at: Mapped[datetime]
    state: Mapped[MailState] = mapped_column(enum_type(MailState))
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a sender may take it: while one has it, the end of its lease. None when nothing more is to be done."""
    tries: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(String(255), default="")
    """What the mail server said last, cut short."""
    sent_at: Mapped[datetime | None]
