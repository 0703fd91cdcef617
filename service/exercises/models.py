"""Table of attempts: what someone answered, when, and the mark it got. A row is never changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, Json, new_public_id


class Attempt(Base):
    """One answer handed in to one exercise of one version of a module."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("person_id", "module_key", "exercise_key", "number"),
        UniqueConstraint("person_id", "submission_key"),
        CheckConstraint("points >= 0 AND points <= max_points", name="points_within_max"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64))
    module_version_id: Mapped[int] = mapped_column(ForeignKey("module_version.id"))
    exercise_key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    """1 for the first try."""
    submission_key: Mapped[str] = mapped_column(String(64))
    """Made with the form: a double click or a resend finds the attempt that is already there."""
    answer: Mapped[Json]
    points: Mapped[float]
    max_points: Mapped[float]
    is_passed: Mapped[bool]
    """By the pass mark of the version that was answered."""
    handed_in_at: Mapped[datetime]
