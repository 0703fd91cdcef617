"""Checks a launch: everything that must be true before one byte of an id_token is believed, and once only."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from lti.adapters import run_steps
from lti.browser_binding import Tool, cookie_name, hash_token, is_proof, storage_key
from lti.claims import LaunchClaims, MessageType, read_claims, read_deployment_id, read_return_url
from lti.deep_linking import check_return_url
from lti.errors import LaunchRefusedError, StorageNeededError
from lti.id_token import IdToken, check_parties, check_signature, check_times, parse_id_token
from lti.key_sets import KeySetCache
from lti.ports import DeploymentState, FoundAttempt, KeySets, LoginAttempts, Registration
from lti.urls import is_below

LONGEST_STATE = 255
LONGEST_TARGET = 255


@dataclass(frozen=True, slots=True)
class LaunchPorts:
    """What checking a launch asks of the application."""

    attempts: LoginAttempts
    key_sets: KeySets
    keys: KeySetCache


@dataclass(frozen=True, slots=True)
class BrowserProofs:
    """What the browser brought to show that it began the login.

    `stored` is what a page of ours read in the LMS's storage, "" if that held nothing, None if it was not asked. It
    must come from a request of our own page: anyone could post his own proof in a stranger's browser (S21).
    """

    cookies: Mapping[str, str]
    stored: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedLaunch:
    """A launch that was taken: its claims, the registration that it came through, and whether the cookie came back."""

    claims: LaunchClaims
    registration: Registration
    keeps_cookies: bool


def check_launch(
    form: Mapping[str, str],
    proofs: BrowserProofs,
    *,
    tool: Tool,
    ports: LaunchPorts,
    offered: Set[MessageType],
    at: datetime,
) -> VerifiedLaunch:
    """Return the launch that the LMS posted, with its login used up as the last step.

    `offered` are the messages that the tool answers. The network is asked only for a key that is not known yet, and
    before `ports.attempts.take` is called. Raises LaunchRefusedError; once the signature is verified, the
    error carries the return URL, the registration and, if that is the fault, the deployment. Raises
    StorageNeededError, with nothing used up, where the cookie is missing and the LMS's storage was not asked yet.
    """
    check = _LaunchCheck(form, proofs, tool, ports, offered, at)
    try:
        run_steps(check)
    except LaunchRefusedError as refused:
        if check.is_verified:
            refused.return_url = read_return_url(check.token.body)
            refused.registration_id = check.found.attempt.registration.id
        raise
    return VerifiedLaunch(check.claims, check.found.attempt.registration, check.keeps_cookies)


class _LaunchCheck:
    """One launch on its way through the steps; see adapters.LaunchSteps for their order."""

    token: IdToken
    found: FoundAttempt
    claims: LaunchClaims

    def __init__(
        self,
        form: Mapping[str, str],
        proofs: BrowserProofs,
        tool: Tool,
        ports: LaunchPorts,
        offered: Set[MessageType],
        at: datetime,
    ) -> None:
        self._form = form
        self._proofs = proofs
        self._tool = tool
        self._ports = ports
        self._offered = offered
        self._at = at
        self._state = form.get("state", "")
        self.is_verified = False
        self.keeps_cookies = False

    def check_state(self) -> None:
        if "error" in self._form and not self._form.get("id_token"):
            _refuse("platform_error", f"The platform answered {self._form['error'][:100]!r}.")
        if not 0 < len(self._state) <= LONGEST_STATE:
            _refuse("state_missing", "The launch has no usable state.")

    def parse_token(self) -> Mapping[str, Any]:
        self.token = parse_id_token(self._form.get("id_token", ""))
        return self.token.body

    def check_nonce(self) -> None:
        """Find the login that began with this state; it binds the nonce and the registration to it."""
        deployment_id = read_deployment_id(self.token.body)
        found = self._ports.attempts.find_attempt(hash_token(self._state), deployment_id)
        if found is None:
            _refuse("state_unknown", "No login began with this state.")
        nonce = self.token.body.get("nonce")
        if not isinstance(nonce, str) or hash_token(nonce) != found.attempt.nonce_hash:
            _refuse("nonce_mismatch", "The nonce is not that of the login.")
        self.found = found

    def check_parties(self) -> None:
        registration = self.found.attempt.registration
        if registration.is_disabled:
            _refuse("platform_disabled", "The registration is disabled.", status=403)
        check_parties(self.token.body, registration)

    def check_signature(self) -> None:
        """Verify who signed first of all: from then on a refusal can offer the way back, also that of a reload."""
        registration = self.found.attempt.registration
        key = self._ports.keys.find_key(registration, self.token.kid, self._ports.key_sets, at=self._at)
        check_signature(self.token, key)
        self.is_verified = True
        self._check_login()
        check_times(self.token.body, at=self._at)
        self._check_browser()

    def _check_login(self) -> None:
        if self.found.is_consumed:
            _refuse("launch_used", "This login was used up before.")
        if self.found.attempt.expires_at <= self._at:
            _refuse("login_expired", "The login is too long ago.")

    def _check_browser(self) -> None:
        """Refuse a browser without the proof (S11, S21), after asking an LMS that offers storage (P03, P04)."""
        cookie = self._proofs.cookies.get(cookie_name(self._state))
        self.keeps_cookies = cookie is not None
        target = self._form.get("lti_storage_target")
        if cookie is None and self._proofs.stored is None and target is not None and len(target) <= LONGEST_TARGET:
            origin = self.found.attempt.registration.storage_origin
            raise StorageNeededError(origin, target, storage_key(self._state))
        proof = cookie if self.keeps_cookies else self._proofs.stored or None
        if proof is None:
            _refuse("cookie_missing", "This browser brought neither the cookie of the login nor its stored proof.")
        if not is_proof(proof, self._state, self._tool.secret):
            _refuse("cookie_mismatch", "The proof is not that of the login.")

    def check_deployment(self) -> None:
        """Refuse a deployment that no one approved, or another one than the login named (C19, C20)."""
        deployment_id = read_deployment_id(self.token.body)
        if self.found.attempt.deployment_hint not in {"", deployment_id}:
            _refuse("deployment_mismatch", "The deployment is not the one that the login named.")
        if self.found.deployment is not DeploymentState.APPROVED:
            raise LaunchRefusedError(
                "deployment_pending", "The deployment is not approved.", status=403, deployment_id=deployment_id
            )

    def check_message(self) -> None:
        self.claims = read_claims(self.token.body, client_id=self.found.attempt.registration.client_id)
        if self.claims.message_type not in self._offered:
            _refuse("message_not_offered", f"{self.claims.message_type} is not offered.")
        if not is_below(self.claims.target_link_uri, self._tool.base_url):
            _refuse("target_foreign", "The target_link_uri is not ours.")
        if self.claims.deep_linking is not None:
            check_return_url(self.claims.deep_linking, self.found.attempt.registration)

    def use_up(self) -> None:
        if not self._ports.attempts.take(hash_token(self._state), self.claims, at=self._at):
            _refuse("launch_used", "This login was used up in the same moment.")


def _refuse(code: str, message: str, *, status: int = 400) -> NoReturn:
    raise LaunchRefusedError(code, message, status=status)
