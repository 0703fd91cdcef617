"""CONFORMANCE.md section L: copied and restored courses, and the way of a picked link through the pretend LMS."""

import re
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from service.db import transaction, utc_now
from service.exercises.models import Attempt
from service.grades.models import LineItem
from service.modules.models import Placement
from service.people.models import Course
from service.platforms.operations import add_platform
from tests.conformance.conftest import register
from tests.conformance.handmade import LTI, MEMBERSHIP, TOOL_URL, Claims, Platform, key_server, launch, rsa_key
from tests.conformance.picking import OWN_PAGE, choose, offered, person_of, sent
from tests.fake_lms import FakeLms
from tests.fake_lms.models import Activity, Tool
from tests.fake_lms.server import QuietHandler


@pytest.fixture(scope="module")
def lms(app: Flask, door: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeLms]:
    """The pretend LMS, which knows the tool, reads its keys over HTTP, and is known to it."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    folder: Path = tmp_path_factory.mktemp("lms")
    with FakeLms(TOOL_URL, folder) as lms:
        with lms.store.session() as store:
            store.get_one(Tool, 1).jwks_url = f"http://127.0.0.1:{server.server_port}/lti/jwks"
        lms.switches.set("strict_assertions", True)
        with transaction(door) as session:
            add_platform(session, **vars(lms.registration), may_use_private_addresses=True, at=utc_now())
        yield lms
    server.shutdown()
    server.server_close()
    thread.join()


def enter(client: FlaskClient, login: dict[str, str]) -> TestResponse:
    """Take a login initiation of the LMS through to what the launch answers."""
    page = requests.get(client.post("/lti/login", data=login).location, timeout=10).text
    fields = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    return client.post("/lti/launch", data={name: unescape(value) for name, value in fields})


def add(client: FlaskClient, lms: FakeLms, contents: list[str], course: str = "empty") -> list[Activity]:
    """Pick content as the coordinator, press the button of the LMS, and return the activities that it made."""
    before = {activity.id for activity in lms.activities(course)}
    path = enter(client, lms.deep_linking_form("coordinator", course)).location
    form = sent(client, choose(client, path, contents, role="mentee"))
    page = requests.post(form.action, data={"JWT": form.token}, timeout=10)
    button = re.search(r'action="(/selection/\d+)"', page.text)
    assert button, page.text
    assert requests.post(lms.url + button[1], timeout=10, allow_redirects=False).status_code == 303
    return [activity for activity in lms.activities(course) if activity.id not in before]


def line_items(door: sessionmaker[Session], course: str, lms: FakeLms) -> dict[str, str]:
    """Return the columns that the tool knows in a course: what is graded, and the address."""
    query = select(LineItem.subject, LineItem.url).join(Course, Course.id == LineItem.course_id)
    with transaction(door, reads_only=True) as session:
        rows = session.execute(query.where(Course.context_id == str(lms.course(course).id)))
        return {row.subject: row.url for row in rows}


def test_d02_to_d14_through_the_lms(client: FlaskClient, lms: FakeLms, door: sessionmaker[Session]) -> None:
    """What is picked becomes activities; each opens its content, with the column that the LMS made for it."""
    path = enter(client, lms.deep_linking_form("coordinator", "empty")).location
    exercise = next(key for key in offered(client.get(path)) if key.startswith("exercise:roles/"))
    home, readiness, module, one = add(client, lms, ["home", "readiness", "module:roles", exercise])
    assert home.title == "MentorReady for mentees: start here"
    ends = {
        home: "/",
        readiness: "/readiness",
        module: "/modules/roles",
        one: f"/modules/roles#exercise-{exercise.rpartition('/')[2]}",
    }
    for activity, end in ends.items():
        answer = enter(client, lms.launch_form("mentor_he", activity))
        assert answer.location.endswith(end)
        assert client.get(answer.location).status_code == 200
    for activity, subject in ((readiness, "readiness"), (module, "module:roles"), (one, exercise)):
        column = lms.item_of(activity)
        assert (column.resource_id, column.tag, column.maximum) == (subject, "mentorready", 100)
        assert f"/lineitems/{column.id}/" in line_items(door, "empty", lms)[subject]


def test_y01_and_y03_a_copied_course_opens_the_same_with_its_own_column(
    client: FlaskClient, lms: FakeLms, door: sessionmaker[Session]
) -> None:
    """Moodle tells no history of links; what it copies is the custom parameters."""
    [original] = add(client, lms, ["module:stages"], course="module1")
    enter(client, lms.launch_form("mentor_pl", original))
    copy = lms.copy_course("module1", "copy-y01", "Copy")
    twin = next(activity for activity in lms.activities(copy) if activity.title == original.title)
    assert twin.id != original.id
    answer = enter(client, lms.launch_form("mentor_pl", twin))
    assert answer.location.endswith("/modules/stages")
    assert answer.location.split("/")[2] != enter(client, lms.launch_form("mentor_pl", original)).location.split("/")[2]
    url = line_items(door, "copy-y01", lms)["module:stages"]
    assert f"/lineitems/{lms.item_of(twin).id}/" in url
    assert url != line_items(door, "module1", lms)["module:stages"]


def in_course(context: str, link: str, role: str = "Learner", **custom: str) -> Any:
    """Return a change that makes a launch one of this link in this course."""

    def change(claims: Claims) -> None:
        claims[LTI + "context"] = {"id": context, "title": context}
        claims[LTI + "resource_link"] = {"id": link, "title": "Activity <b>7</b>"}
        claims[LTI + "roles"] = [f"{MEMBERSHIP}#{role}"]
        claims[LTI + "custom"] = custom

    return change


def test_y02_a_copy_takes_over_what_its_newest_known_ancestor_shows(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    launch(client, platform, in_course("y02-oldest", "a", content="module:stages"))
    launch(client, platform, in_course("y02-old", "b,1", content="module:roles"))
    with transaction(door, reads_only=True) as session:
        attempts = session.scalars(select(func.count()).select_from(Attempt)).one()
    history = {"resource_link_history": "unknown,b%2C1, a", "context_history": "y02-old,y02-oldest"}
    answer = launch(client, platform, in_course("y02-new", "c", **history))
    assert answer.location.endswith("/modules/roles")
    again = launch(client, platform, in_course("y02-new", "c"))
    assert again.location == answer.location
    with transaction(door, reads_only=True) as session:
        assert session.scalars(select(func.count()).select_from(Attempt)).one() == attempts


def test_y02_the_course_decides_between_links_of_one_name(client: FlaskClient, platform: Platform) -> None:
    launch(client, platform, in_course("y02-one", "same", content="module:stages"))
    launch(client, platform, in_course("y02-two", "same", content="module:roles"))
    history = {"resource_link_history": "same", "context_history": "y02-two"}
    answer = launch(client, platform, in_course("y02-three", "d", **history))
    assert answer.location.endswith("/modules/roles")


@pytest.mark.parametrize("history", ["", ",,,", "%00", "%ff%fe", "a" * 2000, ",".join(map(str, range(500)))])
def test_y02_a_history_that_says_nothing(client: FlaskClient, platform: Platform, history: str) -> None:
    change = in_course("y02-odd", "e", resource_link_history=history, context_history=history)
    assert "/link?" in launch(client, platform, change).location


def test_y04_learners_are_told_and_staff_choose_on_the_spot(client: FlaskClient, platform: Platform) -> None:
    unset = launch(client, platform, in_course("y04", "a b&c/../d")).location
    page = client.get(unset)
    assert page.status_code == 200
    assert "This activity is not set up yet" in page.text
    assert "Activity &lt;b&gt;7&lt;/b&gt;" in page.text
    path = launch(client, platform, in_course("y04", "a b&c/../d", role="Instructor")).location
    assert path == unset
    page = client.get(path)
    assert 'type="radio" name="content" value="module:roles"' in page.text
    form = {"as": person_of(client)}
    assert client.post(path, data=form | {"content": "module:nothing"}, headers=OWN_PAGE).status_code == 422
    answer = client.post(path, data=form | {"content": "module:roles"}, headers=OWN_PAGE)
    assert answer.location.endswith("/modules/roles")
    assert 'value="module:roles" checked' in client.get(path).text
    launched = launch(client, platform, in_course("y04", "a b&c/../d"))
    assert launched.location.endswith("/modules/roles")
    assert client.get(unset).location == launched.location


def test_y04_a_link_whose_content_is_gone_is_not_another_page(client: FlaskClient, platform: Platform) -> None:
    answer = launch(client, platform, in_course("y04-gone", "g", content="module:withdrawn"))
    assert "/link?" in answer.location


@pytest.fixture(scope="module")
def elsewhere(door: sessionmaker[Session]) -> Iterator[Platform]:
    """Another LMS."""
    with key_server() as server:
        yield register(door, Platform(server, issuer="https://other.example", client_id="other", key=rsa_key(5)))


def test_y05_a_restore_at_another_lms_finds_the_content_and_nothing_of_the_first(
    client: FlaskClient, platform: Platform, elsewhere: Platform, door: sessionmaker[Session]
) -> None:
    """Content belongs to no LMS, so its key is good everywhere; ids of links and courses are good at home only."""
    launch(client, platform, in_course("y05", "home-link", content="module:roles"))
    history = {"resource_link_history": "home-link", "context_history": "y05"}
    assert "/link?" in launch(client, elsewhere, in_course("y05", "new-link", **history)).location
    assert "/link?" in launch(client, elsewhere, in_course("y05", "home-link")).location
    answer = launch(client, elsewhere, in_course("y05", "new-link", content="module:roles", **history))
    assert answer.location.endswith("/modules/roles")
    with transaction(door, reads_only=True) as session:
        query = select(Placement.content).join(Course, Course.id == Placement.course_id)
        found = session.scalars(query.where(Course.context_id == "y05").order_by(Placement.content)).all()
    assert list(found) == ["", "module:roles", "module:roles"]
