"""Table of how far each learner is in each module."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


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
    completed_at: Mapped[datetime | None]
    """When the module was first complete; later versions or lower tries never take it away."""
    updated_at: Mapped[datetime]
