"""How events are signed, what an answer means, when to try again.

Signatures follow Standard Webhooks 1.0 (standardwebhooks.com), so that receivers can check them with its libraries.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from lti.http import is_allowed_address
from lti.urls import web_origin
from service.errors import InvalidInputError
from service.patience import Trouble, growing_wait

SECRET_PREFIX = "whsec_"  # noqa: S105 (what a secret begins with)
LEASE = timedelta(seconds=60)
"""How long an event belongs to the sender that took it; a try takes a quarter of that at most."""
GIVE_UP_AFTER = timedelta(days=3)
KEEP = timedelta(days=30)
"""How long the log of what was sent is kept."""
MOST_ENDPOINTS = 5
"""Of one client."""
OVERLAP = timedelta(days=7)
"""How long the secret before a new one still signs."""


def new_secret() -> str:
    """Return a secret of 256 random bits, as receivers keep it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, at: datetime, body: str) -> str:
    """Return the signature of a message: HMAC-SHA256 over id, time in seconds, and body, each after a full stop."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_for(live: Iterable[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers of a message that is sent at a moment, signed with each of the secrets that are live."""
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(sign(secret, message_id, at, body) for secret in live),
    }


def check_url(url: str, *, may_use_private_addresses: bool) -> None:
    """Raise InvalidInputError for an address that would never be called; names are looked up when it is."""
    origin = web_origin(url)
    is_fine = origin is not None and (origin[0] == "https" or may_use_private_addresses)
    if origin is not None:
        with suppress(ValueError):
            ipaddress.ip_address(origin[1])
            is_fine = is_fine and is_allowed_address(origin[1], may_use_private=may_use_private_addresses)
    if not is_fine:
        raise InvalidInputError("webhook.url", "Not a public https address.", fields={"url": "webhook.url"})


def is_taken(status: int | None) -> bool:
    """Say whether the receiver has taken a message; `status` is None where no answer came."""
    return status is not None and 200 <= status < 300


def is_gone(status: int | None) -> bool:
    """Say whether the receiver wants nothing any more, ever."""
    return status == 410


def trouble_of(status: int | None) -> Trouble:
    """Say what an answer means for other messages to the same address."""
    return Trouble.NONE if is_taken(status) else Trouble.CHANCE


def next_try_at(
    tries: int, *, at: datetime, asked_at: datetime, jitter: float, retry_after: float | None
) -> datetime | None:
    """Return when to try again, None for never: after 5 s, then twice as long each time, up to an hour."""
    due = at + growing_wait(tries, first=5.0, longest=3600.0, jitter=jitter, retry_after=retry_after)
    return due if due <= asked_at + GIVE_UP_AFTER else None
