"""NRPS as bytes: what is asked of an LMS, and what is made of each entry of its list."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from lti.roles import LaunchRole
from lti.roster import MOST_PAGES, MemberStatus, ReadingStoppedError, RosterError, parse_member, read_roster
from lti.service_client import ServiceAnswer

URL = "https://lms.example/courses/7/members?rlid=5"
NEXT = "https://lms.example/courses/7/members?rlid=5&page=2"
CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership"


def answer(
    body: object, *, status: int = 200, reason: str = "", next_url: str | None = None, wait: float | None = None
) -> ServiceAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ServiceAnswer(status, reason, CaseInsensitiveDict(), content, next_url, wait)


def page(*subjects: str, next_url: str | None = None) -> ServiceAnswer:
    return answer({"members": [{"user_id": subject, "roles": ["Learner"]} for subject in subjects]}, next_url=next_url)


@dataclass
class Lms:
    """Answers in turn, the last answer again and again, and keeps what it was asked."""

    answers: Sequence[ServiceAnswer]
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def request(self, method: str, url: str, **rest: Any) -> ServiceAnswer:
        self.asked.append((method, url, rest))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def test_n01_n02_n03_n07_the_list_is_asked_for_as_it_stands() -> None:
    lms = Lms([page("1", next_url=NEXT), page("2")])
    roster = read_roster(lms, URL)
    scope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
    asked = {"scopes": (scope,), "accept": "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"}
    assert lms.asked == [("GET", URL, asked), ("GET", NEXT, asked)]
    assert [member.subject for member in roster.members] == ["1", "2"]
    assert roster.is_whole


def test_n04_a_person_on_two_pages_is_one_person_and_active_if_one_entry_says_so() -> None:
    inactive = {"user_id": "2", "status": "Inactive", "roles": ["Instructor"]}
    first = answer({"members": [{"user_id": "1", "roles": ["Learner"]}, inactive]}, next_url=NEXT)
    second = answer({"members": [{"user_id": "1", "roles": ["Instructor"]}, {"user_id": "2"}]})
    one, two = read_roster(Lms([first, second]), URL).members
    assert (one.subject, one.roles.role) == ("1", LaunchRole.LEARNER)
    assert (two.subject, two.is_active, two.roles.role) == ("2", True, LaunchRole.LEARNER)


@pytest.mark.parametrize("next_url", [URL, NEXT])
def test_t10_pages_in_a_circle_end_and_are_not_the_whole_list(next_url: str) -> None:
    lms = Lms([page("1", next_url=next_url), page("2", next_url=next_url)])
    roster = read_roster(lms, URL)
    assert len(lms.asked) <= 2
    assert not roster.is_whole


def test_t10_pages_without_end_are_left_at_a_limit() -> None:
    class Endless(Lms):
        def request(self, method: str, url: str, **rest: Any) -> ServiceAnswer:
            self.asked.append((method, url, rest))
            return page("1", next_url=f"{URL}&page={len(self.asked)}")

    lms = Endless([])
    assert not read_roster(lms, URL).is_whole
    assert len(lms.asked) == MOST_PAGES


def test_reading_stops_before_a_page_when_it_may_not_go_on() -> None:
    lms = Lms([page("1", next_url=NEXT)])
    with pytest.raises(ReadingStoppedError):
        read_roster(lms, URL, may_go_on=lambda: len(lms.asked) < 1)
    assert len(lms.asked) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (answer({}, status=403, reason="Forbidden"), 403),
        (answer(b"<html>", status=404), 404),
        (answer(b"", status=503, wait=7.0), 503),
        (answer(b"<html>Please log in</html>"), 200),
        (answer([]), 200),
        (answer({"members": None}), 200),
        (answer({"members": {}}), 200),
    ],
)
def test_n08_what_is_no_list_is_an_error(given: ServiceAnswer, status: int) -> None:
    with pytest.raises(RosterError) as caught:
        read_roster(Lms([given]), URL)
    assert (caught.value.status, caught.value.retry_after) == (status, given.retry_after)


def test_n04_a_list_that_breaks_off_is_an_error() -> None:
    with pytest.raises(RosterError):
        read_roster(Lms([page("1", next_url=NEXT), answer({}, status=500)]), URL)


def test_n06_names_are_unescaped_and_cleaned() -> None:
    member = parse_member(
        {
            "user_id": "7",
            "name": "Sam3 O'Brien &amp; Søn ",
            "given_name": "Sam3",
            "family_name": "&#1504;&#1493;&#1506;&#1492;",
            "email": "sam@lms.example",
            "status": "Active",
            "lti11_legacy_user_id": "old-7",
        }
    )
    assert member is not None
    assert (member.name, member.family_name, member.email) == ("Sam3 O'Brien & Søn", "נועה", "sam@lms.example")
    assert member.full_name == member.name


@pytest.mark.parametrize(
    ("names", "full"),
    [
        ({}, ""),
        ({"given_name": "Ada"}, "Ada"),
        ({"given_name": "Ada", "family_name": "Example"}, "Ada Example"),
        ({"name": None, "given_name": 7, "family_name": "Example"}, "Example"),
    ],
)
def test_n06_a_name_is_made_of_its_parts_or_missing(names: dict[str, Any], full: str) -> None:
    member = parse_member({"user_id": "7", **names})
    assert member is not None
    assert member.full_name == full


@pytest.mark.parametrize(
    ("roles", "role", "is_test_user"),
    [
        (["Learner"], LaunchRole.LEARNER, False),
        (["Instructor"], LaunchRole.STAFF, False),
        ([f"{CONTEXT}#Instructor"], LaunchRole.STAFF, False),
        ([f"{CONTEXT}/Learner#Instructor"], LaunchRole.LEARNER, False),
        ([], LaunchRole.LEARNER, False),
        (None, LaunchRole.LEARNER, False),
        ("Instructor", LaunchRole.LEARNER, False),
        (["Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"], LaunchRole.LEARNER, True),
    ],
)
def test_n06_roles_short_full_empty_and_wrong(roles: object, role: LaunchRole, is_test_user: bool) -> None:
    member = parse_member({"user_id": "7", "roles": roles})
    assert member is not None
    assert (member.roles.role, member.roles.is_test_user) == (role, is_test_user)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, MemberStatus.ACTIVE),
        ("Active", MemberStatus.ACTIVE),
        ("http://purl.imsglobal.org/vocab/lis/v2/status#Active", MemberStatus.ACTIVE),
        ("Inactive", MemberStatus.INACTIVE),
        ("http://purl.imsglobal.org/vocab/lis/v2/status#Inactive", MemberStatus.INACTIVE),
        ("Deleted", MemberStatus.DELETED),
        ("enrolled", MemberStatus.ACTIVE),
        (7, MemberStatus.ACTIVE),
    ],
)
def test_status(status: object, expected: MemberStatus) -> None:
    member = parse_member({"user_id": "7", "status": status})
    assert member is not None
    assert member.status is expected


@pytest.mark.parametrize("entry", [None, [], "7", {}, {"user_id": None}, {"user_id": ""}, {"user_id": True}])
def test_n06_an_entry_that_names_nobody_is_skipped_and_counted(entry: object) -> None:
    roster = read_roster(Lms([answer({"members": [entry, {"user_id": 12}]})]), URL)
    assert [member.subject for member in roster.members] == ["12"]
    assert roster.skipped == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["user_id", "name", "roles", "status"]), inner, max_size=4)
        ),
    )
)
def test_any_entry_is_read(entry: object) -> None:
    member = parse_member(entry)
    assert member is None or (isinstance(entry, dict) and member.subject == entry["user_id"])


def test_custom_parameters_are_read_of_the_first_message_that_has_them_and_of_nothing_else() -> None:
    claim = "https://purl.imsglobal.org/spec/lti/claim/"
    messages = [
        {f"{claim}message_type": "x"},
        {f"{claim}custom": {"group": "A", "n": 1}},
        {f"{claim}custom": {"group": "B"}},
    ]
    member = parse_member({"user_id": "7", "message": messages})
    assert member is not None
    assert member.custom == {"group": "A", "n": "1"}
    for message in (None, "x", [None, 3, {f"{claim}custom": ["a"]}], {f"{claim}custom": {"group": "A"}}):
        member = parse_member({"user_id": "7", "message": message})
        assert member is not None
        assert member.custom == {}
