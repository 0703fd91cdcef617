"""Table of profiles: one per member of a course, for staff of that course to match by."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Profile(Base):
    """What a member tells of themselves in one course (S4-51, S4-55, S1-09). The names are those of `rules.Told`."""

    __tablename__ = "profile"

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    languages: Mapped[list[Any]]
    setting: Mapped[str] = mapped_column(String(16))
    times: Mapped[list[Any]]
    field: Mapped[str] = mapped_column(String(200))
    matter: Mapped[str] = mapped_column(Text)
    wishes: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    """Rises with each change, so that one tab does not overwrite what it has not seen."""
    changed_at: Mapped[datetime]
