"""What can be done with addresses that are told of changes: add, give another secret, switch off, ping, send again."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session, selectinload

from lti.keys import SecretBox
from service.api_clients.models import ApiClient
from service.api_clients.operations import revoke_client
from service.errors import ConflictError, NotFoundError
from service.platforms.operations import record_audit
from service.readiness.spans import TELL_SYSTEMS
from service.webhooks import rules
from service.webhooks.models import DeliveryState, EventKind, WebhookDelivery, WebhookEndpoint, WebhookSecret

SECRET_PURPOSE = "webhook secrets"  # noqa: S105 (a name, not a secret)
SHOWN = 50
"""Deliveries that a page lists."""


def add_endpoint(
    session: Session,
    client: ApiClient,
    url: str,
    box: SecretBox,
    *,
    may_use_private_addresses: bool = False,
    by: str = "",
    at: datetime,
) -> tuple[WebhookEndpoint, str]:
    """Return a new address of a client, and its secret, which is told only now.

    Raise InvalidInputError for an address that would never be called, and ConflictError for one too many, one that is
    there already, or a client that is revoked.
    """
    url = url.strip()
    rules.check_url(url, may_use_private_addresses=may_use_private_addresses)
    there = [one for one in list_endpoints(session, client) if one.disabled_at is None]
    if client.revoked_at is not None:
        raise ConflictError("client.revoked", "The client is revoked.")
    if len(there) >= rules.MOST_ENDPOINTS or any(one.url == url for one in there):
        raise ConflictError("webhook.enough", "The address is there already, or there are as many as allowed.")
    endpoint = WebhookEndpoint(
        client_id=client.id, url=url, may_use_private_addresses=may_use_private_addresses, created_at=at
    )
    session.add(endpoint)
    session.flush()
    _audit(session, client, endpoint, "webhook_added", at, by)
    return endpoint, _add_secret(session, endpoint, box, at)


def list_endpoints(session: Session, client: ApiClient) -> list[WebhookEndpoint]:
    """Return the addresses of a client, those that are switched off last."""
    wanted = select(WebhookEndpoint).where(WebhookEndpoint.client_id == client.id)
    wanted = wanted.order_by(WebhookEndpoint.disabled_at.is_not(None), WebhookEndpoint.id.desc())
    return list(session.scalars(wanted.options(selectinload(WebhookEndpoint.secrets))))


def get_endpoint(session: Session, client: ApiClient, public_id: str) -> WebhookEndpoint:
    """Return an address of this client that is not switched off; raise NotFoundError for any other."""
    wanted = select(WebhookEndpoint).filter_by(client_id=client.id, public_id=public_id, disabled_at=None)
    endpoint = session.scalars(wanted).one_or_none()
    if endpoint is None:
        raise NotFoundError("webhook.unknown", "The client has no such address.")
    return endpoint


def rotate_secret(session: Session, endpoint: WebhookEndpoint, box: SecretBox, *, by: str = "", at: datetime) -> str:
    """Give an address another secret and return it, told only now; the one before signs for some days more.

    Of those before that only the newest: whoever rotates twice knows why.
    """
    before = session.scalars(_live_secrets(endpoint.id, at)).all()
    for number, row in enumerate(before):
        row.ends_at = at + rules.OVERLAP if number == 0 else at
    _audit(session, endpoint.client, endpoint, "webhook_secret_rotated", at, by)
    return _add_secret(session, endpoint, box, at)


def list_live_secrets(session: Session, endpoint_id: int, box: SecretBox, *, at: datetime) -> list[str]:
    """Return the secrets that an address is signed for with, the newest first."""
    rows = session.scalars(_live_secrets(endpoint_id, at))
    return [box.decrypt(row.encrypted_secret).decode() for row in rows]


def switch_off(session: Session, endpoint: WebhookEndpoint, *, by: str = "", reason: str = "", at: datetime) -> None:
    """Send nothing more to an address, ever; what was on its way is given up."""
    endpoint.disabled_at = at
    waiting = (WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.next_try_at.is_not(None))
    session.execute(update(WebhookDelivery).where(*waiting).values(state=DeliveryState.GIVEN_UP, next_try_at=None))
    _audit(session, endpoint.client, endpoint, "webhook_switched_off", at, by, reason=reason)


def revoke(session: Session, client: ApiClient, *, by: str = "", at: datetime) -> None:
    """End all that a client may do: its keys open nothing, and its addresses are told nothing any more."""
    revoke_client(session, client, by=by, at=at)
    for endpoint in list_endpoints(session, client):
        if endpoint.disabled_at is None:
            switch_off(session, endpoint, by=by, at=at)


def queue_ping(session: Session, endpoint: WebhookEndpoint, *, at: datetime) -> WebhookDelivery:
    """Queue a message that says nothing, to see whether it arrives; a rest ends."""
    body = json.dumps({"type": EventKind.PING.value, "timestamp": at.isoformat(), "data": {}})
    delivery = WebhookDelivery(
        endpoint_id=endpoint.id, kind=EventKind.PING, body=body, created_at=at, asked_at=at, next_try_at=at
    )
    session.add(delivery)
    _try_now(session, endpoint)
    return delivery


def send_again(session: Session, endpoint: WebhookEndpoint, public_id: str, *, at: datetime) -> None:
    """Let a delivery be sent again at once, delivered or given up or waiting; it keeps its id.

    Raise NotFoundError for one of another address. One that is being sent at this moment is left alone.
    """
    session.refresh(endpoint, with_for_update={"of": WebhookEndpoint})  # before the delivery, as a sender does
    wanted = select(WebhookDelivery).filter_by(endpoint_id=endpoint.id, public_id=public_id)
    is_id = public_id.isprintable()  # PostgreSQL could not even compare another
    delivery = session.scalars(wanted.with_for_update(of=WebhookDelivery)).one_or_none() if is_id else None
    if delivery is None:
        raise NotFoundError("webhook.unknown", "The address has no such delivery.")
    if delivery.state is not DeliveryState.SENDING:
        delivery.state, delivery.asked_at, delivery.next_try_at, delivery.tries = DeliveryState.WAITING, at, at, 0
    _try_now(session, endpoint)


def list_deliveries(session: Session, client: ApiClient) -> Sequence[WebhookDelivery]:
    """Return the latest deliveries to a client, the latest first."""
    wanted = select(WebhookDelivery).join(WebhookDelivery.endpoint).where(WebhookEndpoint.client_id == client.id)
    return session.scalars(wanted.order_by(WebhookDelivery.id.desc()).limit(SHOWN)).all()


def _try_now(session: Session, endpoint: WebhookEndpoint) -> None:
    endpoint.paused_until = None
    session.flush()
    session.info.setdefault("wake", set()).add(TELL_SYSTEMS)


def _add_secret(session: Session, endpoint: WebhookEndpoint, box: SecretBox, at: datetime) -> str:
    secret = rules.new_secret()
    encrypted = box.encrypt(secret.encode())
    session.add(WebhookSecret(endpoint_id=endpoint.id, encrypted_secret=encrypted, created_at=at))
    session.flush()
    return secret


def _live_secrets(endpoint_id: int, at: datetime) -> Select[WebhookSecret]:
    is_live = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > at)
    live = select(WebhookSecret).where(WebhookSecret.endpoint_id == endpoint_id, is_live)
    return live.order_by(WebhookSecret.id.desc())


def _audit(
    session: Session, client: ApiClient, endpoint: WebhookEndpoint, kind: str, at: datetime, by: str, reason: str = ""
) -> None:
    told = {"client": client.public_id, "endpoint": endpoint.public_id, "by": by}
    detail = told | ({"reason": reason} if reason else {})
    record_audit(session, kind, at=at, platform_id=client.platform_id, detail=detail)
