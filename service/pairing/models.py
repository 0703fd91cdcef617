"""Tables of relations as pairing makes them: a mentor with a mentee, later with a small group."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, Json, enum_type, new_public_id
from service.people.models import Membership, Role


class Relation(Base):
    """A mentor and those accompanied. Who is in it never leaves the tool (S4-133)."""

    __tablename__ = "relation"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    paired_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    paired_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    members: Mapped[list["RelationMember"]] = relationship(back_populates="relation", lazy="selectin")


class RelationMember(Base):
    """One person in a relation, with what the gate knew when it let them through."""

    __tablename__ = "relation_member"
    __table_args__ = (
        UniqueConstraint("relation_id", "membership_id"),
        Index(
            "uq_relation_member_current_mentee",
            "membership_id",
            unique=True,
            sqlite_where=text("role = 'mentee' AND ended_at IS NULL"),
            postgresql_where=text("role = 'mentee' AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    relation_id: Mapped[int] = mapped_column(ForeignKey("relation.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    role: Mapped[Role] = mapped_column(enum_type(Role))
    policy_version: Mapped[int]
    results: Mapped[list[Any]]
    """The condition results at that moment, frozen (FEATURES N4)."""
    snapshot: Mapped[Json | None]
    """What they came from, as `readiness.operations.replay` takes it; None for relations from before it was kept."""
    ended_at: Mapped[datetime | None]
    relation: Mapped[Relation] = relationship(back_populates="members")
    membership: Mapped[Membership] = relationship(lazy="joined", innerjoin=True)
