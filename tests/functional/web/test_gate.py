"""What staff decide and waive about a person, what learners say of themselves, and the editor of conditions."""

import html
import json
import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.db import transaction, utc_now
from service.grades.models import Score
from service.people.models import Membership, Role
from service.readiness.conditions import (
    ANY_OF,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    PROFILE_COMPLETE,
    PROFILE_KEY,
    Condition,
    ConditionResult,
)
from service.readiness.models import Policy, ReadySpan, Standing, Waiver, WayOn
from service.readiness.policies import set_own_conditions
from service.readiness.spans import settle_spans
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
    for day in ("2020-01-01", "9999-12-31"):
        assert staff.post(path, {**form, "until": day}).status_code == 422
    typed = {"reason": "Known to us\r\n" * 150 + "for years.\0", "until": "2999-12-31"}
    assert staff.post(path, form | typed).status_code == 303
    assert staff.post(path, {**form, "until": ""}).status_code == 409
    with transaction(database) as session:
        waiver = session.scalars(select(Waiver)).one()
    assert waiver.reason == "Known to us\n" * 150 + "for years."
    own_page = Browser(app, mentee).get(staff.path("/readiness")).text
    assert "Waived by" in own_page
    for page in (own_page, staff.get(staff.path(f"/people/{mentee.public_id}")).text):
        assert "Until 31 December 2999." in page
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
    page = staff.post(path, {**_held(page), "act": "stricter", "key": "roles", "min_percent": "80"}).text
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


def test_a_module_that_is_waived_is_shown_so_to_staff_and_learner(app: Flask, members: Members) -> None:
    staff, mentee = Browser(app, members[Role.COORDINATOR]), Browser(app, members[Role.MENTEE])
    person = staff.path(f"/people/{members[Role.MENTEE].public_id}")
    assert "I know this already" in mentee.get(mentee.path("/readiness")).text
    form = {"condition": f"{MODULE_COMPLETE}:roles", "reason": "Taught here for years.", "unsent_key": "0" * 36}
    assert staff.post(f"{person}/waivers", form).status_code == 303
    page = staff.get(person).text
    assert "Waived by" in page
    assert f'data-sent="{"0" * 36}"' in page
    assert 'data-sent=""' in staff.get(person).text
    own = mentee.get(mentee.path("/readiness")).text
    assert "I know this already" not in own
    assert "Waived" in own


def test_what_is_asked_of_coordinators_is_shown_to_them_and_to_others_and_blocks_nothing(
    app: Flask, members: Members, database: sessionmaker[Session]
) -> None:
    coordinator, administrator = Browser(app, members[Role.COORDINATOR]), Browser(app, members[Role.ADMINISTRATOR])
    policy = coordinator.path("/conditions/coordinator")
    form = {"own": "[]", "version": "1", "act": "add", "kind": DECIDED, "key": "own", "title": "Knows the programme"}
    tried = coordinator.post(policy, form).text
    assert "All of it is met now by 0 of 1. With these conditions: by 0." in tried
    own = html.unescape(re.search(r'name="own" value="([^"]*)"', tried)[1])
    assert coordinator.post(policy, {"own": own, "version": "1", "act": "save"}).status_code == 303
    impossible = {**form, "version": "2", "kind": "event_attended", "key": "opening"}
    assert "Nobody in this role could ever meet it." in coordinator.post(policy, impossible).text

    mine = coordinator.get(coordinator.path("/readiness")).text
    assert "It blocks nothing" in mine
    assert "Knows the programme" in mine
    assert "In the gradebook of the course" not in mine
    text = coordinator.path("/commitments/confidentiality")
    assert "nobody is paired" not in coordinator.get(text).text
    given = coordinator.post(text, {"decision": "give", "version": "1"})
    assert "The commitment is recorded." in coordinator.get(given.location).text

    person = f"/people/{members[Role.COORDINATOR].public_id}"
    decision = f"{person}/decisions/knows-the-programme"
    assert coordinator.post(coordinator.path(decision), {"decision": "yes"}).status_code == 409  # about themselves
    page = administrator.get(administrator.path(person)).text
    assert "Knows the programme" in page
    assert "It blocks nothing." in page
    assert administrator.post(administrator.path(decision), {"decision": "yes"}).status_code == 303
    assert "All of it is met" in coordinator.get(coordinator.path("/readiness")).text
    who = administrator.get(administrator.path("/conditions/coordinator")).text
    assert "1 of 1 person meets all of it." in who
    assert administrator.path(person) in who
    with transaction(database) as session:
        settle_spans(session, at=utc_now())
        assert session.scalars(select(ReadySpan).where(ReadySpan.ended_at.is_(None))).all() == []
        assert session.scalars(select(Score)).all() == []


def test_a_way_on_is_offered_to_mentors_once_something_is_asked_for_it_and_is_no_part_of_the_gate(
    app: Flask, members: Members, database: sessionmaker[Session], catalogue
) -> None:
    staff, mentor = Browser(app, members[Role.COORDINATOR]), Browser(app, members[Role.MENTOR])
    title = "Accompanying other mentors"
    assert title not in mentor.get(mentor.path("/readiness")).text
    own = [Condition(DECLARED, "wish", title="Wants to accompany others"), Condition(DECIDED, "experience")]
    with transaction(database) as session:
        coordinator = session.merge(members[Role.COORDINATOR])
        way = WayOn.ACCOMPANY
        set_own_conditions(session, catalogue, coordinator, way, own, shown_version=1, at=AT)
    mine = mentor.get(mentor.path("/readiness")).text
    assert title in mine
    assert title not in Browser(app, members[Role.MENTEE]).get(mentor.path("/readiness")).text
    wish = mentor.path("/declarations/wish")
    assert wish in mine
    assert "nobody is paired" not in mentor.get(wish).text
    assert mentor.post(wish, {"decision": "give"}).status_code == 303
    person = staff.path(f"/people/{members[Role.MENTOR].public_id}")
    assert staff.post(f"{person}/decisions/experience", {"decision": "yes"}).status_code == 303
    for module in ("roles", "stages"):
        waiver = {"condition": f"{MODULE_COMPLETE}:{module}", "reason": "Taught it for years.", "until": ""}
        assert staff.post(f"{person}/waivers", waiver).status_code == 303
    text = mentor.path("/commitments/confidentiality")
    assert mentor.post(text, {"decision": "give", "version": "1"}).status_code == 303
    who = staff.get(staff.path(f"/conditions/{WayOn.ACCOMPANY}")).text
    assert "1 of 1 person meets all of it." in who
    assert title in staff.get(person).text
    with transaction(database) as session:
        standing = session.get_one(Standing, members[Role.MENTOR].id)
        names = {ConditionResult.from_data(data).condition.name for data in standing.results}
        assert names.isdisjoint(one.name for one in own)
        assert standing.ready_since is not None
    assert Browser(app, members[Role.MENTEE]).post(wish, {"decision": "give"}).status_code == 404


def test_what_was_decided_in_other_words_never_counts_for_new_ones(
    app: Flask, members: Members, database: sessionmaker[Session], catalogue
) -> None:
    """Titles without Latin letters all begin with the same key."""
    staff = Browser(app, members[Role.COORDINATOR])
    keys = []
    for version, (role, title) in enumerate((("mentee", "ראיון"), ("mentee", "המלצה"), ("mentee", "ראיון"))):
        form = {"own": "[]", "version": str(version + 1), "act": "add", "kind": DECIDED, "key": "own", "title": title}
        tried = staff.post(staff.path(f"/conditions/{role}"), form).text
        own = html.unescape(re.search(r'name="own" value="([^"]*)"', tried)[1])
        keys.append(json.loads(own)[0]["key"])
        save = {"own": own, "version": str(version + 1), "act": "save"}
        assert staff.post(staff.path(f"/conditions/{role}"), save).status_code == 303
    assert keys == ["own", "own-2", "own"]
    form = {"own": "[]", "version": "1", "act": "add", "kind": DECLARED, "key": "own", "title": "אחר"}
    assert "own-3" in staff.post(staff.path("/conditions/mentor"), form).text


@pytest.mark.parametrize("language", ["en", "he", "pl"])
def test_the_person_and_the_coordinator_read_the_same_words_of_every_condition(
    app: Flask, members: Members, database: sessionmaker[Session], catalogue, language: str
) -> None:
    either = (Condition(DECIDED, "references"), Condition(DECLARED, "bicycle", title="Has a bicycle"))
    own = [
        Condition(MODULE_COMPLETE, "roles", min_percent=70, valid_months=12),
        Condition(DECLARED, "capacity", least=2),
        Condition(DECLARED, "yes_now", valid_months=1),
        Condition(DECIDED, "interview", approvers=2, waived_by=2),
        Condition(DECIDED, "guardian_consent"),
        Condition(EVENT_ATTENDED, "opening"),
        Condition(PROFILE_COMPLETE, PROFILE_KEY, waived_by=0),
        Condition(ANY_OF, "either", title="One of two", parts=either),
    ]
    with transaction(database) as session:
        staff, second, mentee = (
            session.merge(members[role]) for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.MENTEE)
        )
        for one in (staff, mentee):
            one.person.chosen_language = language
        set_own_conditions(session, catalogue, staff, Role.MENTEE, own, shown_version=1, at=AT)
        standing.declare(session, catalogue, mentee, "capacity", is_given=True, number=1, at=AT)
        standing.declare(session, catalogue, mentee, "yes_now", is_given=True, at=AT)
        standing.decide(session, catalogue, second, mentee.public_id, "interview", is_yes=True, at=AT)
        why = "Of age."
        standing.rule_out(session, catalogue, staff, mentee.public_id, "guardian_consent", reason=why, at=AT)
        opening = f"{EVENT_ATTENDED}:opening"
        standing.waive(session, catalogue, staff, mentee.public_id, opening, reason=why, until=None, at=AT)
    mine = _told(Browser(app, members[Role.MENTEE]).get(f"/course/{mentee.course.public_id}/readiness").text)
    browser = Browser(app, members[Role.COORDINATOR])
    theirs = _told(browser.get(browser.path(f"/people/{mentee.public_id}")).text)
    assert mine == theirs
    assert len(mine) == len(own) + 1 + len(either), "with confidentiality and the parts of the group"
    assert len({words for condition in mine for words in condition}) > len(mine)


def _told(page: str) -> list[list[str]]:
    """Return what a page says of each condition: title, state, evidence, who decides and who may waive it."""
    page = re.sub(r'<span class="next-word">.*?</span>', "", page)
    found = re.findall(r'<p class="condition-title">.*?(?=<ol|</div>)', page, re.DOTALL)
    return [[" ".join(re.sub(r"<[^>]+>", "", line).split()) for line in one.split("</p>")] for one in found]
