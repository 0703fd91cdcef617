"""Tables of the gate: the policy of a course for a role, commitments given, and where each person stands."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, enum_type
from service.people.models import Role


class Policy(Base):
    """What a role needs in a course before it may be paired. A change is a new version; the highest one is in force."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("course_id", "role", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    role: Mapped[Role] = mapped_column(enum_type(Role))
    version: Mapped[int]
    conditions: Mapped[list[Any]]
    """A list of condition objects, as `rules.Condition` reads them."""
    created_at: Mapped[datetime]


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


class Standing(Base):
    """Where a person stands before the gate: the latest evaluation, brought up to date with each event."""

    __tablename__ = "standing"

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    results: Mapped[list[Any]]
    """A list of `rules.ConditionResult` as data."""
    ready_since: Mapped[datetime | None]
    evaluated_at: Mapped[datetime]
