"""Groups and organisations: what launches and rosters say, what staff say, and that no other course knows of it."""

import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti.claims import read_claims
from lti.roster import Roster
from service.db import transaction
from service.errors import InvalidInputError
from service.journey import sign_in
from service.people.labels import Labels, clean_label, labels_of, list_labels, note_roster, set_labels
from service.people.models import LONGEST_LABEL, Course, Label, LabelKind, Membership
from service.people.roster_members import record_members
from service.platforms.models import Platform
from tests.features.people.test_roster import listed
from tests.makers import AT, make_catalogue, make_member, make_platform, note_told

GROUP, ORGANISATION = LabelKind.GROUP, LabelKind.ORGANISATION
CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"


def found(session: Session, member: Membership) -> Labels:
    session.flush()
    return labels_of(session, session.get_one(Membership, member.id, populate_existing=True))


def words(session: Session, member: Membership) -> tuple[str, str]:
    labels = found(session, member)
    return labels.words(GROUP), labels.words(ORGANISATION)


def test_staff_win_over_the_lms_until_they_take_it_back(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        mentor = make_member(session, "mentor")
        note_told(session, mentor, {GROUP: " Spring \n 2026 ", ORGANISATION: "House"})
        assert words(session, mentor) == ("Spring 2026", "House")
        set_labels(session, mentor.course_id, [mentor.id], {GROUP: "Autumn", ORGANISATION: ""})
        assert words(session, mentor) == ("Autumn", "House")
        note_told(session, mentor, {GROUP: "Winter"})
        assert words(session, mentor) == ("Autumn", "House")
        set_labels(session, mentor.course_id, [mentor.id], {GROUP: " "})
        assert words(session, mentor) == ("Winter", "House")
        note_told(session, mentor, {GROUP: "", ORGANISATION: "-"})
        assert words(session, mentor) == ("", "")


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        ('["Section 1, M-T", "Łódź"]', "Section 1, M-T, Łódź"),
        ('[\\"Section 1\\"]', "Section 1"),
        ("[]", ""),
        ("[1]", "[1]"),
        ("[Spring", "[Spring"),
        ("[" * 100_000, "[" * 80),
    ],
)
def test_sections_that_come_as_a_list_are_one_line(sessions: sessionmaker[Session], sent: str, label: str) -> None:
    with transaction(sessions) as session:
        mentor = make_member(session, "mentor")
        note_told(session, mentor, {GROUP: sent})
        assert words(session, mentor)[0] == label


def test_the_same_words_are_one_label_and_staff_spell_it_anew(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        first, second = make_member(session, "first"), make_member(session, "second")
        note_told(session, first, {GROUP: "lodz ii"})
        set_labels(session, second.course_id, [second.id], {GROUP: "Łódź II"})
        assert (words(session, first)[0], words(session, second)[0]) == ("Łódź II", "Łódź II")
        note_told(session, first, {GROUP: "LODZ II"})
        assert words(session, second)[0] == "Łódź II"
        assert session.scalar(select(func.count()).select_from(Label)) == 1


def test_nobody_of_another_course_gets_a_label_and_its_words_are_unknown_there(sessions: sessionmaker[Session]) -> None:
    other_lms = "https://other.example"
    with transaction(sessions) as session:
        here = make_member(session, "here")
        same_lms = make_member(session, "here", context_id="course-2")
        elsewhere = make_member(session, "here", platform=make_platform(session, other_lms))
        everyone = [here.id, same_lms.id, elsewhere.id]
        set_labels(session, here.course_id, everyone, {GROUP: "Ours", ORGANISATION: "House"})
        assert words(session, here) == ("Ours", "House")
        for other in (same_lms, elsewhere):
            assert words(session, other) == ("", "")
            assert list_labels(session, other.course_id) == []
        note_told(session, same_lms, {GROUP: "ours"})
        assert words(session, same_lms)[0] == "ours"
        assert words(session, here)[0] == "Ours"


@pytest.mark.parametrize(("text", "code"), [("x" * (LONGEST_LABEL + 1), "label.too_long"), ("-", "label.no_words")])
def test_staff_hear_what_is_wrong_and_nothing_changes(sessions: sessionmaker[Session], text: str, code: str) -> None:
    with transaction(sessions) as session:
        mentor = make_member(session, "mentor")
        with pytest.raises(InvalidInputError) as refused:
            set_labels(session, mentor.course_id, [mentor.id], {GROUP: "Fine", ORGANISATION: text})
        assert refused.value.details["fields"] == {"organisation": code}
        assert words(session, mentor) == ("", "")


@pytest.mark.parametrize(
    "text", ["ﷺ" * 200, "\x00\u202eThe \x1f house\ud800\u2067", "\U0001f469" * 90, "בית" * 60], ids=ascii
)
def test_what_an_lms_says_is_cut_and_cleaned_and_never_refused(sessions: sessionmaker[Session], text: str) -> None:
    with transaction(sessions) as session:
        mentor = make_member(session, "mentor")
        note_told(session, mentor, {GROUP: text})
        note_roster(session, mentor.course_id, {"mentor": {GROUP: text}})
        label = words(session, mentor)[0]
        assert 0 < len(label) <= LONGEST_LABEL
        assert label == clean_label(label)


@given(st.text(max_size=100))
def test_a_label_is_one_line_that_can_be_kept_or_nothing(text: str) -> None:
    label = clean_label(text)
    assert clean_label(label) == label
    assert not {unicodedata.category(letter) for letter in label} & {"Cc", "Cs"}
    assert label == " ".join(label.split())


def launch_of(session: Session, subject: str, custom: Mapping[str, str]) -> Membership:
    """Let someone launch with these custom parameters, as far as the tool writes it down."""
    claim = "https://purl.imsglobal.org/spec/lti/claim/"
    body = {
        "iss": "https://lms.example",
        "sub": subject,
        f"{claim}version": "1.3.0",
        f"{claim}message_type": "LtiResourceLinkRequest",
        f"{claim}deployment_id": "1",
        f"{claim}target_link_uri": "https://tool.example/lti/launch",
        f"{claim}resource_link": {"id": "link"},
        f"{claim}context": {"id": "course-1"},
        f"{claim}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        CUSTOM: custom,
    }
    platform = session.get_one(Platform, make_platform(session).id)
    return sign_in(session, make_catalogue(), platform, read_claims(body, client_id="mentorready"), at=AT).membership


def test_a_launch_says_group_and_organisation_and_another_link_that_says_neither_takes_neither_away(
    sessions: sessionmaker[Session],
) -> None:
    with transaction(sessions) as session:
        mentor = launch_of(session, "7", {"group": "Spring", "organisation": "House", "role": "mentor"})
        assert words(session, mentor) == ("Spring", "House")
        launch_of(session, "7", {"content": "readiness", "group": "$Canvas.group.name"})
        assert words(session, mentor) == ("Spring", "House")
        launch_of(session, "7", {"group": ""})
        assert words(session, mentor) == ("", "House")


def test_a_roster_that_brings_custom_parameters_says_it_of_people_who_never_came(
    sessions: sessionmaker[Session],
) -> None:
    def read(*told: tuple[str, Mapping[str, str]]) -> None:
        members = tuple(listed(subject, custom=custom) for subject, custom in told)
        course = session.get_one(Course, staff.course_id)
        record_members(session, course, Roster(members, 0, is_whole=True), started_at=AT, is_doubt_settled=True, at=AT)

    with transaction(sessions) as session:
        staff = make_member(session, "staff")
        read(("1", {"group": "Spring", "organisation": "House"}), ("2", {"group": "spring"}), ("3", {"other": "x"}))
        subjects = {one.person.subject: one for one in session.scalars(select(Membership))}
        assert [words(session, subjects[one]) for one in "123"] == [("Spring", "House"), ("Spring", ""), ("", "")]
        read(("1", {"organisation": ""}), ("2", {}), ("3", {"group": "Autumn"}))
        assert [words(session, subjects[one]) for one in "123"] == [("Spring", ""), ("Spring", ""), ("Autumn", "")]
