"""The board and the list of people: who lacks what, views, reminders, pictures, and the same as a file."""

import html
import io
import re
import zipfile
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.board.models import Reminder, SavedView
from service.config import MailServer
from service.db import transaction, utc_now
from service.modules.content import Catalogue
from service.notices.models import MailChoice, Notice
from service.notices.rules import Cadence, NoticeKind
from service.people.models import Membership, Person, Role
from tests.functional.web.conftest import Browser
from tests.makers import AT, make_member


def test_who_lacks_only_one_thing_is_found_and_given_as_a_file(
    app: Flask, database: sessionmaker[Session], catalogue: Catalogue, members: dict[Role, Membership]
) -> None:
    with transaction(database) as session:
        mentee = make_member(session, "mentee-2", Role.MENTEE)
        mentee.person.name = "=HYPERLINK(1)"
        standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    staff = Browser(app, members[Role.COORDINATOR])
    page = staff.get(staff.path("/people/?missing=module_complete:roles")).text
    assert "=HYPERLINK(1)" in page
    assert members[Role.MENTEE].public_id not in page
    answer = staff.get(staff.path("/people/list.csv?missing=module_complete:roles&separator=,"))
    assert answer.data.startswith("\ufeffCode,Name,Role,State,Module: About roles,".encode())
    [_header, line] = answer.data.decode("utf-8-sig").splitlines()
    assert ",'=HYPERLINK(1),Mentee,Not ready,Not yet: Not begun.," in line
    everyone = staff.get(staff.path("/people/list.csv")).data.decode("utf-8-sig").splitlines()
    assert len(everyone) == 1 + 4
    assert staff.get(staff.path("/people/list.csv?separator=x")).status_code == 422
    assert Browser(app, members[Role.MENTOR]).get(staff.path("/people/list.csv")).status_code == 403


@pytest.fixture
def staff(app: Flask, members: dict[Role, Membership]) -> Browser:
    return Browser(app, members[Role.COORDINATOR])


def test_the_board_shows_people_by_conditions_before_anyone_has_come(
    staff: Browser, database: sessionmaker[Session], catalogue: Catalogue
) -> None:
    with transaction(database) as session:
        for member in session.scalars(select(Membership)):
            member.last_seen_at = None
        named = make_member(session, "mentee-2", Role.MENTEE)
        named.person.name, named.last_seen_at = "<b>Łucja</b>", None
        standing.give_commitment(session, catalogue, named, "confidentiality", 1, "en", at=utc_now())
    page = staff.get(staff.path("/people/board/")).text
    assert "4 people are shown." in page
    assert "0 of 4" not in page
    assert "Has not come yet (4)" in page
    assert "&lt;b&gt;Łucja&lt;/b&gt;" in page
    assert page.count('<span class="state is-not_met">') == 3 + 1 + 2 + 1
    assert page.count('<span class="unseen">not asked</span>') == 2 + 1 + 1
    found = staff.get(staff.path("/people/board/?q=lucja&missing=module_complete%3Aroles")).text
    assert "1 person is shown." in found
    assert "q=lucja" in found
    assert "Nobody fits all of these filters." in staff.get(staff.path("/people/board/?q=nobody&still=30")).text


def test_the_file_holds_what_the_board_shows(
    staff: Browser, database: sessionmaker[Session], members: dict[Role, Membership]
) -> None:
    with transaction(database) as session:
        session.get_one(Person, members[Role.MENTOR].person_id).name = "=1+1"
        session.get_one(Person, members[Role.COORDINATOR].person_id).chosen_language = "he"
    query = "role=mentor&sort=-name"
    answer = staff.get(staff.path(f"/people/board/file?{query}&separator=,")).data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in answer] == ["שם", "'=1+1"]
    book = zipfile.ZipFile(io.BytesIO(staff.get(staff.path(f"/people/board/file?{query}&format=xlsx")).data))
    sheet, words = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
    assert 'rightToLeft="1"' in sheet
    assert "<f>" not in sheet
    assert "'=1+1" in words
    assert staff.get(staff.path("/people/board/file?format=exe")).status_code == 422


def test_a_view_is_kept_opens_by_itself_and_is_nobody_elses(
    staff: Browser, app: Flask, database: sessionmaker[Session]
) -> None:
    keep = staff.path("/people/board/views?role=mentee&missing=a&missing=b")
    refused = staff.post(keep, {"name": " "})
    assert (refused.status_code, "Give the view a name." in refused.text) == (422, True)
    crowded = staff.path(f"/people/board/views?q={'a' * 4100}")
    refused = staff.post(crowded, {"name": "Mine"})
    assert (refused.status_code, "There are too many filters for one view." in refused.text) == (422, True)
    for name in ("Mine", "\0 Mine\0"):
        assert staff.post(keep, {"name": name, "is_default": "yes"}).status_code == 303
    opened = staff.get(staff.path("/people/board/"))
    assert opened.location.endswith("?role=mentee&missing=a&missing=b")
    assert staff.get(staff.path("/people/board/?view=all")).status_code == 200
    with transaction(database) as session:
        [view] = session.scalars(select(SavedView)).all()
        other = Browser(app, make_member(session, "coordinator-2", Role.COORDINATOR))
    change = staff.path(f"/people/board/views/{view.public_id}")
    assert other.post(change, {"act": "delete"}).status_code == 404
    assert "Mine" not in other.get(other.path("/people/board/")).text
    assert staff.post(change, {"act": "no_default"}).status_code == 303
    assert staff.get(staff.path("/people/board/")).status_code == 200
    assert staff.post(change, {"act": "delete"}).status_code == 303
    with transaction(database) as session:
        assert session.scalars(select(SavedView)).all() == []


def test_a_reminder_is_shown_first_sent_once_and_not_again_within_days(
    staff: Browser, app: Flask, database: sessionmaker[Session], members: dict[Role, Membership]
) -> None:
    address = staff.path("/people/reminders/?role=mentor")
    with transaction(database) as session:
        make_member(session, "gone", Role.MENTOR).left_at = utc_now()
    preview = staff.get(address).text
    assert "1 person would be reminded" in preview
    assert "No longer on the list of members (1)" in preview
    form = {"submission_key": "once", "rest": "7"}
    assert staff.post(address, form).location == address
    for _ in range(2):
        assert staff.post(address, form).status_code == 422
    with transaction(database) as session:
        assert [(one.membership_id, one.kind) for one in session.scalars(select(Notice))] == [
            (members[Role.MENTOR].id, NoticeKind.REMINDER)
        ]
        assert session.scalars(select(func.count()).select_from(Reminder)).one() == 1
    after = staff.get(address).text
    assert "Reminded less than 7 days ago (1)" in after
    assert "Name of coordinator-1" in after
    member = members[Role.MENTOR].public_id
    assert "Last reminded on" in staff.get(staff.path(f"/people/{member}")).text
    assert "1 person would be reminded" in staff.get(f"{address}&rest=0").text
    assert staff.post(address, {"submission_key": "new", "rest": "-1"}).status_code == 422
    assert "sent already" in staff.get(staff.post(address, {**form, "rest": "0"}).location).text


def test_one_person_after_the_other_through_the_list_as_it_is_shown(staff: Browser, members) -> None:
    board = staff.get(staff.path("/people/board/?sort=-name&state=not_ready")).text
    first = re.search(r'<th scope="row"><a href="([^"]+)"', board)
    assert first
    page = staff.get(html.unescape(first[1])).text
    assert "Person 1 of 3" in page
    assert 'rel="prev"' not in page
    following = re.search(r'rel="next" href="([^"]+)" aria-keyshortcuts="Alt\+PageDown"', page)
    assert following
    assert "Person 2 of 3" in staff.get(html.unescape(following[1])).text
    member = members[Role.MENTOR].public_id
    assert "No longer on this list" in staff.get(staff.path(f"/people/{member}?among=list&state=ready")).text


def test_pictures_tell_gates_weeks_and_supply_without_a_name(
    staff: Browser, database: sessionmaker[Session], catalogue: Catalogue, members: dict[Role, Membership]
) -> None:
    with transaction(database) as session:
        coordinator = members[Role.COORDINATOR]
        for role, lacking in ((Role.MENTEE, "module_complete:roles"), (Role.MENTOR, "module_complete:stages")):
            member = session.get_one(Membership, members[role].id)
            standing.give_commitment(session, catalogue, member, "confidentiality", 1, "en", at=utc_now())
            for name in {"module_complete:roles", "module_complete:stages"} - {lacking}:
                if role is Role.MENTOR:
                    waiver = {"reason": "Known.", "until": None, "at": utc_now()}
                    standing.waive(session, catalogue, coordinator, member.public_id, name, **waiver)
    page = staff.get(staff.path("/people/pictures/")).text
    assert "No single condition would let another pair be made." in page
    with transaction(database) as session:
        waiver = {"reason": "Known.", "until": None, "at": utc_now()}
        mentee = members[Role.MENTEE].public_id
        standing.waive(session, catalogue, coordinator, mentee, "module_complete:roles", **waiver)
    page = staff.get(staff.path("/people/pictures/")).text
    assert "0 mentors and 1 mentees are ready and free: mentors are short." in page
    assert "Most would follow from: Module: About stages (1 pair more)." in page
    assert "0 were ready 11 weeks ago, 1 are today." in page
    assert "Name of" not in page


def test_statements_do_not_grow_with_people(staff: Browser, app: Flask, database: sessionmaker[Session]) -> None:
    counts: dict[str, set[int]] = {}

    def note(*_arguments: object) -> None:
        nonlocal count
        count += 1

    paths = ("/people/", "/people/board/?q=name&sort=still", "/people/pictures/", "/people/reminders/")
    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    for people in (0, 12):
        with transaction(database) as session:
            for number in range(people):
                make_member(session, f"more-{number}", Role.MENTEE)
        for path in paths:
            count = 0
            assert staff.get(staff.path(path)).status_code == 200
            counts.setdefault(path, set()).add(count)
    event.remove(app.extensions["engine"], "before_cursor_execute", note)
    assert all(len(found) == 1 and max(found) <= 13 for found in counts.values()), counts


def test_the_preview_says_who_gets_no_mail_and_why_and_reminds_them_all_the_same(
    staff: Browser, app: Flask, database: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(database) as session:
        for name, cadence, refused in (
            ("quiet", Cadence.NEVER, ""),
            ("full", Cadence.DAILY, "full@reader.example"),
            ("reached", Cadence.DAILY, ""),
        ):
            person = make_member(session, name, Role.YOUTH_WORKER).person
            person.name, person.email = f"Reader {name}", f"{name}@reader.example"
            wish = MailChoice(
                person_id=person.id, cadence=cadence, hour=8, weekday=0, zone="UTC", refused_address=refused
            )
            wish.refused_at = utc_now() if refused else None
            session.add(wish)
        make_member(session, "nowhere", Role.YOUTH_WORKER).person.name = "Reader nowhere"
    address = staff.path("/people/reminders/?role=youth_worker&q=reader")
    assert "No mail is sent here" in staff.get(address).text
    mail = MailServer.from_url("smtp://mail.example", "us@mentorready.example", "")
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail=mail))
    page = staff.get(address).text
    assert "4 people would be reminded" in page
    unmailed = page[page.index("Get no mail, and why") :]
    assert re.search(r"Switched off by themselves \(1\)</summary>\s*<ul><li><bdi>Reader quiet<", unmailed)
    assert re.search(r"Their address takes no mail \(1\)</summary>\s*<ul><li><bdi>Reader full<", unmailed)
    assert re.search(r"No address is known \(1\)</summary>\s*<ul><li><bdi>Reader nowhere<", unmailed)
    assert "Reader reached" not in unmailed
    assert (
        "4 people are reminded." in staff.get(staff.post(address, {"submission_key": "all", "rest": "7"}).location).text
    )
