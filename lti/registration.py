"""LTI Dynamic Registration 1.0: reads what an LMS says of itself, and registers this tool there (CONFORMANCE K)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lti import claim_values as read
from lti.errors import AddressRefusedError, RegistrationError, ServiceUnreachableError
from lti.http import HttpAnswer, OutgoingHttp
from lti.line_items import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE
from lti.roster import ROSTER_SCOPE
from lti.scores import RESULT_SCOPE, SCORE_SCOPE
from lti.urls import is_in_domain, web_origin

SCOPES = (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE, RESULT_SCOPE, SCORE_SCOPE, ROSTER_SCOPE)
"""All that we use; each is asked for, since Moodle does not take one for another."""
CLAIMS = ("iss", "sub", "name", "given_name", "family_name")
"""All that we use. No e-mail (CONFORMANCE R06)."""
PICKER_PLACEMENTS = ("ContentArea", "assignment_selection", "link_selection")
"""Where teachers choose content: the standard's name, and two of Canvas's."""
LARGEST_CONFIGURATION = 256 * 1024
LARGEST_TOKEN = 8192
MOST_TEXTS = 100
LONGEST_ISSUER, LONGEST_ADDRESS = 512, 1024

_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_ENDPOINTS = {
    "auth_login_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "jwks_url": "jwks_uri",
    "registration_url": "registration_endpoint",
}

DomainsOf = Callable[[str, str], Sequence[str]]
"""From product family and issuer to the domains on which that make of LMS may have its addresses."""


@dataclass(frozen=True, slots=True)
class PlatformConfiguration:
    """What an LMS says of itself, checked. Empty `scopes` or `placements`: it does not say which it has."""

    issuer: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str = ""
    product_family: str = ""
    scopes: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """What this tool says of itself. `custom` goes with every launch, `extras` only into this registration."""

    name: str
    base_url: str
    custom: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    """What the LMS gave: our client id, and the deployment if it names one (CONFORMANCE R05)."""

    client_id: str
    deployment_id: str = ""


def fetch_configuration(
    url: str, token: str, http: OutgoingHttp, *, domains_of: DomainsOf, may_use_private_addresses: bool = False
) -> PlatformConfiguration:
    """Return what the LMS at `url` says of itself, or raise RegistrationError (Dynamic Registration 3.4, 3.5).

    Its issuer must be where the configuration is, its endpoints where the issuer is; `domains_of` may allow more.
    Canvas shows its configuration only to who sends the registration token.
    """
    headers = {"Accept": "application/json", **_bearer(token)}
    try:
        answer = http.send(
            "GET",
            url,
            headers=headers,
            may_use_private_addresses=may_use_private_addresses,
            max_bytes=LARGEST_CONFIGURATION,
        )
    except AddressRefusedError as error:
        raise RegistrationError("address_refused", str(error)) from error
    except ServiceUnreachableError as error:
        code = "configuration_unreadable" if error.reason == "too_large" else "configuration_unreachable"
        raise RegistrationError(code, str(error)) from error
    sent = _json_object(answer)
    if answer.status != 200 or sent is None:
        message = f"The configuration answered {answer.status}."
        raise RegistrationError("configuration_unreadable", message, said=_said(answer))
    configuration = _read_configuration(sent)
    _check_hosts(configuration, url, domains_of, may_use_private_addresses=may_use_private_addresses)
    return configuration


def register(
    configuration: PlatformConfiguration,
    token: str,
    tool: ToolDescription,
    http: OutgoingHttp,
    *,
    may_use_private_addresses: bool = False,
) -> RegistrationAnswer:
    """Register `tool` and return what the LMS gave, or raise RegistrationError (Dynamic Registration 3.6, 3.7).

    `token` is sent if there is one (CONFORMANCE R01, R02).
    """
    body = json.dumps(registration_body(configuration, tool)).encode()
    headers = {"Accept": "application/json", "Content-Type": "application/json", **_bearer(token)}
    try:
        answer = http.send(
            "POST",
            configuration.registration_url,
            headers=headers,
            body=body,
            may_use_private_addresses=may_use_private_addresses,
            max_bytes=LARGEST_CONFIGURATION,
        )
    except AddressRefusedError as error:
        raise RegistrationError("address_refused", str(error)) from error
    except ServiceUnreachableError as error:
        raise RegistrationError("registration_unreachable", str(error)) from error
    if answer.status not in {200, 201}:
        message = f"The LMS answered {answer.status} to the registration."
        raise RegistrationError("registration_refused", message, said=_said(answer))
    return _read_answer(answer)


def registration_body(configuration: PlatformConfiguration, tool: ToolDescription) -> dict[str, Any]:
    """Return the request of CONFORMANCE R04, with both messages (R11). Moodle wants `scope` as one string."""
    launch_url = f"{tool.base_url}/lti/launch"
    offered = set(configuration.scopes)
    picker: dict[str, Any] = {"type": "LtiDeepLinkingRequest", "target_link_uri": launch_url, "label": tool.name}
    known = configuration.placements or PICKER_PLACEMENTS[:1]
    placements = [placement for placement in PICKER_PLACEMENTS if placement in known]
    if placements:
        picker["placements"] = placements
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.base_url}/lti/login",
        "redirect_uris": [launch_url],
        "client_name": tool.name,
        "jwks_uri": f"{tool.base_url}/lti/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scope for scope in SCOPES if not offered or scope in offered),
        _TOOL: {
            # With the port: Moodle compares it with that of target_link_uri.
            "domain": urlsplit(tool.base_url).netloc,
            "target_link_uri": launch_url,
            "claims": list(CLAIMS),
            "messages": [{"type": "LtiResourceLinkRequest"}, picker],
            "custom_parameters": dict(tool.custom),
            **tool.extras,
        },
    }


def _read_configuration(sent: Mapping[str, Any]) -> PlatformConfiguration:
    endpoints = {name: sent.get(key) for name, key in _ENDPOINTS.items()}
    issuer = sent.get("issuer")
    for name, value in {"issuer": issuer, **endpoints}.items():
        longest = LONGEST_ISSUER if name == "issuer" else LONGEST_ADDRESS
        if web_origin(value) is None or len(str(value)) > longest or not str(value).isprintable():
            raise RegistrationError("configuration_unreadable", f"The configuration names no usable {name}.")
    platform = read.mapping(sent.get(_PLATFORM))
    return PlatformConfiguration(
        issuer=str(issuer),
        **{name: str(value) for name, value in endpoints.items()},
        token_audience=_line(sent.get("authorization_server"))[:LONGEST_ADDRESS],
        product_family=_line(platform.get("product_family_code"))[:64],
        scopes=_texts(sent.get("scopes_supported")),
        placements=_picker_placements(platform.get("messages_supported")),
    )


def _check_hosts(
    configuration: PlatformConfiguration, url: str, domains_of: DomainsOf, *, may_use_private_addresses: bool
) -> None:
    """Refuse a configuration that speaks for another LMS than the one it was read from."""
    domains = domains_of(configuration.product_family, configuration.issuer)
    origins = {web_origin(configuration.issuer)}

    def is_own(address: str) -> bool:
        return web_origin(address) in origins or any(is_in_domain(address, domain) for domain in domains)

    if not is_own(url):
        message = f"{configuration.issuer} is not where the configuration was read."
        raise RegistrationError("issuer_foreign", message)
    for name in _ENDPOINTS:
        address = getattr(configuration, name)
        if not may_use_private_addresses and not address.startswith("https:"):
            raise RegistrationError("address_refused", f"{name} is not an https address.")
        if not is_own(address):
            raise RegistrationError("endpoint_foreign", f"{name} is not on the host of {configuration.issuer}.")


def _picker_placements(messages: object) -> tuple[str, ...]:
    found: list[str] = []
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict) and message.get("type") == "LtiDeepLinkingRequest":
            found += _texts(message.get("placements"))
    return tuple(found)


def _read_answer(answer: HttpAnswer) -> RegistrationAnswer:
    sent = _json_object(answer) or {}
    client_id = _identifier(sent.get("client_id"))
    if not client_id:
        message = "The LMS took the registration but names no client id."
        raise RegistrationError("registration_unreadable", message, said=_said(answer))
    deployment_id = _identifier(read.mapping(sent.get(_TOOL)).get("deployment_id"))
    return RegistrationAnswer(client_id, deployment_id)


def _identifier(value: object) -> str:
    """Return an id as text, or "" for what can be none; Moodle's are numbers in quotes, others may come without."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _line(value)
    return text if len(text) <= 255 else ""


def _line(value: object) -> str:
    return value.strip() if isinstance(value, str) and value.isprintable() else ""


def _texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that are not too long, of not too many."""
    listed = value[:MOST_TEXTS] if isinstance(value, list) else []
    return tuple(text for text in listed if isinstance(text, str) and len(text) <= 255)


def _bearer(token: str) -> dict[str, str]:
    """Return the header for a token, if there is one that can stand in a header."""
    is_usable = token.isascii() and token.isprintable() and " " not in token and len(token) <= LARGEST_TOKEN
    return {"Authorization": f"Bearer {token}"} if token and is_usable else {}


def _json_object(answer: HttpAnswer) -> dict[str, Any] | None:
    try:
        sent = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, dict) else None


def _said(answer: HttpAnswer) -> str:
    """Return in one line what was answered: the error of a JSON answer, or plain text, as Moodle has it. No pages."""
    sent = _json_object(answer) or {}
    error = next((sent[key] for key in ("error_description", "error") if isinstance(sent.get(key), str)), None)
    text = error if error is not None else answer.body[:1000].decode(errors="replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    return f"{answer.status} {answer.reason}"[:200] if not line or line.startswith(("<", "{", "[")) else line
