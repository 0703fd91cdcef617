"""lti1p3platform fitted to this LMS: registration, platform configuration and request, with Moodle's checks."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

import jwt
import requests
from flask import Request as FlaskHttpRequest
from jwcrypto.jwk import JWK
from lti1p3platform.exceptions import LtiException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.registration import Registration as PlatformRegistration
from lti1p3platform.request import Request, TRequest
from sqlalchemy import select

from tests.fake_lms.keys import current_key, load_private_key
from tests.fake_lms.lms import Lms
from tests.fake_lms.models import AccessToken, SigningKey, Tool, UsedAssertion


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def read_json(text: str) -> Any:
    """Return what the text says in JSON, or None if it is none. NaN and Infinity are none."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError:
        return None


class PlatformRequest(Request):
    """A Flask request as lti1p3platform wants to see it."""

    def build_metadata(self, request: FlaskHttpRequest) -> TRequest:
        return {
            "method": request.method,
            "form_data": request.form.to_dict(),
            "get_data": request.args.to_dict(),
            "headers": request.headers,
            "content_type": request.content_type,
            "path": request.path,
            "json": read_json(request.get_data(as_text=True)),
        }


class SigningRegistration(PlatformRegistration):
    """A registered tool with the key that signs now, the LMS's own `kid` and the LMS's own clock."""

    def __init__(self, lms: Lms, tool: Tool, key: SigningKey) -> None:
        self._lms = lms
        self._kid = key.kid
        self.set_iss(lms.url).set_client_id(tool.client_id).set_deployment_id(tool.deployment_id)
        self.set_launch_url(tool.launch_url).set_deeplink_launch_url(tool.launch_url)
        self.set_oidc_login_url(tool.login_url).set_tool_key_set_url(tool.jwks_url)
        self.set_platform_private_key(load_private_key(key)).set_platform_public_key(key.public_pem)

    def get_kid(self) -> str:
        return self._kid

    def platform_encode_and_sign(self, payload: dict[str, Any], expiration: int | None = None) -> str:
        """Sign a message; `iat` and `exp` are added from the LMS's clock where an expiration in seconds is given."""
        if expiration is not None:
            issued_at = int(self._lms.now())
            payload = payload | {"iat": issued_at, "exp": issued_at + expiration}
        return self.encode_and_sign(payload, self.get_platform_private_key(), {"kid": self._kid})


class PlatformConf(LTI1P3PlatformConfAbstract):
    """The LMS towards one tool. Made anew for each request, since the library keeps the message it reads on itself."""

    def init_platform_config(self, lms: Lms, tool: Tool) -> None:
        self.lms = lms
        self.tool = tool
        with lms.store.session() as session:
            self._registration = SigningRegistration(lms, tool, current_key(session))

    def get_registration_by_params(self, **_params: Any) -> PlatformRegistration:
        return self._registration

    def get_tool_public_key(self) -> bytes:
        """Find the key that the message names, reading the tool's key set again for an unknown `kid`."""
        kid = self._jwt["header"].get("kid")
        if not kid:
            raise LtiException("error/Error: kid must be provided in JWT header.")
        for fresh in (False, True):
            try:
                keys = self.lms.tool_keys(self.tool, fresh=fresh)["keys"]
            except (requests.RequestException, ValueError, LookupError, TypeError) as error:
                raise LtiException("The tool's key set cannot be read") from error
            for key in keys:
                if key.get("kid") == kid:
                    pem: bytes = JWK(**key).export_to_pem()
                    return pem
        raise LtiException('"kid" invalid, unable to lookup correct key')

    def tool_validate_and_decode(self, jwt_token_string: str) -> dict[str, Any]:
        """Return the claims of what the tool signed. Raise LtiException, in Moodle's words, if not to be trusted."""
        self.validate_jwt_format(jwt_token_string)
        key = self.get_tool_public_key()
        unchecked = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims = jwt.decode(jwt_token_string, key, algorithms=["RS256"], options=unchecked)
        except jwt.InvalidTokenError as error:
            raise LtiException(str(error)) from error
        self._check_times(claims)
        if self.lms.switches["strict_assertions"]:
            self._check_strictly(claims)
        return claims

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self.lms.now()
        issued_at = claims.get("iat", 0)
        if issued_at > now:
            moment = datetime.fromtimestamp(issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
            raise LtiException(f"Cannot handle token with iat prior to {moment}")
        if "exp" in claims and claims["exp"] <= now:
            raise LtiException("Expired token")

    def _check_strictly(self, claims: dict[str, Any]) -> None:
        registration = self.lms.registration_of(self.tool)
        audience = claims.get("aud", [])
        audience = [audience] if isinstance(audience, str) else audience
        if not {registration.issuer, registration.token_url} & set(audience):
            raise LtiException("invalid_client: aud")
        if claims.get("iss") != self.tool.client_id:
            raise LtiException("invalid_client: iss")
        if "exp" not in claims:
            raise LtiException("invalid_client: exp")
        # A deep-linking response carries its one-time value as `nonce`, an assertion as `jti`.
        self._use_once(claims.get("jti") or claims.get("nonce"))

    def _use_once(self, jti: Any) -> None:
        if not isinstance(jti, str):
            raise LtiException("invalid_client: jti")
        with self.lms.store.session() as session:
            seen = select(UsedAssertion).filter_by(client_id=self.tool.client_id, jti=jti)
            if session.scalars(seen).first():
                raise LtiException("invalid_client: jti")
            session.add(UsedAssertion(client_id=self.tool.client_id, jti=jti))

    def issue_token(self, form: dict[str, str]) -> dict[str, Any]:
        """Answer a token request: the library checks it; the token is of Moodle's opaque kind, kept in the store.

        Raise LtiException "invalid_scope" where nothing asked for is permitted.
        """
        answer = dict(self.get_access_token(form))
        withheld = str(self.lms.switches["withheld_scopes"]).split()
        granted = [
            scope
            for scope in str(answer["scope"]).split()
            if scope in self.tool.scopes and scope.rpartition("/")[2] not in withheld
        ]
        if not granted:
            raise LtiException("invalid_scope")
        lifetime = self.lms.switches["token_lifetime_s"]
        token = AccessToken(
            token=secrets.token_hex(16), tool_id=self.tool.id, scopes=granted, expires_at=self.lms.now() + lifetime
        )
        with self.lms.store.session() as session:
            session.add(token)
        return {
            "access_token": token.token,
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": " ".join(granted),
        }

    def validate_token(self, token: str, allowed_scopes: list[str] | None = None, audience: str | None = None) -> bool:
        """Say whether the token is this tool's, alive, and has one of the scopes. The library would believe any JWT."""
        with self.lms.store.session() as session:
            known = session.get(AccessToken, token)
        if known is None or known.expires_at <= self.lms.now():
            return False
        return known.tool_id == self.tool.id and bool(set(known.scopes) & set(allowed_scopes or ()))
