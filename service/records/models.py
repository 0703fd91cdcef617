"""Tables of signed records: what was stated, the keys it was signed with, whose keys we trust, what was shown to us."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, Json, new_public_id


class RecordKey(Base):
    """A key pair for records. The newest signs; older ones stay published, so that what they signed can be checked."""

    __tablename__ = "record_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    multikey: Mapped[str] = mapped_column(String(64), unique=True)
    """The public half as W3C Multikey; its name in our key document too."""
    encrypted_private_key: Mapped[bytes]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """Set when it has leaked: then nothing that it signed is valid any more."""


class TrainingRecord(Base):
    """A statement of what a person finished, signed and never changed. It names no mentee, no pair and no answer."""

    __tablename__ = "training_record"
    __table_args__ = (UniqueConstraint("person_id", "ticket"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ticket: Mapped[str] = mapped_column(String(16))
    """Of the form that asked for it, so that sending it twice makes one record."""
    scope: Mapped[str] = mapped_column(String(80))
    """What it is about, see `rules.Scope`."""
    language: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(26), unique=True)
    """By which whoever got it from the holder finds it; see `rules.new_code`."""
    credential_id: Mapped[str] = mapped_column(String(64), unique=True)
    """Its `id` as a credential, which the public list of withdrawn records names: it does not lead to the code."""
    credential: Mapped[Json]
    issued_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    """When the holder took a newer one instead; what it says stays true."""


class TrustedIssuer(Base):
    """Another issuer whose records count as evidence here: an administrator has read its keys and entered them."""

    __tablename__ = "trusted_issuer"

    id: Mapped[int] = mapped_column(primary_key=True)
    did: Mapped[str] = mapped_column(String(512), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    key_document: Mapped[Json]
    added_at: Mapped[datetime]


class AttachedRecord(Base):
    """A signed record that someone attached when asking for a module to be recognised."""

    __tablename__ = "attached_record"

    step_id: Mapped[int] = mapped_column(ForeignKey("recognition_step.id"), primary_key=True)
    credential: Mapped[Json]
