"""CONFORMANCE.md section E: the login initiation, and the state, nonce and single use that come of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.browser_binding import hash_token
from service.app import create_app
from service.db import transaction, utc_now
from service.platforms.launches import SWEPT_AT_ONCE
from service.platforms.models import AuditEvent, LoginAttempt
from service.platforms.models import Platform as PlatformRow
from service.platforms.operations import find_platform, set_platform_disabled, set_platform_enabled
from tests.conformance.conftest import register
from tests.conformance.handmade import TOOL_URL, Platform, begin, launch, rsa_key, send
from tests.conformance.refusals import assert_refused, count_people


def count(door: sessionmaker[Session], table: type) -> int:
    with transaction(door, reads_only=True) as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_s01_by_get_and_by_post(client: FlaskClient, platform: Platform) -> None:
    for answer in (
        client.get("/lti/login", query_string=platform.login_form()),
        client.post("/lti/login", data=platform.login_form()),
    ):
        assert answer.status_code == 303
        assert answer.location.startswith("https://lms.example/auth?")


REFUSED_LOGINS: dict[str, tuple[dict[str, str | None], str, int]] = {
    "S02-no-iss": ({"iss": None}, "login_malformed", 400),
    "S02-no-hint": ({"login_hint": None}, "login_malformed", 400),
    "S02-no-target": ({"target_link_uri": None}, "login_malformed", 400),
    "S02-empty-hint": ({"login_hint": ""}, "login_malformed", 400),
    "S03-issuer": ({"iss": "https://unknown.example"}, "platform_unknown", 403),
    "S03-issuer-case": ({"iss": "https://LMS.example"}, "platform_unknown", 403),
    "S03-client": ({"client_id": "unknown"}, "platform_unknown", 403),
    "S03-nul": ({"iss": "https://lms.example\0"}, "login_malformed", 400),
    "S03-long": ({"iss": "https://" + "x" * 600}, "login_malformed", 400),
    "S03-long-client": ({"client_id": "x" * 300}, "login_malformed", 400),
    "S03-long-deployment": ({"lti_deployment_id": "x" * 300}, "login_malformed", 400),
    "S03-nul-deployment": ({"lti_deployment_id": "1\0"}, "login_malformed", 400),
    "S05-long-hint": ({"login_hint": "x" * 9000}, "login_malformed", 400),
    **{
        f"S07-{target}": ({"target_link_uri": target}, "target_foreign", 400)
        for target in (
            "https://evil.example/lti/launch",
            "/lti/launch",
            "javascript:alert(1)",
            "//evil.example/",
            "http://127.0.0.1:8080@evil.example/",
            "http://127.0.0.1:8080/..%2f",
            "http://127.0.0.1:8080/%252e%252e/x",
            "http://127.0.0.1:8080/a\nb",
        )
    },
}


@pytest.mark.parametrize(("changes", "code", "status"), REFUSED_LOGINS.values(), ids=REFUSED_LOGINS)
def test_refused_login(
    client: FlaskClient,
    platform: Platform,
    door: sessionmaker[Session],
    changes: dict[str, str | None],
    code: str,
    status: int,
) -> None:
    before = count(door, LoginAttempt), count(door, AuditEvent)
    answer = client.post("/lti/login", data=platform.login_form(**changes))
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert code in answer.get_data(as_text=True)
    assert not answer.headers.getlist("Set-Cookie")
    assert (count(door, LoginAttempt), count(door, AuditEvent)) == before


def test_s03_disabled_platform(client: FlaskClient, door: sessionmaker[Session], platform: Platform) -> None:
    begun = begin(client, platform)
    with transaction(door) as session:
        row = find_platform(session, platform.issuer, platform.client_id)
        assert row is not None
        set_platform_disabled(session, row.public_id, at=utc_now())
    try:
        answer = client.post("/lti/login", data=platform.login_form())
        assert answer.status_code == 403
        assert "platform_disabled" in answer.get_data(as_text=True)
        late = send(client, begun.state, platform.sign(platform.claims(begun.nonce)))
        assert_refused(late, "platform_disabled", door, count_people(door), status=403, state=begun.state)
    finally:
        with transaction(door) as session:
            set_platform_enabled(session, row.public_id, at=utc_now())


def test_s04_client_left_out(client: FlaskClient, door: sessionmaker[Session], platform: Platform) -> None:
    alone = register(door, Platform(platform.key_server, issuer="https://alone.example"))
    assert client.post("/lti/login", data=alone.login_form(client_id=None)).status_code == 303
    register(door, Platform(platform.key_server, issuer="https://alone.example", client_id="client-2"))
    answer = client.post("/lti/login", data=alone.login_form(client_id=None))
    assert answer.status_code == 400
    assert "client_ambiguous" in answer.get_data(as_text=True)


def test_s05_authentication_request(client: FlaskClient, platform: Platform) -> None:
    hint = "a+b %2B=&? שלום " + "x" * 4000
    begun = begin(client, platform, login_hint=hint, lti_message_hint='{"cmid":3,"é":"+"}')
    assert dict(begun.query) == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "client-1",
        "redirect_uri": f"{TOOL_URL}/lti/launch",
        "login_hint": hint,
        "lti_message_hint": '{"cmid":3,"é":"+"}',
        "state": begun.state,
        "nonce": begun.nonce,
    }
    assert len(begun.state) >= 43
    assert len(begun.nonce) >= 43


def test_s05_no_message_hint_is_sent_when_none_came(client: FlaskClient, platform: Platform) -> None:
    assert "lti_message_hint" not in begin(client, platform, lti_message_hint=None).query


def test_s06_address_with_a_query(client: FlaskClient, door: sessionmaker[Session], platform: Platform) -> None:
    other = Platform(platform.key_server, issuer="https://q.example", auth_login_url="https://q.example/auth?x=1&y=a+b")
    begun = begin(client, register(door, other))
    assert begun.url.startswith("https://q.example/auth?")
    assert begun.url.count("?") == 1
    assert begun.query["x"] == "1"
    assert begun.query["y"] == "a b"
    assert begun.query["scope"] == "openid"


def test_s08_extra_parameters_are_ignored(client: FlaskClient, platform: Platform) -> None:
    begun = begin(client, platform, canvas_region="eu", canvas_environment="prod")
    assert "canvas_region" not in begun.query


def test_s10_state_missing(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    before = count_people(door)
    assert_refused(client.post("/lti/launch", data={"id_token": token}), "state_missing", door, before)
    assert_refused(send(client, "", token), "state_missing", door, before)
    assert_refused(send(client, "x" * 300, token), "state_missing", door, before)
    assert_refused(send(client, "state-unknown", token), "state_unknown", door, before)
    assert_refused(send(client, begun.state.upper(), token), "state_unknown", door, before)
    assert_refused(send(client, "\0\n", token), "state_unknown", door, before)


def test_s10_state_expired(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    begun = begin(client, platform)
    with transaction(door) as session:
        over = utc_now() - timedelta(seconds=1)
        statement = update(LoginAttempt).where(LoginAttempt.state_hash == hash_token(begun.state))
        session.execute(statement.values(expires_at=over))
    answer = send(client, begun.state, platform.sign(platform.claims(begun.nonce)))
    assert_refused(answer, "login_expired", door, count_people(door))


def test_s12_nonce_never_issued(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    answer = send(client, begun.state, platform.sign(platform.claims("invented")))
    assert_refused(answer, "nonce_mismatch", door, before, state=begun.state)


@pytest.mark.parametrize("nonce", [None, 7, [], {}, True, "", "\ud800"])
def test_s12_nonce_malformed(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], nonce: object
) -> None:
    begun = begin(client, platform)
    claims = platform.claims("") | {"nonce": nonce}
    answer = send(client, begun.state, platform.sign(claims))
    assert_refused(answer, "nonce_mismatch", door, count_people(door), state=begun.state)


def test_s13_nonce_of_another_login(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    first, second = begin(client, platform), begin(client, platform)
    before = count_people(door)
    answer = send(client, first.state, platform.sign(platform.claims(second.nonce)))
    assert_refused(answer, "nonce_mismatch", door, before, state=first.state)


def test_two_tabs_launch_at_once(client: FlaskClient, platform: Platform) -> None:
    first, second = begin(client, platform), begin(client, platform)
    for begun in (first, second):
        assert send(client, begun.state, platform.sign(platform.claims(begun.nonce))).status_code == 303


def test_s14_same_token_again(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    assert send(client, begun.state, token).status_code == 303
    assert_refused(send(client, begun.state, token), "launch_used", door, count_people(door))


def test_s15_same_token_in_another_browser(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    """A thief who has the token and the state, but not the cookie, gets in neither before nor after its owner."""
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    before = count_people(door)
    thief = app.test_client()
    assert_refused(send(thief, begun.state, token), "cookie_missing", door, before, state=begun.state)
    assert_refused(send(client, begun.state, token), "launch_used", door, before)


def test_s15_thief_who_makes_up_the_cookie(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    name = f"__Host-lti-{hash_token(begun.state)[:16]}"
    for value in (begun.state, hash_token(begun.state), "", "é"):
        thief = app.test_client()
        thief.set_cookie(name, value)
        token = platform.sign(platform.claims(begun.nonce))
        before = count_people(door)
        with transaction(door) as session:
            statement = update(LoginAttempt).where(LoginAttempt.state_hash == hash_token(begun.state))
            session.execute(statement.values(consumed_at=None))
        assert_refused(send(thief, begun.state, token), "cookie_mismatch", door, before, state=begun.state)


def test_s16_same_token_twice_at_once(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    name = f"__Host-lti-{hash_token(begun.state)[:16]}"
    cookie = client.get_cookie(name)
    assert cookie is not None
    ready = threading.Barrier(4)

    def one(_: int) -> int:
        twin = app.test_client()
        twin.set_cookie(name, cookie.value)
        ready.wait(timeout=30)
        return send(twin, begun.state, token).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(one, range(4)))
    assert statuses == [303, 400, 400, 400]


def test_s17_other_worker(client: FlaskClient, app: Flask, platform: Platform, door: sessionmaker[Session]) -> None:
    begun = begin(client, platform)
    token = platform.sign(platform.claims(begun.nonce))
    name = f"__Host-lti-{hash_token(begun.state)[:16]}"
    cookie = client.get_cookie(name)
    assert cookie is not None
    other = create_app(app.extensions["settings"], app.extensions["catalogue"])
    elsewhere = other.test_client()
    elsewhere.set_cookie(name, cookie.value)
    assert send(elsewhere, begun.state, token).status_code == 303
    other.extensions["engine"].dispose()
    assert_refused(send(client, begun.state, token), "launch_used", door, count_people(door))


def test_s19_token_elsewhere_than_in_a_form(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    fields = {"state": begun.state, "id_token": platform.sign(platform.claims(begun.nonce))}
    before = count_people(door)
    assert client.get("/lti/launch", query_string=fields).status_code == 405
    assert_refused(client.post("/lti/launch", query_string=fields), "state_missing", door, before)
    assert_refused(client.post("/lti/launch", json=fields), "state_missing", door, before)


def test_s20_origin_of_elsewhere(client: FlaskClient, platform: Platform) -> None:
    begun = begin(client, platform)
    fields = {"state": begun.state, "id_token": platform.sign(platform.claims(begun.nonce))}
    headers = {"Origin": "https://lms.example", "Sec-Fetch-Site": "cross-site", "Referer": "https://lms.example/"}
    assert client.post("/lti/launch", data=fields, headers=headers).status_code == 303


def test_s21_login_of_an_attacker_in_a_victims_browser(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    before = count_people(door)
    answer = send(app.test_client(), begun.state, platform.sign(platform.claims(begun.nonce)))
    assert_refused(answer, "cookie_missing", door, before, state=begun.state)


def test_s22_abandoned_logins_are_removed(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    now = utc_now()
    with transaction(door) as session:
        session.execute(delete(LoginAttempt))
        platform_id = session.scalars(select(PlatformRow.id).limit(1)).one()
        session.add_all(
            LoginAttempt(
                state_hash=hash_token(str(number)),
                nonce_hash="",
                platform_id=platform_id,
                target_link_uri="",
                expires_at=now - timedelta(seconds=1),
            )
            for number in range(1000)
        )
    logins = 200
    for _ in range(logins):
        begin(client, platform)
    left = count(door, LoginAttempt) - logins
    assert left <= 1000 - 4 * SWEPT_AT_ONCE  # of about 25 sweeps


@pytest.mark.parametrize("error", ["login_required", "access_denied", "invalid_request", "<script>", "x" * 5000])
def test_error_of_the_platform_is_a_page(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], error: str
) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    answer = client.post("/lti/launch", data={"error": error, "error_description": "d", "state": begun.state})
    page = assert_refused(answer, "platform_error", door, before, state=begun.state)
    assert "<script>" not in page


def test_launch_by_a_forged_token_leaves_no_session_of_use(client: FlaskClient, platform: Platform) -> None:
    answer = launch(client, platform, key=rsa_key(2))
    assert answer.status_code == 400
    assert client.get("/").status_code in {200, 401}
    assert client.get_cookie("mentorready") is None


def test_login_query_is_not_read_from_a_post(client: FlaskClient, platform: Platform) -> None:
    answer = client.post("/lti/login", query_string=platform.login_form())
    assert answer.status_code == 400
    assert "login_malformed" in answer.get_data(as_text=True)


def test_state_in_the_auth_request_is_not_the_cookie(client: FlaskClient, platform: Platform) -> None:
    answer = client.post("/lti/login", data=platform.login_form())
    (cookie,) = answer.headers.getlist("Set-Cookie")
    state = parse_qs(urlsplit(answer.location).query)["state"][0]
    assert state not in cookie
    assert hash_token(state) not in cookie
