"""Reads and checks an id_token step by step; every step refuses with a code of its own (Security Framework 5.1.3)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lti.errors import LaunchRefusedError
from lti.ports import Registration

LARGEST_TOKEN = 64 * 1024
LARGEST_HEADER = 4 * 1024
LEEWAY = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
"""How long ago a token may have been issued: no longer than its login may take."""
ALGORITHM = "RS256"
_RS256 = jwt.get_algorithm_by_name(ALGORITHM)
_NEEDED = ("exp", "iat", "nonce", "sub")

_THREE_PARTS = re.compile(r"([\w-]+)\.([\w-]+)\.[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class IdToken:
    """A token as it was sent: well formed, nothing of it verified yet."""

    raw: str
    kid: str
    body: Mapping[str, Any]


def parse_id_token(raw: str) -> IdToken:
    """Return the parts of `raw`; refuse what is too large, no signed JWT, or signed by another algorithm than RS256."""
    if not raw:
        _refuse("token_missing", "There is no id_token.")
    if len(raw) > LARGEST_TOKEN:
        _refuse("token_too_large", "The id_token is larger than 64 kB.")
    parts = _THREE_PARTS.fullmatch(raw)
    if parts is None or len(parts[1]) > LARGEST_HEADER:
        _refuse("token_malformed", "The id_token is no signed JWT.")
    header, body = _json_object(parts[1]), _json_object(parts[2])
    if header.get("alg") != ALGORITHM:
        _refuse("algorithm_refused", "The id_token is not signed with RS256.")
    if "crit" in header or header.get("b64", True) is not True:
        _refuse("token_malformed", "The id_token has critical extensions.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 255 or not kid.isprintable():
        _refuse("key_unknown", "The id_token does not name its key.")
    return IdToken(raw, kid, body)


def check_parties(body: Mapping[str, Any], registration: Registration) -> None:
    """Refuse a token that another platform issued, or that is not for us alone (CONFORMANCE C04, C13 to C18)."""
    if body.get("iss") != registration.issuer:
        _refuse("issuer_mismatch", "The issuer is not the platform where the login began.")
    audience = body.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if audiences != [registration.client_id]:
        _refuse("audience_mismatch", "The audience is not our client id alone.", status=401)
    if body.get("azp", registration.client_id) != registration.client_id:
        _refuse("audience_mismatch", "The authorized party is another client.", status=401)


def check_times(body: Mapping[str, Any], *, at: datetime) -> None:
    """Refuse a token that is over, from the future, too old, or without times (C01, C02, C06 to C12)."""
    issued, ends = _seconds(body.get("iat")), _seconds(body.get("exp"))
    not_before = _seconds(body["nbf"]) if "nbf" in body else issued
    if issued is None or ends is None or not_before is None or ends <= issued:
        _refuse("times_malformed", "iat or exp is missing or malformed.")
    now, leeway = at.timestamp(), LEEWAY.total_seconds()
    if max(issued, not_before) > now + leeway:
        _refuse("clock_differs", "The token comes from the future: the clocks differ.")
    if ends <= now - leeway or issued < now - OLDEST.total_seconds() - leeway:
        _refuse("token_expired", "The token is over or too old.")


def check_signature(token: IdToken, key: RSAPublicKey) -> None:
    """Refuse a token that `key` did not sign with RS256, or that lacks a claim. check_parties and check_times do more.

    The signature alone is left to PyJWT: its `decode` would read header and body once more, and twice as slowly.
    """
    signed, _, signature = token.raw.rpartition(".")
    try:
        is_signed = _RS256.verify(signed.encode(), key, _decoded(signature))
    except ValueError:
        is_signed = False
    if not is_signed:
        _refuse("signature_invalid", "The signature is not that of the platform.")
    for name in _NEEDED:
        if token.body.get(name) is None:
            _refuse("claim_missing", f"The id_token has no {name}.")
    if not isinstance(token.body["sub"], str) or not isinstance(token.body.get("jti", ""), str):
        _refuse("signature_invalid", "The subject or the id of the id_token is no text.")


def _refuse(code: str, message: str, *, status: int = 400) -> NoReturn:
    raise LaunchRefusedError(code, message, status=status)


def _seconds(value: object) -> int | None:
    """Return a time in whole seconds since 1970, None for anything else; True is not 1 here."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40:
        return value
    return None


def _json_object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part).decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise LaunchRefusedError("token_malformed", "A part of the id_token is not JSON.") from error
    if not isinstance(found, dict):
        _refuse("token_malformed", "A part of the id_token is no JSON object.")
    return found


def _decoded(part: str) -> bytes:
    """Return the bytes of a part; raise ValueError for one of the other spellings that mean the same (RFC 4648 3.5)."""
    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(decoded).decode().rstrip("=") != part:
        raise ValueError("Bits are left over.")
    return decoded


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A claim is there twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")
