"""CONFORMANCE.md section D: the token as an envelope, its key and its algorithm."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from lti.http import OutgoingHttp
from lti.key_sets import FRESH_FOR, KeySetCache
from lti.keys import public_jwk
from service.db import transaction, utc_now
from service.platforms.models import PlatformKeySet
from service.platforms.operations import add_platform
from tests.conformance.conftest import register
from tests.conformance.handmade import Platform, begin, drip_server, key_server, launch, rsa_key, send
from tests.conformance.refusals import assert_refused, count_people

PUBLIC_PEM = (
    rsa_key(1).public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
PUBLIC_DER = (
    rsa_key(1).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


@pytest.fixture(autouse=True)
def cold(app: Flask, door: sessionmaker[Session], platform: Platform) -> Iterator[None]:
    """Forget all keys before each test, in the process and in the database."""
    app.extensions["platform_keys"] = KeySetCache(
        OutgoingHttp(connect_seconds=0.5, read_seconds=0.5, total_seconds=1.5)
    )
    with transaction(door) as session:
        for row in session.query(PlatformKeySet):
            session.delete(row)
    server = platform.key_server
    server.reads, server.delay_s, server.headers = 0, 0.0, {}
    server.publish(platform.jwk)
    yield
    server.delay_s = 0.0


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hmac_signed(platform: Platform, claims: object, secret: bytes) -> str:
    """Return a token signed by HS256 with any secret; PyJWT refuses to make one with a public key."""
    text = f"{encode({'alg': 'HS256', 'kid': platform.kid})}.{encode(claims)}"
    return f"{text}.{encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def forge(platform: Platform, claims: Any, how: str) -> str:
    """Return the token that one row of the table sends."""
    good = platform.sign(claims)
    header, body, signature = good.split(".")
    named = {"alg": "RS256", "kid": platform.kid}

    def with_body(raw: bytes) -> str:
        return f"{header}.{encode(raw)}.{signature}"

    tokens = {
        "B01": platform.sign(claims, header={"kid": None}),
        "B02": platform.sign(claims, header={"kid": "nobody"}),
        "K01-none": f"{encode({**named, 'alg': 'none'})}.{body}.",
        "K01-None": f"{encode({**named, 'alg': 'None'})}.{body}.{signature}",
        "K01-NONE": f"{encode({**named, 'alg': 'NONE'})}.{body}.{signature}",
        "K02-pem": hmac_signed(platform, claims, PUBLIC_PEM),
        "K02-der": hmac_signed(platform, claims, PUBLIC_DER),
        "K02-jwk": hmac_signed(platform, claims, json.dumps(platform.jwk).encode()),
        "K04-RS384": platform.sign(claims, alg="RS384"),
        "K04-RS512": platform.sign(claims, alg="RS512"),
        "K04-PS256": platform.sign(claims, alg="PS256"),
        "K05": platform.sign(claims, key=rsa_key(2)),
        "K06-changed": f"{header}.{encode({**claims, 'sub': '8'})}.{signature}",
        "K06-truncated": good[:-4],
        "K06-empty": f"{header}.{body}.",
        "K07-two": f"{header}.{body}",
        "K07-four": f"{good}.x",
        "K07-five": f"{good}.x.y",
        "K07-not-base64": f"{header}.!!!!.{signature}",
        "K07-odd": f"{header}.a.{signature}",
        "K07-not-utf8": with_body(bytes([255, 254])),
        "K07-header-text": f"{encode(b'hello')}.{body}.{signature}",
        "K07-header-list": f"{encode([named])}.{body}.{signature}",
        "K07-body-list": platform.sign([claims]),
        "K07-body-number": platform.sign(7),
        "K07-body-text": platform.sign("hello"),
        "K07-body-nan": with_body(b'{"iat": NaN}'),
        "K07-twice": with_body(b'{"sub": "1", "sub": "2"}'),
        "K07-long-number": with_body(b'{"iat": ' + b"9" * 5000 + b"}"),
        "K07-empty": "..",
        "K07-nothing": "",
        "K08-crit": platform.sign(claims, header={"crit": ["b64"], "b64": True}),
        "K08-jku": platform.sign(
            claims, key=rsa_key(2), header={"jku": platform.key_server.url, "jwk": {"kty": "RSA"}, "x5u": "http://x/"}
        ),
        "K09-long": platform.sign(claims, header={"kid": "k" * 2000}),
        "K09-huge": platform.sign(claims, header={"kid": "k" * 10_000}),
        "K09-line": platform.sign(claims, header={"kid": "a\nb"}),
        "K09-sql": platform.sign(claims, header={"kid": "' OR 1=1 --"}),
        "K09-path": platform.sign(claims, header={"kid": "../../etc/passwd"}),
        "K09-number": f"{encode({**named, 'kid': 7})}.{body}.{signature}",
        "K11-large": platform.sign({**claims, "x": "x" * 60_000}),
        "K11-deep": with_body(b"[" * 20_000 + b"]" * 20_000),
    }
    return tokens[how]


REFUSED = {
    "B01": "key_unknown",
    "B02": "key_unknown",
    **dict.fromkeys(("K01-None", "K01-NONE"), "algorithm_refused"),
    "K01-none": "token_malformed",
    **dict.fromkeys(("K02-pem", "K02-der", "K02-jwk"), "algorithm_refused"),
    **dict.fromkeys(("K04-RS384", "K04-RS512", "K04-PS256"), "algorithm_refused"),
    **dict.fromkeys(("K05", "K06-changed", "K06-truncated", "K08-jku"), "signature_invalid"),
    **dict.fromkeys(("K06-empty", "K07-two", "K07-four", "K07-five", "K07-empty"), "token_malformed"),
    **dict.fromkeys(("K07-not-base64", "K07-odd", "K07-not-utf8"), "token_malformed"),
    **dict.fromkeys(("K07-header-text", "K07-header-list"), "token_malformed"),
    **dict.fromkeys(("K07-body-list", "K07-body-number", "K07-body-text", "K07-body-nan"), "token_malformed"),
    **dict.fromkeys(("K07-twice", "K07-long-number", "K08-crit", "K09-huge", "K11-deep"), "token_malformed"),
    "K07-nothing": "token_missing",
    **dict.fromkeys(("K09-long", "K09-line", "K09-sql", "K09-path", "K09-number"), "key_unknown"),
    "K11-large": "token_too_large",
}


@pytest.mark.parametrize("how", REFUSED)
def test_refused_token(client: FlaskClient, platform: Platform, door: sessionmaker[Session], how: str) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    token = forge(platform, platform.claims(begun.nonce), how)
    answer = send(client, begun.state, token)
    assert_refused(answer, REFUSED[how], door, before, state=begun.state)
    assert platform.key_server.reads <= 1


def test_k11_token_of_a_megabyte(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    before = count_people(door)
    answer = send(client, begin(client, platform).state, "x" * 1_000_000)
    assert_refused(answer, "form_too_large", door, before, status=413)


def test_k03_symmetric_key_in_the_key_set(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    platform.key_server.publish({"kty": "oct", "kid": platform.kid, "k": encode(b"secret" * 6), "alg": "HS256"})
    before = count_people(door)
    begun = begin(client, platform)
    forged = hmac_signed(platform, platform.claims(begun.nonce), b"secret" * 6)
    assert_refused(send(client, begun.state, forged), "algorithm_refused", door, before)
    assert_refused(launch(client, platform), "keys_unreachable", door, before)


def test_k12_key_without_alg_and_use(client: FlaskClient, platform: Platform) -> None:
    platform.key_server.publish({name: platform.jwk[name] for name in ("kty", "kid", "n", "e")})
    assert launch(client, platform).status_code == 303


UNUSABLE_KEYS: dict[str, Any] = {
    "K13-enc": {"use": "enc"},
    "K13-exponent-1": {"e": "AQ"},
    "K13-exponent-even": {"e": "Ag"},
    "K13-no-modulus": {"n": None},
    "K13-modulus-text": {"n": "!"},
    "K04-declared-RS512": {"alg": "RS512"},
    "K03-kty": {"kty": "EC"},
    "K12-kid-number": {"kid": 7},
}


@pytest.mark.parametrize("change", UNUSABLE_KEYS.values(), ids=UNUSABLE_KEYS)
def test_k13_unusable_key(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], change: dict[str, Any]
) -> None:
    platform.key_server.publish({**platform.jwk, **change})
    assert_refused(launch(client, platform), "keys_unreachable", door, count_people(door))


def test_k13_short_key(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    short = Platform(platform.key_server, key=rsa_key(1024, bits=1024))
    before = count_people(door)
    begun = begin(client, platform)
    text = f"{encode({'alg': 'RS256', 'kid': short.kid})}.{encode(platform.claims(begun.nonce))}"
    assert_refused(send(client, begun.state, f"{text}.{encode(b'x' * 128)}"), "keys_unreachable", door, before)


def test_k15_rotated_key_is_read_at_once(client: FlaskClient, platform: Platform) -> None:
    assert launch(client, platform).status_code == 303
    new = Platform(platform.key_server, key=rsa_key(2))
    assert launch(client, new).status_code == 303
    assert platform.key_server.reads == 2


def test_warm_keys_need_no_network(client: FlaskClient, platform: Platform, app: Flask) -> None:
    assert launch(client, platform).status_code == 303
    platform.key_server.status = 503
    assert launch(client, platform).status_code == 303
    app.extensions["platform_keys"] = KeySetCache(OutgoingHttp())  # another process, which finds the shared set
    assert launch(client, platform).status_code == 303
    assert platform.key_server.reads == 1


def test_k18_withdrawn_key_is_refused_once_the_set_is_no_longer_fresh(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], app: Flask
) -> None:
    assert launch(client, platform).status_code == 303
    platform.key_server.publish(public_jwk(rsa_key(2).public_key()))
    with transaction(door) as session:
        for row in session.query(PlatformKeySet):
            row.fetched_at -= FRESH_FOR + timedelta(minutes=1)
    app.extensions["platform_keys"] = KeySetCache(OutgoingHttp())  # as a process that started that long ago
    assert_refused(launch(client, platform), "key_unknown", door, count_people(door))
    assert timedelta(hours=1) >= FRESH_FOR


def test_k16_random_kids_cause_one_reading(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    assert launch(client, platform).status_code == 303
    before = count_people(door)
    for number in range(20):
        answer = launch(client, platform, header={"kid": f"random-{number}"})
        assert_refused(answer, "key_unknown", door, before)
    assert platform.key_server.reads == 2


BROKEN: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "html": {"body": b"<html>Maintenance</html>"},
    "json-error": {"body": b'{"error": "not now"}'},
    "keys-number": {"body": b'{"keys": 1}'},
    "keys-of-null": {"body": b'{"keys": [null, 1, "x"]}'},
    "list": {"body": b"[]"},
    "deep": {"body": b"[" * 50_000},
    "slow": {"delay_s": 2.0},
    "large": {"body": b" " * 400_000},
    "redirect": {"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data/"}},
    "short": {"headers": {"Content-Length": "5000"}},
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_k17_key_set_that_cannot_be_read(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], fault: dict[str, Any]
) -> None:
    """The known keys serve on; an unknown one is refused; without known keys the launch is refused, not a 500."""
    before = count_people(door)
    for name, value in fault.items():
        setattr(platform.key_server, name, value)
    assert_refused(launch(client, platform), "keys_unreachable", door, before)


def test_k17_known_keys_serve_while_the_platform_is_down(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    assert launch(client, platform).status_code == 303
    before = count_people(door)
    platform.key_server.status = 503
    assert_refused(launch(client, platform, header={"kid": "new"}), "key_unknown", door, before)
    assert launch(client, platform).status_code == 303


def test_k17_key_set_without_end(client: FlaskClient, door: sessionmaker[Session], platform: Platform) -> None:
    endless = Platform(platform.key_server, issuer="https://endless.example")
    with drip_server() as url:
        with transaction(door) as session:
            add_platform(session, **{**endless.registration(), "jwks_url": url}, at=utc_now())
        before = count_people(door)
        started = time.monotonic()
        assert_refused(launch(client, endless), "keys_unreachable", door, before)
        assert time.monotonic() - started < 5


def test_k19_cold_start_reads_once(app: Flask, platform: Platform) -> None:
    app.extensions["platform_keys"] = KeySetCache(OutgoingHttp())
    platform.key_server.delay_s = 0.3
    ready = threading.Barrier(8)

    def one(_: int) -> TestResponse:
        client = app.test_client()
        begun = begin(client, platform)
        ready.wait(timeout=30)
        return send(client, begun.state, platform.sign(platform.claims(begun.nonce)))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert platform.key_server.reads == 1


def test_x02_slow_key_set_holds_up_no_other_platform(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    app.extensions["platform_keys"] = KeySetCache(OutgoingHttp())
    assert launch(client, platform).status_code == 303
    with key_server() as slow, ThreadPoolExecutor(1) as pool:
        other = register(door, Platform(slow, issuer="https://slow.example"))
        slow.delay_s = 2.0
        waiting = pool.submit(launch, app.test_client(), other)
        while slow.reads == 0:
            time.sleep(0.01)
        assert launch(client, platform).status_code == 303
        assert not waiting.done()
        waiting.result(timeout=10)
