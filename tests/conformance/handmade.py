"""A platform made by hand, which can sign and send anything: the other side of the conformance rows."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti.keys import public_jwk
from tests.ports import open_server

TOOL_URL = "http://127.0.0.1:8080"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"

Claims = dict[str, Any]
Change = Callable[[Claims], object]

_KEYS: dict[int, RSAPrivateKey] = {}


def rsa_key(number: int, bits: int = 2048) -> RSAPrivateKey:
    """Return the key of this number: made once per run, since making one is slow."""
    if number not in _KEYS:
        _KEYS[number] = generate_private_key(public_exponent=65537, key_size=bits)
    return _KEYS[number]


class KeyServer:
    """Serves a key set over HTTP and counts how often it is read; can be slow, broken or wrong."""

    def __init__(self) -> None:
        self.reads = 0
        self.status = 200
        self.headers: dict[str, str] = {}
        self.delay_s = 0.0
        self.body = b""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.reads += 1
                time.sleep(owner.delay_s)
                self.send_response(owner.status)
                for name, value in {"Content-Length": str(len(owner.body)), **owner.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # the reader may have had enough
                    self.wfile.write(owner.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
                """Write nothing."""

        self._server = open_server(Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def publish(self, *jwks: Mapping[str, Any]) -> None:
        self.status, self.body = 200, json.dumps({"keys": jwks}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Platform:
    """One registration of the tool at a platform whose private key we hold."""

    key_server: KeyServer
    issuer: str = "https://lms.example"
    client_id: str = "client-1"
    deployment_id: str = "1"
    auth_login_url: str = "https://lms.example/auth"
    key: RSAPrivateKey = field(default_factory=lambda: rsa_key(1))

    def __post_init__(self) -> None:
        self.kid = self.jwk["kid"]
        self.key_server.publish(self.jwk)

    @property
    def jwk(self) -> dict[str, Any]:
        return public_jwk(self.key.public_key())

    def registration(self) -> dict[str, Any]:
        """Return what the tool's add_platform takes."""
        return {
            "issuer": self.issuer,
            "client_id": self.client_id,
            "deployment_id": self.deployment_id,
            "auth_login_url": self.auth_login_url,
            "token_url": "https://lms.example/token",
            "jwks_url": self.key_server.url,
            "may_use_private_addresses": True,
        }

    def login_form(self, **changes: str | None) -> dict[str, str]:
        """Return a good login initiation; None takes a field away."""
        fields = {
            "iss": self.issuer,
            "client_id": self.client_id,
            "login_hint": "7",
            "lti_message_hint": '{"cmid":3}',
            "lti_deployment_id": self.deployment_id,
            "target_link_uri": f"{TOOL_URL}/lti/launch",
        } | changes
        return {name: value for name, value in fields.items() if value is not None}

    def claims(self, nonce: str) -> Claims:
        """Return the claims of a good launch."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "7",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": "Ada Kowalska",
            "given_name": "Ada",
            "family_name": "Kowalska",
            "email": "ada@uni.example",
            LTI + "version": "1.3.0",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "deployment_id": self.deployment_id,
            LTI + "target_link_uri": f"{TOOL_URL}/lti/launch",
            LTI + "resource_link": {"id": "11", "title": "Training"},
            LTI + "context": {"id": "2", "label": "M1", "title": "Mentors 2026", "type": ["CourseSection"]},
            LTI + "roles": [f"{MEMBERSHIP}#Learner"],
            LTI + "launch_presentation": {
                "locale": "en",
                "document_target": "iframe",
                "return_url": "https://lms.example/return.php?course=2&sesskey=abc",
            },
        }

    def sign(
        self, claims: object, *, key: Any = None, alg: str = "RS256", header: Mapping[str, Any] | None = None
    ) -> str:
        """Return the claims as a JWT; a header given as None is left out."""
        headers = {"kid": self.kid, **(header or {})}
        body = json.dumps(claims).encode()
        return jwt.PyJWS().encode(
            body, key or self.key, algorithm=alg, headers={k: v for k, v in headers.items() if v is not None}
        )


@dataclass(frozen=True)
class Begun:
    """A login on its way: what the tool sent to the platform."""

    url: str
    state: str
    nonce: str
    query: Mapping[str, str]


def begin(client: FlaskClient, platform: Platform, **changes: str | None) -> Begun:
    """Begin a login as the platform does, and return what it gets to see."""
    answer = client.post("/lti/login", data=platform.login_form(**changes))
    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
    return Begun(answer.location, query["state"], query["nonce"], query)


def launch(client: FlaskClient, platform: Platform, change: Change | None = None, **signing: Any) -> TestResponse:
    """Log in and launch with one change to the claims."""
    begun = begin(client, platform)
    claims = platform.claims(begun.nonce)
    if change is not None:
        change(claims)
    return send(client, begun.state, platform.sign(claims, **signing))


def send(client: FlaskClient, state: str, id_token: str) -> TestResponse:
    """Post a launch."""
    return client.post("/lti/launch", data={"state": state, "id_token": id_token})


@contextmanager
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def drip_server() -> Iterator[str]:
    """Give the address of a server whose answer trickles and never ends."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                while not ended.wait(0.1):
                    self.wfile.write(b"1\r\n \r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Write nothing."""

    server = open_server(Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
