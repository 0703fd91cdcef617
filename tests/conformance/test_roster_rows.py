"""CONFORMANCE section I, N01 to N11: the roster service, over HTTP. Odd answers: test_roster_answers."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.people.models import Course, Role, RosterProblem, RosterRead
from service.platforms.models import Platform
from tests.conformance.classroom import Classroom, WatchedHttp, enrol_many
from tests.databases import sqlite_url
from tests.fake_lms import FakeLms
from tests.fake_lms.claims import members_url
from tests.fake_lms.models import NON_EDITING_TEACHER, AccessToken
from tests.fake_lms.service_answers import LINE_ITEM_SCOPE, MEMBERS_SCOPE
from tests.fake_lms.switches import LINK_FORMS
from tests.functional.grades.school import KeyServer

HOME = "mentoring/home"
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: what the rows do to a database is tested on both with the features."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture(scope="module")
def tool_keys() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def lms(tool_keys: KeyServer, tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=tool_keys.url, store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture
def room(sessions: sessionmaker[Session], tool_keys: KeyServer) -> Classroom:
    return Classroom(sessions, keys=tool_keys)


@pytest.fixture
def platform(room: Classroom, lms: FakeLms) -> Platform:
    return room.register(lms.registration)


@pytest.fixture
def course(room: Classroom, lms: FakeLms, platform: Platform) -> Course:
    """The course that its coordinator has just opened."""
    return room.launch(lms, "coordinator", HOME, platform).course


def subject(lms: FakeLms, username: str) -> str:
    return str(lms.person(username).id)


def test_n01_the_roster_is_asked_for_after_a_launch_at_the_address_that_it_told(
    room: Classroom, lms: FakeLms, course: Course
) -> None:
    assert room.state(course).next_read_at is not None
    assert room.read(course).listing
    [sent] = room.asked_pages()
    assert sent.url == members_url(lms, lms.course("mentoring"), lms.tool())
    assert [(call.method, call.status) for call in lms.calls if call.service == "members"] == [("GET", 200)]


def test_n02_the_media_type_is_the_one_of_the_service(room: Classroom, course: Course) -> None:
    room.read(course)
    assert room.asked_pages()[0].headers["Accept"] == MEDIA_TYPE


def test_n03_the_token_is_a_bearer_token_for_this_scope_alone(room: Classroom, lms: FakeLms, course: Course) -> None:
    room.read(course)
    scheme, token = room.asked_pages()[0].headers["Authorization"].split(" ")
    with lms.store.session() as session:
        assert session.get_one(AccessToken, token).scopes == [MEMBERS_SCOPE]
    assert scheme == "Bearer"
    room.read(course)
    assert [sent.method for sent in room.http.sent] == ["GET"]


@pytest.fixture(scope="module")
def crowded(tool_keys: KeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeLms]:
    """An LMS whose course has 500 more people."""
    with FakeLms(tool_url=tool_keys.url, store=tmp_path_factory.mktemp("crowded")) as running:
        enrol_many(running, "mentoring", 500)
        yield running


@pytest.mark.parametrize("form", LINK_FORMS)
def test_n04_and_t10_all_pages_are_read_once_in_every_form_of_link(
    room: Classroom, crowded: FakeLms, form: str
) -> None:
    crowded.switches.update({"page_size": 50, "link_form": form})
    course = room.launch(crowded, "coordinator", HOME, room.register(crowded.registration)).course
    listing = room.read(course).listing
    assert listing
    assert listing.member_count == 505
    assert len(room.present(course)) == 505
    asked = [sent.url for sent in room.asked_pages()]
    assert len(asked) == len(set(asked)) == 11


def test_n06_people_without_names_are_people(room: Classroom, lms: FakeLms, course: Course) -> None:
    lms.switches.set("names_withheld", True)
    room.read(course)
    found = room.present(course)
    assert found[subject(lms, "mentor_he")].person.name == ""
    assert found[subject(lms, "coordinator")].person.name == "Robin Sample"  # said by the launch before
    lms.switches.set("names_withheld", False)
    room.read(course)
    found = room.present(course)
    assert found[subject(lms, "mentor_he")].person.name == "נועה בדויה"
    assert found[subject(lms, "nameless")].person.name == ""


def test_n06_names_lose_the_escaping_of_moodle(room: Classroom, lms: FakeLms, course: Course) -> None:
    someone = lms.add_person("escaped", given_name="Sam <3", family_name="O'Brien & Søn")
    room.read(course)
    assert room.present(course)[str(someone.id)].person.name == "Sam <3 O'Brien & Søn"


def test_n06_m9_a_non_editing_teacher_stays_staff_though_listed_as_a_learner(
    room: Classroom, lms: FakeLms, platform: Platform, course: Course
) -> None:
    lms.add_person("assistant", role=NON_EDITING_TEACHER)
    room.launch(lms, "assistant", HOME, platform)
    room.read(course)
    member = room.present(course)[subject(lms, "assistant")]
    assert (member.is_listed, member.role) == (True, Role.COORDINATOR)


@pytest.mark.parametrize("has_rlid", [False, True])
def test_n07_nothing_is_added_to_the_address_and_nothing_doubled(
    room: Classroom, lms: FakeLms, course: Course, has_rlid: bool
) -> None:
    lms.switches.set("page_size", 2)
    if has_rlid:
        link = lms.activity(HOME).id
        with room.sessions() as session:
            session.get_one(Course, course.id).memberships_url += f"?rlid={link}"
            session.commit()
    listing = room.read(course).listing
    assert listing
    assert listing.member_count == 5
    queries = [parse_qs(urlsplit(sent.url).query) for sent in room.asked_pages()]
    assert len(queries) == 3
    assert all("role" not in query and len(query.get("rlid", [])) == has_rlid for query in queries)
    assert "limit" not in queries[0]


@pytest.mark.parametrize("failure", ["500", "429", "timeout", "reset", "lost_answer"])
def test_n08_while_the_lms_fails_nobody_is_lost(room: Classroom, lms: FakeLms, course: Course, failure: str) -> None:
    room.read(course)
    everyone = set(room.present(course))
    lms.switches.update({"page_size": 2, "timeout_s": 2.0, "fail_services": failure, "fail_only": "members"})
    if failure == "timeout":
        room.http = WatchedHttp(read_seconds=0.5)
    with_problem = room.read(course).failure
    assert with_problem
    assert with_problem.problem is RosterProblem.UNREACHABLE
    assert set(room.present(course)) == everyone
    lms.switches.set("fail_services", "off")
    room.http = WatchedHttp()
    assert room.read(course).listing
    assert room.state(course).problem is None


def test_n08_a_service_that_is_switched_off_is_said_to_be(room: Classroom, lms: FakeLms, course: Course) -> None:
    lms.switches.set("withheld_scopes", "contextmembership.readonly")
    failure = room.read(course).failure
    assert failure
    assert failure.problem is RosterProblem.REFUSED
    assert "invalid_scope" in room.state(course).detail
    assert set(room.present(course)) == {subject(lms, "coordinator")}


def test_n08_without_the_service_in_the_launch_nothing_is_asked(room: Classroom, lms: FakeLms) -> None:
    tool = lms.add_tool("without-roster", room.keys.url, scopes=[LINE_ITEM_SCOPE])
    lms.add_activity("mentoring", "Other", {"content": "home"}, key="other", tool=tool)
    platform = room.register(lms.registration_of(tool))
    room.launch(lms, "coordinator", "mentoring/other", platform)
    with room.sessions() as session:
        assert session.scalar(select(func.count()).select_from(RosterRead)) == 0


def test_n11_who_was_listed_is_joined_at_the_first_launch(
    room: Classroom, lms: FakeLms, platform: Platform, course: Course
) -> None:
    room.read(course)
    before = room.present(course)[subject(lms, "mentee")]
    assert (before.role, before.last_seen_at) == (Role.MENTOR, None)
    arrived = room.launch(lms, "mentee", "mentoring/mentees", platform)
    assert (arrived.id, arrived.person_id, arrived.role) == (before.id, before.person_id, Role.MENTEE)


def test_who_vanishes_leaves_and_who_returns_is_back(room: Classroom, lms: FakeLms, course: Course) -> None:
    room.read(course)
    everyone = set(room.present(course))
    lms.unenrol("mentee", "mentoring")
    lms.enrol("mentor_pl", "mentoring", suspended=True)
    room.read(course)
    assert everyone - set(room.present(course)) == {subject(lms, "mentee"), subject(lms, "mentor_pl")}
    lms.enrol("mentee", "mentoring")
    lms.enrol("mentor_pl", "mentoring")
    room.read(course)
    assert set(room.present(course)) == everyone


def test_two_tools_of_one_lms_have_people_of_their_own(room: Classroom, lms: FakeLms, course: Course) -> None:
    tool = lms.add_tool("second", room.keys.url, scopes=[MEMBERS_SCOPE], shares_names=False)
    lms.add_activity("mentoring", "Second", {"content": "home"}, key="second", tool=tool)
    other = room.launch(lms, "coordinator", "mentoring/second", room.register(lms.registration_of(tool))).course
    room.read(course)
    room.read(other)
    assert room.person_count() == 2 * len(room.present(course))
    assert room.present(course)[subject(lms, "mentor_pl")].person.name == "Kalina Zmyślona"
    assert room.present(other)[subject(lms, "mentor_pl")].person.name == ""
