"""Tables of how far each learner is in each module: what was read, what was recognised, and what it amounts to."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.completion.recognition_rules import StepKind
from service.db import Base, Json, enum_type
from service.people.models import Membership


class ReadingMark(Base):
    """A section that someone has read to its end: said so, or got there."""

    __tablename__ = "reading_mark"
    __table_args__ = (UniqueConstraint("person_id", "module_key", "section_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64))
    section_key: Mapped[str] = mapped_column(String(64))
    read_at: Mapped[datetime]


class RecognitionStep(Base):
    """One step on the way to a module being recognised: asked, decided, recorded, undone. Steps are only added.

    The last step of a person and a module says how things stand, and all of them are the history.
    """

    __tablename__ = "recognition_step"
    __table_args__ = (UniqueConstraint("person_id", "module_key", "number"), Index(None, "membership_id", "kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    """The learner."""
    module_key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    """1 for the first; a form names the last step that its page showed, so that nothing is decided unseen."""
    kind: Mapped[StepKind] = mapped_column(enum_type(StepKind))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    """Who did it, and in which course; only the staff of that course read the text."""
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When the module was done elsewhere, for what staff record."""
    valid_until: Mapped[datetime | None]
    member: Mapped[Membership] = relationship(lazy="joined", innerjoin=True)


class Completion(Base):
    """How far a person is in a module. Belongs to the person, not the course: training done once is not asked twice."""

    __tablename__ = "completion"
    __table_args__ = (UniqueConstraint("person_id", "module_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    module_key: Mapped[str] = mapped_column(String(64), index=True)
    module_version_id: Mapped[int] = mapped_column(ForeignKey("module_version.id"))
    """The version that the figures below were computed with."""
    passed_exercises: Mapped[int]
    all_exercises: Mapped[int]
    points: Mapped[float]
    max_points: Mapped[float]
    results: Mapped[Json | None]
    """A `rules.Result` as data: how far the rule of the module is met; None while it was never asked."""
    completed_at: Mapped[datetime | None]
    """When the module was first complete, by own work or by recognition."""
    earned_at: Mapped[datetime | None]
    """When its rule was first met; later versions or lower tries never take it away, only evidence taken back does."""
    done_in: Mapped[Json]
    """By exercise, the version of the module up to which it need not be done again."""
    recognition_id: Mapped[int | None] = mapped_column(ForeignKey("recognition_step.id"))
    """The step by which it is recognised."""
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    """Until when the recognition holds, if nothing else makes the module complete."""
    updated_at: Mapped[datetime]
    recognition: Mapped[RecognitionStep | None] = relationship(lazy="selectin")
