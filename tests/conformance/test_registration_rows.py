"""CONFORMANCE.md section K: dynamic registration, against the pretend LMS and against hostile ones."""

import html
import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from service.db import transaction, utc_now
from service.platforms.invites import add_invite
from service.platforms.models import AuditEvent, Deployment, Platform, PlatformInvite
from service.platforms.operations import approve_deployment
from tests.conformance.handmade import TOOL_URL
from tests.fake_lms import FakeLms
from tests.fake_lms.registration import TOOL, begin_registration
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": TOOL_URL}

Invite = Callable[..., str]


@pytest.fixture
def lms(tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=TOOL_URL, store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """An LMS that says what a test wants it to say."""
    with scripted_server() as server:
        server.answers["/config"] = [Answer(body=json.dumps(configuration(server.url)).encode())]
        server.answers["/register"] = [Answer(body=b'{"client_id": "given"}')]
        yield server


@pytest.fixture
def invite(door: sessionmaker[Session]) -> Invite:
    """`invite()` makes an invite and returns its token."""

    def make(*, private: bool = True, days: float = 7, age: timedelta = timedelta(0)) -> str:
        with transaction(door) as session:
            _, token = add_invite(
                session,
                note="My University",
                lifetime=timedelta(days=days),
                may_use_private_addresses=private,
                at=utc_now() - age,
            )
        return token

    return make


def configuration(url: str, **changes: Any) -> dict[str, Any]:
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/auth",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/certs",
        "registration_endpoint": f"{url}/register",
        **changes,
    }


def open_page(client: FlaskClient, token: str, address: str = "", registration_token: str = "") -> TestResponse:
    sent = {"invite": token, "openid_configuration": address, "registration_token": registration_token}
    return client.get("/lti/register", query_string={name: value for name, value in sent.items() if value})


def from_lms(client: FlaskClient, lms: FakeLms, token: str, *, tool_id: int | None = None) -> TestResponse:
    """Open the page as the LMS's frame does."""
    parts = urlsplit(begin_registration(lms, f"{TOOL_URL}/lti/register?invite={token}", tool_id=tool_id))
    return client.get(parts.path, query_string=parts.query)


def press(client: FlaskClient, page: TestResponse, choice: str = "") -> TestResponse:
    """Press the button of the page."""
    assert page.status_code == 200, page.text
    [offer] = re.findall(r'name="offer" value="([^"]*)"', page.text)
    data = {"offer": html.unescape(offer), **({"choice": choice} if choice else {})}
    return client.post("/lti/register", data=data, headers=OWN)


def words_of(answer: TestResponse) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text)))


def count(door: sessionmaker[Session], table: type = Platform) -> int:
    with transaction(door, reads_only=True) as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def newest(door: sessionmaker[Session]) -> Platform:
    with transaction(door, reads_only=True) as session:
        row = session.scalars(select(Platform).order_by(Platform.id.desc()).limit(1)).one()
        assert row.deployments is not None
        return row


def assert_refused(answer: TestResponse, code: str, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "text/html"
    assert "frame-ancestors" not in answer.headers["Content-Security-Policy"]
    assert f">{code}<" in answer.text
    return words_of(answer)


def test_r01_page_says_what_will_happen_and_the_button_registers(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    before = count(door)
    page = from_lms(client, lms, invite())
    shown = words_of(page)
    assert "Connect this learning platform" in shown
    assert "My University" in shown
    assert lms.url in shown
    assert "No e-mail address is asked for." in shown
    assert count(door) == before
    answer = press(client, page)
    assert answer.status_code == 200, answer.text
    assert count(door) == before + 1
    row = newest(door)
    assert (row.issuer, row.name, row.product_family) == (lms.url, "My University", "moodle")
    assert row.jwks_url == f"{lms.url}/mod/lti/certs.php"


def test_r01_token_goes_to_both_addresses(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    press(client, open_page(client, invite(), f"{server.url}/config", "abc.def"))
    assert [asked.headers.get("authorization") for asked in server.asked] == ["Bearer abc.def"] * 2


def test_r02_without_token_there_is_no_header(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    assert press(client, open_page(client, invite(), f"{server.url}/config")).status_code == 200
    assert server.paths() == ["GET /config", "POST /register"]
    assert all("authorization" not in asked.headers for asked in server.asked)


@pytest.mark.row("R01")
def test_loading_the_page_twice_registers_nothing(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    before, token = count(door), invite()
    open_page(client, token, f"{server.url}/config")
    page = open_page(client, token, f"{server.url}/config")
    assert server.paths() == ["GET /config"] * 2
    assert count(door) == before
    assert press(client, page).status_code == 200


def test_r04_body_is_exactly_this(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    press(client, open_page(client, invite(), f"{server.url}/config"))
    asked = server.asked[1]
    assert asked.headers["content-type"] == "application/json"
    ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"
    scopes = [f"{ags}{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")]
    scopes.append("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly")
    assert json.loads(asked.body) == {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{TOOL_URL}/lti/login",
        "redirect_uris": [f"{TOOL_URL}/lti/launch"],
        "client_name": "MentorReady",
        "jwks_uri": f"{TOOL_URL}/lti/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL: {
            "domain": "127.0.0.1:8080",
            "target_link_uri": f"{TOOL_URL}/lti/launch",
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                {"type": "LtiResourceLinkRequest"},
                {
                    "type": "LtiDeepLinkingRequest",
                    "target_link_uri": f"{TOOL_URL}/lti/launch",
                    "label": "MentorReady",
                    "placements": ["ContentArea"],
                },
            ],
            "custom_parameters": {
                "resource_link_history": "$ResourceLink.id.history",
                "context_history": "$Context.id.history",
            },
        },
    }


def test_r04_only_what_the_platform_offers_is_asked_for(
    client: FlaskClient, server: ScriptedServer, invite: Invite
) -> None:
    score = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    messages = [{"type": "LtiDeepLinkingRequest", "placements": ["assignment_selection", "editor_button"]}, 7]
    platform = {"product_family_code": "canvas", "messages_supported": messages}
    sent = configuration(server.url, scopes_supported=[score, "openid", 7], **{PLATFORM: platform})
    server.answers["/config"] = [Answer(body=json.dumps(sent).encode())]
    page = open_page(client, invite(), f"{server.url}/config")
    assert "Members of the courseSo that coordinators see who has not come yet. This learning platform does not" in (
        words_of(page)
    )
    press(client, page)
    body = json.loads(server.asked[1].body)
    assert body["scope"] == score
    assert body[TOOL]["messages"][1]["placements"] == ["assignment_selection"]
    assert body[TOOL]["https://canvas.instructure.com/lti/privacy_level"] == "name_only"


def test_r05_deployment_of_the_answer_waits_for_approval(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    answer = press(client, from_lms(client, lms, invite()))
    row = newest(door)
    assert row.public_id in answer.text
    assert "Waiting for approval" in words_of(answer)
    assert [(d.deployment_id, d.approved_at) for d in row.deployments] == [("2", None)]


def test_r05_launch_waits_too_and_works_once_approved(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    press(client, from_lms(client, lms, invite()))
    row = newest(door)
    tool = lms.tool(int(row.deployments[0].deployment_id))
    assert (tool.client_id, tool.shares_names) == (row.client_id, True)
    activity = lms.add_activity("mentoring", "Registered", {"content": "home"}, tool=tool)
    assert _launch(client, lms, activity).status_code == 403
    with transaction(door) as session:
        approve_deployment(session, row.public_id, tool.deployment_id, at=utc_now())
    assert _launch(client, lms, activity).status_code == 303


def test_r05_without_deployment_the_first_launch_names_it(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    before = count(door, Deployment)
    press(client, open_page(client, invite(), f"{server.url}/config"))
    assert newest(door).client_id == "given"
    assert count(door, Deployment) == before


def test_r06_no_mail_is_asked_for_and_none_is_sent(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    press(client, open_page(client, invite(), f"{server.url}/config"))
    assert b"email" not in server.asked[1].body


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer(401, b"token_already_used", {"Content-Type": "text/html"}), "registration_refused", "token_already"),
        (Answer(400, b"domain_targetlinkuri_mismatch"), "registration_refused", "domain_targetlinkuri_mismatch"),
        (Answer(400, b'{"error": "no \\u0000 good"}'), "registration_refused", "no good"),
        (Answer(404, b"<html><p>Error | MTH"), "registration_refused", "404 Not Found"),
        (Answer(500, b""), "registration_refused", "500"),
        (Answer(302, headers={"Location": "http://169.254.169.254/"}), "registration_refused", "302 Found"),
        (Answer(200, b"<html>"), "registration_unreadable", "200 OK"),
        (Answer(200, b"[]"), "registration_unreadable", ""),
        (Answer(201, b'{"client_id": ""}'), "registration_unreadable", ""),
        (Answer(201, b'{"client_id": "a\\nb"}'), "registration_unreadable", ""),
        (Answer(201, b'{"client_id": ["x"]}'), "registration_unreadable", ""),
        (Answer(201, b'{"client_id": "' + b"x" * 300 + b'"}'), "registration_unreadable", ""),
    ],
)
def test_r07_nothing_is_half_registered_and_the_reason_can_be_read(
    client: FlaskClient,
    door: sessionmaker[Session],
    server: ScriptedServer,
    invite: Invite,
    answer: Answer,
    code: str,
    said: str,
) -> None:
    before, token = count(door), invite()
    server.answers["/register"] = [answer, Answer(201, b'{"client_id": 17}')]
    page = open_page(client, token, f"{server.url}/config")
    refused = press(client, page)
    assert said in assert_refused(refused, code, 502)
    assert count(door) == before
    with transaction(door, reads_only=True) as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.kind, event.detail["code"]) == ("registration_failed", code)
    assert press(client, page).status_code == 200
    assert (count(door), newest(door).client_id) == (before + 1, "17")


def test_r07_used_token_of_moodle_is_explained(client: FlaskClient, lms: FakeLms, invite: Invite) -> None:
    page, other = from_lms(client, lms, invite()), invite()
    press(client, page)
    parts = parse_qs(urlsplit(begin_registration(lms, f"{TOOL_URL}/lti/register?invite={other}")).query)
    token = parts["registration_token"][0]
    again = open_page(client, other, parts["openid_configuration"][0], token)
    press(client, again, "new")
    third = open_page(client, invite(), parts["openid_configuration"][0], token)
    assert "one-time token has been used" in assert_refused(press(client, third, "new"), "registration_refused", 502)


def test_r07_lms_that_dies_in_between(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    before = count(door)
    page = from_lms(client, lms, invite())
    lms.stop()
    assert_refused(press(client, page), "registration_unreachable", 502)
    assert count(door) == before


def test_r08_same_platform_is_a_question_before_anything_is_sent(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    press(client, from_lms(client, lms, invite()))
    row, before = newest(door), count(door)
    page = from_lms(client, lms, invite(), tool_id=int(row.deployments[0].deployment_id))
    assert "A connection to this address is known already" in words_of(page)
    assert row.client_id not in page.text
    asked = press(client, page)
    assert asked.status_code == 422
    assert "Choose whether this is a new connection" in words_of(asked)
    renewed = press(client, page, "renew")
    assert "was renewed" in words_of(renewed)
    assert count(door) == before


def test_r08_further_registration_is_a_row_of_its_own(
    client: FlaskClient, door: sessionmaker[Session], lms: FakeLms, invite: Invite
) -> None:
    press(client, from_lms(client, lms, invite()))
    before = count(door)
    answer = press(client, from_lms(client, lms, invite()), "new")
    assert "is new" in words_of(answer)
    assert "has not" not in words_of(answer).split("What is next")[0]
    assert count(door) == before + 1


@pytest.mark.parametrize(
    ("choice", "is_update", "words"), [("renew", False, "made a further one"), ("new", True, "renewed the one")]
)
def test_r08_lms_that_does_otherwise_is_not_silent(
    client: FlaskClient,
    door: sessionmaker[Session],
    lms: FakeLms,
    invite: Invite,
    choice: str,
    is_update: bool,
    words: str,
) -> None:
    press(client, from_lms(client, lms, invite()))
    tool_id = int(newest(door).deployments[0].deployment_id) if is_update else None
    answer = press(client, from_lms(client, lms, invite(), tool_id=tool_id), choice)
    assert words in words_of(answer)
    assert 'role="alert"' in answer.text


def test_r09_closing_message_goes_to_the_platforms_origins(client: FlaskClient, lms: FakeLms, invite: Invite) -> None:
    answer = press(client, from_lms(client, lms, invite()))
    assert f'data-origins="{lms.url}"' in answer.text
    assert "it can be closed now" in words_of(answer)
    with client.get("/static/registered.js") as sent:
        script = sent.text
    assert "org.imsglobal.lti.close" in script
    assert '"*"' not in script


def test_r10_without_a_good_invite_nobody_gets_in(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    address = f"{server.url}/config"
    used = invite()
    page = open_page(client, used, address)
    assert press(client, page).status_code == 200
    server.asked.clear()
    before = count(door)
    for token, code in (
        ("", "invite.missing"),
        ("x" * 43, "invite.unknown"),
        (used, "invite.used"),
        (invite(days=7, age=timedelta(days=8)), "invite.expired"),
    ):
        assert "invite" in assert_refused(open_page(client, token, address), code, 403)
    assert server.asked == []
    assert count(door) == before


def test_r10_invite_that_expires_while_the_page_is_open(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    token = invite()
    page = open_page(client, token, f"{server.url}/config")
    with transaction(door) as session:
        row = session.scalars(select(PlatformInvite).order_by(PlatformInvite.id.desc()).limit(1)).one()
        row.expires_at = utc_now()
    assert_refused(press(client, page), "invite.expired", 403)
    assert server.paths() == ["GET /config"]


@pytest.mark.row("R08")
def test_double_click_registers_once(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    page = open_page(client, invite(), f"{server.url}/config")
    before = count(door)
    assert press(client, page).status_code == 200
    assert "is made, and only waits" in assert_refused(press(client, page), "invite.used", 403)
    assert server.paths().count("POST /register") == 1
    assert count(door) == before + 1


def test_forged_or_foreign_form_is_refused(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    page = open_page(client, invite(), f"{server.url}/config")
    [offer] = re.findall(r'name="offer" value="([^"]*)"', page.text)
    forged = client.post("/lti/register", data={"offer": offer[:-3] + "abc"}, headers=OWN)
    assert_refused(forged, "offer_expired")
    assert_refused(client.post("/lti/register", headers=OWN), "offer_expired")
    foreign = client.post("/lti/register", data={"offer": offer}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert "This did not come from MentorReady" in words_of(foreign)
    assert server.paths() == ["GET /config"]


def test_r11_content_selection_is_listed(client: FlaskClient, server: ScriptedServer, invite: Invite) -> None:
    press(client, open_page(client, invite(), f"{server.url}/config"))
    messages = json.loads(server.asked[1].body)[TOOL]["messages"]
    assert [message["type"] for message in messages] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]


def test_invite_opened_without_an_lms_shows_the_values_for_a_connection_by_hand(
    client: FlaskClient, invite: Invite
) -> None:
    shown = words_of(open_page(client, invite()))
    assert f"{TOOL_URL}/lti/register?invite=" in shown
    for address in ("launch", "login", "jwks"):
        assert f"{TOOL_URL}/lti/{address}" in shown


BY_HAND = {
    "issuer": "https://by-hand.example",
    "client_id": "c",
    "deployment_id": "1",
    "auth_login_url": "https://by-hand.example/auth",
    "token_url": "https://by-hand.example/token",
    "jwks_url": "https://by-hand.example/certs",
}


def by_hand(client: FlaskClient, token: str, **changes: str) -> TestResponse:
    """Send the form of an invite that was opened without an LMS."""
    return client.post("/lti/register/by-hand", data={"invite": token, **BY_HAND, **changes}, headers=OWN)


@pytest.mark.row("R10")
def test_what_is_connected_by_hand_waits_for_approval(
    client: FlaskClient, door: sessionmaker[Session], invite: Invite
) -> None:
    token = invite(private=False)
    answer = by_hand(client, token)
    assert answer.status_code == 200, answer.text
    row = newest(door)
    assert row.public_id in answer.text
    assert "Waiting for approval" in words_of(answer)
    assert "closes this window" not in words_of(answer)
    assert {name: getattr(row, name) for name in BY_HAND if name != "deployment_id"} == {
        name: value for name, value in BY_HAND.items() if name != "deployment_id"
    }
    assert (row.name, row.may_use_private_addresses) == ("My University", False)
    assert [(d.deployment_id, d.approved_at) for d in row.deployments] == [("1", None)]
    assert_refused(by_hand(client, token, client_id="second"), "invite.used", 403)


def test_make_of_an_lms_fills_in_what_is_left_empty_by_hand(
    client: FlaskClient, door: sessionmaker[Session], invite: Invite
) -> None:
    empty = dict.fromkeys(("issuer", "auth_login_url", "token_url", "jwks_url"), "")
    answer = by_hand(client, invite(), **empty, make="d2l", site="https://d2l.example/")
    assert answer.status_code == 200, answer.text
    row = newest(door)
    assert (row.issuer, row.product_family) == ("https://d2l.example", "desire2learn")
    assert row.jwks_url == "https://d2l.example/d2l/.well-known/jwks"
    assert row.token_url == "https://auth.brightspace.com/core/connect/token"
    assert row.token_audience == "https://api.brightspace.com/auth/token"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"deployment_id": "a\nb"}, "deployment_id"),
        ({"issuer": "the issuer"}, "issuer"),
        ({"jwks_url": ""}, "jwks_url"),
        ({"jwks_url": "javascript:alert(1)"}, "jwks_url"),
        ({"jwks_url": "http://by-hand.example/certs"}, "jwks_url"),
        ({"jwks_url": "https://evil.example/certs"}, "jwks_url"),
        ({"jwks_url": "https://evil.brightspace.com/certs", "make": "d2l", "site": "https://d2l.example"}, "jwks_url"),
        ({"token_url": "https://169.254.169.254/"}, "token_url"),
        ({"make": "moodle", "issuer": ""}, "site"),
    ],
)
def test_values_by_hand_that_cannot_be_used_come_back_with_a_word(
    client: FlaskClient, door: sessionmaker[Session], invite: Invite, changes: dict[str, str], field: str
) -> None:
    before, token = count(door), invite(private=False)
    answer = by_hand(client, token, **changes)
    assert answer.status_code == 422, answer.text
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}-error"' in answer.text
    assert 'value="https://by-hand.example/auth"' in answer.text
    assert count(door) == before
    assert by_hand(client, token, client_id=f"{field} {len(changes)} {before}").status_code == 200


@pytest.mark.row("R08")
def test_what_is_connected_already_is_not_changed_by_hand(
    client: FlaskClient, door: sessionmaker[Session], invite: Invite
) -> None:
    assert by_hand(client, invite(), client_id="known").status_code == 200
    row, before = newest(door), count(door)
    answer = by_hand(client, invite(), client_id="known", jwks_url="https://by-hand.example/other", deployment_id="2")
    assert answer.status_code == 422
    assert "connected already" in words_of(answer)
    assert (count(door), newest(door).jwks_url) == (before, row.jwks_url)
    assert [d.deployment_id for d in newest(door).deployments] == ["1"]


@pytest.mark.row("R10")
def test_nothing_is_connected_by_hand_without_a_good_invite_or_from_elsewhere(
    client: FlaskClient, door: sessionmaker[Session], invite: Invite
) -> None:
    before = count(door)
    assert_refused(by_hand(client, ""), "invite.missing", 403)
    assert_refused(by_hand(client, "x" * 43), "invite.unknown", 403)
    form = {"invite": invite(), **BY_HAND}
    foreign = client.post("/lti/register/by-hand", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert count(door) == before


@pytest.mark.row("R01")
@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (Answer(body=b"{" + b" " * 10_000_000 + b"}"), "configuration_unreadable", 502),
        (Answer(302, headers={"Location": "http://169.254.169.254/latest/meta-data"}), "configuration_unreadable", 502),
        (Answer(200, b"<html>"), "configuration_unreadable", 502),
        (Answer(200, b"[" * 100_000), "configuration_unreadable", 502),
        (Answer(404), "configuration_unreadable", 502),
        (Answer(200, b"{}"), "configuration_unreadable", 502),
    ],
)
def test_hostile_configuration(
    client: FlaskClient,
    door: sessionmaker[Session],
    server: ScriptedServer,
    invite: Invite,
    answer: Answer,
    code: str,
    status: int,
) -> None:
    before, token = count(door), invite()
    server.answers["/config"] = [answer]
    assert_refused(open_page(client, token, f"{server.url}/config"), code, status)
    assert server.paths() == ["GET /config"]
    assert count(door) == before
    server.answers["/config"] = [Answer(body=json.dumps(configuration(server.url)).encode())]
    assert press(client, open_page(client, token, f"{server.url}/config")).status_code == 200


@pytest.mark.row("R01")
@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"issuer": "https://victim.example"}, "issuer_foreign", 400),
        ({"issuer": "http://127.0.0.1:1"}, "issuer_foreign", 400),
        ({"issuer": "https://canvas.instructure.com"}, "issuer_foreign", 400),
        ({"issuer": None}, "configuration_unreadable", 502),
        ({"issuer": ["x"]}, "configuration_unreadable", 502),
        ({"issuer": "javascript:alert(1)"}, "configuration_unreadable", 502),
        ({"jwks_uri": "https://evil.example/certs"}, "endpoint_foreign", 400),
        ({"token_endpoint": "http://169.254.169.254/token"}, "endpoint_foreign", 400),
        ({"registration_endpoint": "http://127.0.0.1:1/register"}, "endpoint_foreign", 400),
        ({"authorization_endpoint": "https://user@evil.example"}, "configuration_unreadable", 502),
        ({"authorization_endpoint": "/auth"}, "configuration_unreadable", 502),
        ({"jwks_uri": "http://127.0.0.1/" + "x" * 2000}, "configuration_unreadable", 502),
        ({"registration_endpoint": None}, "configuration_unreadable", 502),
    ],
)
def test_hostile_addresses_in_the_configuration(
    client: FlaskClient, server: ScriptedServer, invite: Invite, changes: dict[str, Any], code: str, status: int
) -> None:
    sent = configuration(server.url, **changes)
    server.answers["/config"] = [Answer(body=json.dumps(sent).encode())]
    assert_refused(open_page(client, invite(), f"{server.url}/config"), code, status)
    assert server.paths() == ["GET /config"]


@pytest.mark.row("R01")
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/config",
        "https://127.0.0.1:1/config",
        "https://localhost:1/config",
        "file:///etc/passwd",
        "https://[::1]:1/",
        "https://0.0.0.0:1/",
        "//x",
    ],
)
def test_without_leave_no_private_address_is_called(client: FlaskClient, invite: Invite, address: str) -> None:
    assert_refused(open_page(client, invite(private=False), address), "address_refused")


@pytest.mark.row("R01")
@pytest.mark.parametrize("is_private", [True, False])
@pytest.mark.parametrize("ip", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1"])
def test_name_of_a_link_local_address_is_refused_with_leave_too(
    client: FlaskClient, invite: Invite, monkeypatch: pytest.MonkeyPatch, ip: str, is_private: bool
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    refused = open_page(client, invite(private=is_private), "https://lms.example/config")
    assert_refused(refused, "address_refused")


def test_odd_values_of_a_configuration_do_no_harm(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    sent = configuration(
        server.url,
        scopes_supported={"a": 1},
        authorization_server="a\nb",
        **{PLATFORM: {"product_family_code": "x" * 500, "messages_supported": "none"}},
    )
    server.answers["/config"] = [Answer(body=json.dumps(sent).encode())]
    assert press(client, open_page(client, invite(), f"{server.url}/config")).status_code == 200
    assert (newest(door).token_audience, newest(door).product_family) == ("", "x" * 64)


def test_audience_of_tokens_is_kept(
    client: FlaskClient, door: sessionmaker[Session], server: ScriptedServer, invite: Invite
) -> None:
    sent = configuration(server.url, authorization_server="https://api.lms.example/token")
    server.answers["/config"] = [Answer(body=json.dumps(sent).encode())]
    press(client, open_page(client, invite(), f"{server.url}/config"))
    assert newest(door).token_audience == "https://api.lms.example/token"


def test_page_shows_in_any_frame_although_someone_is_signed_in(
    app: Flask, client: FlaskClient, server: ScriptedServer, invite: Invite
) -> None:
    with client.session_transaction() as session:
        session["frame"] = "https://other.example"
    page = open_page(client, invite(), f"{server.url}/config")
    assert "frame-ancestors" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def _launch(client: FlaskClient, lms: FakeLms, activity: Any) -> TestResponse:
    """Launch through the pretend LMS without a browser, as far as the tool's answer."""
    login = lms.launch_form("mentor_pl", activity)
    begun = client.post("/lti/login", data=login)
    assert begun.status_code == 303, begun.text
    query = parse_qs(urlsplit(begun.location).query)
    claims = lms.claims_for("mentor_pl", activity, nonce=query["nonce"][0])
    with_token = {"state": query["state"][0], "id_token": lms.sign_id_token(claims)}
    return client.post("/lti/launch", data=with_token)
