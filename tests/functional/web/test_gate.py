"""What staff decide and waive about a person, what learners say of themselves, and the editor of conditions."""

import json
import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Membership, Role
from service.readiness.conditions import ANY_OF, DECIDED, DECLARED, MODULE_COMPLETE, Condition
from service.readiness.models import Policy, Waiver
from service.readiness.policies import set_own_conditions
from tests.functional.web.conftest import Browser
from tests.makers import AT

Members = dict[Role, Membership]


@pytest.fixture
def asked(app: Flask, database: sessionmaker[Session], catalogue, members: Members) -> None:
    """Mentees are asked for a yes of their own and for an interview."""
    own = [Condition(DECLARED, "yes_now"), Condition(DECIDED, "interview")]
    with transaction(database) as session:
        staff = members[Role.COORDINATOR]
        set_own_conditions(session, catalogue, staff, Role.MENTEE, own, shown_version=1, at=AT)


@pytest.mark.usefixtures("asked")
def test_a_mentee_says_yes_and_takes_it_back(app: Flask, members: Members) -> None:
    mentee = Browser(app, members[Role.MENTEE])
    page = mentee.get(mentee.path("/readiness")).text
    assert "Not said yet." in page
    assert "The coordinators of the course decide this." in page
    path = mentee.path("/declarations/yes_now")
    assert path in page
    assert "want to begin now" in mentee.get(path).text
    assert mentee.post(path, {"decision": "give"}).status_code == 303
    assert "Said on" in mentee.get(mentee.path("/readiness")).text
    assert mentee.post(path, {"decision": "withdraw"}).status_code == 303
    assert "Not said yet." in mentee.get(mentee.path("/readiness")).text
    assert mentee.post(path, {"decision": "perhaps"}).status_code == 422
    assert mentee.get(mentee.path("/declarations/none")).status_code == 404


@pytest.mark.usefixtures("asked")
def test_staff_decide_and_a_no_needs_a_reason(app: Flask, members: Members) -> None:
    staff, mentee = Browser(app, members[Role.COORDINATOR]), members[Role.MENTEE]
    person = staff.path(f"/people/{mentee.public_id}")
    assert "Nobody has decided yet." in staff.get(person).text
    refused = staff.post(f"{person}/decisions/interview", {"decision": "no", "reason-interview": " "})
    assert refused.status_code == 422
    assert refused.text.count("Write the reason") == 2  # at the top of the page, and at the field
    assert 'href="#field-reason-interview"' in refused.text
    answer = staff.post(
        f"{person}/decisions/interview", {"decision": "no", "reason-interview": "Has no time before May."}
    )
    assert answer.status_code == 303
    page = staff.get(person).text
    assert "No by" in page
    assert "Has no time before May." in page
    own_page = Browser(app, mentee).get(staff.path("/readiness")).text
    assert "No by" in own_page
    assert "Has no time before May." not in own_page


@pytest.mark.usefixtures("asked")
def test_a_waiver_that_cannot_be_taken_comes_back_as_it_was_typed(
    app: Flask, members: Members, database: sessionmaker[Session]
) -> None:
    staff, mentee = Browser(app, members[Role.COORDINATOR]), members[Role.MENTEE]
    path = staff.path(f"/people/{mentee.public_id}/waivers")
    form = {"condition": f"{DECIDED}:interview", "reason": "Known to us for years.", "until": "soon"}
    refused = staff.post(path, form)
    assert refused.status_code == 422
    assert "Known to us for years." in refused.text
    assert "This is no date." in refused.text
    assert staff.post(path, {**form, "until": "2020-01-01"}).status_code == 422
    assert staff.post(path, {**form, "until": "2999-12-31"}).status_code == 303
    assert staff.post(path, {**form, "until": ""}).status_code == 409
    with transaction(database) as session:
        waiver = session.scalars(select(Waiver)).one()
    assert "Waived by" in Browser(app, mentee).get(staff.path("/readiness")).text
    assert staff.post(f"{path}/{waiver.public_id}", {"act": "withdraw"}).status_code == 303
    assert "Waived by" not in Browser(app, mentee).get(staff.path("/readiness")).text
    assert staff.post(f"{path}/{waiver.public_id}", {"act": "sing"}).status_code == 422
    assert staff.post(f"{path}/none", {"act": "withdraw"}).status_code == 404


def _held(page: str) -> dict[str, str]:
    """Return what the editor's page holds: the list as it stands there, and the version."""
    own = re.search(r'name="own" value="([^"]*)"', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert own
    assert version
    return {"own": own.group(1).replace("&#34;", '"'), "version": version.group(1)}


def test_a_policy_is_tried_out_before_it_is_saved(
    app: Flask, members: Members, database: sessionmaker[Session]
) -> None:
    staff = Browser(app, members[Role.COORDINATOR])
    path = staff.path("/conditions/mentee")
    page = staff.get(path).text
    for key in ("yes_now", "time"):
        page = staff.post(path, {**_held(page), "act": "add", "kind": DECLARED, "key": key}).text
    assert "Tried out, not saved yet" in page
    own_words = {"kind": DECIDED, "key": "own", "title": "Speaks Arabic", "approvers": "2"}
    page = staff.post(path, {**_held(page), "act": "add", **own_words}).text
    page = staff.post(path, {**_held(page), "act": "percent", "key": "roles", "min_percent": "80"}).text
    combine = {"act": "combine", "count": "1", "title": "Time or wish"}
    page = staff.post(path, {**_held(page), **combine, "names": [f"{DECLARED}:yes_now", f"{DECLARED}:time"]}).text
    with transaction(database) as session:
        assert not session.scalars(select(Policy)).all()
    assert staff.post(path, {**_held(page), "act": "save"}).status_code == 303
    with transaction(database) as session:
        saved = [Condition.from_data(data) for data in session.scalars(select(Policy)).one().own]
    assert [one.kind for one in saved] == [DECIDED, MODULE_COMPLETE, ANY_OF]
    assert (saved[0].title, saved[0].approvers, saved[1].min_percent) == ("Speaks Arabic", 2, 80)
    mentee = Browser(app, members[Role.MENTEE])
    seen = mentee.get(mentee.path("/readiness")).text
    assert "Speaks Arabic" in seen
    assert "One of these is enough." in seen
    page = staff.get(path).text
    page = staff.post(path, {**_held(page), "act": "split", "name": saved[2].name}).text
    page = staff.post(path, {**_held(page), "act": "remove", "name": saved[0].name}).text
    assert [data["key"] for data in json.loads(_held(page)["own"])] == ["roles", "yes_now", "time"]


def test_what_cannot_be_is_refused_with_its_reason(app: Flask, members: Members) -> None:
    staff = Browser(app, members[Role.COORDINATOR])
    path = staff.path("/conditions/mentee")
    held = _held(staff.get(path).text)
    empty = staff.post(path, {**held, "act": "add", "kind": DECIDED, "key": "own", "title": " "})
    assert empty.status_code == 422
    assert "Write in your own words what is asked" in empty.text
    never = [Condition("at_least", "x", title="Many", count=3, parts=(Condition(DECLARED, "time"),)).as_data()]
    assert "Nobody could ever meet it" in staff.post(path, {**held, "own": json.dumps(never), "act": "save"}).text
    for own in (
        "{",
        "[1]",
        "7",
        '[{"kind": "declared"}]',
        '[{"kind": {}, "key": []}]',
        '[{"kind":"any_of","key":"a","parts":7}]',
    ):
        assert staff.post(path, {**held, "own": own, "act": "save"}).status_code == 422, own
    assert staff.get(staff.path("/conditions/administrator")).status_code == 422
    old = staff.post(path, {"own": "[]", "version": "7", "act": "save"})
    assert old.status_code == 409
    assert "Someone else has changed the conditions" in old.text


@pytest.mark.usefixtures("asked")
def test_learners_neither_decide_nor_waive_nor_edit(app: Flask, members: Members) -> None:
    for role in (Role.MENTEE, Role.MENTOR):
        learner = Browser(app, members[role])
        assert learner.get(learner.path("/conditions/mentee")).status_code == 403
        path = learner.path(f"/people/{members[Role.MENTEE].public_id}/waivers")
        assert learner.post(path, {}).status_code == 403
