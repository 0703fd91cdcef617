"""Tables of the LMSs we trust: Platform, Deployment, and what a launch and a service call need to remember."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, Json, new_public_id


class Platform(Base):
    """A registration of this tool at an LMS: one row per (issuer, client id)."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(String(255))
    issuer: Mapped[str] = mapped_column(String(512))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_login_url: Mapped[str] = mapped_column(String(1024))
    token_url: Mapped[str] = mapped_column(String(1024))
    jwks_url: Mapped[str] = mapped_column(String(1024))
    token_audience: Mapped[str] = mapped_column(String(1024), default="")
    """What our requests for a token name as their audience; empty where that is the token URL (CONFORMANCE T01)."""
    service_hosts: Mapped[str] = mapped_column(String(1024), default="")
    """Hosts that its services may be on beside those of its addresses, separated by blanks (CONFORMANCE T11)."""
    may_use_private_addresses: Mapped[bool] = mapped_column(default=False)
    """Set only by an administrator: its addresses may be loopback or private (demo, tests, campus networks)."""
    product_family: Mapped[str] = mapped_column(String(64), default="")
    """`product_family_code` of the latest launch, for the quirks of that LMS."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    deployments: Mapped[list["Deployment"]] = relationship(back_populates="platform")


class Deployment(Base):
    """One installation of a registration in an LMS. Launches from one that is not approved are refused."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    first_seen_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    platform: Mapped[Platform] = relationship(back_populates="deployments")


class PlatformInvite(Base):
    """A link by which an LMS may register itself, once, until it expires. Only a hash of it is kept."""

    __tablename__ = "platform_invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    note: Mapped[str] = mapped_column(String(255), default="")
    """Whom it is for; becomes the name of the platform."""
    may_use_private_addresses: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """Set before the LMS is spoken to, so that two clicks cannot register twice; taken back if nothing came of it."""
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))


class SigningKey(Base):
    """A key pair of ours. The newest one signs; each is published until its retirement, if it has one."""

    __tablename__ = "signing_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    encrypted_private_pem: Mapped[bytes]
    public_jwk: Mapped[Json]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """From when on it is no longer published; set, in the future, when a newer key takes over (CONFORMANCE T12)."""


class LoginAttempt(Base):
    """One OIDC login that we started: what its launch must bring back, once."""

    __tablename__ = "login_attempt"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce_hash: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    target_link_uri: Mapped[str] = mapped_column(String(2048))
    deployment_hint: Mapped[str] = mapped_column(String(255), default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)
    consumed_at: Mapped[datetime | None]


class PlatformKeySet(Base):
    """The last good key set read from a platform, shared by all processes."""

    __tablename__ = "platform_key_set"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    jwks: Mapped[Json]
    fetched_at: Mapped[datetime]


class AccessToken(Base):
    """A service token of a platform, shared by all processes until shortly before it ends."""

    __tablename__ = "access_token"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    scopes: Mapped[str] = mapped_column(String(512), primary_key=True)
    """The scopes asked for, sorted, separated by blanks."""
    encrypted_token: Mapped[bytes]
    granted_scopes: Mapped[list[Any]]
    expires_at: Mapped[datetime]


class AuditEvent(Base):
    """What an administrator may have to explain later: refused launches, approvals, overrides. No name, no token."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(64))
    support_id: Mapped[str] = mapped_column(String(16), index=True, default="")
    """Shown to the user on the page of the refusal, so that both sides can speak of the same event."""
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    detail: Mapped[Json]
