"""Tells other systems: takes what is due, sends it with no transaction open, writes down what came of it."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from lti.errors import AddressRefusedError, KeyUnreadableError, ServiceUnreachableError
from lti.http import OutgoingHttp, read_retry_after
from lti.keys import SecretBox
from service.db import transaction
from service.webhooks import outbox
from service.webhooks.outbox import Claim, Report
from service.webhooks.rules import headers_for, is_taken

log = logging.getLogger(__name__)

LONGEST_RUN = timedelta(seconds=120)
"""A run ends in time, so that no broker takes it for lost and gives its message to another worker."""
SLOW_SECONDS = 5.0
"""An address that takes longer for an answer gets one message in each run, so that the others need not wait for it."""
LARGEST_ANSWER = 1024 * 1024
"""What a receiver says is not read, but it must end."""


@dataclass(frozen=True)
class Teller:
    """What sending needs. `http` must answer, or give up, within a quarter of a lease."""

    sessions: sessionmaker[Session]
    http: OutgoingHttp
    box: SecretBox
    clock: Callable[[], datetime]
    is_stopping: Callable[[], bool] = lambda: False


def tell_due(teller: Teller) -> bool:
    """Send all that is due, and say whether something was left.

    Any number of processes may run this at once. One that dies loses nothing: what it held is due again when its lease
    is over, and arrives with the same id.
    """
    ends_at = teller.clock() + LONGEST_RUN
    more = True
    while more and not teller.is_stopping():
        with transaction(teller.sessions) as session:
            more = outbox.hand_on(session, at=teller.clock())
    with transaction(teller.sessions) as session:
        outbox.forget_old(session, at=teller.clock())
        due = outbox.list_due_endpoints(session, at=teller.clock())
    # Not all begin with the same address.
    waiting = random.sample(due, len(due))
    while waiting and teller.clock() < ends_at and not teller.is_stopping():
        waiting = [endpoint_id for endpoint_id in waiting if _tell_next(teller, endpoint_id)]
    return bool(waiting)


def _tell_next(teller: Teller, endpoint_id: int) -> bool:
    """Send the next message to one address; return False if there is none, or the address is to be left alone."""
    if teller.is_stopping():
        return True
    try:
        with transaction(teller.sessions) as session:
            claim = outbox.claim_next(session, endpoint_id, teller.box, at=teller.clock())
    except KeyUnreadableError:
        log.exception("The secret of webhook endpoint %s cannot be read", endpoint_id)
        return False
    if claim is None:
        return False
    began_at = time.monotonic()
    report = _send(teller, claim)
    is_slow = time.monotonic() - began_at > SLOW_SECONDS
    with transaction(teller.sessions) as session:
        jitter = random.random()  # noqa: S311 (nothing secret)
        is_to_rest = outbox.settle(session, claim, report, at=teller.clock(), jitter=jitter)
    return not (is_to_rest or is_slow)


def _send(teller: Teller, claim: Claim) -> Report:
    """Send one message and return whatever that brings; a redirect is an answer, and not followed."""
    at = teller.clock()
    try:
        answer = teller.http.send(
            "POST",
            claim.url,
            headers=headers_for(claim.secrets, claim.message_id, at, claim.body),
            body=claim.body.encode(),
            may_use_private_addresses=claim.may_use_private_addresses,
            max_bytes=LARGEST_ANSWER,
        )
    except (AddressRefusedError, ServiceUnreachableError) as error:
        return Report(None, str(error))
    reason = "" if is_taken(answer.status) else f"{answer.status} {answer.reason}".strip()
    return Report(answer.status, reason, read_retry_after(answer.headers.get("Retry-After"), at=at))
