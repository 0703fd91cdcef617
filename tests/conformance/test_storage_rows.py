"""CONFORMANCE.md section F, frames without cookies: the LMS's storage, and a session that the page holds.

What the scripts do with this is tried in Chromium (tests/browser/test_frames.py).
"""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from lti.browser_binding import hash_token, make_proof
from service.db import transaction
from service.platforms.models import LoginAttempt
from tests.conformance.conftest import SECRET
from tests.conformance.handmade import TOOL_URL, Begun, Platform, begin
from tests.conformance.refusals import assert_refused, count_people

OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Origin": TOOL_URL}


@pytest.fixture
def cookieless(app: Flask) -> FlaskClient:
    """A browser that keeps no cookie."""
    return app.test_client(use_cookies=False)


def attribute(answer: TestResponse, name: str) -> str:
    """Return the value of an attribute that the page has once."""
    (value,) = re.findall(rf'{name}="([^"]*)"', answer.get_data(as_text=True))
    return unescape(value)


def post_launch(client: FlaskClient, platform: Platform, begun: Begun, **more: str) -> TestResponse:
    """Post a launch as a page of ours would, with the storage target that the login named."""
    token = platform.sign(platform.claims(begun.nonce))
    form = {"state": begun.state, "id_token": token, "lti_storage_target": "_parent", **more}
    return client.post("/lti/launch", data=form, headers=OWN_PAGE)


def is_used_up(door: sessionmaker[Session], begun: Begun) -> bool:
    with transaction(door, reads_only=True) as session:
        return session.get_one(LoginAttempt, hash_token(begun.state)).consumed_at is not None


@pytest.mark.parametrize("target", ["_parent", "post_message_forwarding", "", '"><script>'])
def test_p01_and_p05_login_leaves_its_proof_in_the_storage(
    client: FlaskClient, platform: Platform, target: str
) -> None:
    answer = client.post("/lti/login", data=platform.login_form(lti_storage_target=target))
    assert answer.status_code == 200
    assert attribute(answer, "data-target") == target
    assert attribute(answer, "data-origin") == "https://lms.example"
    on_to, state = re.search(r'href="(https://lms\.example/auth[^"]*state=([\w-]+)[^"]*)"', answer.text).groups()
    assert "lti_storage_target" not in on_to
    assert attribute(answer, "data-proof") == make_proof(state, SECRET)
    assert state not in attribute(answer, "data-key")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-lti-")


def test_p01_pages_run_no_inline_script(client: FlaskClient, cookieless: FlaskClient, platform: Platform) -> None:
    begun = begin(client, platform)
    for answer in (
        cookieless.post("/lti/login", data=platform.login_form(lti_storage_target="_parent")),
        post_launch(cookieless, platform, begun),
        post_launch(cookieless, platform, begun, storage_proof=make_proof(begun.state, SECRET)),
    ):
        assert answer.status_code == 200
        assert re.findall(r"<script[^>]*>", answer.text)
        assert all(' src="/static/' in script for script in re.findall(r"<script[^>]*>", answer.text))
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize("what", ["cookie", "window"])
def test_p06_no_page_between_where_cookies_work(client: FlaskClient, platform: Platform, what: str) -> None:
    if what == "cookie":
        begin(client, platform)
    headers = {"Sec-Fetch-Dest": "document"} if what == "window" else {}
    form = platform.login_form(lti_storage_target="_parent")
    assert client.post("/lti/login", data=form, headers=headers).status_code == 303


def test_p06_launch_with_its_cookie_asks_no_storage(client: FlaskClient, platform: Platform) -> None:
    assert post_launch(client, platform, begin(client, platform)).status_code == 303


def test_p03_storage_is_asked_before_anything_is_used_up(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    answer = post_launch(cookieless, platform, begun)
    assert answer.status_code == 200
    assert attribute(answer, "data-origin") == "https://lms.example"
    assert attribute(answer, 'name="state" value') == begun.state
    assert not answer.headers.getlist("Set-Cookie")
    assert (is_used_up(door, begun), count_people(door)) == (False, before)


def test_p03_the_proof_opens_once(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    proof = make_proof(begun.state, SECRET)
    answer = post_launch(cookieless, platform, begun, storage_proof=proof)
    assert answer.status_code == 200
    assert attribute(answer, 'name="held_path" value').startswith("/course/")
    assert is_used_up(door, begun)
    again = post_launch(cookieless, platform, begun, storage_proof=proof)
    assert_refused(again, "launch_used", door, count_people(door))


@pytest.mark.parametrize(
    ("proof", "code"), [("", "cookie_missing"), ("0" * 64, "cookie_mismatch"), ("\udfff", "cookie_mismatch")]
)
def test_p02_and_p04_no_answer_or_another_value(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform, door: sessionmaker[Session], proof: str, code: str
) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    proof = proof.encode("utf-8", "replace").decode()
    page = assert_refused(
        post_launch(cookieless, platform, begun, storage_proof=proof), code, door, before, state=begun.state
    )
    assert 'target="_blank"' in page or code != "cookie_missing"


def test_p04_the_proof_of_another_login(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    before = count_people(door)
    other, begun = begin(client, platform), begin(client, platform)
    answer = post_launch(cookieless, platform, begun, storage_proof=make_proof(other.state, SECRET))
    assert_refused(answer, "cookie_mismatch", door, before, state=begun.state)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_s21_an_attackers_page_cannot_post_its_own_proof(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform, door: sessionmaker[Session], site: str | None
) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    form = {
        "state": begun.state,
        "id_token": platform.sign(platform.claims(begun.nonce)),
        "lti_storage_target": "_parent",
        "storage_proof": make_proof(begun.state, SECRET),
    }
    headers = {"Origin": "https://evil.example"} | ({"Sec-Fetch-Site": site} if site else {})
    answer = cookieless.post("/lti/launch", data=form, headers=headers)
    assert_refused(answer, "cookie_missing", door, before, state=begun.state)


def enter(client: FlaskClient, cookieless: FlaskClient, platform: Platform) -> tuple[str, str]:
    """Launch by storage and return the session that the page holds, and the path it goes on to."""
    begun = begin(client, platform)
    page = post_launch(cookieless, platform, begun, storage_proof=make_proof(begun.state, SECRET))
    return attribute(page, 'name="held_session" value'), attribute(page, 'name="held_path" value')


def send_held(cookieless: FlaskClient, session: str, path: str, method: str = "GET", **fields: str) -> TestResponse:
    form = {"held_session": session, "held_path": path, "held_method": method, **fields}
    return cookieless.post("/held", data=form, headers=OWN_PAGE)


def test_p09_pages_follow_without_any_cookie(client: FlaskClient, cookieless: FlaskClient, platform: Platform) -> None:
    session, path = enter(client, cookieless, platform)
    page = send_held(cookieless, session, path)
    assert page.status_code == 200
    assert "Ada" in page.text or "Mentors 2026" in page.text
    assert not page.headers.getlist("Set-Cookie")
    assert "frame-ancestors 'self' https://lms.example" in page.headers["Content-Security-Policy"]
    held = attribute(page, 'name="held_session" value')
    assert send_held(cookieless, held, path).status_code == 200
    assert not re.findall(r'(?:href|action)="[^"]*' + re.escape(held[:20]), page.text)
    assert cookieless.get(path).status_code == 401


def test_p09_writes_and_what_they_change_are_kept(
    client: FlaskClient, cookieless: FlaskClient, platform: Platform
) -> None:
    session, path = enter(client, cookieless, platform)
    page = send_held(cookieless, session, "/language", "POST", language="pl", next=path)
    assert page.status_code == 200
    assert '<html lang="pl"' in page.text
    later = send_held(cookieless, attribute(page, 'name="held_session" value'), path)
    assert '<html lang="pl"' in later.text


@pytest.mark.parametrize("session", ["", "x", "e30.x.y"])
def test_p09_forged_session(cookieless: FlaskClient, platform: Platform, session: str) -> None:
    assert platform
    assert send_held(cookieless, session, "/").status_code == 401


def test_p09_other_sites_cannot_use_it(client: FlaskClient, cookieless: FlaskClient, platform: Platform) -> None:
    session, path = enter(client, cookieless, platform)
    form = {"held_session": session, "held_path": path}
    answer = cookieless.post("/held", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/held", "/lti/launch"])
def test_p09_only_pages_of_ours(client: FlaskClient, cookieless: FlaskClient, platform: Platform, path: str) -> None:
    session, _ = enter(client, cookieless, platform)
    answer = send_held(cookieless, session, path)
    assert answer.status_code in {200, 405}
    assert "evil" not in answer.headers.get("Location", "")
