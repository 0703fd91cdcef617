"""The whole way in, from the pretend LMS over HTTP, on both databases: who arrives, how much it costs, what fails."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import Settings
from service.db import transaction, utc_now
from service.modules.content import Catalogue
from service.people.models import LmsRole, Membership, Person
from service.platforms.models import AuditEvent
from service.platforms.operations import add_platform
from tests.fake_lms.server import FakeLms

TOOL_URL = "http://127.0.0.1:8080"


@pytest.fixture
def lms(tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(TOOL_URL, tmp_path) as lms:
        yield lms


@pytest.fixture
def app(database_url: str, tmp_path: Path, lms: FakeLms, taught: Catalogue) -> Iterator[Flask]:
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": database_url,
            "MENTORREADY_SECRET_KEY": "launches-" * 5,
            "MENTORREADY_BASE_URL": TOOL_URL,
            "MENTORREADY_STATE_PATH": str(tmp_path),
            "MENTORREADY_RATE_LIMITS": "off",
        }
    )
    app = create_app(settings, taught)
    with transaction(app.extensions["sessions"]) as session:
        add_platform(session, **vars(lms.registration), may_use_private_addresses=True, at=utc_now())
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask_lms(location: str) -> dict[str, str]:
    """Follow the redirect to the LMS and return the form that it would post to us."""
    page = requests.get(location, timeout=10).text
    inputs = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    return {name: unescape(value) for name, value in inputs}


def enter(
    client: FlaskClient, lms: FakeLms, person: str, activity: str = "mentoring/roles", **options: Any
) -> TestResponse:
    """Launch an activity as the browser would."""
    login = client.post("/lti/login", data=lms.launch_form(person, activity, **options))
    assert login.status_code == 303
    return client.post("/lti/launch", data=ask_lms(login.location))


def member_of(app: Flask, lms: FakeLms, person: str) -> Membership:
    sessions: sessionmaker[Session] = app.extensions["sessions"]
    subject = str(lms.person(person).id)
    with transaction(sessions, reads_only=True) as session:
        return session.scalars(select(Membership).join(Person).where(Person.subject == subject)).one()


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ("mentor_he", LmsRole.LEARNER),
        ("coordinator", LmsRole.STAFF),
        ("admin", LmsRole.ADMINISTRATOR),
        ("nameless", LmsRole.LEARNER),
    ],
)
def test_arrival(app: Flask, client: FlaskClient, lms: FakeLms, person: str, role: LmsRole) -> None:
    answer = enter(client, lms, person)
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    member = member_of(app, lms, person)
    assert member.lms_role is role
    assert bool(member.person.name) is (person != "nameless")


def test_reload_repeats_nothing(client: FlaskClient, lms: FakeLms) -> None:
    answer = enter(client, lms, "mentor_he")
    for _ in range(3):
        assert client.get(answer.location).status_code == 200


def test_cost_of_the_door(app: Flask, client: FlaskClient, lms: FakeLms) -> None:
    """With warm keys: four statements of the door's own, each alone, and nothing asked of the LMS.

    Who comes back unchanged writes but the two of them: nothing is open in which another launch would wait.
    """
    enter(client, lms, "mentor_he")
    of_the_door: list[str] = []
    written: list[str] = []
    transactions: list[object] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if re.search(r"\b(FROM|INTO|UPDATE) (login_attempt|platform|deployment|platform_key_set)\b", statement):
            of_the_door.append(statement.split(maxsplit=1)[0])
        if statement.startswith(("INSERT", "UPDATE")):  # a login may clear away old ones too, now and then
            written.append(" ".join(statement.split()[:3]))

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", transactions.append)
    login = client.post("/lti/login", data=lms.launch_form("mentor_he", "mentoring/roles"))
    fields = ask_lms(login.location)
    lms.stop()
    assert client.post("/lti/launch", data=fields).status_code == 303
    assert [word for word in of_the_door if word != "DELETE"] == ["SELECT", "INSERT", "SELECT", "UPDATE"]
    assert written == ["INSERT INTO login_attempt", "UPDATE login_attempt SET"]
    assert transactions == []


def test_k15_rotated_key(client: FlaskClient, lms: FakeLms) -> None:
    assert enter(client, lms, "mentor_he").status_code == 303
    lms.rotate_keys()
    assert enter(client, lms, "mentor_he").status_code == 303


def refusal(app: Flask) -> str:
    sessions: sessionmaker[Session] = app.extensions["sessions"]
    with transaction(sessions, reads_only=True) as session:
        return str(session.scalars(select(AuditEvent.detail).order_by(AuditEvent.id.desc()).limit(1)).one()["code"])


@pytest.mark.parametrize(
    ("switch", "value", "code"),
    [
        ("clock_offset_s", 90, "clock_differs"),
        ("clock_offset_s", -150, "token_expired"),
        ("jwks_down", True, "keys_unreachable"),
    ],
)
def test_fault_of_the_lms_is_a_page(
    app: Flask, client: FlaskClient, lms: FakeLms, switch: str, value: Any, code: str
) -> None:
    lms.switches.set(switch, value)
    answer = enter(client, lms, "mentor_he")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert refusal(app) == code


def test_lms_that_does_not_know_its_user(app: Flask, client: FlaskClient, lms: FakeLms) -> None:
    form = lms.launch_form("mentor_he", "mentoring/roles") | {"login_hint": "999"}
    fields = ask_lms(client.post("/lti/login", data=form).location)
    assert fields["error"] == "access_denied"
    assert client.post("/lti/launch", data=fields).status_code == 400
    assert refusal(app) == "platform_error"


def test_reload_of_the_launch_itself_says_why(app: Flask, client: FlaskClient, lms: FakeLms) -> None:
    login = client.post("/lti/login", data=lms.launch_form("mentor_he", "mentoring/roles"))
    fields = ask_lms(login.location)
    assert client.post("/lti/launch", data=fields).status_code == 303
    again = client.post("/lti/launch", data=fields)
    assert again.status_code == 400
    assert refusal(app) == "launch_used"
    assert "return.php" in again.get_data(as_text=True)


REVIEW = {"message_type": "LtiSubmissionReviewRequest"}


def test_a_review_from_the_gradebook_opens_the_work_of_that_learner(
    app: Flask, client: FlaskClient, lms: FakeLms
) -> None:
    enter(client, lms, "mentor_he")
    learner = member_of(app, lms, "mentor_he")
    answer = enter(client, lms, "coordinator", **REVIEW, for_user="mentor_he")
    assert answer.status_code == 303
    assert f"/course/{learner.course.public_id}/review?item=" in answer.location
    assert f"person={learner.person.public_id}" in answer.location
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "Roles in mentoring" in page.text
    assert "Nothing handed in yet" in page.text


def test_a_review_of_who_never_came_says_so(app: Flask, client: FlaskClient, lms: FakeLms) -> None:
    answer = enter(client, lms, "coordinator", **REVIEW, for_user="mentor_pl")
    assert "has not opened MentorReady yet" in client.get(answer.location).text


def test_a_review_is_not_for_learners(app: Flask, client: FlaskClient, lms: FakeLms) -> None:
    assert enter(client, lms, "mentor_he", **REVIEW, for_user="mentor_pl").status_code == 403
    assert refusal(app) == "role_not_allowed"
