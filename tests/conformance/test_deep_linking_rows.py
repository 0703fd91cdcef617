"""CONFORMANCE.md section G: the picker, its answer, and the link that comes of it; C29 and G23 beside it."""

import time
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.grades.models import LineItem
from service.modules.deep_linking import SWEPT_AT_ONCE
from service.modules.models import DeepLinkingRequest
from tests.conformance.handmade import AGS, LTI, MEMBERSHIP, Claims, Platform, launch
from tests.conformance.picking import (
    LINKING,
    RETURN_URL,
    SETTINGS,
    choose,
    offered,
    open_picker,
    pick,
    sent,
    target,
)
from tests.conformance.refusals import assert_refused, count_people


def count_requests(door: sessionmaker[Session]) -> int:
    with transaction(door, reads_only=True) as session:
        return session.scalars(select(func.count()).select_from(DeepLinkingRequest)).one()


def test_d01_staff_see_the_picker(client: FlaskClient, platform: Platform) -> None:
    answer = open_picker(client, platform)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    contents = offered(page)
    assert {"home", "readiness", "pairing", "course:module-i", "module:roles"} <= set(contents)
    assert any(content.startswith("exercise:roles/") for content in contents)
    assert 'type="checkbox" name="content"' in page.text


def test_d01_a_learner_is_refused(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    before, requests_before = count_people(door), count_requests(door)
    answer = open_picker(client, platform, lambda claims: claims.update({LTI + "roles": [f"{MEMBERSHIP}#Learner"]}))
    assert_refused(answer, "role_not_allowed", door, before, status=403)
    assert count_requests(door) == requests_before


def test_d02_the_browser_posts_the_answer(client: FlaskClient, platform: Platform) -> None:
    path = open_picker(client, platform).location
    page = choose(client, path, ["home"])
    assert sent(client, page).action == RETURN_URL
    assert 'name="JWT"' in page.text
    assert "send.js" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://lms.example;" in policy
    assert "https://lms.example" not in client.get("/").headers["Content-Security-Policy"].split("frame-ancestors")[0]


def test_d03_to_d06_the_answer_is_well_formed(client: FlaskClient, platform: Platform) -> None:
    one, other = (pick(client, platform, ["home"]) for _ in range(2))
    claims = one.claims
    assert claims[LTI + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[LTI + "version"] == "1.3.0"
    assert claims[LTI + "deployment_id"] == platform.deployment_id
    assert (claims["iss"], claims["aud"]) == (platform.client_id, platform.issuer)
    assert abs(claims["iat"] - time.time()) < 30
    assert claims["exp"] - claims["iat"] == 300
    assert claims["nonce"] != other.claims["nonce"]
    assert LINKING + "data" not in claims
    assert LINKING + "errormsg" not in claims


@pytest.mark.parametrize("data", ["opaque \u2192 7", ""])
def test_d06_data_goes_back_unchanged(client: FlaskClient, platform: Platform, data: str) -> None:
    assert pick(client, platform, ["home"], data=data).claims[LINKING + "data"] == data


def test_d07_what_was_chosen_is_what_is_sent(client: FlaskClient, platform: Platform) -> None:
    items = pick(client, platform, ["module:roles", "home", "nonsense"], role="mentee").items
    assert [item["custom"]["content"] for item in items] == ["home", "module:roles"]
    assert [item["custom"]["role"] for item in items] == ["mentee", "mentee"]
    assert items[0]["title"] == "MentorReady for mentees: start here"
    assert all(item["type"] == "ltiResourceLink" for item in items)


def test_d08_the_new_link_opens_that_content(client: FlaskClient, platform: Platform) -> None:
    [item] = pick(client, platform, ["module:roles"]).items

    def as_linked(claims: Claims) -> None:
        claims[LTI + "resource_link"] = {"id": "d08", "title": item["title"]}
        claims[LTI + "custom"] = item["custom"]

    assert launch(client, platform, as_linked).location.endswith("/modules/roles")


@pytest.mark.parametrize("accepted", [[], None, ["link", "file"], "ltiResourceLink", [1]])
def test_d10_an_lms_that_takes_no_links_is_told_politely(
    client: FlaskClient, platform: Platform, accepted: Any
) -> None:
    path = open_picker(client, platform, accept_types=accepted).location
    page = client.get(path)
    assert offered(page) == []
    assert "Nothing can be added here" in page.text
    reply = sent(client, choose(client, path, ["home"]))
    assert reply.items == []
    assert "links to itself" in reply.claims[LINKING + "errormsg"]
    assert reply.claims[LINKING + "errorlog"]


REFUSED_RETURNS: dict[str, tuple[Any, str]] = {
    "missing": (None, "deep_linking_malformed"),
    "empty": ("", "deep_linking_malformed"),
    "script": ("javascript:alert(1)", "deep_linking_malformed"),
    "number": (7, "deep_linking_malformed"),
    "user": ("https://lms.example@evil.example/", "deep_linking_malformed"),
    "other-host": ("https://evil.example/return", "return_url_foreign"),
    "other-port": ("https://lms.example:8443/return", "return_url_foreign"),
    "not-https": ("http://lms.example/return", "return_url_foreign"),
}


@pytest.mark.parametrize(("address", "code"), REFUSED_RETURNS.values(), ids=REFUSED_RETURNS)
def test_d12_an_answer_goes_to_the_lms_only(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], address: Any, code: str
) -> None:
    before = count_people(door)
    assert_refused(open_picker(client, platform, deep_link_return_url=address), code, door, before)


def test_d12_the_query_is_kept_and_escaped(client: FlaskClient, platform: Platform) -> None:
    address = 'https://lms.example/r?a=1&b="x"&c=%22%3Cscript%3E'
    path = open_picker(client, platform, deep_link_return_url=address).location
    page = choose(client, path, ["home"])
    assert sent(client, page).action == address
    assert '"x"' not in page.text


@pytest.mark.parametrize("settings", [{}, {"data": "opaque"}])
def test_d13_cancelling_sends_an_answer_without_items(
    client: FlaskClient, platform: Platform, settings: dict[str, str]
) -> None:
    path = open_picker(client, platform, **settings).location
    reply = sent(client, choose(client, path, ["home"], act="cancel"))
    assert reply.items == []
    assert reply.claims[LINKING + "msg"] == "Nothing was added."
    assert LINKING + "errormsg" not in reply.claims
    assert reply.claims.get(LINKING + "data") == settings.get("data")


def test_d14_what_is_graded_brings_its_column(client: FlaskClient, platform: Platform) -> None:
    page = client.get(open_picker(client, platform).location)
    exercise = next(content for content in offered(page) if content.startswith("exercise:roles/"))
    items = pick(client, platform, ["home", "readiness", "pairing", "course:module-i", "module:roles", exercise]).items
    columns = {item["custom"]["content"]: item.get("lineItem") for item in items}
    assert [content for content, column in columns.items() if column is None] == ["home", "pairing", "course:module-i"]
    for item in items:
        if column := item.get("lineItem"):
            assert column["label"] == item["title"]
            assert column["scoreMaximum"] == 100
            assert column["resourceId"] == item["custom"]["content"]
            assert column["tag"] == "mentorready"


FOR_STAFF = {"board", "pairing", *(f"forum:{key}" for key in ("coordinators", "cases", "steering", "network"))}


def test_d15_nothing_but_texts_in_custom_and_no_query_in_the_address(client: FlaskClient, platform: Platform) -> None:
    page = client.get(open_picker(client, platform).location)
    for item in pick(client, platform, offered(page)).items:
        assert item["url"] == target()
        assert all(isinstance(value, str) and value.isprintable() for value in item["custom"].values())
        assert item["custom"]["resource_link_history"] == "$ResourceLink.id.history"
        assert item["custom"]["context_history"] == "$Context.id.history"
        assert ("role" in item["custom"]) is (item["custom"]["content"] not in FOR_STAFF)


def age(door: sessionmaker[Session], **hours: int) -> None:
    """Make all requests older."""
    delta = timedelta(**hours)
    with transaction(door) as session:
        row = DeepLinkingRequest
        for request in session.scalars(select(row)):
            request.created_at -= delta
            request.expires_at -= delta
            request.answered_at = request.answered_at and request.answered_at - delta


def test_d16_two_hours_later(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    path = open_picker(client, platform).location
    age(door, hours=2)
    assert client.get(path).status_code == 200
    reply = sent(client, choose(client, path, ["home"]))
    assert abs(reply.claims["iat"] - time.time()) < 30


def test_d17_sent_twice_is_one_answer(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    path = open_picker(client, platform).location
    first = choose(client, path, ["home"])
    again = choose(client, path, ["home"])
    assert sent(client, again).token == sent(client, first).token
    assert choose(client, path, ["module:roles"]).status_code == 409
    assert choose(client, path, ["home"], act="cancel").status_code == 409
    assert client.get(path).status_code == 409
    age(door, hours=1)
    assert choose(client, path, ["home"]).status_code == 409


def linked(link_id: str, custom: dict[str, Any], column: str = "") -> Any:
    """Return a change that makes a launch one of this link."""

    def change(claims: Claims) -> None:
        claims[LTI + "resource_link"] = {"id": link_id, "title": "Linked"}
        claims[LTI + "custom"] = custom
        if column:
            claims[AGS] = {"scope": [], "lineitem": column}

    return change


def test_d18_an_edited_link_shows_the_new_content(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    column = "https://lms.example/columns/d18"
    launch(client, platform, linked("d18", {"content": "module:roles"}, column))
    answer = launch(client, platform, linked("d18", {"content": "module:stages"}, column))
    assert answer.location.endswith("/modules/stages")
    assert launch(client, platform, linked("d18", {})).location.endswith("/modules/stages")
    with transaction(door, reads_only=True) as session:
        of_column = select(LineItem.subject, LineItem.resource_link_id).where(LineItem.url == column)
        assert session.execute(of_column).all() == [("module:stages", "d18")]


def test_c29_the_message_type_decides_and_not_the_address(client: FlaskClient, platform: Platform) -> None:
    picker = open_picker(
        client, platform, lambda claims: claims.update({LTI + "target_link_uri": target("/course/x/")})
    )
    assert "/pick/" in picker.location
    link = launch(client, platform, lambda claims: claims.update({LTI + "target_link_uri": target("/lti/deep-link")}))
    assert "/pick/" not in link.location


def test_c29_settings_in_another_message_mean_nothing(client: FlaskClient, platform: Platform) -> None:
    answer = launch(client, platform, lambda claims: claims.update({SETTINGS: {"deep_link_return_url": RETURN_URL}}))
    assert "/pick/" not in answer.location


@pytest.mark.parametrize("name", ["content", "resource_link_history", "context_history", "role"])
def test_g23_a_variable_that_was_not_replaced_is_absent(client: FlaskClient, platform: Platform, name: str) -> None:
    first = launch(client, platform, linked(f"g23-{name}", {name: "$ResourceLink.id.history"}))
    assert "/link?" in first.location
    assert client.get(first.location).status_code == 200
    answer = launch(client, platform, linked(f"g23-{name}", {"content": "module:roles", name: "module:roles"}))
    assert answer.location.endswith("/modules/roles")


def test_g09_a_picker_outside_a_course_is_refused(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    before = count_people(door)
    answer = open_picker(client, platform, lambda claims: claims.pop(LTI + "context"))
    assert_refused(answer, "context_missing", door, before)


def test_abandoned_requests_do_not_pile_up(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    with transaction(door) as session:
        session.execute(update(DeepLinkingRequest).values(expires_at=utc_now()))
    over = count_requests(door)
    opened = 1 + over // SWEPT_AT_ONCE
    for _ in range(opened):
        open_picker(client, platform)
    assert over > 0
    assert count_requests(door) == opened
