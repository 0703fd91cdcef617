"""What can be done with the LMSs we trust: register, approve, disable. Our signing keys. The record of it all."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session, selectinload

from lti.keys import SecretBox, decrypt_private_key, encrypt_private_key, make_signing_key, public_jwk, public_jwks
from lti.keys import SigningKey as OpenKey
from service.db import Json, add_or_get
from service.errors import ConflictError, NotFoundError
from service.platforms.models import AuditEvent, Deployment, Platform, SigningKey
from service.platforms.rules import check_platform, check_service_hosts

KEY_PURPOSE = "signing keys"
NEWEST_FIRST = (SigningKey.created_at.desc(), SigningKey.id.desc())
MOST_PENDING_DEPLOYMENTS = 50
REFUSED = "launch_refused"
MOST_REFUSALS_A_MINUTE = 300
MOST_REFUSALS = 50_000
"""Kept, however many come: anyone can have a launch refused, and fill a disk with it. The oldest go."""
SWEEP_EVERY = 64


class PlatformState(StrEnum):
    """Whether launches of a platform are taken."""

    ACTIVE = "active"
    PENDING = "pending"
    """None of its deployments is approved."""
    DISABLED = "disabled"


class Added(StrEnum):
    """What adding a platform came to."""

    PLATFORM = "platform"
    DEPLOYMENT = "deployment"
    NOTHING = "nothing"


@dataclass(frozen=True)
class AddOutcome:
    """What add_platform did, and a sentence that says so."""

    added: Added
    platform: Platform
    deployment_id: str

    @property
    def sentence(self) -> str:
        """Say what happened, for the command line."""
        where = f"{self.platform.issuer} (client {self.platform.client_id})"
        match self.added:
            case Added.PLATFORM:
                return f"Registered {where} with deployment {self.deployment_id}."
            case Added.DEPLOYMENT:
                return f"{where} was known; deployment {self.deployment_id} is approved now."
            case Added.NOTHING:
                return f"{where} with deployment {self.deployment_id} was known; nothing changed."


def add_platform(  # noqa: PLR0913 (the fields of a registration, each by its name)
    session: Session,
    *,
    issuer: str,
    client_id: str,
    auth_login_url: str,
    token_url: str,
    jwks_url: str,
    deployment_id: str,
    name: str = "",
    token_audience: str | None = None,
    service_hosts: str | None = None,
    product_family: str = "",
    may_use_private_addresses: bool = False,
    at: datetime,
) -> AddOutcome:
    """Register an LMS with an approved deployment; for one that is known, only add or approve the deployment.

    What is None was not said: it is empty for a new LMS, and stays as it is for one that is known, as does
    `product_family`, until a launch says otherwise. Raises
    InvalidInputError for values that cannot be used, and ConflictError if the LMS is known with other addresses:
    which of them are right is for a human to say.
    """
    optional = {"token_audience": token_audience, "service_hosts": service_hosts}
    fields: dict[str, Any] = {
        "issuer": issuer,
        "client_id": client_id,
        "auth_login_url": auth_login_url,
        "token_url": token_url,
        "jwks_url": jwks_url,
        "may_use_private_addresses": may_use_private_addresses,
        **{name: value for name, value in optional.items() if value is not None},
    }
    check_platform(name=name, deployment_id=deployment_id, **fields)
    platform = find_platform(session, issuer, client_id)
    added = Added.NOTHING
    if platform is None:
        platform = Platform(**fields, name=name or issuer[:255], product_family=product_family, created_at=at)
        session.add(platform)
        session.flush()
        added = Added.PLATFORM
    different = [key for key, value in fields.items() if getattr(platform, key) != value]
    if different:
        raise ConflictError(
            "platform.known_otherwise", f"{issuer} is registered with another {', '.join(different)}.", fields=different
        )
    deployment = _add_deployment(session, platform, deployment_id, at=at)
    if deployment.approved_at is None:
        deployment.approved_at = at
        added = Added.DEPLOYMENT if added is Added.NOTHING else added
    if added is not Added.NOTHING:
        record_audit(session, f"{added}_added", at=at, platform_id=platform.id, detail={"deployment": deployment_id})
    return AddOutcome(added, platform, deployment_id)


def find_platform(session: Session, issuer: str, client_id: str) -> Platform | None:
    """Return the registration of a client at an issuer, if there is one."""
    return session.scalars(select(Platform).filter_by(issuer=issuer, client_id=client_id)).one_or_none()


def get_platform(session: Session, public_id: str) -> Platform:
    """Return the registration with its deployments; raise NotFoundError."""
    query = select(Platform).filter_by(public_id=public_id).options(selectinload(Platform.deployments))
    platform = session.scalars(query).one_or_none()
    if platform is None:
        raise NotFoundError("platform.unknown", f"There is no platform {public_id}.")
    return platform


def get_platform_by_id(session: Session, platform_id: int) -> Platform:
    """Return the registration that a row of ours belongs to, with its deployments."""
    return session.get_one(Platform, platform_id, options=[selectinload(Platform.deployments)])


def list_platforms(session: Session) -> Sequence[Platform]:
    """Return all registrations with their deployments, the oldest first."""
    return session.scalars(select(Platform).options(selectinload(Platform.deployments)).order_by(Platform.id)).all()


def state_of(platform: Platform) -> PlatformState:
    """Return whether launches of a platform are taken."""
    if platform.disabled_at is not None:
        return PlatformState.DISABLED
    is_approved = any(deployment.approved_at for deployment in platform.deployments)
    return PlatformState.ACTIVE if is_approved else PlatformState.PENDING


def set_platform_disabled(session: Session, public_id: str, *, at: datetime) -> None:
    """Refuse launches from this registration from now on. Nothing is deleted."""
    platform = get_platform(session, public_id)
    if platform.disabled_at is None:
        platform.disabled_at = at
        record_audit(session, "platform_disabled", at=at, platform_id=platform.id)


def set_platform_enabled(session: Session, public_id: str, *, at: datetime) -> None:
    """Take launches from this registration again."""
    platform = get_platform(session, public_id)
    if platform.disabled_at is not None:
        platform.disabled_at = None
        record_audit(session, "platform_enabled", at=at, platform_id=platform.id)


def add_service_host(session: Session, public_id: str, host: str, *, at: datetime) -> None:
    """Let services of a registration be on one more host (CONFORMANCE T11); raise InvalidInputError if it is none."""
    platform = get_platform(session, public_id)
    hosts = platform.service_hosts.split()
    if host in hosts:
        return
    check_service_hosts(" ".join([*hosts, host]))
    platform.service_hosts = " ".join([*hosts, host])
    record_audit(session, "service_host_added", at=at, platform_id=platform.id, detail={"host": host})


def approve_deployment(
    session: Session, platform_public_id: str, deployment_id: str, *, by: str = "", at: datetime
) -> None:
    """Take launches from a deployment that waits; raise NotFoundError if it was never seen.

    `by` is the public id of the person who approves, empty for whoever runs the tool.
    """
    platform = get_platform(session, platform_public_id)
    deployment = next((d for d in platform.deployments if d.deployment_id == deployment_id), None)
    if deployment is None:
        raise NotFoundError("deployment.unknown", f"Deployment {deployment_id} was never seen.")
    if deployment.approved_at is None:
        deployment.approved_at = at
        detail = {"deployment": deployment_id, "by": by}
        record_audit(session, "deployment_approved", at=at, platform_id=platform.id, detail=detail)


def record_pending_deployment(session: Session, platform_id: int, deployment_id: str, *, at: datetime) -> None:
    """Remember a deployment that launched without approval, so that an administrator can approve it (C19).

    A platform may have 50 of them waiting; further ones are only in the audit.
    """
    waiting = select(func.count()).select_from(Deployment).filter_by(platform_id=platform_id, approved_at=None)
    if session.scalars(waiting).one() < MOST_PENDING_DEPLOYMENTS:
        keys = {"platform_id": platform_id, "deployment_id": deployment_id}
        add_or_get(session, Deployment, keys, {"first_seen_at": at})


def ensure_signing_key(session: Session, secret_key: str, *, at: datetime) -> SigningKey:
    """Return the key that signs: the newest that is not retired, made if there is none."""
    newest = select(SigningKey).filter_by(retired_at=None).order_by(*NEWEST_FIRST)
    row = session.scalars(newest.limit(1)).one_or_none()
    return row or add_signing_key(session, secret_key, at=at)


def rotate_signing_key(session: Session, secret_key: str, *, overlap: timedelta, at: datetime) -> SigningKey:
    """Make a new key, which signs from now on; the others are published until `overlap` is over (T12)."""
    for other in list_signing_keys(session):
        other.retired_at = min(other.retired_at or at + overlap, at + overlap)
    row = add_signing_key(session, secret_key, at=at)
    record_audit(session, "key_rotated", at=at, detail={"kid": row.kid, "overlap_days": overlap / timedelta(days=1)})
    return row


def list_signing_keys(session: Session) -> Sequence[SigningKey]:
    """Return all our keys, the one that signs first, those that are retired too."""
    return session.scalars(select(SigningKey).order_by(*NEWEST_FIRST)).all()


def add_signing_key(session: Session, secret_key: str, *, at: datetime) -> SigningKey:
    """Make a new key, which signs from now on; older ones stay published until they are retired (T12)."""
    key = make_signing_key()
    row = SigningKey(
        kid=key.kid,
        encrypted_private_pem=encrypt_private_key(key, SecretBox(secret_key, KEY_PURPOSE)),
        public_jwk=public_jwk(key.private_key.public_key()),
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def open_signing_key(row: SigningKey, secret_key: str) -> OpenKey:
    """Return the key of a row ready to sign; raise lti.errors.KeyUnreadableError if the secret has changed."""
    return decrypt_private_key(row.kid, row.encrypted_private_pem, SecretBox(secret_key, KEY_PURPOSE))


def public_key_set(session: Session, *, at: datetime) -> Json:
    """Return the JWKS of all keys that are not yet retired, the newest first (T12, T13)."""
    is_live = or_(SigningKey.retired_at.is_(None), SigningKey.retired_at > at)
    return public_jwks(session.scalars(select(SigningKey.public_jwk).where(is_live).order_by(*NEWEST_FIRST)))


def record_audit(
    session: Session,
    kind: str,
    *,
    at: datetime,
    support_id: str = "",
    platform_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Record what an administrator may have to explain later. `detail` holds no name and no token."""
    event = AuditEvent(at=at, kind=kind, support_id=support_id, platform_id=platform_id, detail=detail or {})
    session.add(event)
    session.flush()


def record_refusal(
    session: Session, *, support_id: str, platform_id: int | None, detail: dict[str, Any], at: datetime
) -> bool:
    """Record a refused launch; return False if too many came within a minute and the log alone has to hold this one."""
    since = at - timedelta(minutes=1)
    query = select(func.count()).select_from(AuditEvent).where(AuditEvent.kind == REFUSED, AuditEvent.at > since)
    if session.scalars(query).one() >= MOST_REFUSALS_A_MINUTE:
        return False
    record_audit(session, REFUSED, at=at, support_id=support_id, platform_id=platform_id, detail=detail)
    if secrets.randbelow(SWEEP_EVERY) == 0:
        forget_refusals(session)
    return True


def forget_refusals(session: Session) -> None:
    """Remove the oldest refused launches beyond MOST_REFUSALS, some at a time; whatever else the audit holds stays."""
    refused = select(AuditEvent.id).where(AuditEvent.kind == REFUSED)
    kept = refused.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(1).offset(MOST_REFUSALS - 1)
    oldest_kept = session.scalar(kept)
    if oldest_kept is not None:
        over = refused.where(AuditEvent.id < oldest_kept).limit(SWEEP_EVERY * 4)
        session.execute(delete(AuditEvent).where(AuditEvent.id.in_(over)).execution_options(synchronize_session=False))


def _add_deployment(session: Session, platform: Platform, deployment_id: str, *, at: datetime) -> Deployment:
    keys = {"platform_id": platform.id, "deployment_id": deployment_id}
    return add_or_get(session, Deployment, keys, {"first_seen_at": at})
