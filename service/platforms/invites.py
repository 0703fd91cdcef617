"""One-time links by which an LMS may register itself, and what comes of them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lti.browser_binding import hash_token
from lti.registration import PlatformConfiguration, RegistrationAnswer
from service.errors import InvalidInputError, NotAllowedError
from service.platforms.models import AccessToken, Platform, PlatformInvite, PlatformKeySet
from service.platforms.operations import find_platform, record_audit, record_pending_deployment

LONGEST_LIFETIME = timedelta(days=90)


class Outcome(StrEnum):
    """What a registration came to."""

    NEW = "new"
    RENEWED = "renewed"
    CHANGED = "changed"
    """Renewed with other addresses: its deployments wait to be approved again."""


@dataclass(frozen=True)
class Registered:
    """A registration that came about."""

    platform: Platform
    outcome: Outcome


def add_invite(
    session: Session, *, note: str, lifetime: timedelta, may_use_private_addresses: bool, at: datetime, by: str = ""
) -> tuple[PlatformInvite, str]:
    """Return a new invite and its token, which is told only now: what is kept is a hash.

    `by` is the public id of the person who made it, empty for the command.
    """
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME or len(note) > 255 or (note and not note.isprintable()):
        raise InvalidInputError("invite.malformed", "An invite is good for 1 to 90 days; its note is one line.")
    token = secrets.token_urlsafe(32)
    invite = PlatformInvite(
        token_hash=hash_token(token),
        note=note.strip(),
        may_use_private_addresses=may_use_private_addresses,
        created_at=at,
        expires_at=at + lifetime,
    )
    session.add(invite)
    session.flush()
    detail = {"invite": invite.public_id} | ({"by": by} if by else {})
    record_audit(session, "platform_invited", at=at, detail=detail)
    return invite, token


def get_invite(session: Session, token: str, *, at: datetime) -> PlatformInvite:
    """Return the invite of `token` if it may still be used.

    Raises NotAllowedError: `invite.missing`, `invite.unknown`, `invite.used` or `invite.expired` (CONFORMANCE R10).
    """
    if not token:
        raise NotAllowedError("invite.missing", "No invite was sent.")
    invite = session.scalars(select(PlatformInvite).filter_by(token_hash=hash_token(token))).one_or_none()
    if invite is None:
        raise NotAllowedError("invite.unknown", "There is no such invite.")
    if invite.used_at is not None:
        raise NotAllowedError("invite.used", f"The invite {invite.public_id} was used.")
    if invite.expires_at <= at:
        raise NotAllowedError("invite.expired", f"The invite {invite.public_id} has expired.")
    return invite


def use_invite(session: Session, token: str, *, at: datetime) -> PlatformInvite:
    """Use an invite up, atomically, and return it: of two clicks one gets it. Raises NotAllowedError as `get_invite`.

    It is used before the LMS is spoken to; `free_invite` takes that back where nothing came of it. A process that
    dies in between leaves it used, and a new one is needed.
    """
    invite = get_invite(session, token, at=at)
    statement = update(PlatformInvite).where(PlatformInvite.id == invite.id, PlatformInvite.used_at.is_(None))
    statement = statement.values(used_at=at).execution_options(synchronize_session=False)
    if session.execute(statement.returning(PlatformInvite.id)).one_or_none() is None:
        raise NotAllowedError("invite.used", f"The invite {invite.public_id} was used.")
    return invite


def free_invite(session: Session, invite_id: int, *, code: str, at: datetime) -> None:
    """Let an invite be used again after a registration that did not come about, for the reason `code`."""
    invite = session.get_one(PlatformInvite, invite_id)
    invite.used_at = None
    record_audit(session, "registration_failed", at=at, detail={"invite": invite.public_id, "code": code})


def has_platform(session: Session, issuer: str) -> bool:
    """Tell whether any registration of this issuer is known; which ones is nobody's business who only has an invite."""
    return session.scalars(select(Platform.id).filter_by(issuer=issuer).limit(1)).one_or_none() is not None


def record_registration(
    session: Session, invite_id: int, configuration: PlatformConfiguration, answer: RegistrationAnswer, *, at: datetime
) -> Registered:
    """Record what an LMS has registered; nobody can launch from it before a deployment of it is approved.

    It answered from its own host with this client id, so a registration that has it already is the same one, and is
    renewed (CONFORMANCE R08).
    """
    invite = session.get_one(PlatformInvite, invite_id)
    fields: dict[str, Any] = {
        "auth_login_url": configuration.auth_login_url,
        "token_url": configuration.token_url,
        "jwks_url": configuration.jwks_url,
        "token_audience": configuration.token_audience,
    }
    platform = find_platform(session, configuration.issuer, answer.client_id)
    if platform is None:
        keys = {"issuer": configuration.issuer, "client_id": answer.client_id}
        platform = Platform(**keys, **fields, name=invite.note or configuration.issuer[:255], created_at=at)
        session.add(platform)
        session.flush()
        outcome = Outcome.NEW
    else:
        outcome = _renew(session, platform, fields)
    if invite.may_use_private_addresses:
        platform.may_use_private_addresses = True
    platform.product_family = configuration.product_family or platform.product_family
    if answer.deployment_id:
        record_pending_deployment(session, platform.id, answer.deployment_id, at=at)
    invite.platform_id = platform.id
    detail = {"invite": invite.public_id, "deployment": answer.deployment_id, "outcome": outcome.value}
    record_audit(session, "platform_registered", at=at, platform_id=platform.id, detail=detail)
    return Registered(platform, outcome)


def _renew(session: Session, platform: Platform, fields: dict[str, Any]) -> Outcome:
    """Give a registration its addresses of today; with new ones it is trusted only once it is approved again."""
    changed = [name for name, value in fields.items() if getattr(platform, name) != value]
    if not changed:
        return Outcome.RENEWED
    for name in changed:
        setattr(platform, name, fields[name])
    for deployment in platform.deployments:
        deployment.approved_at = None
    for table in (PlatformKeySet, AccessToken):
        session.execute(delete(table).filter_by(platform_id=platform.id))
    return Outcome.CHANGED
