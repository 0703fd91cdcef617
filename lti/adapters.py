"""The one module that imports PyLTI1p3: it asks, in its order, and the answers are ours.

The library builds the authentication request, keeps the order in which a launch is checked, and has the last word on
the message. What it would store, fetch or compare itself is answered here instead (docs/decisions/0002). What it
declares abstract, and does not ask on our way, fails loudly should a new version ask it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, cast

import requests
from pylti1p3.cookie import CookieService
from pylti1p3.exception import LtiException, OIDCException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration as LibraryRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti.browser_binding import new_token
from lti.errors import LaunchRefusedError
from lti.ports import Registration

_MESSAGE_TYPE = "https://purl.imsglobal.org/spec/lti/claim/message_type"


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """Where to send the browser, and the two values that its launch must bring back."""

    url: str
    state: str
    nonce: str


class LaunchSteps(Protocol):
    """The steps of checking a launch, called in this order; each may raise LaunchRefusedError."""

    def check_state(self) -> None: ...
    def parse_token(self) -> Mapping[str, Any]: ...
    def check_nonce(self) -> None: ...
    def check_parties(self) -> None: ...
    def check_signature(self) -> None: ...
    def check_deployment(self) -> None: ...
    def check_message(self) -> None: ...
    def use_up(self) -> None: ...


def make_auth_request(registration: Registration, params: Mapping[str, str], launch_url: str) -> AuthRequest:
    """Return the authentication request for a login with these `params` (CONFORMANCE S05, S06)."""
    base_url, _, query = registration.auth_login_url.partition("?")
    memory = _LoginMemory()
    login = _Login(_Form(params), _Config(registration, base_url), memory, memory)
    try:
        url = login.prepare_url(launch_url)
    except OIDCException as error:
        raise LaunchRefusedError("login_malformed", str(error)) from error
    return AuthRequest(f"{url}&{query}" if query else url, memory.state, memory.nonce)


def run_steps(steps: LaunchSteps) -> None:
    """Take `steps` in the library's order, and let it judge the message; raise LaunchRefusedError."""
    try:
        _Launch(steps).validate()
    except LtiException as error:
        raise LaunchRefusedError("message_malformed", str(error)) from error


class _Form(Request):
    """Parameters of a request. The library sees nothing else of it."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params

    def get_param(self, key: str) -> str:
        return self._params.get(key, "")

    def is_secure(self) -> bool:
        return True


class _LoginMemory(CookieService, SessionService):
    """Takes down the state and nonce that the library would store."""

    def __init__(self) -> None:
        self.state = ""
        self.nonce = ""

    def get_cookie(self, name: str) -> str | None:
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = None) -> None:
        self.state = name

    def save_nonce(self, nonce: str) -> None:
        self.nonce = nonce


class _Config(ToolConfAbstract[_Form]):
    """One registration, found before the library is asked."""

    def __init__(self, registration: Registration, auth_login_url: str) -> None:
        self._registration = LibraryRegistration()
        self._registration.set_issuer(registration.issuer)
        self._registration.set_client_id(registration.client_id)
        self._registration.set_auth_login_url(auth_login_url)

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: object, **kwargs: object
    ) -> LibraryRegistration:
        return self._registration

    def find_registration_by_issuer(self, iss: str, *args: object, **kwargs: object) -> LibraryRegistration:
        raise AssertionError("The client is always known.")

    def find_deployment(self, iss: str, deployment_id: str) -> None:
        raise AssertionError("LaunchSteps.check_deployment is asked instead.")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: object, **kwargs: object
    ) -> None:
        raise AssertionError("LaunchSteps.check_deployment is asked instead.")


class _Login(OIDCLogin[_Form, _Config, _LoginMemory, _LoginMemory, str]):
    def prepare_url(self, launch_url: str) -> str:
        return str(self._prepare_redirect_url(launch_url))

    def get_redirect(self, url: str) -> Redirect[str]:
        raise AssertionError("The application redirects.")

    def _get_uuid(self) -> str:
        return new_token()

    def _generate_nonce(self) -> str:
        return new_token()


_NO_NETWORK = requests.Session()
_NO_NETWORK.adapters.clear()


class _Launch(MessageLaunch[_Form, Any, _LoginMemory, _LoginMemory]):
    def __init__(self, steps: LaunchSteps) -> None:
        memory = _LoginMemory()
        super().__init__(_Form({}), None, memory, memory, requests_session=_NO_NETWORK)
        self._steps = steps

    def _get_request_param(self, key: str) -> str:
        raise AssertionError("Every step that reads the request is ours.")

    def validate_state(self) -> Self:
        self._steps.check_state()
        return self

    def validate_jwt_format(self) -> Self:
        self.set_jwt(cast(Any, {"body": self._steps.parse_token()}))
        return self

    def validate_nonce(self) -> Self:
        self._steps.check_nonce()
        return self

    def validate_registration(self) -> Self:
        self._steps.check_parties()
        return self

    def validate_jwt_signature(self) -> Self:
        self._steps.check_signature()
        return self

    def validate_deployment(self) -> Self:
        self._steps.check_deployment()
        return self

    def validate_message(self) -> Self:
        self._steps.check_message()  # first, since the library trusts the types of what it reads
        if self._get_jwt_body().get(_MESSAGE_TYPE) != "LtiDeepLinkingRequest":
            # Of content pickers it refuses those that must be answered politely (CONFORMANCE D10).
            super().validate_message()
        return self

    def save_launch_data(self) -> Self:
        self._steps.use_up()
        return self
