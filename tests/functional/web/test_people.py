"""The coordinator's list of people: known from the roster before they come, counted by state, read on demand."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.roles import LaunchRole, Roles
from lti.roster import Member, MemberStatus, Roster
from service.db import transaction, utc_now
from service.pairing.models import Relation, RelationMember
from service.people.models import Course, Membership, Person, Role, RosterProblem, RosterRead
from service.people.roster_operations import Claim, Failure, claim_due, queue_roster, record_failure, record_roster
from service.people.roster_rules import Occasion
from tests.makers import AT, make_member

URL = "https://lms.example/members"


@pytest.fixture
def course(members: dict[Role, Membership], database: sessionmaker[Session]) -> Course:
    """The course of the members, whose LMS offers its roster."""
    with transaction(database) as session:
        course = session.get_one(Course, members[Role.MENTOR].course_id)
        course.memberships_url = URL
    return course


def roster(*subjects: str, **names: str) -> Roster:
    learner, active = Roles(LaunchRole.LEARNER, False), MemberStatus.ACTIVE
    people = dict.fromkeys(subjects, "") | names
    return Roster(tuple(Member(key, name, "", "", "", learner, active) for key, name in people.items()), 0, True)


def take(database: sessionmaker[Session], course: Course) -> Claim:
    with transaction(database) as session:
        session.merge(RosterRead(course_id=course.id, started_at=None, next_read_at=None))
        queue_roster(session, session.get_one(Course, course.id), Occasion.REQUEST, at=utc_now())
        claim = claim_due(session, at=utc_now())
    assert claim
    return claim


def read(database: sessionmaker[Session], course: Course, given: Roster) -> None:
    claim = take(database, course)
    with transaction(database) as session:
        record_roster(session, claim, given, at=utc_now())


def box(page: str) -> str:
    """Return the words of the box about the roster."""
    found = re.search(r'id="roster".*?</section>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_people_are_there_before_anyone_has_come(browse, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster("mentor-1", "x1", "coordinator-1", x2="Ada Example"))
    page = browser.get(browser.path("/people/")).text
    assert "Ada Example" in page
    assert re.search(r"Participant [A-Z0-9]{4}", page)
    assert page.count("Has not come yet</span>") == 2
    assert "Has not come yet (2)" in page
    assert "4 people" in box(page)


def test_states_and_roles_filter_together(browse, members, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster("mentor-1", x1="Ada Example"))
    page = browser.get(browser.path("/people/?state=not_come")).text
    assert "Ada Example" in page
    assert "Name of mentor-1" not in page
    assert "state=not_come" in page
    assert "role=mentor&amp;state=not_come" in page or "state=not_come&amp;role=mentor" in page
    page = browser.get(browser.path("/people/?state=not_come&role=mentee")).text
    assert "Nobody here." in page
    assert browser.get(browser.path("/people/?state=x&role=y&page=z")).status_code == 200


def test_a_long_list_comes_in_pages(browse, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster(**{f"p{number:03}": f"Person {number:03}" for number in range(250)}))
    first = browser.get(browser.path("/people/")).text
    last = browser.get(browser.path("/people/?page=3")).text
    assert "Page 1 of 3" in first
    assert ("Person 249" in first, "Person 249" in last) == (False, True)
    assert browser.get(browser.path("/people/?page=99")).text.count("Page 3 of 3") == 1


def test_a_test_user_is_shown_and_not_counted(browse, members, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    before = browser.get(browser.path("/people/")).text
    with transaction(database) as session:
        session.get_one(Membership, members[Role.MENTOR].id).is_test_user = True
    page = browser.get(browser.path("/people/")).text
    assert ("Mentor (1)" in before, "Mentor (0)" in page) == (True, True)
    assert "Test user, not counted" in page
    assert "Mentor: nobody yet" in browser.get(browser.path("/")).text


def test_the_list_is_read_on_demand_and_not_twice_at_once(browse, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    assert "never read" in box(browser.get(browser.path("/people/")).text)
    answer = browser.post(browser.path("/people/roster"), {})
    assert (answer.status_code, answer.location) == (303, browser.path("/people/"))
    page = browser.get(answer.location).text
    assert "About to be read" in box(page)
    with database() as session:
        assert session.scalars(select(RosterRead.next_read_at)).one() is not None
    browser.post(browser.path("/people/roster"), {})
    assert "read a moment ago, or is being read now" in browser.get(browser.path("/people/")).text


def test_only_staff_may_have_it_read(browse, course, database) -> None:
    browser = browse(Role.MENTOR)
    assert browser.post(browser.path("/people/roster"), {}).status_code == 403
    with database() as session:
        assert session.scalars(select(RosterRead)).all() == []


def test_a_course_without_the_service_says_so(browse, members) -> None:
    browser = browse(Role.COORDINATOR)
    page = browser.get(browser.path("/people/")).text
    assert "does not offer" in box(page)
    assert "<button" not in re.search(r'id="roster".*?</section>', page, re.DOTALL)[0]


@pytest.mark.parametrize("problem", list(RosterProblem))
def test_n08_a_failure_is_said_in_words_with_what_is_still_shown(browse, course, database, problem) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster("mentor-1", x1="Ada Example"))
    claim = take(database, course)
    with transaction(database) as session:
        record_failure(session, claim, Failure(problem, "404 secret detail"), jitter=0.0, at=utc_now())
    page = browser.get(browser.path("/people/")).text
    words = box(page)
    assert "Could not be read" in words
    assert "2 people" in words
    assert "stay as they were" in words
    assert "secret detail" not in page
    assert "Ada Example" in page


def test_a_doubtful_list_is_said_to_be_checked(browse, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster(*(f"p{number}" for number in range(30))))
    read(database, course, roster("p1"))
    assert "far fewer people than before. Nobody was removed" in box(browser.get(browser.path("/people/")).text)


def _leave(database: sessionmaker[Session], member: Membership) -> None:
    with transaction(database) as session:
        session.get_one(Membership, member.id).left_at = AT + timedelta(days=1)


def test_who_left_cannot_come_in_is_listed_apart_and_stays_in_the_relation(browse, members, course, database) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), members[Role.MENTOR]
    with transaction(database) as session:
        parts: dict[str, Any] = {"policy_version": 1, "results": []}
        relation = Relation(course_id=course.id, paired_by_id=members[Role.COORDINATOR].id, paired_at=AT)
        for role in (Role.MENTOR, Role.MENTEE):
            relation.members.append(RelationMember(membership_id=members[role].id, role=role, **parts))
        session.add(relation)
    _leave(database, mentor)
    assert browse(Role.MENTOR).get(coordinator.path("/")).status_code == 401
    page = coordinator.get(coordinator.path("/people/")).text
    former = re.search(r'id="former".*?</section>', page, re.DOTALL)
    assert former
    assert "Name of mentor-1" in former[0]
    assert "Name of mentor-1" not in page.replace(former[0], "")
    pairing = coordinator.get(coordinator.path("/pairing/")).text
    relations = pairing[pairing.index('id="relations-caption"') :]
    assert relations.count("No longer in the course") == 1
    with transaction(database) as session:
        session.get_one(Membership, mentor.id).left_at = None
    assert "No longer in the course" not in coordinator.get(coordinator.path("/pairing/")).text


def test_who_never_came_does_not_bury_the_others_on_the_pairing_page(browse, course, database) -> None:
    browser = browse(Role.COORDINATOR)
    read(database, course, roster("mentor-1", x1="Ada Example"))
    page = browser.get(browser.path("/pairing/")).text
    assert "Ada Example" not in page
    assert "1 person of the course has not come yet." in page
    with database() as session:
        ada = session.scalars(select(Membership).join(Membership.person).where(Person.subject == "x1")).one()
    page = browser.get(browser.path(f"/people/{ada.public_id}")).text
    assert "Has not come yet" in page
    browser.post(browser.path(f"/people/{ada.public_id}/role"), {"role": "mentee"})
    with database() as session:
        assert session.get_one(Membership, ada.id).role is Role.MENTEE


def test_the_list_is_sorted_by_name_or_by_what_is_missing(browse, course, database) -> None:
    with transaction(database) as session:
        for name in ("Zofia", "Łucja", "Lena"):
            make_member(session, name, Role.MENTEE).person.name = name
    browser = browse(Role.COORDINATOR)

    def names(query: str) -> list[str]:
        return re.findall(
            r"<bdi>(Zofia|Łucja|Lena)</bdi>", browser.get(browser.path(f"/people/?role=mentee&{query}")).text
        )

    assert names("") == names("sort=missing") == ["Lena", "Łucja", "Zofia"]
    assert names("sort=-name") == ["Zofia", "Łucja", "Lena"]
    page = browser.get(browser.path("/people/?role=mentee&sort=name")).text
    assert 'aria-sort="ascending"' in page
    assert "role=mentee&amp;sort=-name" in page


def test_a_changed_role_can_be_undone(browse, members) -> None:
    browser, member = browse(Role.COORDINATOR), members[Role.MENTEE]
    answer = browser.post(browser.path(f"/people/{member.public_id}/role"), {"role": "mentor"})
    page = browser.get(answer.location).text
    assert "The role is changed." in page
    assert '<input type="hidden" name="role" value="mentee">' in page
    answer = browser.post(browser.path(f"/people/{member.public_id}/role"), {"role": "mentee"})
    assert 'value="mentee" selected' in browser.get(answer.location).text
    assert "The role is changed." not in browser.get(browser.path(f"/people/{member.public_id}?was=nonsense")).text


@pytest.mark.parametrize("person", ["", "nobody", "\0"])
def test_a_form_that_names_nobody_is_refused(browse, person: str) -> None:
    staff = browse(Role.COORDINATOR)
    form = {"submission_key": "a-key-of-ours", "text": "Shall we talk?", "person": person}
    assert staff.post(staff.path("/forums/supervision/new"), form).status_code == (404 if person else 422)
