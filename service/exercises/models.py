"""Tables of attempts, which never change, of what opens or ends them, and of drafts, which change with every key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, Json, new_public_id
from service.people.models import Membership

FORMS = "form:"
"""Stands where the drafts of exercises have their module, whose keys have no colon, in those of any other form."""


class Attempt(Base):
    """One answer handed in to one exercise of one version of a module."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("person_id", "module_key", "exercise_key", "number"),
        UniqueConstraint("person_id", "submission_key"),
        CheckConstraint("points >= 0 AND points <= max_points", name="points_within_max"),
        CheckConstraint("counted_share >= 0 AND counted_share <= 1", name="counted_is_a_share"),
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
    counted_share: Mapped[float]
    """What counts after this try, by the rule of its day, as a share of the full marks: 0..1."""
    passed_version: Mapped[int | None]
    """The newest version of the module in which this try or one before it was passed."""
    is_held: Mapped[bool]
    """Whether its mark is shown, and counts, only when a later try is the last one or the learner is done."""
    handed_in_at: Mapped[datetime]


class Done(Base):
    """A learner said that they are done with an exercise: what was held back is shown, and no try is left."""

    __tablename__ = "exercise_done"
    __table_args__ = (UniqueConstraint("person_id", "module_key", "exercise_key", "after_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64))
    exercise_key: Mapped[str] = mapped_column(String(64))
    after_number: Mapped[int]
    """The number of the last try that it ends."""
    done_at: Mapped[datetime]


class ExtraTries(Base):
    """Tries that staff gave one person beyond those of everyone. Taking them back keeps the row."""

    __tablename__ = "extra_tries"
    __table_args__ = (UniqueConstraint("person_id", "submission_key"), CheckConstraint("tries > 0", name="some_tries"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64))
    exercise_key: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    """As staff wrote it; the learner reads it too."""
    submission_key: Mapped[str] = mapped_column(String(64))
    given_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    given_at: Mapped[datetime]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    taken_back_at: Mapped[datetime | None]

    given_by: Mapped[Membership] = relationship(foreign_keys=given_by_id, lazy="raise")
    taken_back_by: Mapped[Membership | None] = relationship(foreign_keys=taken_back_by_id, lazy="raise")


class Draft(Base):
    """What stands in the form of an exercise and was not handed in yet; a row for each page that writes one.

    Two devices have two rows, so neither overwrites what the other has not seen.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("person_id", "submission_key"),
        Index(None, "person_id", "module_key"),
        # Finds what is forgotten after a day. Of all drafts: with a condition that names a module, SQLite plans every
        # statement anew that asks for one, which takes three times as long.
        Index(None, "module_key", "saved_at"),
    )

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
