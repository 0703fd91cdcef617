"""What stays shut to whom: every forum, every role, every act, ids that were guessed."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.forums.models import Post
from service.forums.report_models import Measure
from service.forums.rules import PLANS, Kind, Plan, Purpose
from service.pairing.models import Relation, RelationMember
from service.people.models import Membership, Role
from tests.databases import sqlite_url
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import form, last_post
from tests.makers import AT, make_member, make_platform


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite alone: the table has a thousand requests, and tests/features/forums asks both databases."""
    return sqlite_url(Path(shutil.copyfile(sqlite_template, tmp_path / "mentorready.sqlite")))


@pytest.fixture
def relation(database: sessionmaker[Session], members: dict[Role, Membership]) -> str:
    """A mentor and a mentee, paired."""
    with transaction(database) as session:
        found = Relation(
            course_id=members[Role.MENTOR].course_id, paired_by_id=members[Role.COORDINATOR].id, paired_at=AT
        )
        session.add(found)
        session.flush()
        for role in (Role.MENTOR, Role.MENTEE):
            session.add(
                RelationMember(
                    relation_id=found.id, membership_id=members[role].id, role=role, policy_version=1, results=[]
                )
            )
        return found.public_id


PEOPLE = ("mentor", "youth_worker", "mentee", "coordinator", "administrator", "colleague", "elsewhere", "other_lms")
MAY_READ = {
    Purpose.ANNOUNCEMENTS: {"mentor", "youth_worker", "mentee", "coordinator", "administrator", "colleague"},
    Purpose.COMMUNITY: {"mentor", "youth_worker", "coordinator", "administrator"},
    Purpose.COORDINATORS: {"coordinator", "administrator"},
    Purpose.STEERING: {"coordinator", "administrator"},
    Purpose.NETWORK: {"coordinator", "administrator", "elsewhere"},
    Purpose.SUPERVISION: {"mentor", "coordinator", "administrator"},
    Purpose.RELATION: {"mentor", "mentee"},
}
"""Who reads a thread that the mentor, or else the coordinator, opened: `colleague` is a mentee in no relation,
`elsewhere` and `other_lms` are coordinators of another course and another platform."""
MAY_JUDGE = {purpose: {"coordinator", "administrator"} for purpose in Purpose} | {
    Purpose.NETWORK: {"administrator"},
    Purpose.SUPERVISION: set(),
    Purpose.RELATION: set(),
}
"""Who looks at reports of such a post, warns and blocks, unless they wrote it."""


def _check_moderation(
    browser: Browser, person: str, opener: Browser, plan: Plan, post: str, writes: dict[str, dict[str, str]]
) -> None:
    """Check who may report a post, decide about it, and lead from it to the coordinators."""
    may = person in MAY_READ[plan.purpose]
    is_own = browser.member.person_id == opener.member.person_id
    may_report = may and not is_own and not plan.has_rings
    may_judge = may and not is_own and person in MAY_JUDGE[plan.purpose]
    for path, is_open in ((f"{post}/report", may_report), (f"{post}/decide", may_judge)):
        status = 200 if is_open else 403 if may else 404
        assert browser.get(browser.path(path)).status_code == status, (person, path)
        if not is_open:
            assert browser.post(browser.path(path), writes[path]).status_code == status, (person, path)
    safety = browser.path(f"/forums/safety/new?post={post.rpartition('/')[2]}")
    assert browser.get(safety).status_code == (200 if may else 404), person


@pytest.mark.parametrize("key", PLANS)
def test_every_forum_is_shut_to_whom_it_is_not_for(app, browse, database, relation: str, key: str) -> None:
    plan = PLANS[key]
    opener = browse(
        Role.MENTOR
        if "mentor" in MAY_READ[plan.purpose] - {"coordinator"} and key != "announcements"
        else Role.COORDINATOR
    )
    with transaction(database) as session:
        extra = {
            "colleague": make_member(session, "colleague", Role.MENTEE),
            "elsewhere": make_member(session, "elsewhere", Role.COORDINATOR, context_id="course-2"),
            "other_lms": make_member(
                session, "x", Role.COORDINATOR, platform=make_platform(session, "https://x.example")
            ),
        }
    query = f"?relation={relation}" if plan.purpose is Purpose.RELATION else ""
    options = {"options": "Wait\nAsk"} if plan.kind is Kind.DILEMMA else {}
    answer = opener.post(opener.path(f"/forums/{key}/new{query}"), form(text="A secret text", **options))
    thread_id, post_id = answer.location.partition("?")[0].rpartition("/")[2], last_post(database)
    for person in PEOPLE:
        browser = Browser(app, extra[person]) if person in extra else browse(Role(person))
        thread, post = f"/forums/threads/{thread_id}", f"/forums/posts/{post_id}"
        may = person in MAY_READ[plan.purpose]
        for path in (thread, f"{thread}?at=unread", post):
            assert (browser.get(browser.path(path)).status_code < 400) is may, (person, path)
        assert ("A secret text" in browser.get(browser.path("/forums/?q=secret")).text) is may, person
        writes = {
            thread: form(),
            f"{thread}/star": {},
            f"{thread}/vote": {"answer": "9"},
            f"{thread}/manage": {"act": "pin"},
        }
        writes |= {post: {"text": "Mine"}, f"{post}/delete": {}, f"{post}/hide": {"act": "hide", "reason": "x"}}
        writes |= {f"{post}/split": {"title": "x", "version": "1"}, f"{post}/report": {"reason": "unkind"}}
        writes |= {f"{post}/decide": {"measure": "warning", "reason": "x", "seen": "0-0"}}
        writes |= {f"/forums/safety/new?post={post_id}": {"words": "x", "submission_key": "a-key-of-mine"}}
        if not may:
            for path, fields in writes.items():
                assert browser.post(browser.path(path), fields).status_code == 404, (person, path)
        elif browser.member.person_id != opener.member.person_id:
            for path in (post, f"{post}/delete"):
                assert browser.post(browser.path(path), writes[path]).status_code == 403, (person, path)
        _check_moderation(browser, person, opener, plan, post, writes)
    with database() as session:
        [kept] = session.scalars(select(Post.text).where(Post.number == 1))
        assert kept == "A secret text"


def test_a_warning_is_taken_back_by_those_alone_who_could_give_it(app, browse, database) -> None:
    with transaction(database) as session:
        extra = {
            "elsewhere": make_member(session, "elsewhere", Role.ADMINISTRATOR, context_id="course-2"),
            "other_lms": make_member(
                session, "x", Role.ADMINISTRATOR, platform=make_platform(session, "https://x.example")
            ),
        }
    opener, judge = browse(Role.MENTOR), browse(Role.ADMINISTRATOR)
    opener.post(opener.path("/forums/community/new"), form())
    post = f"/forums/posts/{last_post(database)}"
    sent = {"measure": "warning", "reason": "A secret reason", "seen": "0-0"}
    assert judge.post(judge.path(f"{post}/decide"), sent).status_code == 303
    with database() as session:
        [measure_id] = session.scalars(select(Measure.public_id))
    refused = {"mentor": 403, "youth_worker": 403, "mentee": 404, "elsewhere": 404, "other_lms": 404}
    for person, status in refused.items():
        browser = Browser(app, extra[person]) if person in extra else browse(Role(person))
        assert browser.post(browser.path(f"/forums/measures/{measure_id}/undo"), {}).status_code == status, person
        for path in ("/forums/moderation/log", "/forums/moderation"):
            assert "A secret reason" not in browser.get(browser.path(path)).text, (person, path)
        is_told = "A secret reason" in browser.get(browser.path("/forums/measures")).text
        assert is_told is (person == "mentor"), person
    coordinator = browse(Role.COORDINATOR)
    assert coordinator.post(coordinator.path(f"/forums/measures/{measure_id}/undo"), {}).status_code == 303


@pytest.mark.parametrize("role", list(Role))
def test_a_forum_that_is_not_for_a_role_is_not_there(browse, members, relation: str, role: Role) -> None:
    browser = browse(role)
    for key, plan in PLANS.items():
        may = role.value in MAY_READ[plan.purpose] or plan.purpose is Purpose.SUPERVISION
        may = may or (plan.purpose is Purpose.RELATION and role is Role.YOUTH_WORKER)  # empty for them
        assert (browser.get(browser.path(f"/forums/{key}")).status_code == 200) is may, key
        if not may:
            for path in ("new", "read"):
                assert browser.post(browser.path(f"/forums/{key}/{path}"), form()).status_code == 404, (key, path)
            assert browser.get(browser.path(f"/forums/{key}/settings")).status_code in {403, 404}
    for key in ("nothing", "Community", "x" * 300):
        assert browser.get(browser.path(f"/forums/{key}")).status_code == 404


def test_nobody_opens_the_conversation_of_someone_else(app, browse, database, relation: str, members) -> None:
    with transaction(database) as session:
        stranger = Browser(app, make_member(session, "stranger", Role.MENTOR))
    for query in (f"?relation={relation}", "", "?relation=nothing"):
        path = stranger.path(f"/forums/relation/new{query}")
        assert stranger.post(path, form()).status_code == 404
    staff = browse(Role.COORDINATOR)
    path = staff.path("/forums/supervision/new")
    assert staff.post(path, form()).status_code == 422
    assert staff.post(path, form(person="nothing")).status_code == 404
    assert staff.post(path, form(person=members[Role.ADMINISTRATOR].public_id)).status_code == 404
    thread = staff.post(path, form(person=members[Role.MENTEE].public_id, text="Come and talk")).location
    mentee = browse(Role.MENTEE)
    assert "Come and talk" in mentee.get(thread.partition("?")[0]).text
    # Whom a learner names in the form changes nothing: it is their own conversation.
    own = mentee.post(mentee.path("/forums/supervision/new"), form(person=members[Role.MENTOR].public_id)).location
    assert own.partition("?")[0] == thread.partition("?")[0]
