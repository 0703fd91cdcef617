"""Other systems on the administrator's page: keys and secrets told once, tests, sending again, and nobody else's."""

import re

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.keys import SecretBox
from service.api_clients.models import ApiClient, ApiKey, Scope
from service.api_clients.operations import add_client
from service.db import transaction, utc_now
from service.people.models import Course, Role
from service.platforms.models import AuditEvent, Platform
from service.readiness.spans import TELL_SYSTEMS
from service.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from service.webhooks.operations import SECRET_PURPOSE, add_endpoint
from tests.functional.lti.scripted_server import Answer, scripted_server
from tests.functional.web.conftest import ORIGIN, Browser
from tests.makers import make_member, make_platform

KEY = re.compile(r"mrk_[\w-]+")
SECRET = re.compile(r"whsec_[\w+/=]+")
FORM = {"name": "CRM <b>", "eligibility": "yes", "covers": "platform"}


def _asks(app: Flask, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return app.test_client().get("/api/v1/eligibility/lms:mentor-1", base_url=ORIGIN, headers=headers).status_code


def _one(database: sessionmaker[Session], kind):
    with transaction(database, reads_only=True) as session:
        return session.scalars(select(kind).order_by(kind.id.desc()).limit(1)).one()


def test_a_key_is_shown_once_and_another_takes_over(app: Flask, browse, database) -> None:
    browser = browse(Role.ADMINISTRATOR)
    added = browser.post(browser.path("/systems"), FORM | {"unsent_key": "0" * 36})
    [key] = KEY.findall(added.text)
    assert "CRM &lt;b&gt;" in added.text
    assert f'data-sent="{"0" * 36}"' in added.text
    assert _asks(app, key) == 200
    client = _one(database, ApiClient)
    assert client.covers_platform
    page = browser.path(f"/systems/{client.public_id}")
    assert KEY.findall(browser.get(page).text) == []
    [newer] = KEY.findall(browser.post(f"{page}/key", {}).text)
    assert [_asks(app, one) for one in (key, newer)] == [200, 200]
    assert browser.post(f"{page}/revoke", {}).status_code == 303
    assert [_asks(app, one) for one in (key, newer)] == [401, 401]
    assert browser.post(f"{page}/key", {}).status_code == 409
    with transaction(database, reads_only=True) as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        assert len(session.scalars(select(ApiKey)).all()) == 2
    assert [one.kind for one in events] == ["api_client_added", "api_key_rotated", "api_client_revoked"]
    assert {one.detail["by"] for one in events} == {browser.member.person.public_id}


def test_what_cannot_be_is_refused_with_what_was_typed(browse, database) -> None:
    browser = browse(Role.ADMINISTRATOR)
    for form, words in (
        ({"name": "", "eligibility": "yes"}, "A name is needed"),
        ({"name": "CRM", "names": "yes"}, "Choose what it may be told"),
    ):
        answer = browser.post(browser.path("/systems"), form)
        assert (answer.status_code, words in answer.text) == (422, True)
        assert f'value="{form["name"]}"' in answer.text
    browser.post(browser.path("/systems"), FORM)
    page = browser.path(f"/systems/{_one(database, ApiClient).public_id}")
    answer = browser.post(f"{page}/webhooks", {"url": "http://127.0.0.1/x"})
    assert (answer.status_code, 'value="http://127.0.0.1/x"' in answer.text) == (422, True)
    assert "field-url-error" in answer.text


def test_an_address_gets_a_secret_a_test_and_what_was_given_up_again(browse, database) -> None:
    browser = browse(Role.ADMINISTRATOR)
    browser.post(browser.path("/systems"), FORM)
    page = browser.path(f"/systems/{_one(database, ApiClient).public_id}")
    [secret] = SECRET.findall(browser.post(f"{page}/webhooks", {"url": "https://crm.example/hook"}).text)
    assert browser.post(f"{page}/webhooks", {"url": "https://crm.example/hook"}).status_code == 409
    endpoint = f"{page}/webhooks/{_one(database, WebhookEndpoint).public_id}"
    assert SECRET.findall(browser.get(page).text) == []
    assert SECRET.findall(browser.post(f"{endpoint}/secret", {}).text) != [secret]
    assert browser.post(f"{endpoint}/test", {}).status_code == 303
    with transaction(database) as session:
        delivery = session.scalars(select(WebhookDelivery)).one()
        delivery.state, delivery.next_try_at = DeliveryState.GIVEN_UP, None
    assert "Given up" in browser.get(page).text
    assert browser.post(f"{endpoint}/again", {"delivery": delivery.public_id}).status_code == 303
    assert _one(database, WebhookDelivery).state is DeliveryState.WAITING
    assert browser.post(f"{endpoint}/again", {"delivery": "\x00"}).status_code == 404
    assert browser.post(f"{endpoint}/off", {}).status_code == 303
    assert _one(database, WebhookDelivery).state is DeliveryState.GIVEN_UP
    assert browser.post(f"{endpoint}/test", {}).status_code == 404


def test_the_worker_sends_what_a_page_has_queued(app: Flask, browse, database) -> None:
    browser = browse(Role.ADMINISTRATOR)
    browser.post(browser.path("/systems"), FORM)
    box = SecretBox(app.extensions["settings"].secret_key, SECRET_PURPOSE)
    with scripted_server() as receiver:
        receiver.answers["/hook"] = [Answer(204)]
        with transaction(database) as session:
            client = session.scalars(select(ApiClient)).one()
            url, private = f"{receiver.url}/hook", {"may_use_private_addresses": True}
            endpoint, _ = add_endpoint(session, client, url, box, **private, at=utc_now())
        page = browser.path(f"/systems/{client.public_id}")
        browser.post(f"{page}/webhooks/{endpoint.public_id}/test", {})
        app.extensions["celery"].tasks[TELL_SYSTEMS]()
        assert [asked.path for asked in receiver.asked] == ["/hook"]
    assert "Arrived" in browser.get(page).text


def test_nobody_reaches_a_system_that_is_not_theirs(app: Flask, browse, database, members) -> None:
    with transaction(database) as session:
        make_member(session, "elsewhere", context_id="course-2")
        platform = make_platform(session)
        here, there = session.scalars(select(Course).order_by(Course.id)).all()
        foreign = make_platform(session, "https://other.example")
        scopes, at = [Scope.ELIGIBILITY], utc_now()
        clients = {
            name: add_client(session, of, name=name, scopes=scopes, courses=courses, at=at)[0].public_id
            for name, of, courses in (
                ("all", platform, None),
                ("here", platform, [here]),
                ("there", platform, [there]),
                ("both", platform, [here, there]),
                ("foreign", foreign, None),
            )
        }
    browser: Browser = browse(Role.ADMINISTRATOR)
    for is_shared, seen in ((False, {"all", "here", "there", "both"}), (True, {"here"})):
        with transaction(database) as session:
            session.get_one(Platform, platform.id).product_family = "BlackboardLearn" if is_shared else "moodle"
        for name, public_id in clients.items():
            status = 200 if name in seen else 404
            assert browser.get(browser.path(f"/systems/{public_id}")).status_code == status, name
            assert (f"/systems/{public_id}" in browser.get(browser.path("/systems")).text) == (name in seen)
            if name not in seen:
                assert browser.post(browser.path(f"/systems/{public_id}/key"), {}).status_code == 404
    # Where institutions share a registration, a forged choice does not widen what a system may ask about.
    browser.post(browser.path("/systems"), FORM)
    assert _one(database, ApiClient).covers_platform is False
