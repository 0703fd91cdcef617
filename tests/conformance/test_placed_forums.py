"""Every forum through the picker, the LMS and back: what a launch of its link shows to whom (issue 8, part 1)."""

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from service.db import transaction, utc_now
from service.forums.models import Forum, ForumSeat
from service.forums.rules import PLANS
from service.forums.words import TITLES
from service.pairing.models import Relation, RelationMember
from service.people.models import Course, Membership, Person, Role
from tests.conformance.conftest import SECRET, register
from tests.conformance.handmade import LTI, MEMBERSHIP, Claims, KeyServer, Platform, launch
from tests.conformance.picking import OWN_PAGE, offered, open_picker, person_of, pick

LMS_ROLE = {
    "administrator": "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    "coordinator": f"{MEMBERSHIP}#Instructor",
    "mentor": f"{MEMBERSHIP}#Learner",
    "youth_worker": f"{MEMBERSHIP}#Learner",
    "mentee": f"{MEMBERSHIP}#Learner",
    "seated": f"{MEMBERSHIP}#Learner",
}
"""Who launches, and what the LMS says of them; `seated` is a mentor with a seat in the steering group."""
STAFF = {"administrator", "coordinator"}
COMMUNITY = {*STAFF, "mentor", "youth_worker", "seated"}
OPEN_TO = {
    "announcements": set(LMS_ROLE),
    "community": COMMUNITY,
    "introductions": COMMUNITY,
    "lessons": COMMUNITY,
    "questions": COMMUNITY,
    "dilemmas": COMMUNITY,
    "relation": {"mentor", "youth_worker", "mentee", "seated"},
    "supervision": set(LMS_ROLE),
    "coordinators": STAFF,
    "cases": STAFF,
    "steering": {*STAFF, "seated"},
    "network": STAFF,
}


@pytest.fixture(scope="module")
def items(app, platform: Platform) -> dict[str, dict]:
    """The links that the picker makes, by forum."""
    client = app.test_client()
    contents = [f"forum:{key}" for key in PLANS]
    made = pick(client, platform, contents).items
    return {item["custom"]["content"].removeprefix("forum:"): item for item in made}


def launch_link(client: FlaskClient, platform: Platform, item: dict, person: str) -> TestResponse:
    """Launch a link that was made for this person's role, and return the page that it ends at."""

    def changed(claims: Claims) -> None:
        claims["sub"] = f"who-{person}"
        claims[LTI + "resource_link"] = {"id": item["custom"]["content"], "title": item["title"]}
        claims[LTI + "custom"] = dict(item["custom"])
        if person not in STAFF and "role" in item["custom"]:
            claims[LTI + "custom"]["role"] = "mentor" if person == "seated" else person
        claims[LTI + "roles"] = [LMS_ROLE[person]]

    answer = launch(client, platform, changed)
    assert answer.status_code == 303, answer.text
    for _ in range(3):
        answer = client.get(answer.location)
        if answer.status_code != 302:
            break
    return answer


@pytest.fixture(scope="module")
def people(app, platform: Platform, door: sessionmaker[Session], items: dict[str, dict]) -> dict[str, Role]:
    """Everybody comes once; one mentor gets a seat, and the mentor and the mentee are paired."""
    for person in LMS_ROLE:
        home = {"title": "Home", "custom": {"content": "home", "role": "mentor"}}
        assert launch_link(app.test_client(), platform, home, person).status_code == 200
    with transaction(door) as session:
        found = select(Person.subject, Membership).join(Membership).where(Person.subject.like("who-%"))
        members = {subject.removeprefix("who-"): member for subject, member in session.execute(found)}
        course = session.get_one(Course, members["mentor"].course_id)
        keys = {"platform_id": course.platform_id, "course_id": course.id}
        steering = Forum(**keys, key="steering", created_at=utc_now())
        relation = Relation(course_id=course.id, paired_by_id=members["coordinator"].id, paired_at=utc_now())
        session.add_all([steering, relation])
        session.flush()
        session.add(ForumSeat(forum_id=steering.id, membership_id=members["seated"].id, since=utc_now()))
        for name in ("mentor", "mentee"):
            one = {"relation_id": relation.id, "membership_id": members[name].id, "role": members[name].role}
            session.add(RelationMember(**one, policy_version=1, results=[]))
        return {name: member.role for name, member in members.items()}


def test_the_picker_offers_every_forum_and_its_link_names_a_key(items: dict[str, dict]) -> None:
    assert set(items) == set(PLANS) == set(OPEN_TO)
    assert all(item["title"] == TITLES[key] and "lineItem" not in item for key, item in items.items())


def test_everybody_came_in_their_role(people: dict[str, Role]) -> None:
    assert people == {name: Role("mentor" if name == "seated" else name) for name in LMS_ROLE}


@pytest.mark.parametrize("person", LMS_ROLE)
@pytest.mark.parametrize("key", OPEN_TO)
def test_a_launch_lands_on_the_forum_or_says_whose_it_is(
    client: FlaskClient, platform: Platform, items: dict[str, dict], people: dict[str, Role], key: str, person: str
) -> None:
    page = launch_link(client, platform, items[key], person)
    assert page.status_code == 200
    course = page.request.path.partition("/forums/")[0]
    if person in OPEN_TO[key]:
        assert page.request.path == f"{course}/forums/{key}"
        assert f"{TITLES[key]}</h1>" in page.text
        if not PLANS[key].has_rings:
            may_start = key != "announcements" or person in STAFF
            assert client.get(f"{course}/forums/{key}/new").status_code == (200 if may_start else 403)
    else:
        assert page.request.path == f"{course}/forums/"
        assert f"The activity leads to the forum “{TITLES[key]}”, which is for others." in page.text
        assert client.get(f"{course}/forums/{key}").status_code == 404


def test_where_many_institutions_share_a_registration_there_is_no_network(
    app, door: sessionmaker[Session], items: dict[str, dict]
) -> None:
    keys = KeyServer()
    shared = register(door, Platform(keys, issuer="https://blackboard.com", client_id="shared"))
    client = app.test_client()
    contents = offered(client.get(open_picker(client, shared).location))
    assert {content for content in contents if content.startswith("forum:")} == {f"forum:{key}" for key in PLANS} - {
        "forum:network"
    }
    assert "which is for others" in launch_link(client, shared, items["network"], "coordinator").text
    keys.close()


def test_a_placed_forum_opens_where_no_cookie_is_kept(
    app, client: FlaskClient, platform: Platform, items: dict[str, dict], people: dict[str, Role]
) -> None:
    """A forum of one thread leads on to that thread; a held page follows by itself, for the browser could not."""
    page = launch_link(client, platform, items["introductions"], "mentor")
    path = page.request.path
    form = {"submission_key": "held-key-1", "text": "Two lines", "as": person_of(client)}
    assert client.post(f"{path}/new", data=form, headers=OWN_PAGE).status_code == 303
    with client.session_transaction() as session:
        held = URLSafeTimedSerializer(SECRET, salt="held-session").dumps(dict(session))
    answer = app.test_client().post("/held", data={"held_session": held, "held_path": path}, headers=OWN_PAGE)
    assert answer.status_code == 200
    assert "Two lines" in answer.text
