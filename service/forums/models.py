"""Tables of forums: threads, posts with what they said before, polls, and what each reader has read."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from service.db import Base, enum_type, new_public_id
from service.people.models import Person, Role

_PINNED = text("pinned_at IS NOT NULL")
_PRIVATE = text("private_to_id IS NOT NULL")


class Forum(Base):
    """A forum of a course, or of a whole platform; made when something is first kept in it. See `rules.PLANS`."""

    __tablename__ = "forum"
    __table_args__ = (
        UniqueConstraint("course_id", "key"),
        Index(
            "uq_forum_of_platform",
            "platform_id",
            "key",
            unique=True,
            sqlite_where=text("course_id IS NULL"),
            postgresql_where=text("course_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    """None for a forum across the courses of the platform."""
    key: Mapped[str] = mapped_column(String(32))
    lock_after_days: Mapped[int | None]
    """A thread in which nothing happened for so long is locked; None: never by itself."""
    created_at: Mapped[datetime]


class ForumSeat(Base):
    """A member whom staff gave a seat: in the lead team of a community, or in the steering group."""

    __tablename__ = "forum_seat"

    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    since: Mapped[datetime]


class Thread(Base):
    """A conversation in a forum."""

    __tablename__ = "forum_thread"
    __table_args__ = (
        UniqueConstraint("forum_id", "ring"),
        Index(None, "forum_id", "last_post_at"),
        Index("ix_forum_thread_pinned", "forum_id", sqlite_where=_PINNED, postgresql_where=_PINNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"))
    ring: Mapped[str | None] = mapped_column(String(40))
    """Whose thread it is where each ring of readers has one: `person:<id>`, `relation:<id>`, or `everyone` for the one
    thread of a single topic. None for the others, of which a forum has many."""
    title: Mapped[str] = mapped_column(String(150), default="")
    """Empty where there is one thread for a ring: pages name it."""
    last_number: Mapped[int] = mapped_column(default=0)
    """The highest number that a post of the thread ever had."""
    created_at: Mapped[datetime]
    last_post_at: Mapped[datetime]
    """Of posts that all readers of the thread may see."""
    pinned_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    """When it was last opened by hand: from then on inactivity counts anew."""
    version: Mapped[int] = mapped_column(default=1)
    """Rises with each act of moderation, so that the second of two at once is told."""
    forum: Mapped[Forum] = relationship(lazy="joined", innerjoin=True)


class Post(Base):
    """What someone wrote in a thread."""

    __tablename__ = "forum_post"
    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        UniqueConstraint("author_id", "submission_key"),
        Index(None, "author_id", "posted_at"),
        Index("ix_forum_post_private", "posted_at", sqlite_where=_PRIVATE, postgresql_where=_PRIVATE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"))
    number: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("forum_post.id"), index=True)
    """The post that it replies to."""
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    author_role: Mapped[Role] = mapped_column(enum_type(Role))
    """When it was posted; later the writer may have another."""
    is_unnamed: Mapped[bool] = mapped_column(default=False)
    """No page shows the writer's name or role. The writer is kept, who may change or delete what they wrote."""
    private_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The one person who reads it beside the staff; None for a post that all readers of the thread see."""
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    """What a search looks through: the title of the thread in its first post, and the text."""
    waits_for_index: Mapped[bool | None] = mapped_column(default=True, index=True)
    """Whether the index of the search does not know yet what it says; None once it does."""
    language: Mapped[str] = mapped_column(String(8))
    submission_key: Mapped[str] = mapped_column(String(64))
    posted_at: Mapped[datetime]
    edits: Mapped[int] = mapped_column(default=0)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """By the writer, for good: the text is gone, the place stays."""
    hidden_at: Mapped[datetime | None]
    """By a moderator, who may show it again."""
    author: Mapped[Person] = relationship(foreign_keys=author_id, lazy="raise")
    parent: Mapped["Post | None"] = relationship(remote_side="Post.id", lazy="raise")

    @validates("folded")
    def _let_it_be_indexed(self, _name: str, folded: str) -> str:
        self.waits_for_index = True
        return folded


class PostRevision(Base):
    """What a post said, and which files it had, before its writer changed it."""

    __tablename__ = "forum_post_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("forum_post.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[Any] | None]
    """`id` (public) and `alt` of each file; None from the time when files could not be changed."""
    replaced_at: Mapped[datetime]


class PostMention(Base):
    """Someone whom a post names with an @."""

    __tablename__ = "forum_post_mention"

    post_id: Mapped[int] = mapped_column(ForeignKey("forum_post.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)


class PollOption(Base):
    """An answer that could be defended."""

    __tablename__ = "forum_poll_option"
    __table_args__ = (UniqueConstraint("thread_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))


class PollVote(Base):
    """The answer that someone would defend; no page shows whose it is."""

    __tablename__ = "forum_poll_vote"

    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    option_id: Mapped[int] = mapped_column(ForeignKey("forum_poll_option.id"))


class ThreadMark(Base):
    """How far someone has read a thread, and whether they marked it with a star."""

    __tablename__ = "forum_thread_mark"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"), primary_key=True, index=True)
    read_to: Mapped[int] = mapped_column(default=0)
    """The highest number of a post that was shown to them."""
    starred_at: Mapped[datetime | None]


class ForumMark(Base):
    """Up to when someone has marked everything in a forum as read."""

    __tablename__ = "forum_mark"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), primary_key=True)
    read_at: Mapped[datetime]


class ModerationEntry(Base):
    """What a moderator did, for ever; and what was posted in spite of a warning, with the reason given."""

    __tablename__ = "forum_moderation_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id"), index=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_thread.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("forum_post.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    act: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime]
