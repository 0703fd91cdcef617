"""The senders' side: events become rows for each address, are taken under a lease, and settled.

Each function runs in a short transaction of its own, and none of them while a receiver is spoken to.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from lti.keys import SecretBox
from service.api_clients.models import ApiClient
from service.patience import Meeting, failures_after, pause_after
from service.people.known import Member
from service.people.models import LEARNING_ROLES
from service.platforms.models import Platform
from service.readiness.models import ReadySpan, Told
from service.readiness.spans import list_untold, settle_spans
from service.webhooks import rules
from service.webhooks.models import DeliveryState, EventKind, WebhookDelivery, WebhookEndpoint
from service.webhooks.operations import list_live_secrets, switch_off

AT_ONCE = 200
"""Spans handed on, and old rows forgotten, in one transaction."""


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until `leased_until`, with all that is needed to send it and no session open."""

    delivery_id: int
    endpoint_id: int
    message_id: str
    url: str
    may_use_private_addresses: bool
    body: str
    secrets: Sequence[str]
    tries: int
    """Counting this one."""
    leased_until: datetime


@dataclass(frozen=True)
class Report:
    """What became of one try. `status` is None when no answer came; `retry_after` is in seconds."""

    status: int | None
    reason: str = ""
    retry_after: float | None = None


def hand_on(session: Session, *, at: datetime) -> bool:
    """Make a row for each address that is to be told of who has become ready or is no longer; say if there is more.

    Where nobody listens, nothing is done: what happened before an address was added is not told to it.
    """
    with_courses = selectinload(WebhookEndpoint.client).selectinload(ApiClient.courses)
    endpoints = session.scalars(_listening().options(with_courses)).all()
    if not endpoints:
        return False
    settle_spans(session, at=at)
    untold = list_untold(session, limit=AT_ONCE)
    for span, member in untold:
        for kind, happened_at in _events(span):
            body = json.dumps(_tell(kind, happened_at, span, member), ensure_ascii=False)
            session.add_all(
                WebhookDelivery(
                    endpoint_id=endpoint.id,
                    membership_id=member.id,
                    kind=kind,
                    body=body,
                    created_at=at,
                    asked_at=at,
                    next_try_at=at,
                )
                for endpoint in endpoints
                if _concerns(endpoint, member, happened_at)
            )
        span.told = Told.BEGINNING if span.ended_at is None else Told.ALL
        session.flush()  # in this order
    return len(untold) == AT_ONCE


def list_due_endpoints(session: Session, *, at: datetime) -> Sequence[int]:
    """Return the addresses to which something is to be sent now; those that rest are left out."""
    due = select(WebhookDelivery.endpoint_id).where(WebhookDelivery.next_try_at <= at)
    is_awake = or_(WebhookEndpoint.paused_until.is_(None), WebhookEndpoint.paused_until <= at)
    wanted = _listening().where(is_awake, WebhookEndpoint.id.in_(due))
    return [endpoint.id for endpoint in session.scalars(wanted)]


def claim_next(session: Session, endpoint_id: int, box: SecretBox, *, at: datetime) -> Claim | None:
    """Take the delivery that is due longest, None if there is none; those that others hold are passed over.

    Of one person the earlier comes first: the later waits until that has arrived or was given up.
    """
    earlier = aliased(WebhookDelivery)
    is_blocked = (
        select(earlier.id)
        .where(
            earlier.endpoint_id == endpoint_id,
            earlier.membership_id == WebhookDelivery.membership_id,
            earlier.id < WebhookDelivery.id,
            earlier.next_try_at.is_not(None),
        )
        .exists()
    )
    due = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.next_try_at <= at, ~is_blocked)
    wanted = select(WebhookDelivery).where(*due).order_by(WebhookDelivery.next_try_at, WebhookDelivery.id).limit(1)
    row = session.scalars(wanted.with_for_update(of=WebhookDelivery, skip_locked=True)).one_or_none()
    if row is None:
        return None
    row.state, row.tries, row.next_try_at, row.last_try_at = DeliveryState.SENDING, row.tries + 1, at + rules.LEASE, at
    endpoint = row.endpoint
    return Claim(
        delivery_id=row.id,
        endpoint_id=endpoint.id,
        message_id=row.public_id,
        url=endpoint.url,
        may_use_private_addresses=endpoint.may_use_private_addresses,
        body=row.body,
        secrets=list_live_secrets(session, endpoint.id, box, at=at),
        tries=row.tries,
        leased_until=row.next_try_at,
    )


def settle(session: Session, claim: Claim, report: Report, *, at: datetime, jitter: float) -> bool:
    """Write down what became of a delivery, if it is still ours, and say whether its address is to rest now."""
    # Each row alone, without its client: a question of the client need not wait, nor anybody in a circle.
    endpoint = session.get_one(WebhookEndpoint, claim.endpoint_id, with_for_update={"of": WebhookEndpoint})
    row = session.get_one(WebhookDelivery, claim.delivery_id, with_for_update={"of": WebhookDelivery})
    is_taken = rules.is_taken(report.status)
    if row.state is DeliveryState.SENDING and row.next_try_at == claim.leased_until:
        row.status, row.reason = report.status, report.reason[:255]
        row.next_try_at = due = None if is_taken else _next_try(row, report, at, jitter)
        row.state = DeliveryState.DELIVERED if is_taken else DeliveryState.WAITING if due else DeliveryState.GIVEN_UP
    if rules.is_gone(report.status) and endpoint.disabled_at is None:
        switch_off(session, endpoint, reason=report.reason, at=at)
    return _note(endpoint, report, at, jitter) or endpoint.disabled_at is not None


def forget_old(session: Session, *, at: datetime) -> None:
    """Remove some deliveries that are over for longer than the log is kept."""
    over = select(WebhookDelivery.id).where(
        WebhookDelivery.created_at <= at - rules.KEEP, WebhookDelivery.next_try_at.is_(None)
    )
    ids = session.scalars(over.limit(AT_ONCE)).all()
    if ids:
        session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))


def _next_try(row: WebhookDelivery, report: Report, at: datetime, jitter: float) -> datetime | None:
    return rules.next_try_at(row.tries, at=at, asked_at=row.asked_at, jitter=jitter, retry_after=report.retry_after)


def _note(endpoint: WebhookEndpoint, report: Report, at: datetime, jitter: float) -> bool:
    """Write down how a try met an address, and say whether that is to be left alone now."""
    meeting = Meeting(rules.trouble_of(report.status), report.reason, report.retry_after)
    endpoint.failures = failures_after(endpoint.failures, [meeting])
    endpoint.reason = report.reason[:255]
    pause = pause_after(endpoint.failures, [meeting], jitter=jitter)
    if pause:
        endpoint.paused_until = max(endpoint.paused_until or at, at + pause)
    return pause is not None


def _listening() -> Select[WebhookEndpoint]:
    """Return the statement for all addresses that are to be told of anything."""
    return (
        select(WebhookEndpoint)
        .join(WebhookEndpoint.client)
        .join(Platform, Platform.id == ApiClient.platform_id)
        .where(WebhookEndpoint.disabled_at.is_(None), ApiClient.revoked_at.is_(None), Platform.disabled_at.is_(None))
        .order_by(WebhookEndpoint.id)
    )


def _events(span: ReadySpan) -> Iterator[tuple[EventKind, datetime]]:
    if span.told == Told.NOTHING:
        yield EventKind.GAINED, span.began_at
    if span.ended_at is not None:
        yield EventKind.LOST, span.ended_at


def _concerns(endpoint: WebhookEndpoint, member: Member, happened_at: datetime) -> bool:
    client = endpoint.client
    is_covered = client.covers_platform or member.course_id in {course.id for course in client.courses}
    is_of_platform = member.course.platform_id == client.platform_id
    is_new = endpoint.created_at <= happened_at
    return is_of_platform and is_covered and is_new and not member.is_test_user


def _tell(kind: EventKind, happened_at: datetime, span: ReadySpan, member: Member) -> Mapping[str, object]:
    """Return what is told: who, where, and whether they may be paired; no name, and nothing of why."""
    is_gained = kind is EventKind.GAINED
    data = {
        "person": member.person.public_id,
        "lms_user_id": member.person.subject,
        "programme": member.course.public_id,
        "eligible": is_gained,
        "sequence": span.id * 2 + (not is_gained),
    }
    if member.role in LEARNING_ROLES:
        data["role"] = member.role.value
    return {"type": kind.value, "timestamp": happened_at.isoformat(), "data": data}
