"""Tables of what is taught: versions of a module that someone answered, what an LMS link shows, who picks content."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, Json, new_public_id


class ModuleVersion(Base):
    """A module as it was when someone answered it: structure and answer keys, frozen."""

    __tablename__ = "module_version"
    __table_args__ = (UniqueConstraint("module_key", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module_key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over structure, keys and words of all languages."""
    version: Mapped[int]
    """The number that its author gave it."""
    structure: Mapped[Json]
    first_seen_at: Mapped[datetime]


class Placement(Base):
    """An LMS link and what it shows: a key of the content, so that a copied course still finds it (FEATURES M13)."""

    __tablename__ = "placement"
    __table_args__ = (UniqueConstraint("course_id", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    resource_link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255), default="")
    content: Mapped[str] = mapped_column(String(128), default="")
    """A key as `modules.rules` describes them; empty while nobody has said what the link shows."""
    updated_at: Mapped[datetime]


class DeepLinkingRequest(Base):
    """An LMS that asks for content, kept on our side while a member picks; it is answered once."""

    __tablename__ = "deep_linking_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    deployment_id: Mapped[str] = mapped_column(String(255))
    return_url: Mapped[str] = mapped_column(String(2048))
    takes_links: Mapped[bool]
    takes_many: Mapped[bool]
    data: Mapped[str | None] = mapped_column(Text)
    """What the LMS wants back unchanged."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[Json | None]
    """What was chosen, so that the same form sent twice is one answer."""
    token: Mapped[str] = mapped_column(Text, default="")
    """The answer as it was signed."""
