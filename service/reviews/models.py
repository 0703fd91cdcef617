"""Tables of reviews: answers that people look at, decisions for ever, and remarks of fellow learners."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, Json, enum_type, new_public_id
from service.people.models import Person


class ReviewState(StrEnum):
    """How an answer stands with its reviewers."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    REPLACED = "replaced"
    """A newer answer to the same exercise came before anybody had decided."""


class Decision(StrEnum):
    """What a reviewer does with an answer."""

    ACCEPT = "accept"
    RETURN = "return"
    REOPEN = "reopen"
    """Takes back what was decided so far: it stays to be read and counts no more."""


class PeerAccess(StrEnum):
    """Whether the writer lets another learner of the course read the answer."""

    NONE = "none"
    NAMELESS = "nameless"
    NAMED = "named"


class ReviewEntry(Base):
    """An answer in the queue of the course where it was handed in; one for each attempt that people look at."""

    __tablename__ = "review_entry"
    __table_args__ = (Index(None, "course_id", "state", "waiting_since"), Index(None, "person_id", "module_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), unique=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """The writer."""
    module_key: Mapped[str] = mapped_column(String(64))
    exercise_key: Mapped[str] = mapped_column(String(64))
    is_required: Mapped[bool]
    """Whether the exercise counts as passed only once this answer, or another one, is accepted."""
    reviewers: Mapped[int]
    """How many different people must accept."""
    state: Mapped[ReviewState] = mapped_column(enum_type(ReviewState), default=ReviewState.WAITING)
    waiting_since: Mapped[datetime]
    """When the answer was handed in."""
    decided_at: Mapped[datetime | None]
    """When it was first accepted or returned; None while it waits."""
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    claimed_until: Mapped[datetime | None]
    """Until then others are asked to leave it to who claimed it; nothing is locked."""
    peer_access: Mapped[PeerAccess] = mapped_column(enum_type(PeerAccess), default=PeerAccess.NONE)
    person: Mapped[Person] = relationship(foreign_keys=[person_id], viewonly=True)
    claimed_by: Mapped[Person | None] = relationship(foreign_keys=[claimed_by_id], viewonly=True)


class Review(Base):
    """One act of a reviewer. Rows are only added; which of them count, `rules.counting` says."""

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("entry_id", "number"), UniqueConstraint("entry_id", "submission_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("review_entry.id"))
    number: Mapped[int]
    """1 for the first of the entry. A page says the last one that it showed, so that none decides over another."""
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    decision: Mapped[Decision] = mapped_column(enum_type(Decision))
    remark: Mapped[str] = mapped_column(Text)
    criteria: Mapped[Json]
    """By criterion: {"level": met, partly or not_yet; "remark": text}; only those that something was said of."""
    submission_key: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    reviewer: Mapped[Person] = relationship(viewonly=True)


class PeerRemark(Base):
    """What a fellow learner says of an answer. It decides nothing, and the writer does not learn who it was."""

    __tablename__ = "peer_remark"
    __table_args__ = (UniqueConstraint("entry_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("review_entry.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    remark: Mapped[str] = mapped_column(Text)
    criteria: Mapped[Json]
    recorded_at: Mapped[datetime]
