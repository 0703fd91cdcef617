"""A throwaway tool for the LMS's own tests: it serves a key set, signs assertions, and calls the services over HTTP."""

import functools
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fake_lms import FakeLms
from tests.fake_lms.service_answers import ALL_SCOPES
from tests.ports import open_server

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def usual_key() -> rsa.RSAPrivateKey:
    """Return the key that every stand-in begins with: making one takes longer than most tests."""
    return make_key()


class ToolStandIn:
    """A tool that has keys and nothing else. `keys` maps kid to private key; all are published."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {"key-1": usual_key()}
        self.key_set_reads = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.key_set_reads += 1
                body = json.dumps(stand_in.key_set()).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Write nothing."""

        self._server = open_server(Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def key_set(self) -> dict[str, Any]:
        algorithm = jwt.algorithms.RSAAlgorithm
        return {
            "keys": [
                algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "alg": "RS256", "use": "sig"}
                for kid, key in self.keys.items()
            ]
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sign(self, claims: dict[str, Any], kid: str | None = "key-1", key: rsa.RSAPrivateKey | None = None) -> str:
        signer = key or self.keys.get(kid or "", self.keys["key-1"])
        return jwt.encode(claims, signer, algorithm="RS256", headers={"kid": kid} if kid else None)

    def assertion_claims(self, lms: FakeLms, **changes: Any) -> dict[str, Any]:
        registration, now = lms.registration, int(time.time())
        claims = {
            "iss": registration.client_id,
            "sub": registration.client_id,
            "aud": registration.token_url,
            "iat": now - 5,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def ask_token(self, lms: FakeLms, assertion: str = "", **changes: Any) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion or self.sign(self.assertion_claims(lms)),
            "scope": " ".join(ALL_SCOPES),
        }
        return requests.post(lms.registration.token_url, data=form | changes, timeout=10)

    def token(self, lms: FakeLms, scope: str = " ".join(ALL_SCOPES)) -> str:
        answer = self.ask_token(lms, scope=scope)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


class ServiceClient:
    """Calls the services with one token, as the recorded client did."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, url: str, accept: str, **params: Any) -> requests.Response:
        return requests.get(url, headers=self._headers | {"Accept": accept}, params=params, timeout=10)

    def request(
        self, method: str, url: str, body: str | None, headers: dict[str, Any], authorization: str | None = None
    ) -> requests.Response:
        """Send exactly this. `authorization` replaces the token's header; an empty one leaves it away."""
        own = self._headers if authorization is None else {"Authorization": authorization or None}
        data = body.encode() if body is not None else None
        return requests.request(method, url, data=data, headers=own | headers, timeout=10)

    def send(self, method: str, url: str, body: Any, content_type: str = ITEM_TYPE) -> requests.Response:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        data = data.encode() if isinstance(data, str) else data
        headers = self._headers | {"Content-Type": content_type}
        return requests.request(method, url, data=data, headers=headers, timeout=10)

    def score(self, item_url: str, body: Any, content_type: str = SCORE_TYPE) -> requests.Response:
        return self.send("POST", item_url.replace("?", "/scores?"), body, content_type)

    def results(self, item_url: str, **params: Any) -> Any:
        answer = self.get(item_url.replace("?", "/results?"), RESULTS_TYPE, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


def score_body(person_id: int | str, at: str, given: float = 70, **changes: Any) -> dict[str, Any]:
    return {
        "userId": str(person_id),
        "timestamp": at,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": given,
        "scoreMaximum": 100,
    } | changes
