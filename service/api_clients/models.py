"""Tables of other systems that ask the gate: the client, the courses that it may ask about, its keys."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, new_public_id
from service.people.models import Course


class Scope(StrEnum):
    """What a client may be told."""

    ELIGIBILITY = "eligibility"
    """Whether someone may be paired, since when, until when."""
    READINESS = "readiness"
    """How each condition stands, too; never why, nor who decided."""
    NAMES = "names"


class ApiClient(Base):
    """A system of someone else that may ask about people of one LMS."""

    __tablename__ = "api_client"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    scopes: Mapped[list[Any]]
    """Values of `Scope`."""
    covers_platform: Mapped[bool] = mapped_column(default=False)
    """Whether it may ask about every course of the LMS, those to come too; else only about `courses`."""
    per_minute: Mapped[int]
    """How many questions it may ask in a minute."""
    minute: Mapped[datetime | None]
    """The minute that `used` is counted in."""
    used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    """Set once, for ever: none of its keys opens anything after it."""
    courses: Mapped[list[Course]] = relationship(secondary="api_client_course", order_by=Course.id, viewonly=True)
    keys: Mapped[list["ApiKey"]] = relationship(order_by="ApiKey.id.desc()", viewonly=True)


class ApiClientCourse(Base):
    """A course that a client may ask about."""

    __tablename__ = "api_client_course"

    client_id: Mapped[int] = mapped_column(ForeignKey("api_client.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True, index=True)


class ApiKey(Base):
    """A key of a client. It is told once; what is kept is a hash. While a new one takes over, both open."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    client_id: Mapped[int] = mapped_column(ForeignKey("api_client.id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    """Its last letters, so that people can tell which one a system holds."""
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """From when on it opens nothing: the end of the overlap, or the moment it was revoked."""
    last_used_at: Mapped[datetime | None]
    """To the hour."""
    client: Mapped[ApiClient] = relationship(viewonly=True)
