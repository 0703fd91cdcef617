"""Starts a login: the LMS names itself and its user, we send the browser back to it with a state and a nonce."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lti.adapters import make_auth_request
from lti.browser_binding import LOGIN_LIFETIME, Tool, cookie_name, hash_token, make_proof, storage_key
from lti.errors import LaunchRefusedError
from lti.ports import LoginAttempt, LoginRecorder, Registration, Registrations
from lti.urls import is_below

_LONGEST = {
    "iss": 512,
    "client_id": 255,
    "login_hint": 8192,
    "lti_message_hint": 16384,
    "target_link_uri": 2048,
    "lti_deployment_id": 255,
    "lti_storage_target": 255,
}
_NEEDED = ("iss", "login_hint", "target_link_uri")
_COMPARED = ("iss", "client_id", "lti_deployment_id")


@dataclass(frozen=True, slots=True)
class StartedLogin:
    """Where to send the browser, and the proof to give it: in a cookie, and in the LMS's storage where it has one.

    `max_age` is in seconds. Storage is asked at `storage_origin` only, under `storage_key`.
    """

    redirect_url: str
    cookie_name: str
    proof: str
    max_age: int
    storage_origin: str
    storage_key: str


def start_login(
    params: Mapping[str, str], registrations: Registrations, attempts: LoginRecorder, *, tool: Tool, at: datetime
) -> StartedLogin:
    """Record a login attempt and return the redirect to the LMS (Security Framework 5.1.1, CONFORMANCE S01 to S08).

    Raises LaunchRefusedError for a login that is malformed, of an unknown or disabled platform, or for another site.
    """
    _check_form(params)
    registration = _find_registration(params, registrations)
    if not is_below(params["target_link_uri"], tool.base_url):
        raise LaunchRefusedError("target_foreign", "The target_link_uri of the login is not ours.")
    request = make_auth_request(registration, params, tool.launch_url)
    attempt = LoginAttempt(
        state_hash=hash_token(request.state),
        nonce_hash=hash_token(request.nonce),
        registration=registration,
        target_link_uri=params["target_link_uri"],
        deployment_hint=params.get("lti_deployment_id", ""),
        expires_at=at + LOGIN_LIFETIME,
    )
    attempts.record_attempt(attempt, at=at)
    return StartedLogin(
        redirect_url=request.url,
        cookie_name=cookie_name(request.state),
        proof=make_proof(request.state, tool.secret),
        max_age=int(LOGIN_LIFETIME.total_seconds()),
        storage_origin=registration.storage_origin,
        storage_key=storage_key(request.state),
    )


def _check_form(params: Mapping[str, str]) -> None:
    for name in _NEEDED:
        if not params.get(name):
            raise LaunchRefusedError("login_malformed", f"The login has no {name}.")
    for name, longest in _LONGEST.items():
        if len(params.get(name, "")) > longest:
            raise LaunchRefusedError("login_malformed", f"The {name} of the login is too long.")
    for name in _COMPARED:
        if not params.get(name, "").isprintable():
            raise LaunchRefusedError("login_malformed", f"The {name} of the login holds control characters.")


def _find_registration(params: Mapping[str, str], registrations: Registrations) -> Registration:
    found = registrations.list_registrations(params["iss"], params.get("client_id") or None)
    enabled = [registration for registration in found if not registration.is_disabled]
    if len(enabled) == 1:
        return enabled[0]
    if enabled:
        raise LaunchRefusedError("client_ambiguous", "The issuer has several clients and the login names none.")
    code = "platform_disabled" if found else "platform_unknown"
    raise LaunchRefusedError(code, f"No registration for {params['iss'][:200]!r}.", status=403)
