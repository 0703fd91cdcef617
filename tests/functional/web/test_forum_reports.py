"""Reports, what moderators decide, warnings, blocks and the log: who hears what, and who never does."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.forums.models import ModerationEntry, Post
from service.forums.report_models import Measure, Report
from service.people.models import Person, Role
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import form, last_post, opened, posted
from tests.makers import make_member

REPORT = {"reason": "unkind", "words": "This hurts."}


def tomorrow() -> str:
    return (utc_now().date() + timedelta(days=1)).isoformat()


def seen(page: str) -> str:
    return re.search(r'name="seen" value="([\d-]+)"', page)[1]


def decided(browser: Browser, post_id: str, **fields: str):
    path = browser.path(f"/forums/posts/{post_id}/decide")
    return browser.post(path, {"seen": seen(browser.get(path).text), "reason": "Be kind."} | fields)


@pytest.fixture
def name_people(database: sessionmaker[Session], members) -> None:
    with transaction(database) as session:
        for role, name in {
            Role.MENTOR: "Writer W",
            Role.YOUTH_WORKER: "Reporter R",
            Role.COORDINATOR: "Decider D",
        }.items():
            session.get_one(Person, members[role].person_id).name = name


def test_a_report_from_the_reader_to_the_decision(browse, database, name_people) -> None:
    mentor, worker, coordinator = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    thread = opened(mentor, text="You are all fools")
    post_id = last_post(database)
    path = worker.path(f"/forums/posts/{post_id}/report")
    assert f'href="{path}"' in worker.get(thread).text
    assert f"{post_id}/report" not in mentor.get(thread).text
    assert worker.post(path, {"reason": "", "words": "x"}).status_code == 422
    assert worker.post(path, {"reason": "other", "words": " "}).status_code == 422
    long = worker.post(path, {"reason": "unkind", "words": "y" * 2001})
    assert long.status_code == 422
    assert "y" * 2001 in long.text
    for _ in range(2):
        assert worker.post(path, REPORT).status_code == 303
    with database() as session:
        assert session.scalars(select(func.count()).select_from(Report)).one() == 1
    assert "A post was reported" in coordinator.get(coordinator.path("/notices/")).text
    assert "A post was reported" not in mentor.get(mentor.path("/notices/")).text
    reported = coordinator.get(coordinator.path("/forums/moderation")).text
    assert f"{post_id}/decide" in reported
    page = coordinator.get(coordinator.path(f"/forums/posts/{post_id}/decide")).text
    for words in ("This hurts.", "Reporter R", "You are all fools"):
        assert words in page
    assert decided(coordinator, post_id, measure="warning", hide="yes").status_code == 303
    assert f"{post_id}/decide" not in coordinator.get(coordinator.path("/forums/moderation")).text
    assert "You are all fools" not in worker.get(thread).text
    told = mentor.get(mentor.path("/forums/measures")).text
    assert "Be kind." in told
    assert "Moderators have written to you" in mentor.get(mentor.path("/notices/")).text
    heard = worker.get(worker.path("/notices/")).text
    assert "Moderators have looked at what you reported" in heard
    for page in (told, heard, mentor.get(mentor.path("/notices/")).text, mentor.get(thread).text):
        assert "Reporter R" not in page
        assert "Decider D" not in page


def test_that_nothing_needs_doing_is_a_decision_too(browse, database) -> None:
    mentor, worker, coordinator = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    opened(mentor)
    post_id = last_post(database)
    assert decided(coordinator, post_id, reason="").status_code == 422
    worker.post(worker.path(f"/forums/posts/{post_id}/report"), REPORT)
    assert decided(coordinator, post_id, reason="").status_code == 303
    assert "Moderators have looked" in worker.get(worker.path("/notices/")).text
    assert "Moderators have" not in mentor.get(mentor.path("/notices/")).text
    assert "nothing done</h2>" in coordinator.get(coordinator.path("/forums/moderation/log")).text


def test_the_second_of_two_moderators_loses_nothing_that_was_typed(browse, database) -> None:
    mentor, coordinator, administrator = browse(Role.MENTOR), browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    opened(mentor)
    post_id = last_post(database)
    path = administrator.path(f"/forums/posts/{post_id}/decide")
    shown = seen(administrator.get(path).text)
    assert decided(coordinator, post_id, measure="warning").status_code == 303
    late = administrator.post(
        path, {"seen": shown, "measure": "block", "until": tomorrow(), "reason": "My long reason"}
    )
    assert late.status_code == 409
    assert 'value="My long reason"' in late.text
    with database() as session:
        assert session.scalars(select(Measure.kind)).all() == ["warning"]
    assert (
        administrator.post(
            path, {"seen": seen(late.text), "measure": "block", "until": tomorrow(), "reason": "x"}
        ).status_code
        == 303
    )


def test_a_blocked_writer_reads_and_keeps_the_draft(browse, database) -> None:
    mentor, worker, coordinator = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    thread = opened(mentor)
    post_id, other = last_post(database), opened(worker)
    draft = form(text="What I wanted to say") | {"submission_key": "draft-key-1"}
    place = thread.rpartition("/")[2]
    assert mentor.post(mentor.path(f"/forums/drafts/{place}"), draft).status_code == 200
    for until in ("", "yesterday", "2020-01-01", "2999-01-01", "0000-00-00"):
        assert decided(coordinator, post_id, measure="block", until=until).status_code == 422, until
    assert decided(coordinator, post_id, measure="block", until=tomorrow()).status_code == 303
    page = mentor.get(thread).text
    for words in ("not write until the end of", "Be kind.", "What I wanted to say", "forums/supervision"):
        assert words in page
    for path in (thread, other, mentor.path("/forums/community/new"), mentor.path("/forums/introductions/new")):
        refused = mentor.post(path, form(text="But I must"))
        assert refused.status_code == 409, path
        assert "But I must" in refused.text
    edited = mentor.post(mentor.path(f"/forums/posts/{post_id}"), {"text": "Changed", "edits": "0"})
    assert edited.status_code == 409
    posted(worker, other, text="I may")
    opened(mentor, "supervision")
    log = coordinator.get(coordinator.path("/forums/moderation/log")).text
    [undo] = re.findall(r'action="([^"]+/measures/[^"]+/undo)"', log)
    assert mentor.post(undo, {}).status_code == 403
    assert coordinator.post(undo, {}).status_code == 303
    assert coordinator.post(undo, {}).status_code == 409
    assert "What I wanted to say" in mentor.get(thread).text
    posted(mentor, thread, text="I may again")
    with database() as session:
        acts = session.scalars(select(ModerationEntry.act).order_by(ModerationEntry.id)).all()
    assert acts == ["block", "unblock"]


def test_a_block_ends_by_itself(browse, database) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor)
    assert decided(coordinator, last_post(database), measure="block", until=tomorrow()).status_code == 303
    with transaction(database) as session:
        session.scalars(select(Measure)).one().until = utc_now().date() - timedelta(days=1)
    posted(mentor, thread)


def test_a_lead_team_warns_and_neither_blocks_nor_reads_who_reported(app, browse, database, name_people) -> None:
    mentor, worker, coordinator = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    with transaction(database) as session:
        lead = Browser(app, make_member(session, "lead", Role.MENTOR))
    settings = coordinator.path("/forums/community/settings")
    assert coordinator.post(settings, {"seat": lead.member.public_id}).status_code == 303
    thread = opened(mentor, text="Rude")
    post_id = last_post(database)
    posted(mentor, thread, text="Private words", is_private="yes")
    private_id = last_post(database)
    for one in (post_id, private_id):
        worker.post(worker.path(f"/forums/posts/{one}/report"), REPORT)
    coordinator.post(coordinator.path(f"/forums/posts/{private_id}/hide"), {"act": "hide", "reason": "Secret reason"})
    page = lead.get(lead.path(f"/forums/posts/{post_id}/decide")).text
    assert "This hurts." in page
    assert "Reporter R" not in page
    assert decided(lead, post_id, measure="block", until=tomorrow()).status_code == 403
    assert decided(lead, post_id, measure="warning").status_code == 303
    assert lead.get(lead.path(f"/forums/posts/{private_id}/decide")).status_code == 404
    log = lead.get(lead.path("/forums/moderation/log")).text
    assert "Writer warned</h2>" in log
    assert "Secret reason" not in log
    assert "Secret reason" in coordinator.get(coordinator.path("/forums/moderation/log")).text


def test_nobody_decides_about_or_reads_reports_of_what_they_wrote(browse, database) -> None:
    worker, coordinator, administrator = browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR), browse(Role.ADMINISTRATOR)
    opened(coordinator)
    post_id = last_post(database)
    assert worker.post(worker.path(f"/forums/posts/{post_id}/report"), REPORT).status_code == 303
    assert f"{post_id}/decide" not in coordinator.get(coordinator.path("/forums/moderation")).text
    assert coordinator.get(coordinator.path(f"/forums/posts/{post_id}/decide")).status_code == 403
    assert "A post was reported" not in coordinator.get(coordinator.path("/notices/")).text
    assert "A post was reported" in administrator.get(administrator.path("/notices/")).text
    assert decided(administrator, post_id, measure="warning").status_code == 303
    assert "Writer warned</h2>" not in coordinator.get(coordinator.path("/forums/moderation/log")).text


def test_a_report_that_would_reach_nobody_is_not_taken(browse, database, members) -> None:
    with transaction(database) as session:
        session.merge(members[Role.ADMINISTRATOR]).left_at = utc_now()
    worker, coordinator = browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    opened(coordinator)
    answer = worker.post(worker.path(f"/forums/posts/{last_post(database)}/report"), REPORT)
    assert answer.status_code == 422
    assert "would reach nobody" in answer.text
    assert "This hurts." in answer.text


def test_who_writes_without_a_name_is_warned_without_one(browse, database, name_people) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    opened(mentor, is_unnamed="yes")
    post_id = last_post(database)
    assert decided(coordinator, post_id, measure="block", until=tomorrow()).status_code == 303
    for path in (f"/forums/posts/{post_id}/decide", "/forums/moderation", "/forums/moderation/log"):
        page = coordinator.get(coordinator.path(path)).text
        assert "someone without a name" in page, path
        assert "Writer W" not in page, path
    assert "Be kind." in mentor.get(mentor.path("/forums/measures")).text


def test_reports_are_not_made_faster_than_people_make_them(browse, database) -> None:
    mentor, worker = browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    thread = opened(mentor)
    for _ in range(5):
        posted(mentor, thread)
    with database() as session:
        ids = session.scalars(select(Post.public_id).order_by(Post.id)).all()
    answers = [worker.post(worker.path(f"/forums/posts/{one}/report"), REPORT) for one in ids]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "This hurts." in answers[-1].text


def test_the_log_is_filtered_paged_and_takes_back(browse, database, monkeypatch) -> None:
    monkeypatch.setattr("service.forums.log.PAGE", 2)
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread, path = opened(mentor), coordinator.path("/forums/moderation/log")
    for number in range(1, 4):
        act = "pin" if number % 2 else "unpin"
        assert coordinator.post(f"{thread}/manage", {"act": act, "version": str(number)}).status_code == 303
    post_id = last_post(database)
    coordinator.post(coordinator.path(f"/forums/posts/{post_id}/hide"), {"act": "hide", "reason": "<script>x</script>"})
    assert "Page 1 of 2" in coordinator.get(path).text
    hidden = coordinator.get(f"{path}?act=hide").text
    assert "Thread pinned</h2>" not in hidden
    assert "&lt;script&gt;x" in hidden
    assert re.findall(r'name="act" value="(\w+)"', hidden) == ["show"]
    assert re.findall(r'name="act" value="(\w+)"', coordinator.get(f"{path}?act=pin").text) == ["unpin"]
    for query in ("?act=burn", "?page=99", "?page=x"):
        assert coordinator.get(path + query).status_code == 200
    assert "You do not moderate" in mentor.get(path).text
    assert "Post hidden</h2>" not in mentor.get(path).text


def test_a_name_that_was_posted_with_a_reason_stands_in_the_log_without_the_unnamed_writer(
    browse, database, members, name_people
) -> None:
    with transaction(database) as session:
        session.get_one(Person, members[Role.MENTEE].person_id).name = "Kalina Zmyślona"
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    opened(mentor, text="I met Kalina.", reason="She agreed", is_unnamed="yes")
    log = coordinator.get(coordinator.path("/forums/moderation/log")).text
    assert "She agreed" in log
    assert "Writer W" not in log
