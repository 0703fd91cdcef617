"""Tables of the gate: policies, what people commit to and declare, what staff decide and waive, where each stands."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import Enum, ForeignKey, Index, String, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_public_id
from service.people.models import Membership, Role


class WayOn(StrEnum):
    """What experienced mentors may take on beside, and stay mentors (S0-51)."""

    ACCOMPANY = "accompany_mentors"
    TEACH = "teach_units"
    RECRUIT = "recruit_mentors"


_WITH_POLICY = [*(role.value for role in Role), *(way.value for way in WayOn)]


def _one_open(*columns: str) -> Index:
    """Return the index that lets only one row with these values stand that is not withdrawn."""
    is_open = text("withdrawn_at IS NULL")
    return Index(None, *columns, unique=True, sqlite_where=is_open, postgresql_where=is_open)


class Policy(Base):
    """What is asked of a role in a course, or on a way on. A change is a new version; the highest one is in force.

    Learners are not paired before they meet it; what is asked of coordinators and on ways on blocks nothing.
    """

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("course_id", "role", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    role: Mapped[str] = mapped_column(Enum(*_WITH_POLICY, native_enum=False, length=24))
    """A Role, or a WayOn."""
    version: Mapped[int]
    conditions: Mapped[list[Any]]
    """All that is asked: a list of condition objects, as `conditions.Condition` reads them."""
    own: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """Of these, what the course has added or made stricter; the others come with the content."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    """None where the content has changed."""


class Commitment(Base):
    """A text that a person agreed to, in the version they saw (S0-09). Withdrawing keeps the row."""

    __tablename__ = "commitment"
    __table_args__ = (UniqueConstraint("membership_id", "kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Declaration(Base):
    """What a person says of themselves: "yes, now", room for so many mentees (S4-40, S1-04). Withdrawing keeps it."""

    __tablename__ = "declaration"
    __table_args__ = (_one_open("membership_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int | None]
    """How many, where a number is asked; None for a plain yes."""
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Decision(Base):
    """A yes or no of one of the staff about a person, on one criterion (S0-30). A change of mind is another row."""

    __tablename__ = "decision"
    __table_args__ = (_one_open("membership_id", "key", "decided_by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    key: Mapped[str] = mapped_column(String(64))
    is_yes: Mapped[bool]
    is_applicable: Mapped[bool] = mapped_column(default=True, server_default=true())
    """False where the question does not arise for this person: the guardian of someone who is of age."""
    reason: Mapped[str] = mapped_column(Text)
    """For the staff of the course."""
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    decided_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    membership: Mapped[Membership] = relationship(foreign_keys=[membership_id])
    decided_by: Mapped[Membership] = relationship(foreign_keys=[decided_by_id])


class Waiver(Base):
    """A condition that is not asked of one person, with who, why and until when: never silent (S0-29)."""

    __tablename__ = "waiver"
    __table_args__ = (_one_open("membership_id", "condition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    condition: Mapped[str] = mapped_column(String(96))
    """`Condition.name`."""
    reason: Mapped[str] = mapped_column(Text)
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    granted_at: Mapped[datetime]
    until: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    """The second person, where the policy asks for two; it does not count before."""
    approved_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    withdrawn_at: Mapped[datetime | None]
    membership: Mapped[Membership] = relationship(foreign_keys=[membership_id])
    granted_by: Mapped[Membership] = relationship(foreign_keys=[granted_by_id])


BOARD_INDEX = "INDEXED BY ix_standing_board"
"""The hint for SQLite, which would read the rows themselves."""
_FOR_BOARDS = ("membership_id", "policy_id", "states", "ready_since", "changed_at", "due_at", "content", "first_at")


class Standing(Base):
    """Where a person stands before the gate: the latest evaluation, brought up to date with each event."""

    __tablename__ = "standing"
    __table_args__ = (
        # All that boards read of thousands of people: the rows themselves are long, for the sake of `results`.
        Index("ix_standing_board", *_FOR_BOARDS),
    )

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    results: Mapped[list[Any]]
    """A list of `conditions.ConditionResult` as data."""
    ready_since: Mapped[datetime | None]
    evaluated_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it must be looked at again: time ends something then, or the policy has changed."""
    states: Mapped[str] = mapped_column(Text, default="", server_default="")
    """A letter of `keeping` for each condition of the policy, in its order: what boards count and filter by."""
    content: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """`keeping.content_mark` of the content that was asked; "" before it was kept."""
    first_at: Mapped[datetime]
    """When the person was first looked at."""
    changed_at: Mapped[datetime]
    """Since when all conditions stand as they do; a new policy alone changes nothing here."""


class Told(IntEnum):
    """How much of a span other systems were told of."""

    NOTHING = 0
    BEGINNING = 1
    ALL = 2


class ReadySpan(Base):
    """A time in which someone was ready; the open one has no end."""

    __tablename__ = "ready_span"
    __table_args__ = (
        Index(
            None,
            "membership_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "told", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    told: Mapped[int] = mapped_column(default=Told.NOTHING, server_default="0")
    """A value of `Told`."""
