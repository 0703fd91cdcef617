"""Dynamic registration as Moodle 4.5 has it: a token used once, its checks and their order, and a pending tool."""

import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from sqlalchemy import select

from tests.fake_lms.keys import current_key, load_private_key
from tests.fake_lms.lms import AUTH_PATH, JWKS_PATH, TOKEN_PATH, Lms
from tests.fake_lms.models import Tool, ToolRegistration
from tests.fake_lms.service_answers import ALL_SCOPES

CONFIGURATION_PATH = "/mod/lti/openid-configuration.php"
REGISTRATION_PATH = "/mod/lti/openid-registration.php"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
TOKEN_LIFETIME_S = 3600
REQUIRED = ("initiate_login_uri", "redirect_uris", "client_name", "jwks_uri")


class RegistrationRefusedError(Exception):
    """A registration that the LMS does not take: a status, and its reason as plain text."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def configuration(lms: Lms) -> dict[str, Any]:
    """Return what the LMS says of itself (openid_configuration.json of the recordings, shortened)."""
    return {
        "issuer": lms.url,
        "authorization_endpoint": lms.url + AUTH_PATH,
        "token_endpoint": lms.url + TOKEN_PATH,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": lms.url + JWKS_PATH,
        "registration_endpoint": lms.url + REGISTRATION_PATH,
        "scopes_supported": [*ALL_SCOPES, "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM: {
            "product_family_code": "moodle",
            "version": "4.5.6 (Build: 20250811)",
            "messages_supported": [
                {"type": "LtiResourceLinkRequest"},
                {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]},
            ],
            "variables": ["Context.id", "Context.id.history", "ResourceLink.id", "User.id"],
        },
    }


def begin_registration(lms: Lms, address: str, *, tool_id: int | None = None) -> str:
    """Promise a client id, and return the tool's `address` with the two parameters. `tool_id`: update that tool."""
    with lms.store.session() as store:
        tool = store.get_one(Tool, tool_id) if tool_id else None
        client_id = tool.client_id if tool else secrets.token_urlsafe(11)
        registration = store.get(ToolRegistration, client_id) or ToolRegistration(client_id=client_id)
        registration.tool_id, registration.is_used = tool_id, False
        store.add(registration)
        key = current_key(store)
        issued_at = int(lms.now())
        claims = {"sub": client_id, "scope": "reg", "iat": issued_at, "exp": issued_at + TOKEN_LIFETIME_S}
        token = jwt.encode(claims, load_private_key(key), algorithm="RS256", headers={"kid": key.kid})
    query = urlencode({"openid_configuration": lms.url + CONFIGURATION_PATH, "registration_token": token})
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}"


def client_of_token(lms: Lms, authorization: str) -> str:
    """Return the client id that a registration token stands for. Raise RegistrationRefusedError, or PyJWT's errors."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not token:
        raise RegistrationRefusedError(HTTPStatus.UNAUTHORIZED, "missing_registration_token")
    with lms.store.session() as store:
        key = load_private_key(current_key(store)).public_key()
        claims = jwt.decode(token, key, algorithms=["RS256"], options={"verify_iat": False})
        registration = store.get(ToolRegistration, claims["sub"])
    if registration is None or registration.is_used:
        raise RegistrationRefusedError(HTTPStatus.UNAUTHORIZED, "token_already_used")
    return registration.client_id


def register_tool(lms: Lms, client_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make or update the tool of `client_id`, pending, and return Moodle's answer. Raise RegistrationRefusedError."""
    _check(body)
    configured = body[TOOL]
    scopes = [scope for scope in ALL_SCOPES if scope in str(body.get("scope", "")).split()]
    with lms.store.session() as store:
        registration = store.get_one(ToolRegistration, client_id)
        tool = store.get(Tool, registration.tool_id) if registration.tool_id else Tool(client_id=client_id)
        tool.name = body["client_name"]
        tool.login_url, tool.jwks_url = body["initiate_login_uri"], body["jwks_uri"]
        tool.launch_url, tool.redirect_uris = configured["target_link_uri"], body["redirect_uris"]
        tool.scopes = scopes
        tool.shares_names = "name" in configured.get("claims", [])
        tool.custom = configured.get("custom_parameters", {})
        store.add(tool)
        store.flush()
        registration.tool_id, registration.is_used, registration.is_pending = tool.id, True, True
    answer = {name: value for name, value in body.items() if name != TOOL}
    answer |= {"client_id": client_id, "scope": " ".join(scopes)}
    return answer | {TOOL: configured | {"deployment_id": tool.deployment_id, "version": "1.3.0"}}


def is_pending(lms: Lms, tool: Tool) -> bool:
    """Say whether a tool that registered itself still waits for an administrator."""
    with lms.store.session() as store:
        registration = store.scalars(select(ToolRegistration).filter_by(tool_id=tool.id)).first()
        return registration is not None and registration.is_pending


def activate(lms: Lms, tool: Tool) -> None:
    """Let a tool that registered itself into the courses."""
    with lms.store.session() as store:
        for registration in store.scalars(select(ToolRegistration).filter_by(tool_id=tool.id)):
            registration.is_pending = False


def _check(body: dict[str, Any]) -> None:
    """Refuse what Moodle refuses, in its words (`dynreg_bad_*.json` of the recordings)."""
    configured = body.get(TOOL, {})
    domain, target = configured.get("domain"), configured.get("target_link_uri", "")
    missing = next((name for name in REQUIRED if not body.get(name)), None)
    faults = {
        "invalid_application_type": body.get("application_type", "web") != "web",
        "invalid_response_types": "id_token" not in body.get("response_types", []),
        f"missing required attribute {missing}": missing is not None,
        "invalid_token_endpoint_auth_method": body.get("token_endpoint_auth_method") != "private_key_jwt",
        "missing_domain": not domain,
        "domain_targetlinkuri_mismatch": urlsplit(target).netloc != domain,
    }
    reason = next((reason for reason, is_so in faults.items() if is_so), None)
    if reason is not None:
        raise RegistrationRefusedError(HTTPStatus.BAD_REQUEST, reason)
