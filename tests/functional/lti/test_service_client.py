from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from lti.access_tokens import make_assertion
from lti.errors import AddressRefusedError, ServiceUnreachableError, TokenRefusedError, UnreadableAnswerError
from lti.http import OutgoingHttp, read_retry_after
from lti.keys import SigningKey, make_signing_key
from lti.ports import AccessToken, Registration
from lti.service_client import ServiceClient
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
TOKEN = b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600, "scope": "%s"}' % SCORE.encode()


class Tokens:
    """lti.ports.AccessTokens in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[int, tuple[str, ...]], AccessToken] = {}

    def find_token(self, registration_id: int, scopes: Sequence[str], *, at: datetime) -> AccessToken | None:
        token = self.kept.get((registration_id, tuple(scopes)))
        return token if token and token.expires_at > at else None

    def set_token(self, registration_id: int, scopes: Sequence[str], token: AccessToken) -> None:
        self.kept[(registration_id, tuple(scopes))] = token

    def drop_token(self, registration_id: int, scopes: Sequence[str]) -> None:
        self.kept.pop((registration_id, tuple(scopes)), None)


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.behind: timedelta | None = None
        """How far behind the machine's clock, for a clock that goes on."""

    def __call__(self) -> datetime:
        return self.now if self.behind is None else datetime.now(UTC) - self.behind


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return make_signing_key()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        server.answers["/token"] = [Answer(200, TOKEN, {"Content-Type": "text/html"})]
        server.answers["/scores"] = [Answer(200)]
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(server: ScriptedServer, key: SigningKey, clock: Clock) -> ServiceClient:
    registration = Registration(
        id=1,
        issuer="https://lms.example",
        client_id="client-1",
        auth_login_url="https://lms.example/auth",
        token_url=f"{server.url}/token",
        jwks_url=f"{server.url}/jwks",
        may_use_private_addresses=True,
    )
    return ServiceClient(registration, key, Tokens(), OutgoingHttp(read_seconds=3, total_seconds=5), clock)


def post(client: ServiceClient, server: ScriptedServer, path: str = "/scores", **changes: Any) -> Any:
    options: dict[str, Any] = {"scopes": (SCORE,), "accept": "*/*", "content_type": "application/x", "body": b"{}"}
    return client.request("POST", server.url + path, **{**options, **changes})


def test_t01_assertion(client: ServiceClient, server: ScriptedServer, key: SigningKey) -> None:
    post(client, server)
    asked = server.asked[0]
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["scope"] == SCORE
    header = jwt.get_unverified_header(form["client_assertion"])
    assert (header["alg"], header["kid"]) == ("RS256", key.kid)
    claims = jwt.decode(
        form["client_assertion"],
        key.private_key.public_key(),
        algorithms=["RS256"],
        audience=f"{server.url}/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["iss"] == claims["sub"] == "client-1"
    assert claims["iat"] == int(NOW.timestamp()) - 5
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert len(claims["jti"]) >= 16


def test_t02_only_the_scopes_needed_are_asked_for(client: ServiceClient, server: ScriptedServer) -> None:
    answer = TOKEN.replace(SCORE.encode(), f"{RESULT} {SCORE}".encode())
    server.answers["/token"] = [Answer(200, answer)]
    post(client, server, scopes=(SCORE, RESULT))
    assert parse_qs(server.asked[0].body.decode())["scope"] == [f"{SCORE} {RESULT}"]


def test_t02_scope_that_is_not_granted(client: ServiceClient, server: ScriptedServer) -> None:
    with pytest.raises(TokenRefusedError) as caught:
        post(client, server, scopes=(SCORE, RESULT))
    assert (caught.value.status, caught.value.error) == (200, "scope_not_granted")
    assert server.paths() == ["POST /token"]


def test_t02_answer_without_scope_grants_what_was_asked(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/token"] = [Answer(200, b'{"access_token": "abc"}')]
    assert post(client, server).status == 200


def test_t03_token_is_used_again_until_its_last_minute(
    client: ServiceClient, server: ScriptedServer, clock: Clock
) -> None:
    for _ in range(3):
        post(client, server)
    clock.now = NOW + timedelta(seconds=3600 - 61)
    post(client, server)
    assert server.paths().count("POST /token") == 1
    clock.now = NOW + timedelta(seconds=3600 - 60)
    post(client, server)
    assert server.paths().count("POST /token") == 2


def test_request_is_sent_as_given(client: ServiceClient, server: ScriptedServer) -> None:
    post(client, server, path="/scores?type_id=1", accept="application/y")
    asked = server.asked[-1]
    assert (asked.method, asked.path, asked.body) == ("POST", "/scores?type_id=1", b"{}")
    assert asked.headers["authorization"] == "Bearer abc"
    assert asked.headers["content-type"] == "application/x"
    assert asked.headers["accept"] == "application/y"


def test_get_has_no_content_type(client: ServiceClient, server: ScriptedServer) -> None:
    client.request("GET", f"{server.url}/scores", scopes=(SCORE,), accept="application/y")
    assert "content-type" not in server.asked[-1].headers


def test_t05_refused_token_is_renewed_once(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/scores"] = [Answer(401), Answer(200)]
    server.answers["/token"] = [Answer(200, TOKEN), Answer(200, TOKEN.replace(b"abc", b"new"))]
    assert post(client, server).status == 200
    assert [one.headers.get("authorization") for one in server.asked] == [None, "Bearer abc", None, "Bearer new"]


def test_t05_refused_twice_is_an_answer(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/scores"] = [Answer(401)]
    assert post(client, server).status == 401
    assert server.paths() == ["POST /token", "POST /scores"] * 2


@pytest.mark.parametrize("status", [204, 302, 400, 403, 404, 409, 422, 429, 500, 503])
def test_every_status_of_the_service_is_returned(client: ServiceClient, server: ScriptedServer, status: int) -> None:
    server.answers["/scores"] = [Answer(status)]
    assert post(client, server).status == status


def test_t06_retry_after(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/scores"] = [Answer(503, headers={"Retry-After": "7"})]
    assert post(client, server).retry_after == 7.0
    server.answers["/scores"] = [Answer(503)]
    assert post(client, server).retry_after is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90.0),
        ("Sat, 21 Nov 2026 14:01:30 +0200", 90.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", 86400.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_read_retry_after(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, at=NOW) == seconds


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(400, b'{"error": "invalid_client"}'), "invalid_client"),
        (Answer(400, b'{"error" : ""kid" invalid, unable to lookup correct key"}'), '{"error" : ""kid" invalid'),
        (Answer(401, b""), "Unauthorized"),
        (Answer(400, b'{"error": {"a": 1}}'), '{"error": {"a": 1}}'),
        (Answer(403, b"<html>\x00 " + b"x" * 5000), "<html> xxx"),
        (Answer(302, headers={"Location": "/login"}), "Found"),
    ],
)
def test_t08_refused_by_the_token_endpoint(
    client: ServiceClient, server: ScriptedServer, answer: Answer, error: str
) -> None:
    server.answers["/token"] = [answer]
    with pytest.raises(TokenRefusedError) as caught:
        post(client, server)
    assert caught.value.status == answer.status
    assert caught.value.error.startswith(error)
    assert len(caught.value.error) <= 200


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_t07_token_endpoint_is_busy(client: ServiceClient, server: ScriptedServer, status: int) -> None:
    server.answers["/token"] = [Answer(status, headers={"Retry-After": "30"})]
    with pytest.raises(ServiceUnreachableError) as caught:
        post(client, server)
    assert (caught.value.reason, caught.value.retry_after) == ("busy", 30.0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"access_token": 5}',
        b'{"access_token": ""}',
        b'{"access_token": "a\\nb"}',
        b"[" * 9999,
    ],
)
def test_token_answer_without_token(client: ServiceClient, server: ScriptedServer, body: bytes) -> None:
    server.answers["/token"] = [Answer(200, body)]
    with pytest.raises(UnreadableAnswerError):
        post(client, server)


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (b"3600", 3540),
        (b'"3600"', 3540),
        (b"null", 240),
        (b"-5", 240),
        (b"1e999", 240),
        (b"true", 240),
        (b"1e8", 86340),
    ],
)
def test_lifetime_of_a_token(
    client: ServiceClient, server: ScriptedServer, clock: Clock, expires_in: bytes, seconds: int
) -> None:
    server.answers["/token"] = [Answer(200, b'{"access_token": "abc", "expires_in": %s}' % expires_in)]
    post(client, server)
    clock.now = NOW + timedelta(seconds=seconds - 1)
    post(client, server)
    assert server.paths().count("POST /token") == 1
    clock.now = NOW + timedelta(seconds=seconds)
    post(client, server)
    assert server.paths().count("POST /token") == 2


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/scores", "http://127.0.0.1:1/scores", "http://a@127.0.0.1/", "file:///x", "/scores", ""],
)
def test_t11_foreign_address(client: ServiceClient, server: ScriptedServer, url: str) -> None:
    with pytest.raises(AddressRefusedError):
        client.request("GET", url, scopes=(SCORE,), accept="*/*")
    assert not server.asked


def test_t11_token_goes_nowhere_else(client: ServiceClient, server: ScriptedServer) -> None:
    with scripted_server() as other:
        server.answers["/scores"] = [Answer(307, headers={"Location": f"{other.url}/steal"})]
        assert post(client, server).status == 307
        assert not other.asked


def test_next_page_and_json(client: ServiceClient, server: ScriptedServer) -> None:
    link = '</Scores?bookmark=aB>; rel="next"'
    server.answers["/scores"] = [Answer(200, b'[{"a": 1}]', {"Link": link})]
    answer = post(client, server)
    assert answer.next_url == f"{server.url}/Scores?bookmark=aB"
    assert answer.json() == [{"a": 1}]


def test_t09_body_that_is_not_json(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/scores"] = [Answer(200, b"<html>")]
    with pytest.raises(UnreadableAnswerError):
        post(client, server).json()


def test_service_that_is_down(client: ServiceClient, server: ScriptedServer) -> None:
    server.answers["/scores"] = [Answer(headers={"Content-Length": "9", "Connection": "close"}, write=lambda _: None)]
    with pytest.raises(ServiceUnreachableError):
        post(client, server)


@pytest.mark.parametrize(("ahead", "expected"), [(0, 0.0), (90, 90.0), (-90, -90.0)])
def test_it_is_told_how_far_the_clock_of_the_lms_is_ahead(
    client: ServiceClient, server: ScriptedServer, clock: Clock, ahead: float, expected: float
) -> None:
    assert client.clock_difference is None
    clock.behind = timedelta(seconds=ahead)
    post(client, server)
    assert client.clock_difference == pytest.approx(expected, abs=3)
    assert (client.clock_difference == 0) == (ahead == 0)


def test_a_token_is_asked_of_the_store_once_for_many_calls(client: ServiceClient, server: ScriptedServer) -> None:
    post(client, server)
    client._tokens.kept.clear()
    post(client, server)
    assert server.paths().count("POST /token") == 1


def test_before_each_call_to_a_service_there_may_be_a_wait(client: ServiceClient, server: ScriptedServer) -> None:
    waits: list[int] = []
    client.before_call = lambda: waits.append(len(server.paths()))
    server.answers["/scores"] = [Answer(401), Answer(200)]
    post(client, server)
    assert waits == [1, 3]  # after the token, and again after its successor


def test_t01_assertion_names_the_registered_audience(key: SigningKey) -> None:
    addresses = ("https://lms.example/auth", "https://lms.example/token", "https://lms.example/jwks")
    for audience, expected in (("", addresses[1]), ("https://api.lms.example/token", "https://api.lms.example/token")):
        registration = Registration(1, "https://lms.example", "client", *addresses, token_audience=audience)
        sent = jwt.decode(make_assertion(registration, key, at=NOW), options={"verify_signature": False})
        assert sent["aud"] == expected


def test_t11_services_may_be_where_the_registration_allows_them() -> None:
    addresses = ("https://lms.example/auth", "https://lms.example/token", "https://lms.example/jwks")
    registration = Registration(1, "https://lms.example", "client", *addresses, service_domains=("maker.example",))
    for url in ("https://lms.example/x", "https://school.maker.example/x", "https://maker.example:8443/x"):
        assert registration.is_own_host(url), url
    for url in ("http://school.maker.example/x", "https://evilmaker.example/x", "https://lms.example:8443/x"):
        assert not registration.is_own_host(url), url
