"""Tables of attempts, which never change, and of drafts, which change with every key that is pressed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
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


class Draft(Base):
    """What stands in the form of an exercise and was not handed in yet; a row for each page that writes one.

    Two devices have two rows, so neither overwrites what the other has not seen.
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("person_id", "submission_key"), Index(None, "person_id", "module_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64))
    exercise_key: Mapped[str] = mapped_column(String(64))
    submission_key: Mapped[str] = mapped_column(String(64))
    """That of the form: what is handed in with it ends the draft."""
    number: Mapped[int]
    """The page counts its savings, so that one which arrives late changes nothing."""
    fields: Mapped[Json]
    """The form as it stands, by name of the field: what a mark could not be given for is kept too."""
    saved_at: Mapped[datetime]
