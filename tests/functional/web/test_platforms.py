"""The administrator's page: registration, deployments, tests of the connection."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from lti.http import OutgoingHttp
from service.db import transaction
from service.grades.models import LineItem, Score, ScoreState
from service.people.models import Course, Membership, Role, RosterRead
from service.platforms.models import AuditEvent, Deployment, Platform, PlatformInvite
from service.platforms.operations import ensure_signing_key, record_pending_deployment
from service.web.platforms import INVITE_LIFETIME
from tests.fake_lms import FakeLms
from tests.fake_lms.service_answers import SERVICES_PATH
from tests.functional.web.conftest import ORIGIN, Browser
from tests.makers import AT, make_member, make_platform

SECRET = "pages-" * 8


@pytest.fixture
def lms(tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url="http://127.0.0.1:1", store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture
def deployments(database: sessionmaker[Session], members: dict[Role, Membership]) -> Platform:
    """The platform of the members, with an approved deployment and one that waits."""
    with transaction(database) as session:
        platform = make_platform(session)
        session.add(Deployment(platform_id=platform.id, deployment_id="first", first_seen_at=AT, approved_at=AT))
        record_pending_deployment(session, platform.id, "deployment-2", at=AT)
        ensure_signing_key(session, SECRET, at=AT)
    return platform


def words_of(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_only_an_administrator_has_the_page_in_the_menu(browse) -> None:
    for role in Role:
        page = browse(role).get(browse(role).path("/")).text
        assert (">Connection</a>" in page) == (role is Role.ADMINISTRATOR)


def test_page_shows_the_registration_and_what_was_last_heard(
    browse, database: sessionmaker[Session], deployments: Platform, members: dict[Role, Membership]
) -> None:
    course = members[Role.MENTOR].course
    with transaction(database) as session:
        item = LineItem(course_id=course.id, subject="readiness", label="Readiness", score_maximum=100)
        session.add_all([item, RosterRead(course_id=course.id, read_at=AT)])
        session.flush()
        person_id = members[Role.MENTOR].person_id
        session.add(
            Score(
                platform_id=deployments.id,
                line_item_id=item.id,
                person_id=person_id,
                score_given=1,
                comment="",
                queued_at=AT,
                asked_at=AT,
                state=ScoreState.CONFIRMED,
                last_checked_at=AT,
            )
        )
    browser = browse(Role.ADMINISTRATOR)
    shown = words_of(browser.get(browser.path("/platforms")))
    assert "Example University" in shown
    assert "https://lms.example/certs" in shown
    assert f"{ORIGIN}/lti/launch" in shown
    for what in ("Launch", "List of members", "Score confirmed by the gradebook", "in use since"):
        assert f"{what}: 1 March 2026" in shown
    assert "first 1 March 2026" in shown
    assert shown.count("Approve ") == 1


def test_approving_leaves_a_row_that_says_who(
    browse, database: sessionmaker[Session], deployments: Platform, members: dict[Role, Membership]
) -> None:
    browser = browse(Role.ADMINISTRATOR)
    answer = browser.post(browser.path("/platforms/approve"), {"deployment": "deployment-2"})
    assert answer.status_code == 303
    with transaction(database, reads_only=True) as session:
        assert session.scalars(select(Deployment.approved_at).filter_by(deployment_id="deployment-2")).one() is not None
        event = session.scalars(select(AuditEvent).filter_by(kind="deployment_approved")).one()
    me = members[Role.ADMINISTRATOR].person.public_id
    assert event.detail == {"deployment": "deployment-2", "by": me}
    assert browser.post(browser.path("/platforms/approve"), {"deployment": "third"}).status_code == 404
    assert browser.post(browser.path("/platforms/approve"), {"deployment": "\x00"}).status_code == 404


def test_an_administrator_makes_a_link_for_another_lms_once(
    browse, database: sessionmaker[Session], deployments: Platform, members: dict[Role, Membership]
) -> None:
    browser = browse(Role.ADMINISTRATOR)
    assert "/lti/register?invite=" not in browser.get(browser.path("/platforms")).text
    page = browser.post(browser.path("/platforms/invite"), {"note": " Partner <University> "}).text
    assert "Partner &lt;University&gt;" not in page  # the field is empty again
    found = re.search(rf"{ORIGIN}(/lti/register\?invite=[\w-]+)", page)
    assert found
    with transaction(database, reads_only=True) as session:
        invite = session.scalars(select(PlatformInvite)).one()
        event = session.scalars(select(AuditEvent).filter_by(kind="platform_invited")).one()
    assert (invite.note, invite.may_use_private_addresses) == ("Partner <University>", False)
    assert invite.expires_at - invite.created_at == INVITE_LIFETIME
    assert event.detail == {"invite": invite.public_id, "by": members[Role.ADMINISTRATOR].person.public_id}
    assert browse().get(found[1]).status_code == 200
    assert "/lti/register?invite=" not in browser.get(browser.path("/platforms")).text


def test_a_note_that_is_too_long_comes_back_with_a_word(
    browse, database: sessionmaker[Session], deployments: Platform
) -> None:
    browser = browse(Role.ADMINISTRATOR)
    answer = browser.post(browser.path("/platforms/invite"), {"note": "x" * 256})
    assert answer.status_code == 422
    assert "x" * 256 in answer.text
    assert "At most 255 characters" in answer.text
    with transaction(database, reads_only=True) as session:
        assert session.scalars(select(PlatformInvite)).all() == []


def test_deployment_of_another_lms_cannot_be_approved_or_seen(
    browse, database: sessionmaker[Session], deployments: Platform
) -> None:
    with transaction(database) as session:
        other = make_platform(session, "https://other.example")
        record_pending_deployment(session, other.id, "foreign", at=AT)
    browser = browse(Role.ADMINISTRATOR)
    assert "foreign" not in browser.get(browser.path("/platforms")).text
    assert "other.example" not in browser.get(browser.path("/platforms")).text
    assert browser.post(browser.path("/platforms/approve"), {"deployment": "foreign"}).status_code == 404
    with transaction(database, reads_only=True) as session:
        assert session.scalars(select(Deployment.approved_at).filter_by(deployment_id="foreign")).one() is None


def test_institutions_that_share_a_registration_do_not_see_each_other(
    browse, database: sessionmaker[Session], deployments: Platform
) -> None:
    with transaction(database) as session:
        session.get_one(Platform, deployments.id).product_family = "BlackboardLearn"
        make_member(session, "elsewhere", platform=deployments, context_id="course-of-another-university")
        course = session.scalars(select(Course).filter_by(context_id="course-of-another-university")).one()
        session.add(RosterRead(course_id=course.id, read_at=AT))
    browser = browse(Role.ADMINISTRATOR)
    shown = words_of(browser.get(browser.path("/platforms")))
    assert "deployment-2" not in shown
    assert "serves several institutions" in shown
    assert "List of members: not yet" in shown
    assert browser.post(browser.path("/platforms/approve"), {"deployment": "deployment-2"}).status_code == 403
    assert browser.post(browser.path("/platforms/invite"), {"note": "x"}).status_code == 403


@pytest.fixture
def admin(app: Flask, database: sessionmaker[Session], lms: FakeLms, deployments: Platform) -> Browser:
    """An administrator whose LMS is the running one."""
    number = lms.course("mentoring").id
    with transaction(database) as session:
        platform = session.get_one(Platform, deployments.id)
        for name, value in vars(lms.registration).items():
            if name != "deployment_id":
                setattr(platform, name, value)
        platform.may_use_private_addresses = True
        member = make_member(session, "admin-1", Role.ADMINISTRATOR, platform=platform, context_id=str(number))
        member.course.memberships_url = f"{lms.url}{SERVICES_PATH}/CourseSection/{number}/bindings/1/memberships"
        member.course.line_items_url = f"{lms.url}{SERVICES_PATH}/{number}/lineitems?type_id=1"
    return Browser(app, member)


def test_testing_says_in_words_what_each_step_found(admin: Browser, lms: FakeLms) -> None:
    shown = words_of(admin.post(admin.path("/platforms/test"), {}))
    assert "The test found 1 fault." in shown
    assert "The learning platform gives no token: \u2068The tool's key set cannot be read\u2069" in shown
    assert "Deployments that wait for approval: 1." in shown
    assert "Keys that can be used: 1." in shown


def test_no_transaction_is_open_while_the_lms_is_spoken_to(
    admin: Browser, app: Flask, lms: FakeLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = app.extensions["engine"].pool
    seen = []
    send = OutgoingHttp.send

    def watch(*arguments: object, **options: object) -> object:
        seen.append(pool.checkedout())
        return send(*arguments, **options)

    monkeypatch.setattr(OutgoingHttp, "send", watch)
    admin.post(admin.path("/platforms/test"), {"column": "yes"})
    assert seen
    assert set(seen) == {0}


@pytest.mark.parametrize("language", ["he", "pl"])
def test_findings_are_in_the_language_of_the_page(admin: Browser, lms: FakeLms, language: str) -> None:
    lms.switches.set("jwks_down", True)
    admin.client.post("/language", base_url=ORIGIN, data={"language": language}, headers={"Origin": ORIGIN})
    page = admin.post(admin.path("/platforms/test"), {}).text
    assert "They could not be read" not in page
    assert "could not be used" not in page
    assert f'lang="{language}"' in page
