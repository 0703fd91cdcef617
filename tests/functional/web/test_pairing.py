"""The coordinator's way: see who is ready, be refused with reasons, pair, end."""

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.db import transaction
from service.pairing.models import Relation
from service.people.models import Membership, Role
from tests.features.readiness.test_operations import hand_in_all
from tests.functional.web.conftest import Browser
from tests.makers import AT, make_catalogue, make_member


@pytest.fixture
def make_ready(database: sessionmaker[Session], members: dict[Role, Membership]):
    """Let the members of these roles meet all their conditions."""

    def prepare(*roles: Role) -> None:
        catalogue = make_catalogue()
        for role in roles:
            with transaction(database) as session:
                for module in catalogue.modules_required_for(role):
                    hand_in_all(session, catalogue, members[role], module.key)
                standing.give_commitment(session, catalogue, members[role], "confidentiality", 1, "en", at=AT)

    return prepare


def _pair(browser, members):
    data = {"mentor": members[Role.MENTOR].public_id, "mentee": members[Role.MENTEE].public_id}
    return browser.post(browser.path("/pairing/"), data)


def _relations(database) -> int:
    with database() as session:
        return session.scalars(select(func.count()).select_from(Relation).where(Relation.ended_at.is_(None))).one()


def test_whoever_is_not_ready_is_not_paired_and_the_page_says_why(browse, members, make_ready, database) -> None:
    make_ready(Role.MENTEE)
    answer = _pair(browse(Role.COORDINATOR), members)
    assert answer.status_code == 409
    refusal = re.search(r'id="refusal".*?</div>', answer.text, re.DOTALL)
    assert refusal
    assert "Name of mentor-1" in refusal[0]
    assert "Name of mentee-1" not in refusal[0]
    assert "About stages" in refusal[0]
    assert _relations(database) == 0


def test_two_who_are_ready_are_paired_seen_by_both_and_parted(browse, members, make_ready, database) -> None:
    make_ready(Role.MENTOR, Role.MENTEE)
    coordinator = browse(Role.COORDINATOR)
    answer = _pair(coordinator, members)
    assert answer.status_code == 303
    page = coordinator.get(answer.location).text
    assert "The pair is made" in page
    mentor, mentee = browse(Role.MENTOR), browse(Role.MENTEE)
    assert "Name of mentee-1" in mentor.get(mentor.path("/")).text
    assert "Name of mentor-1" in mentee.get(mentee.path("/")).text
    end = re.search(r'action="([^"]+/end)"', page)
    assert end
    coordinator.post(end[1], {})
    assert _relations(database) == 0
    assert "Name of mentee-1" not in mentor.get(mentor.path("/")).text


def test_a_double_click_makes_one_pair_and_says_so(browse, members, make_ready, database) -> None:
    make_ready(Role.MENTOR, Role.MENTEE)
    coordinator = browse(Role.COORDINATOR)
    assert [_pair(coordinator, members).status_code for _ in range(2)] == [303, 409]
    assert _relations(database) == 1


@pytest.mark.parametrize("data", [{}, {"mentor": "x", "mentee": "y"}, {"mentor": "", "mentee": ""}])
def test_a_choice_of_nobody_is_a_page_and_no_pair(browse, members, database, data) -> None:
    browser = browse(Role.COORDINATOR)
    answer = browser.post(browser.path("/pairing/"), data)
    assert answer.status_code == 422
    assert "choose one mentor and one mentee" in answer.text
    assert _relations(database) == 0


def test_a_coordinator_sees_the_words_that_the_person_sees(browse, members) -> None:
    coordinator, mentee = browse(Role.COORDINATOR), browse(Role.MENTEE)
    person = coordinator.get(coordinator.path(f"/people/{members[Role.MENTEE].public_id}")).text
    own = mentee.get(mentee.path("/readiness")).text
    titles = [re.findall(r'class="condition-title">([^<]+)<', page) for page in (person, own)]
    assert titles[0] == titles[1] == ["Module: About roles", "Confidentiality"]


def test_a_role_is_changed_only_among_the_learners(browse, members) -> None:
    browser = browse(Role.COORDINATOR)
    learner, staff = members[Role.YOUTH_WORKER], members[Role.ADMINISTRATOR]
    assert browser.post(browser.path(f"/people/{learner.public_id}/role"), {"role": "mentor"}).status_code == 303
    assert "Mentor" in browser.get(browser.path(f"/people/{learner.public_id}")).text
    for role in ("coordinator", "administrator", "", "king"):
        answer = browser.post(browser.path(f"/people/{learner.public_id}/role"), {"role": role})
        assert answer.status_code == 422
    assert browser.post(browser.path(f"/people/{staff.public_id}/role"), {"role": "mentor"}).status_code == 422


def test_an_empty_course_says_what_comes_next(app, browse, members, database) -> None:
    with transaction(database) as session:
        alone = make_member(session, "coordinator-5", Role.COORDINATOR, context_id="course-5")
    browser = Browser(app, alone)
    assert "Nobody has come yet." in browser.get(browser.path("/")).text
    for path in ("/people/", "/pairing/"):
        assert browser.get(browser.path(path)).status_code == 200
