"""Who may open what: every route, every role, other courses, strangers, and pages of other sites."""

import socket
from collections.abc import Collection, Mapping

import pytest
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.people.models import Membership, Role
from service.platforms.models import Platform
from service.platforms.operations import set_platform_disabled, set_platform_enabled
from tests.functional.web.conftest import ORIGIN, Browser
from tests.makers import make_member, make_platform

FILLED = {
    "course_key": "basics",
    "module_key": "roles",
    "exercise_key": "first",
    "kind": "confidentiality",
    "client_id": "nothing",
    "endpoint_id": "nothing",
    "relation_id": "nothing",
    "request_id": "nothing",
    "tries_id": "nothing",
    "event_id": "nothing",
    "former_id": "nothing",
    "year": "1",
    "entry_id": "nothing",
    "record_id": "nothing",
    "key": "yes_now",
    "waiver_id": "nothing",
    "role": "mentor",
    "filename": "base.css",
    "file_id": "nothing",
    "forum_key": "community",
    "thread_id": "nothing",
    "post_id": "nothing",
    "point_id": "nothing",
    "notice_id": "nothing",
    "measure_id": "nothing",
    "flag_id": "nothing",
    "place": "new-community-x",
    "view_id": "nothing",
}


@pytest.fixture(autouse=True)
def _no_lms(monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator's test of the connection finds nobody."""

    def look_up(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def _routes(app: Flask, member_id: str, course_id: str):
    return each_route(app, course_id, {**FILLED, "member_id": member_id})


def each_route(app: Flask, course_id: str, filled: Mapping[str, str], needs: Collection[str] = ()):
    """Every route below a course, or those with one of these ids, as (method, address, audience)."""
    with app.test_request_context(base_url=ORIGIN):
        adapter = app.create_url_adapter(None) or app.url_map.bind("tool.example")
        for rule in app.url_map.iter_rules():
            if "course_id" not in rule.arguments or (needs and rule.arguments.isdisjoint(needs)):
                continue
            values = {**filled, "course_id": course_id}
            address = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
            for method in rule.methods & {"GET", "POST"}:
                yield method, address, app.view_functions[rule.endpoint].audience


def _open(browser: Browser, method: str, address: str) -> int:
    answer = browser.get(address) if method == "GET" else browser.post(address, {})
    return answer.status_code


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    undeclared = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "audience")
    ]
    assert undeclared == []


def test_a_public_route_shows_nothing_of_a_course(app: Flask) -> None:
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "audience", None) == "public"
    }
    assert public == {
        "api.give_document",
        "api.show_document",
        "courses.front",
        "health.alive",
        "health.ready",
        "held.show",
        "lti.jwks",
        "lti.launch",
        "lti.login",
        "media.show",
        "metrics.show",
        "registration.register",
        "registration.register_by_hand",
        "registration.show",
        "settings.choose_language",
        "statement.show",
        "unsubscribe.ask",
        "unsubscribe.stop",
        "verification.check",
        "verification.give_keys",
        "verification.give_withdrawn",
        "verification.show",
        "verification.show_code",
        "windows.open_window",
    }


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_is_open_to_it_and_nothing_else(app: Flask, browse, members, role: Role) -> None:
    browser = browse(role)
    course_id = members[role].course.public_id
    for method, address, audience in _routes(app, members[Role.MENTEE].public_id, course_id):
        status = _open(browser, method, address)
        if role in audience:
            assert status not in {401, 403}, (method, address, status)
        else:
            assert status == 403, (method, address, status)


def test_a_stranger_and_a_member_of_another_course_get_the_same_answer(
    app: Flask, browse, members: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    with transaction(database) as session:
        elsewhere = make_member(session, "coordinator-9", Role.COORDINATOR, context_id="course-9")
        foreign = make_platform(session, "https://other.example")
        # The same subject at another LMS is another person.
        twin = make_member(session, "coordinator-1", Role.COORDINATOR, platform=foreign)
    course_id = members[Role.MENTOR].course.public_id
    for browser in (browse(), Browser(app, elsewhere), Browser(app, twin)):
        for method, address, _audience in _routes(app, members[Role.MENTEE].public_id, course_id):
            assert _open(browser, method, address) == 401, (method, address)


def test_people_and_relations_of_another_course_cannot_be_reached_by_their_ids(
    app: Flask, browse, database: sessionmaker[Session]
) -> None:
    with transaction(database) as session:
        elsewhere = make_member(session, "mentee-9", Role.MENTEE, context_id="course-9")
    browser = browse(Role.COORDINATOR)
    assert browser.get(browser.path(f"/people/{elsewhere.public_id}")).status_code == 404
    answer = browser.post(browser.path(f"/people/{elsewhere.public_id}/role"), {"role": "mentor"})
    assert answer.status_code == 404


def test_no_form_of_a_page_made_for_someone_else_writes_anything(app: Flask, browse, members) -> None:
    browser, other = browse(Role.ADMINISTRATOR), members[Role.MENTOR].person.public_id
    taken = [
        (address, made_for)
        for method, address, _ in _routes(app, members[Role.MENTEE].public_id, browser.member.course.public_id)
        for made_for in (other, "")
        if method == "POST" and browser.post(address, {"as": made_for}).status_code != 409
    ]
    assert taken == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": f"{ORIGIN}.evil.example"},
    ],
)
def test_a_write_from_another_site_is_refused(app: Flask, browse, headers: dict[str, str]) -> None:
    browser = browse(Role.MENTOR)
    sent = {name: value for name, value in headers.items() if value}
    answer = browser.client.post(
        browser.path("/commitments/confidentiality"),
        base_url=ORIGIN,
        data={"decision": "give", "version": "1"},
        headers=sent,
    )
    assert answer.status_code == 403
    assert "Not given" in browser.get(browser.path("/readiness")).text


def test_a_write_of_an_old_browser_is_known_by_its_origin(browse) -> None:
    browser = browse(Role.MENTOR)
    answer = browser.client.post(
        browser.path("/commitments/confidentiality"),
        base_url=ORIGIN,
        data={"decision": "give", "version": "1", "as": browser.member.person.public_id},
        headers={"Origin": ORIGIN},
    )
    assert answer.status_code == 303


def test_an_lms_that_is_switched_off_ends_the_sessions_of_its_people(browse, database, members) -> None:
    browser = browse(Role.COORDINATOR)
    for switch, status in ((set_platform_disabled, 401), (set_platform_enabled, 200)):
        with transaction(database) as session:
            platform = session.get_one(Platform, members[Role.COORDINATOR].course.platform_id)
            switch(session, platform.public_id, at=utc_now())
        assert browser.get(browser.path("/people/")).status_code == status


def test_no_answer_leads_to_a_host_that_the_request_names(app: Flask, browse) -> None:
    browser = browse(Role.MENTOR)
    answer = browser.client.get(browser.path(""), base_url=ORIGIN, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.location) == (308, f"{ORIGIN}{browser.path('/')}")


def test_pages_say_what_they_may_load_and_are_not_kept(app: Flask, browse) -> None:
    browser = browse(Role.MENTOR)
    with browser.client.session_transaction(base_url=ORIGIN) as session:
        session["frame"] = "https://lms.example"
    headers = browser.get(browser.path("/")).headers
    assert "frame-ancestors 'self' https://lms.example" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize("part", ["%00", "a%00b"])
def test_an_address_that_no_database_could_look_for_leads_nowhere(app: Flask, browse, members, part: str) -> None:
    """PostgreSQL has no text with a NUL; it would answer with an error of its own."""
    browser = browse(Role.ADMINISTRATOR)
    course_id = members[Role.MENTOR].course.public_id
    filled = {name: value if value.isdecimal() else "GAP" for name, value in FILLED.items()} | {"member_id": "GAP"}
    gaps = {address for method, address, _ in each_route(app, course_id, filled, filled) if method == "GET"}
    found = {address: browser.get(address.replace("GAP", part)).status_code for address in gaps}
    assert {address: status for address, status in found.items() if status != 404} == {}
    asked = f"/people/?q={part}", f"/forums/?q={part}", f"/reviews/?item={part}", f"/link?id={part}"
    assert {browser.get(browser.path(path)).status_code for path in asked} <= {200, 404, 422}
