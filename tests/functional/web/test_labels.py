"""Group and organisation on the pages of staff: set for one and many, in filters, views and files, nowhere else."""

import html
import io
import re
import zipfile

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.notices.models import Notice
from service.people.labels import labels_of, set_labels
from service.people.models import LabelKind, Membership, Role
from tests.functional.web.conftest import Browser
from tests.makers import make_member, note_told

GROUP, ORGANISATION = LabelKind.GROUP, LabelKind.ORGANISATION


@pytest.fixture
def staff(app: Flask, members: dict[Role, Membership]) -> Browser:
    return Browser(app, members[Role.COORDINATOR])


@pytest.fixture
def labelled(database: sessionmaker[Session], members: dict[Role, Membership]) -> dict[Role, Membership]:
    """The mentor is of a group and an organisation, the mentee of the group, the youth worker of neither."""
    with transaction(database) as session:
        course_id = members[Role.MENTOR].course_id
        set_labels(session, course_id, [members[Role.MENTOR].id], {GROUP: "Łódź & <b>", ORGANISATION: "=House"})
        set_labels(session, course_id, [members[Role.MENTEE].id], {GROUP: "Łódź & <b>"})
        other = make_member(session, "elsewhere", context_id="course-2")
        set_labels(session, other.course_id, [other.id], {GROUP: "Secret of course 2", ORGANISATION: "Theirs"})
    return members


def shown_on(page: str, members: dict[Role, Membership]) -> set[Role]:
    return {role for role, member in members.items() if f"people/{member.public_id}" in page}


def plain(page: str) -> str:
    """Return a page without the marks around what people have written."""
    return re.sub("[\u2068\u2069]", "", page)


def words(database: sessionmaker[Session], member: Membership) -> tuple[str, str]:
    with transaction(database) as session:
        labels = labels_of(session, session.get_one(Membership, member.id))
        return labels.words(GROUP), labels.words(ORGANISATION)


@pytest.mark.parametrize("place", ["/people/", "/people/board/"])
def test_people_are_filtered_by_group_and_organisation(
    staff: Browser, labelled: dict[Role, Membership], place: str
) -> None:
    page = plain(staff.get(staff.path(place)).text)
    assert "Łódź &amp; &lt;b&gt; (2)" in page
    assert "=House (1)" in page
    assert "No group (1)" in page
    assert "No organisation (2)" in page
    assert "<bdi>Łódź &amp; &lt;b&gt;</bdi>" in page
    assert "Secret" not in page
    for query, roles in (
        ("group=lodz+%26+%3Cb%3E", {Role.MENTOR, Role.MENTEE}),
        ("group=-", {Role.YOUTH_WORKER}),
        ("organisation=%3Dhouse", {Role.MENTOR}),
        ("group=lodz+%26+%3Cb%3E&organisation=-", {Role.MENTEE}),
        ("group=Secret+of+course+2", set()),
    ):
        assert shown_on(staff.get(staff.path(f"{place}?{query}")).text, labelled) == roles, query
    found = plain(staff.get(staff.path(f"{place}?organisation=%3DHOUSE")).text)
    assert re.search(r'<option value="=House" selected>=House \(1\)</option>', found)
    assert "Łódź &amp; &lt;b&gt; (1)" in found
    unknown = plain(staff.get(staff.path(f"{place}?group=Nobody%00s")).text)
    assert '<option value="Nobodys" selected>Nobodys (0)</option>' in unknown


def test_a_course_without_labels_has_neither_columns_nor_choices(staff: Browser) -> None:
    page = staff.get(staff.path("/people/")).text
    assert 'name="group"' not in page
    assert "No organisation" not in page


def test_files_hold_the_columns_and_the_people_that_are_seen(staff: Browser, labelled: dict[Role, Membership]) -> None:
    for place in ("/people/list.csv", "/people/board/file"):
        lines = staff.get(staff.path(f"{place}?separator=,&organisation=-")).data.decode("utf-8-sig").splitlines()
        assert "Role,Group,Organisation,State" in lines[0]
        assert [",Mentee,Łódź & <b>,," in line for line in lines].count(True) == 1
        assert len(lines) == 1 + 2
        one = staff.get(staff.path(f"{place}?separator=,&organisation=%3Dhouse")).data.decode("utf-8-sig").splitlines()
        assert ",'=House," in one[1]
        book = staff.get(staff.path(f"{place}?format=xlsx&organisation=%3Dhouse")).data
        shared = zipfile.ZipFile(io.BytesIO(book)).read("xl/sharedStrings.xml").decode()
        assert "Organisation" in shared
        assert "'=House" in shared
        assert "Mentee" not in shared


def test_a_kept_view_and_a_reminder_are_for_just_these_people(
    staff: Browser, labelled: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    query = "?group=%C5%81%C3%B3d%C5%BA+%26+%3Cb%3E&organisation=-"
    keep = staff.post(staff.path(f"/people/board/views{query}"), {"name": "Mine", "is_default": "yes"})
    assert keep.status_code == 303
    opened = staff.get(staff.path("/people/board/")).location
    assert shown_on(staff.get(opened).text, labelled) == {Role.MENTEE}
    address = staff.path(f"/people/reminders/{query}")
    assert "1 person would be reminded" in staff.get(address).text
    assert staff.post(address, {"submission_key": "once", "rest": "7"}).status_code == 303
    with transaction(database) as session:
        assert [notice.membership_id for notice in session.scalars(select(Notice))] == [labelled[Role.MENTEE].id]


def test_one_person_is_given_a_group_and_keeps_what_was_typed_when_it_is_refused(
    staff: Browser, members: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    mentor = members[Role.MENTOR]
    with transaction(database) as session:
        note_told(session, session.get_one(Membership, mentor.id), {ORGANISATION: "House"})
    address = staff.path(f"/people/labels/{mentor.public_id}")
    refused = staff.post(address, {"group": "g" * 81, "organisation": "Kept"})
    assert refused.status_code == 422
    assert "Shorten it to 80 characters." in refused.text
    assert 'value="Kept"' in refused.text
    assert 'href="#field-group"' in refused.text
    assert words(database, mentor) == ("", "House")
    assert staff.post(address, {"group": " Spring  2026", "organisation": ""}).status_code == 303
    assert words(database, mentor) == ("Spring 2026", "House")
    page = staff.get(staff.path(f"/people/{mentor.public_id}")).text
    assert 'value="Spring 2026"' in page
    assert re.search(r"The LMS says: \S*House\S*\. Left empty, this counts\.", page)
    assert staff.post(address, {"group": "", "organisation": "Other"}).status_code == 303
    assert words(database, mentor) == ("", "Other")
    assert staff.post(staff.path("/people/labels/nobody"), {"group": "x"}).status_code == 404


def test_all_whom_the_list_shows_are_given_a_group_and_only_while_it_is_the_same_list(
    staff: Browser, app: Flask, labelled: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    address = staff.path("/people/labels/?organisation=-")

    def shown() -> str:
        digest = re.search(r'name="shown" value="([0-9a-f]+)"', staff.get(address).text)
        assert digest
        return digest[1]

    assert "2 people are meant" in staff.get(address).text
    form = {"shown": shown(), "group": "Autumn", "organisation": ""}
    with transaction(database) as session:
        make_member(session, "late", Role.MENTEE)
    late = staff.post(address, form)
    assert (late.status_code, "The list has changed since this page was made" in late.text) == (422, True)
    assert 'value="Autumn"' in late.text
    assert words(database, labelled[Role.YOUTH_WORKER]) == ("", "")
    for wrong, said in (
        ({"group": "", "organisation": " "}, "Nothing would change"),
        ({"group": "x", "clear_group": "yes"}, "not both"),
        ({"organisation": "-"}, "no letter and no digit"),
    ):
        refused = staff.post(address, {"shown": shown(), **wrong})
        assert (refused.status_code, said in refused.text) == (422, True)
    done = staff.post(address, {**form, "shown": shown()})
    assert html.unescape(done.location) == staff.path("/people/?organisation=-")
    assert "Set for 3 people." in staff.get(done.location).text
    assert words(database, labelled[Role.YOUTH_WORKER]) == ("Autumn", "")
    assert words(database, labelled[Role.MENTOR]) == ("Łódź & <b>", "=House")
    assert staff.post(address, {"shown": shown(), "group": "", "clear_group": "yes"}).status_code == 303
    assert words(database, labelled[Role.MENTEE]) == ("", "")
    assert "Nobody fits all" in staff.get(staff.path("/people/labels/?group=none+of+us")).text


def test_labels_are_for_staff_of_the_course_only(
    app: Flask, labelled: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    mentor = Browser(app, labelled[Role.MENTOR])
    assert mentor.get(mentor.path("/people/labels/")).status_code == 403
    own = labelled[Role.MENTOR].public_id
    assert mentor.post(mentor.path(f"/people/labels/{own}"), {"group": "x"}).status_code == 403
    assert mentor.post(mentor.path("/people/labels/"), {"group": "x"}).status_code == 403
    for path in ("/", "/readiness", "/profile"):
        assert "=House" not in mentor.get(mentor.path(path), follow_redirects=True).text
    with transaction(database) as session:
        stranger = Browser(app, make_member(session, "staff-2", Role.COORDINATOR, context_id="course-2"))
    assert stranger.post(stranger.path(f"/people/labels/{own}"), {"group": "x"}).status_code == 404
    assert words(database, labelled[Role.MENTOR])[0] == "Łódź & <b>"


def test_the_board_with_labels_asks_no_more_statements_of_more_people(
    staff: Browser, app: Flask, labelled: dict[Role, Membership], database: sessionmaker[Session]
) -> None:
    counts: list[int] = []

    def note(*_arguments: object) -> None:
        counts[-1] += 1

    for _round in range(3):
        with transaction(database) as session:
            new = [make_member(session, f"more-{_round}-{number}", Role.MENTEE).id for number in range(6)]
            set_labels(session, labelled[Role.MENTEE].course_id, new, {GROUP: "Spring"})
        counts.append(0)
        event.listen(app.extensions["engine"], "before_cursor_execute", note)
        assert staff.get(staff.path("/people/board/?group=spring&organisation=-")).status_code == 200
        event.remove(app.extensions["engine"], "before_cursor_execute", note)
    assert len(set(counts)) == 1
    assert counts[0] <= 13
