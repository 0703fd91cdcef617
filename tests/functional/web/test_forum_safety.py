"""Somebody's safety: what reaches the coordinators, what of it, and whom it never reaches."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import new_public_id, transaction, utc_now
from service.forums.models import ModerationEntry, Post
from service.forums.report_models import ContactPause, SafetyFlag
from service.notices.choices import default_wish, set_wish, stop_mail
from service.notices.digests import make_some
from service.notices.models import Mail, MailChoice
from service.notices.outbox import claim_due
from service.notices.rules import Cadence
from service.pairing.models import Relation, RelationMember
from service.people.models import Membership, Person, Role
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import last_post, opened
from tests.makers import AT, make_member, make_platform

WORRY = {"words": "He has not come home since Friday.", "submission_key": "worry-key-1"}


@pytest.fixture
def relation(database: sessionmaker[Session], members: dict[Role, Membership]) -> str:
    """A mentor and a mentee, paired."""
    with transaction(database) as session:
        by = members[Role.COORDINATOR]
        found = Relation(course_id=by.course_id, paired_by_id=by.id, paired_at=AT)
        session.add(found)
        session.flush()
        for role in (Role.MENTOR, Role.MENTEE):
            one = {"membership_id": members[role].id, "role": role, "policy_version": 1, "results": []}
            session.add(RelationMember(relation_id=found.id, **one))
        return found.public_id


def flag_path(browser: Browser) -> str:
    page = browser.get(browser.path("/forums/safety")).text
    return re.search(r'href="([^"]+/forums/safety/[a-z0-9]{16})"', page)[1]


def test_from_the_worry_to_the_end(browse, database) -> None:
    mentee, coordinator, administrator = browse(Role.MENTEE), browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    path = mentee.path("/forums/safety/new")
    assert "112" in mentee.get(path).text
    for fields in ({"words": " "}, {"words": "y" * 2001}):
        assert mentee.post(path, WORRY | fields).status_code == 422
    for _ in range(2):
        assert mentee.post(path, WORRY).status_code == 303
    with database() as session:
        assert len(session.scalars(select(SafetyFlag)).all()) == 1
    assert "about a person’s safety" in coordinator.get(coordinator.path("/notices/")).text
    assert "waits for the coordinators" in coordinator.get(coordinator.path("/")).text
    flag = flag_path(coordinator)
    assert WORRY["words"] in coordinator.get(flag).text
    assert coordinator.post(flag, {"state": "seen", "version": "1"}).status_code == 303
    late = administrator.post(flag, {"state": "closed", "version": "1", "words": "I called"})
    assert late.status_code == 409
    assert "I called" in late.text
    assert administrator.post(flag, {"state": "closed", "version": "2", "words": " "}).status_code == 422
    assert administrator.post(flag, {"state": "closed", "version": "2", "words": "I called"}).status_code == 303
    assert "I called" in coordinator.get(flag).text
    assert flag not in coordinator.get(coordinator.path("/forums/safety?state=new")).text
    assert "Closed" in mentee.get(path).text
    assert "have looked at what you wrote" in mentee.get(mentee.path("/notices/")).text
    assert "I called" not in mentee.get(path).text


def test_coordinators_get_a_mail_at_once_and_no_digest_repeats_it(browse, database, members) -> None:
    with transaction(database) as session:
        for role in (Role.COORDINATOR, Role.MENTEE, Role.MENTOR):
            session.get_one(Person, members[role].person_id).email = f"{role}@example.org"
    mentee = browse(Role.MENTEE)
    for _ in range(2):
        assert mentee.post(mentee.path("/forums/safety/new"), WORRY).status_code == 303
    with transaction(database) as session:
        [mail] = session.scalars(select(Mail))
        assert mail.address == "coordinator@example.org"
        assert mail.next_try_at == mail.made_at
        assert mail.content["courses"][0]["lines"] == [["safety", "", 1]]
        assert WORRY["words"] not in str(mail.content)
        assert make_some(session, at=utc_now() + timedelta(days=2))[1] == 0


@pytest.mark.parametrize(
    ("wishes", "is_mailed"),
    [
        (["never"], True),
        (["stop"], False),
        (["stop", "never"], False),
        (["stop", "daily", "never"], True),
        (["refused"], False),
    ],
)
def test_the_mail_comes_unless_all_mail_is_stopped_or_none_arrives(
    browse, database, members, wishes: list[str], is_mailed: bool
) -> None:
    coordinator, mentee, at = browse(Role.COORDINATOR), browse(Role.MENTEE), utc_now()
    settings = coordinator.path("/notices/mail/")
    with transaction(database) as session:
        person = session.get_one(Person, members[Role.COORDINATOR].person_id)
        person.email = "coordinator@example.org"
        set_wish(session, person, default_wish(person), at=at)
    for wish in wishes:
        with transaction(database) as session:
            person = session.get_one(Person, members[Role.COORDINATOR].person_id)
            if wish == "stop":
                assert stop_mail(session, person.public_id, at=at)
            elif wish == "refused":
                values = {"refused_address": person.email, "refused_at": at, "refusal": "No such user"}
                session.execute(update(MailChoice).where(MailChoice.person_id == person.id).values(**values))
            else:
                set_wish(session, person, replace(default_wish(person), cadence=Cadence(wish)), at=at)
    assert coordinator.get(settings).status_code == 200
    assert mentee.post(mentee.path("/forums/safety/new"), WORRY).status_code == 303
    with transaction(database) as session:
        assert [claim.address for claim in claim_due(session, limit=9, at=utc_now())] == (
            ["coordinator@example.org"] if is_mailed else []
        )
    assert "about a person’s safety" in coordinator.get(coordinator.path("/notices/")).text


def test_of_a_relation_coordinators_get_what_is_quoted_and_nothing_else(browse, database, relation: str) -> None:
    mentor, mentee, coordinator = browse(Role.MENTOR), browse(Role.MENTEE), browse(Role.COORDINATOR)
    answer = mentor.post(
        mentor.path(f"/forums/relation/new?relation={relation}"),
        {"submission_key": "relation-key", "text": "Words that stay between us"},
    )
    thread, post_id = answer.location.partition("?")[0], last_post(database)
    path = mentee.path(f"/forums/safety/new?post={post_id}")
    assert path.replace("&", "&amp;") in mentee.get(thread).text
    assert mentee.get(mentee.path(f"/forums/posts/{post_id}/report")).status_code == 403
    assert "between us</textarea>" not in mentee.get(path).text
    assert "between us</textarea>" in mentee.get(f"{path}&quote=1").text
    assert mentee.post(path, WORRY | {"quote": "Words that stay"}).status_code == 303
    page = coordinator.get(flag_path(coordinator)).text
    assert "Words that stay" in page
    assert "between us" not in page
    assert post_id not in page
    with database() as session:
        assert session.scalars(select(SafetyFlag.post_id)).all() == [None]
    outsider = browse(Role.YOUTH_WORKER)
    for method in (outsider.get, lambda one: outsider.post(one, WORRY)):
        assert method(outsider.path(f"/forums/safety/new?post={post_id}")).status_code == 404


def test_neither_lead_teams_nor_the_log_nor_other_courses_nor_whom_it_is_about(app, browse, database, members) -> None:
    mentor, coordinator, administrator = browse(Role.MENTOR), browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    with transaction(database) as session:
        elsewhere = Browser(app, make_member(session, "else", Role.COORDINATOR, context_id="course-2"))
        other = make_platform(session, "https://x.example")
        far = Browser(app, make_member(session, "x", Role.ADMINISTRATOR, platform=other))
    settings = coordinator.path("/forums/community/settings")
    coordinator.post(settings, {"seat": mentor.member.public_id})
    opened(coordinator, text="A post of the coordinator")
    post_id = last_post(database)
    worker = browse(Role.YOUTH_WORKER)
    assert worker.post(worker.path(f"/forums/safety/new?post={post_id}"), WORRY).status_code == 303
    flag = flag_path(administrator).rpartition("/")[2]
    assert post_id in administrator.get(administrator.path(f"/forums/safety/{flag}")).text
    assert mentor.get(mentor.path("/forums/safety")).status_code == 403
    assert mentor.get(mentor.path(f"/forums/safety/{flag}")).status_code == 403
    for browser in (coordinator, elsewhere, far):
        assert WORRY["words"] not in browser.get(browser.path("/forums/safety")).text
        path = browser.path(f"/forums/safety/{flag}")
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"state": "closed", "version": "1", "words": "x"}).status_code == 404
    assert "person’s safety" not in coordinator.get(coordinator.path("/notices/")).text
    administrator.post(administrator.path(f"/forums/safety/{flag}"), {"state": "seen", "version": "1"})
    with database() as session:
        assert session.scalars(select(ModerationEntry)).all() == []
        assert session.scalars(select(SafetyFlag.state)).all() == ["seen"]


class Talk:
    """A conversation of a mentor and a mentee, and what the mentee wrote to the coordinators."""

    def __init__(self, browse, relation: str) -> None:
        self.mentor, self.mentee = browse(Role.MENTOR), browse(Role.MENTEE)
        self.new = f"/forums/relation/new?relation={relation}"
        self.thread = self.written(self.mentor, self.mentor.path(self.new)).location.partition("?")[0]
        assert self.mentee.post(self.mentee.path("/forums/safety/new"), WORRY).status_code == 303
        self.staff = browse(Role.COORDINATOR)
        self.flag, self.relation = flag_path(self.staff), relation

    def written(self, browser: Browser, path: str, text: str = "See you"):
        return browser.post(path, {"submission_key": new_public_id(), "text": text})

    def act(self, browser: Browser, act: str, relation: str = ""):
        return browser.post(f"{self.flag}/contact", {"act": act, "relation": relation or self.relation})


def test_contact_is_paused_and_opened_again_and_both_are_told(browse, database, relation: str) -> None:
    talk = Talk(browse, relation)
    own = talk.mentor.path(f"/forums/posts/{last_post(database)}")
    shown = talk.staff.get(talk.flag).text
    assert "Pause the conversation" in shown
    assert "See you" not in shown
    assert talk.act(talk.staff, "pause").status_code == 303
    assert talk.act(browse(Role.ADMINISTRATOR), "pause").status_code == 303
    for browser in (talk.mentor, talk.mentee):
        told = browser.get(browser.path("/notices/")).text
        assert "The coordinators have paused a conversation that you are in" in told
        assert WORRY["words"] not in told
        page = browser.get(talk.thread).text
        assert "The coordinators have paused this conversation for now" in page
        assert "See you" in page
        assert '<form class="compose"' not in page
        assert "/forums/supervision" in page
        answer = talk.written(browser, talk.thread, "Typed text")
        assert answer.status_code == 409
        assert "Typed text</textarea>" in answer.text
    changed = talk.mentor.post(own, {"text": "Changed", "edits": "0"})
    assert changed.status_code == 409
    assert "paused this conversation" in changed.text
    # What one writes to the coordinators is not paused.
    assert talk.written(talk.mentor, talk.mentor.path("/forums/supervision/new")).status_code == 303
    assert talk.act(talk.staff, "resume").status_code == 303
    assert talk.written(talk.mentee, talk.thread).status_code == 303
    assert "opened a conversation again that you are in" in talk.mentee.get(talk.mentee.path("/notices/")).text
    with database() as session:
        [pause] = session.scalars(select(ContactPause))
        assert pause.ring == f"relation:{relation}"
        assert {pause.paused_by_id, pause.ended_by_id} == {talk.staff.member.person_id}
        assert pause.ended_at > pause.paused_at
        assert session.scalars(select(ModerationEntry)).all() == []
    shown = talk.staff.get(talk.flag).text
    assert "Opened again" in shown
    assert "Pause the conversation" in shown
    assert talk.act(talk.staff, "pause").status_code == 303
    assert "The coordinators have paused this conversation" in talk.mentor.get(talk.thread).text


def test_a_conversation_that_has_not_begun_is_paused_too(browse, database, relation: str) -> None:
    mentee, staff = browse(Role.MENTEE), browse(Role.COORDINATOR)
    assert mentee.post(mentee.path("/forums/safety/new"), WORRY).status_code == 303
    flag = flag_path(staff)
    assert staff.post(f"{flag}/contact", {"act": "pause", "relation": relation}).status_code == 303
    new = mentee.path(f"/forums/relation/new?relation={relation}")
    assert "The coordinators have paused this conversation" in mentee.get(new).text
    assert mentee.post(new, {"submission_key": "a-key-of-mine", "text": "Hello"}).status_code == 409
    with database() as session:
        assert session.scalars(select(Post)).all() == []


def test_only_staff_who_read_the_flag_pause_and_only_relations_of_who_wrote(browse, database, relation: str) -> None:
    talk = Talk(browse, relation)
    for browser in (talk.mentor, talk.mentee, browse(Role.YOUTH_WORKER)):
        assert talk.act(browser, "pause").status_code == 403
    with transaction(database) as session:
        elsewhere = make_member(session, "elsewhere", Role.COORDINATOR, platform=make_platform(session, "https://b"))
        stranger = Browser(talk.staff.client.application, elsewhere)
    flag = talk.flag.rpartition("/")[2]
    data = {"act": "pause", "relation": relation}
    assert stranger.post(stranger.path(f"/forums/safety/{flag}/contact"), data).status_code == 404
    assert talk.act(talk.staff, "pause", "nothing").status_code == 404
    with transaction(database) as session:
        for one in session.scalars(select(RelationMember)):
            one.ended_at = AT
    assert talk.act(talk.staff, "pause").status_code == 404
    with database() as session:
        assert session.scalars(select(ContactPause)).all() == []
