"""The questions that the LTI layer asks of whoever stores things. The application answers them over its database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

from lti.claims import LaunchClaims
from lti.urls import is_in_domain, web_origin


@dataclass(frozen=True, slots=True)
class Registration:
    """What this layer knows of a platform: one (issuer, client id)."""

    id: int
    issuer: str
    client_id: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    token_audience: str = ""
    """What an assertion names as its audience; the token URL if empty."""
    service_domains: tuple[str, ...] = ()
    """Hosts that services may be on too, each with all below it."""
    may_use_private_addresses: bool = False
    is_disabled: bool = False

    @property
    def storage_origin(self) -> str:
        """The one origin that platform storage is asked at, and believed from: that of the authentication request."""
        parts = urlsplit(self.auth_login_url)
        return f"{parts.scheme}://{parts.netloc}"

    def is_own_host(self, url: str) -> bool:
        """Say whether `url` is on a host that this registration names, port included, or allows (CONFORMANCE T11)."""
        own = (self.issuer, self.auth_login_url, self.token_url, self.jwks_url)
        origin = web_origin(url)
        if origin is not None and origin in map(web_origin, own):
            return True
        return any(is_in_domain(url, domain) for domain in self.service_domains)


class DeploymentState(StrEnum):
    """Whether launches of a deployment are taken."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """What one OIDC login promised, and its launch must keep. State and nonce are kept as SHA-256 in hexadecimal."""

    state_hash: str
    nonce_hash: str
    registration: Registration
    target_link_uri: str
    deployment_hint: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FoundAttempt:
    """A login attempt as stored, with the state of the deployment that the launch claims to come from."""

    attempt: LoginAttempt
    is_consumed: bool
    deployment: DeploymentState


@dataclass(frozen=True, slots=True)
class StoredKeySet:
    """The last good key set of a platform: a JWKS of public keys, and when it was read."""

    jwks: Mapping[str, Any]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token for the services of a platform; `expires_at` is when it must no longer be used."""

    value: str
    granted_scopes: tuple[str, ...]
    expires_at: datetime


class Registrations(Protocol):
    """The platforms that we know."""

    def list_registrations(self, issuer: str, client_id: str | None) -> Sequence[Registration]:
        """Return the registrations of `issuer`, of one client only if `client_id` is given; disabled ones too."""


class LoginRecorder(Protocol):
    """Where a login that was started is kept."""

    def record_attempt(self, attempt: LoginAttempt, *, at: datetime) -> None:
        """Store a new attempt."""


class LoginAttempts(Protocol):
    """Logins that were started. Each may be consumed once, whichever process is asked."""

    def find_attempt(self, state_hash: str, deployment_id: str) -> FoundAttempt | None:
        """Return the attempt and the state of `deployment_id` at its platform; holds no lock when it returns."""

    def take(self, state_hash: str, claims: LaunchClaims, *, at: datetime) -> bool:
        """Use the attempt up and record the launch, atomically; return False if it was used or has expired."""


class KeySets(Protocol):
    """Key sets of platforms, shared by all processes. No transaction is open when a method has returned."""

    def find_key_set(self, registration_id: int) -> StoredKeySet | None:
        """Return the last good key set."""

    def set_key_set(self, registration_id: int, key_set: StoredKeySet) -> None:
        """Replace the last good key set."""


class AccessTokens(Protocol):
    """Access tokens, shared by all processes. No transaction is open when a method has returned."""

    def find_token(self, registration_id: int, scopes: Sequence[str], *, at: datetime) -> AccessToken | None:
        """Return the token for exactly these scopes, if one is still good at `at`."""

    def set_token(self, registration_id: int, scopes: Sequence[str], token: AccessToken) -> None:
        """Store the token for exactly these scopes, in place of an older one."""

    def drop_token(self, registration_id: int, scopes: Sequence[str]) -> None:
        """Forget the token for exactly these scopes."""
