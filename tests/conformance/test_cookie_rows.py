"""CONFORMANCE.md section F, as far as the server decides it: cookies, frames, and one person after another."""

import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Person
from tests.conformance.conftest import SECRET
from tests.conformance.handmade import LTI, Platform, begin, launch, send
from tests.conformance.refusals import SESSION_COOKIE, assert_refused, count_people, return_link

MARKS = ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/")


def subject_of(client: FlaskClient, door: sessionmaker[Session]) -> str:
    """Return whose session the browser has."""
    with client.session_transaction() as browser_session, transaction(door, reads_only=True) as session:
        return session.scalars(select(Person.subject).filter_by(public_id=browser_session["person"])).one()


def test_p06_cookies_need_no_script(client: FlaskClient, platform: Platform) -> None:
    answer = client.post("/lti/login", data=platform.login_form())
    assert answer.status_code == 303
    assert b"<script" not in answer.data


def test_p07_state_cookie(client: FlaskClient, platform: Platform) -> None:
    (cookie,) = client.post("/lti/login", data=platform.login_form()).headers.getlist("Set-Cookie")
    parts = cookie.split("; ")
    assert parts[0].startswith("__Host-lti-")
    assert set(MARKS) < set(parts)
    assert "Max-Age=600" in parts
    assert not any(part.startswith("Domain") for part in parts)


def test_p07_state_cookie_ends_with_the_launch(client: FlaskClient, platform: Platform) -> None:
    begun = begin(client, platform)
    answer = send(client, begun.state, platform.sign(platform.claims(begun.nonce)))
    ended = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-lti-")]
    assert len(ended) == 1
    assert "Max-Age=0" in ended[0]
    assert set(MARKS) < set(ended[0].split("; "))


def test_p07_session_cookie(client: FlaskClient, platform: Platform) -> None:
    cookies = launch(client, platform).headers.getlist("Set-Cookie")
    (cookie,) = [c for c in cookies if c.startswith(SESSION_COOKIE)]
    assert set(MARKS) < set(cookie.split("; "))


def test_p09_session_ends_with_its_day_though_pages_sign_it_anew(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    home = launch(client, platform).location
    own = {"Sec-Fetch-Site": "same-origin"}
    for seconds, status in ((-60, 200), (60, 401)):
        with client.session_transaction() as session:
            session["at"] = int(time.time()) - 12 * 3600 - seconds
            carried = dict(session)
        assert client.get(home).status_code == status
        held = URLSafeTimedSerializer(SECRET, salt="held-session").dumps(carried)
        page = app.test_client().post("/held", data={"held_session": held, "held_path": home}, headers=own)
        assert page.status_code == status
        window = app.test_client()
        brought = URLSafeTimedSerializer(SECRET, salt="new-window").dumps(carried)
        assert window.post("/window", data={"pass": brought, "next": home}, headers=own).status_code == 303
        assert window.get(home).status_code == status


def test_p08_headers_of_the_page_after_a_launch(client: FlaskClient, platform: Platform) -> None:
    page = client.get(launch(client, platform).location)
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://lms.example" in policy.split("; ")
    assert "X-Frame-Options" not in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Referrer-Policy" in page.headers
    assert "unsafe" not in policy


def test_p08_refusal_shows_in_any_frame(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    assert launch(client, platform).status_code == 303
    answer = launch(client, platform, lambda claims: claims.pop("exp"))
    assert_refused(answer, "claim_missing", door, count_people(door))


def test_p10_second_person_takes_over_the_browser(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    first = launch(client, platform, lambda claims: claims.update(sub="first"))
    assert subject_of(client, door) == "first"
    with client.session_transaction() as session:
        session["left over"] = "x"
    second = launch(client, platform, lambda claims: claims.update(sub="second"))
    assert (first.status_code, second.status_code) == (303, 303)
    assert subject_of(client, door) == "second"
    with client.session_transaction() as session:
        assert set(session) == {"person", "at", "frame"}


def test_p10_page_of_the_first_person_writes_nothing_for_the_second(client: FlaskClient, platform: Platform) -> None:
    home = launch(client, platform, lambda claims: claims.update(sub="first")).location
    made_for_first = as_of(client.get(home).text)
    home = launch(client, platform, lambda claims: claims.update(sub="second")).location
    headers = {"Sec-Fetch-Site": "same-origin"}
    commitment = f"{home.rpartition('/')[0]}/commitments/confidentiality"
    form = {"decision": "give", "version": "1"}
    for made_for in ({"as": made_for_first}, {}):
        answer = client.post(commitment, data=form | made_for, headers=headers)
        assert answer.status_code == 409
        assert "Someone else has signed in since" in answer.text
    form["as"] = as_of(client.get(home).text)
    assert client.post(commitment, data=form, headers=headers).status_code == 303


def test_p10_language_switch_of_the_first_person_is_refused(client: FlaskClient, platform: Platform) -> None:
    home = launch(client, platform, lambda claims: claims.update(sub="first")).location
    made_for_first = as_of(client.get(home).text)
    launch(client, platform, lambda claims: claims.update(sub="second"))
    headers = {"Sec-Fetch-Site": "same-origin"}
    for made_for, status in ((made_for_first, 409), ("", 303)):
        form = {"language": "pl", "as": made_for}
        assert client.post("/language", data=form, headers=headers).status_code == status


def test_p10_new_window_of_the_first_person_does_not_bring_them_back(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    home = launch(client, platform, lambda claims: claims.update(sub="first")).location
    page = re.search(r'name="pass" value="([^"]+)"', client.get(home).text)
    assert page
    launch(client, platform, lambda claims: claims.update(sub="second"))
    with client.session_transaction() as session:
        session["at"] += 1  # the clock of a session has whole seconds
    answer = client.post("/window", data={"pass": page[1], "next": home}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 409
    assert subject_of(client, door) == "second"


def test_p10_link_of_the_first_person_says_that_someone_else_came(client: FlaskClient, platform: Platform) -> None:
    home = launch(client, platform, lambda claims: claims.update(sub="first")).location
    launch(client, platform, lambda claims: claims.update(sub="third") or claims[f"{LTI}context"].update(id="another"))
    answer = client.get(home)
    assert answer.status_code == 401
    assert "This sign-in does not open this page" in answer.text


def as_of(page: str) -> str:
    """Return for whom a page says that it was made."""
    found = re.search(r'name="as" value="(\w+)"', page)
    assert found
    return found[1]


def test_s11_no_cookie_offers_the_way_back_in_a_new_window(
    app: Flask, client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    begun = begin(client, platform)
    answer = send(app.test_client(), begun.state, platform.sign(platform.claims(begun.nonce)))
    page = assert_refused(answer, "cookie_missing", door, count_people(door), state=begun.state)
    assert return_link(page) is not None
    assert 'target="_blank"' in page


def test_launch_answers_with_a_redirect_to_our_own_path(client: FlaskClient, platform: Platform) -> None:
    answer = launch(client, platform)
    assert answer.status_code == 303
    assert answer.location.startswith("/course/")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_launch_is_post_only(client: FlaskClient, method: str) -> None:
    assert client.open("/lti/launch", method=method).status_code in {403, 405}


def test_t13_key_set(client: FlaskClient, platform: Platform) -> None:
    answer = client.get("/lti/jwks")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.get_json()["keys"]
    assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
    assert platform.jwk["kid"] != key["kid"]
