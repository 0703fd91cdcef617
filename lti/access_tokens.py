"""Asks the token endpoint of an LMS for an access token, by a signed assertion (CONFORMANCE T01 to T03, T08)."""

import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from lti.errors import ServiceUnreachableError, TokenRefusedError, UnreadableAnswerError
from lti.http import HttpAnswer, OutgoingHttp, read_retry_after
from lti.keys import SigningKey
from lti.ports import AccessToken, Registration

CLOCKS_DIFFER_BY = timedelta(seconds=5)
ASSERTION_LIFETIME = timedelta(minutes=5)
DEFAULT_LIFETIME = timedelta(minutes=5)
SPARE_TIME = timedelta(seconds=60)
"""A token is not used in its last minute, so that it cannot end on the way."""
LARGEST_TOKEN_ANSWER = 64 * 1024


def fetch_token(
    registration: Registration, signing_key: SigningKey, scopes: Sequence[str], http: OutgoingHttp, *, at: datetime
) -> AccessToken:
    """Return a new token for all of `scopes`.

    Raises TokenRefusedError if the LMS refuses or grants less, ServiceUnreachableError if it cannot answer now.
    """
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": make_assertion(registration, signing_key, at=at),
        "scope": " ".join(scopes),
    }
    answer = http.send(
        "POST",
        registration.token_url,
        headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
        may_use_private_addresses=registration.may_use_private_addresses,
        max_bytes=LARGEST_TOKEN_ANSWER,
    )
    if answer.status in {408, 429} or answer.status >= 500:
        wait = read_retry_after(answer.headers.get("Retry-After"), at=at)
        raise ServiceUnreachableError("busy", f"The token endpoint answered {answer.status}.", retry_after=wait)
    if answer.status not in {200, 201}:
        raise TokenRefusedError(answer.status, _error_text(answer))
    return _read_token(answer, scopes, at=at)


def make_assertion(registration: Registration, signing_key: SigningKey, *, at: datetime) -> str:
    """Return the JWT that proves who we are to the token endpoint (Security Framework 4.1)."""
    issued_at = at - CLOCKS_DIFFER_BY
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.token_audience or registration.token_url,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + ASSERTION_LIFETIME).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, signing_key.private_key, algorithm="RS256", headers={"kid": signing_key.kid})


def _read_token(answer: HttpAnswer, scopes: Sequence[str], *, at: datetime) -> AccessToken:
    """Read the token by its content; Moodle calls it text/html."""
    fields = _json_object(answer)
    value = fields.get("access_token") if fields else None
    if not fields or not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,8192}", value):
        raise UnreadableAnswerError("The token endpoint answered without a token.")
    scope = fields.get("scope")
    granted = tuple(scope.split()) if isinstance(scope, str) and scope.strip() else tuple(scopes)
    if not set(scopes) <= set(granted):
        raise TokenRefusedError(answer.status, "scope_not_granted")
    return AccessToken(value, granted, at + _lifetime(fields.get("expires_in")) - SPARE_TIME)


def _lifetime(expires_in: object) -> timedelta:
    if isinstance(expires_in, str) and expires_in.isascii() and expires_in.isdigit():
        expires_in = int(expires_in[:9])
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float) or not 0 <= expires_in < 1e9:
        return DEFAULT_LIFETIME
    return min(timedelta(seconds=expires_in), timedelta(days=1))


def _json_object(answer: HttpAnswer) -> dict[str, Any] | None:
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _error_text(answer: HttpAnswer) -> str:
    """Return the error code, or what can be read of an answer that is no JSON (Moodle leaves quotes unescaped)."""
    error = (_json_object(answer) or {}).get("error")
    text = error if isinstance(error, str) else answer.body[:1000].decode(errors="replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200] or answer.reason[:200]
