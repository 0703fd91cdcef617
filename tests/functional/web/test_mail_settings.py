"""How often mail comes, and how it stops: by the own settings, by the link in each mail, by a mail program."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.config import MailServer
from service.db import transaction, utc_now
from service.notices.models import ForumFollow, MailChoice
from service.notices.operations import add_notices
from service.notices.render import stop_token
from service.notices.rules import READINESS, Cadence, NoticeKind
from service.people.models import Membership, Person, Role
from tests.functional.web.conftest import ORIGIN

WISH = {"cadence": "weekly", "hour": "18", "weekday": "6", "zone": "Asia/Jerusalem"}


@pytest.fixture(autouse=True)
def _sends_mail(app: Flask) -> None:
    server = MailServer.from_url("smtp://localhost", "info@tool.example", "")
    app.extensions["settings"] = replace(app.extensions["settings"], mail=server)


@pytest.fixture
def choice(database, members):
    """What a mentor with an address has by default, once they were told of something; asked for anew at each call."""
    person_id = members[Role.MENTOR].person_id
    with transaction(database) as session:
        session.execute(update(Person).where(Person.id == person_id).values(email="anna@reader.example"))
        add_notices(session, [members[Role.MENTOR].id], NoticeKind.REMINDER, READINESS, at=utc_now())

    def read() -> MailChoice:
        with database() as session:
            return session.get_one(MailChoice, person_id)

    return read


def test_it_begins_with_one_mail_a_day_and_follows_what_is_chosen(browse, database, choice) -> None:
    mentor = browse(Role.MENTOR)
    assert (choice().cadence, choice().hour) == (Cadence.DAILY, 8)
    page = mentor.get(mentor.path("/notices/mail/")).text
    assert "anna@reader.example" in page
    assert 'value="daily" checked' in page
    answer = mentor.post(
        mentor.path("/notices/mail/"), {**WISH, "follow.community": "yes", "follow.coordinators": "yes"}
    )
    assert answer.status_code == 303
    found = choice()
    assert (found.cadence, found.hour, found.weekday, found.zone) == (Cadence.WEEKLY, 18, 6, "Asia/Jerusalem")
    assert found.next_at is not None
    with database() as session:
        assert len(session.scalars(select(ForumFollow)).all()) == 1, "not the forum that they may not read"
    mentor.post(mentor.path("/notices/mail/"), {**WISH, "cadence": "never"})
    assert choice().next_at is None
    with database() as session:
        assert session.scalars(select(ForumFollow)).all() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hour", "24"),
        ("hour", "noon"),
        ("weekday", "-1"),
        ("zone", "Mars/Base"),
        ("cadence", "hourly"),
        ("cadence", ""),
    ],
)
def test_what_there_is_not_is_refused_and_the_rest_comes_back(browse, choice, field: str, value: str) -> None:
    mentor = browse(Role.MENTOR)
    answer = mentor.post(mentor.path("/notices/mail/"), {**WISH, field: value, "follow.community": "yes"})
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert 'name="follow.community" value="yes" checked' in answer.text
    assert choice().cadence is Cadence.DAILY


def test_without_an_address_the_page_says_so(browse) -> None:
    mentee = browse(Role.MENTEE)
    assert "tells no address" in mentee.get(mentee.path("/notices/mail/")).text


def test_a_mail_program_stops_the_mails_in_one_click_and_a_look_does_not(app, browse, members, choice) -> None:
    address = f"/mail/stop/{stop_token(app.extensions['settings'], members[Role.MENTOR].person.public_id)}"
    stranger = browse()
    for program in (stranger.client.get, stranger.client.head):
        assert program(address, base_url=ORIGIN).status_code == 200
    assert choice().cadence is Cadence.DAILY
    for _ in range(2):
        answer = stranger.client.post(address, base_url=ORIGIN, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "No more mails come" in answer.text
        assert choice().cadence is Cadence.NEVER
    mentor = browse(Role.MENTOR)
    assert 'value="never" checked' in mentor.get(mentor.path("/notices/mail/")).text


def test_a_link_that_is_not_ours_stops_nothing(app, browse, members, choice) -> None:
    good = stop_token(app.extensions["settings"], members[Role.MENTOR].person.public_id)
    other = replace(app.extensions["settings"], secret_key="another-" * 8)
    forged = [good[:-1], members[Role.MENTOR].person.public_id, stop_token(other, "x"), "\x00"]
    for token in forged:
        assert browse().client.post(f"/mail/stop/{token}", base_url=ORIGIN).status_code == 404, token
    assert (
        browse()
        .client.post(f"/mail/stop/{stop_token(app.extensions['settings'], 'gone')}", base_url=ORIGIN)
        .status_code
        == 200
    )
    assert choice().cadence is Cadence.DAILY


def test_staff_and_the_person_see_that_mail_is_refused_and_the_person_tries_again(
    browse, database, members, choice
) -> None:
    refusal = {"refused_address": "anna@reader.example", "refused_at": utc_now(), "refusal": "550 5.1.1 <b>nobody</b>"}
    with transaction(database) as session:
        session.execute(update(MailChoice).values(**refusal))
        elsewhere = session.get_one(Membership, members[Role.MENTEE].id)
    staff, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    page = staff.get(staff.path("/notices/mail/")).text
    assert "<bdi>Name of mentor-1</bdi>" in page
    assert "550 5.1.1 &lt;b&gt;nobody&lt;/b&gt;" in page
    assert "anna@reader.example" not in page
    assert elsewhere.person.name not in page
    assert "did not arrive" in mentor.get(mentor.path("/notices/mail/")).text
    assert mentor.post(mentor.path("/notices/mail/again"), {}).status_code == 303
    assert choice().refused_at is None
    assert "did not arrive" not in mentor.get(mentor.path("/notices/mail/")).text
