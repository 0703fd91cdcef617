"""Ties a login to the browser that began it: random state and nonce, and a proof that only that browser holds.

It holds the proof in a cookie, and where the LMS offers storage (lti-cs-oidc) also there, since a frame may be refused
every cookie. One proof stands for state and nonce: the stored login binds the nonce to the state.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

LOGIN_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tool:
    """Who we are to a platform: our address without slash at its end, our redirect URI, the application secret."""

    base_url: str
    launch_url: str
    secret: str


def new_token() -> str:
    """Return 256 random bits for use in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored of a state or nonce: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def make_proof(state: str, secret: str) -> str:
    """Return what the browser keeps. It is not the state, which passes through the LMS and its logs."""
    message = b"lti login " + state.encode(errors="replace")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_proof(proof: str, state: str, secret: str) -> bool:
    """Say whether `proof` is that of `state`."""
    return hmac.compare_digest(proof.encode(errors="replace"), make_proof(state, secret).encode())


def storage_key(state: str) -> str:
    """Return the name under which the LMS's storage keeps the proof."""
    return f"mentorready-{hash_token(state)[:16]}"


def cookie_name(state: str) -> str:
    """Return the name of the cookie with the proof: one per login, so that two tabs can launch at once."""
    return f"__Host-lti-{hash_token(state)[:16]}"
