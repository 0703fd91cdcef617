"""Forums as people use them: read, write, preview, quote, vote; with few posts and with many."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from service.completion.models import Completion
from service.db import transaction, utc_now
from service.forums.models import Forum, Post, Thread
from service.modules.content import Catalogue
from service.modules.requirements import Group, Kind, Requirement
from service.people.models import Person, Role
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import form, last_post, opened, posted, version
from tests.makers import AT, make_catalogue, make_member, make_module


def test_a_thread_is_opened_read_and_answered(browse, database) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor, title="First meetings", text="How did **yours** go?")
    assert "1 thread with something new" in coordinator.get(coordinator.path("/forums/")).text
    page = coordinator.get(coordinator.path("/forums/community"))
    assert "First meetings" in page.text
    assert "1 unread post" in page.text
    page = coordinator.get(thread).text
    assert "Post 1" in page
    assert ", unread" in page
    assert "<strong>yours</strong>" in page
    assert ", unread" not in coordinator.get(thread).text
    where = posted(coordinator, thread, text="Well.", reply=last_post(database))
    assert where.endswith("?page=1#post-2")
    page = mentor.get(thread).text
    assert "Reply to post 1 by \u2068Name of mentor-1\u2069" in page
    assert "Go to the first unread: post 2" in page
    assert mentor.get(thread + "?at=unread").location.endswith("?page=1#post-2")


def test_a_preview_posts_nothing_and_keeps_what_was_typed(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.post(mentor.path("/forums/dilemmas/new"), form(act="preview", text="*Soft*", options="Wait\nAsk"))
    assert page.status_code == 200
    for words in ("Not posted yet", "<em>Soft</em>", "*Soft*</textarea>", "Wait\nAsk</textarea>", 'value="A thread"'):
        assert words in page.text
    thread = opened(mentor)
    page = mentor.post(thread, form(act="preview", text="<b>x</b>", is_unnamed="yes"))
    assert "&lt;b&gt;x&lt;/b&gt;</p>" in page.text
    assert 'name="is_unnamed" value="yes" aria-describedby="field-is_unnamed-hint " checked' in page.text
    with database() as session:
        assert len(session.scalars(select(Post)).all()) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "  "}, "Write something first."),
        ({"title": ""}, "Give it a title"),
        ({"options": "One"}, "Write 2 to 6 answers"),
        ({"text": "x" * 20_001}, "This is too long"),
        ({"text": "x" * 900_000}, "This is too long"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(browse, fields: dict[str, str], words: str) -> None:
    mentor = browse(Role.MENTOR)
    typed = {"text": "Typed text", "title": "Typed title", "options": "Typed\nanswers"} | fields
    page = mentor.post(mentor.path("/forums/dilemmas/new"), form(**typed))
    assert page.status_code == 422
    assert words in page.text
    assert f"{typed['text']}</textarea>" in page.text


def test_a_post_of_more_than_a_megabyte_is_refused_as_a_whole(browse) -> None:
    mentor = browse(Role.MENTOR)
    assert mentor.post(mentor.path("/forums/community/new"), form(text="x" * 1_100_000)).status_code == 413


@pytest.mark.parametrize(
    "fields", [{}, {"submission_key": "short"}, {"submission_key": "k" * 65}, {"submission_key": "ключ-ключ"}]
)
def test_a_form_that_is_not_ours_is_refused(browse, fields: dict[str, str]) -> None:
    mentor = browse(Role.MENTOR)
    assert mentor.post(mentor.path("/forums/community/new"), {"text": "x", "title": "y"} | fields).status_code == 422


def test_hostile_titles_and_texts_are_shown_as_they_are(browse) -> None:
    mentor = browse(Role.MENTOR)
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    thread = opened(mentor, title=hostile, text=hostile + " [x](javascript:alert(1))")
    for path in (thread, mentor.path("/forums/community"), mentor.path("/forums/?q=alert")):
        page = mentor.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
        assert 'href="javascript' not in page


def test_what_is_written_without_a_name_shows_none_to_anybody(browse, database) -> None:
    mentor, staff = browse(Role.MENTOR), browse(Role.ADMINISTRATOR)
    thread = opened(mentor, text="A hard case", is_unnamed="yes")
    post = last_post(database)
    posted(staff, thread, reply=post, text="Thanks")
    for path in (
        thread,
        mentor.path("/forums/community"),
        mentor.path("/forums/?q=hard"),
        mentor.path(f"/forums/posts/{post}"),
    ):
        for browser in (staff, browse(Role.YOUTH_WORKER)):
            page = browser.get(path).text
            assert "Name of mentor-1" not in page, path
            assert mentor.member.person.public_id not in page
            assert mentor.member.public_id not in page
            assert "someone without a name" in page
    assert "Reply to post 1 by someone without a name" in staff.get(thread).text


def test_a_post_is_changed_and_its_past_is_for_writer_and_moderators(browse, database) -> None:
    mentor, other, staff = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    opened(mentor, text="A slip of the pne")
    path = mentor.path(f"/forums/posts/{last_post(database)}")
    assert mentor.post(path, {"text": "A slip of the pen", "edits": "0"}).status_code == 303
    again = mentor.post(path, {"text": "From an old tab", "edits": "0"})
    assert again.status_code == 409
    assert "From an old tab</textarea>" in again.text
    assert mentor.post(path, {"text": " ", "edits": "1"}).status_code == 422
    assert other.post(path, {"text": "Mine", "edits": "1"}).status_code == 403
    assert "of the pne" in mentor.get(path).text
    assert "of the pne" in staff.get(path).text
    assert "of the pne" not in other.get(path).text
    with transaction(database) as session:
        session.execute(update(Post).values(posted_at=utc_now() - timedelta(minutes=31)))
    late = mentor.post(path, {"text": "Too late, but kept", "edits": "1"})
    assert late.status_code == 409
    assert "Too late, but kept</textarea>" in late.text
    assert mentor.post(f"{path}/delete", {}).status_code == 303
    for browser in (mentor, other, staff):
        page = browser.get(path).text
        assert "Deleted by its writer" in page
        assert "A slip" not in page


def test_a_draft_is_kept_and_comes_back(browse) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    place = mentor.path(f"/forums/drafts/{thread.rpartition('/')[2]}")
    kept = mentor.post(place, form(submission_key="draft-key-1", text="Begun", is_unnamed="yes"))
    assert "Saved" in kept.json["words"]
    page = mentor.get(thread).text
    assert "Begun</textarea>" in page
    assert 'name="draft" value="draft-key-1.1"' in page
    assert "Begun" not in browse(Role.YOUTH_WORKER).get(thread).text
    posted(mentor, thread, text="Done", draft="draft-key-1.1")
    assert "Begun" not in mentor.get(thread).text
    mentor.post(place, form(submission_key="draft-key-2", text="Another"))
    assert mentor.post(f"{place}/discard", {"submission_key": "draft-key-2"}).status_code == 303
    assert "Another" not in mentor.get(thread).text
    assert mentor.post(mentor.path("/forums/drafts/" + "x" * 65), form()).status_code == 422


def test_a_draft_stays_with_the_readers_it_was_meant_for(app, browse, database) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.get(mentor.path("/forums/community/new")).text
    place = re.search(r'data-draft="([^"]+)"', page)[1]
    mentor.post(place, form(text="For this course"))
    assert "For this course</textarea>" in mentor.get(mentor.path("/forums/community/new")).text
    with transaction(database) as session:
        elsewhere = Browser(app, make_member(session, "mentor-1", Role.MENTOR, context_id="course-2"))
    assert elsewhere.member.person_id == mentor.member.person_id
    assert "For this course" not in elsewhere.get(elsewhere.path("/forums/community/new")).text
    key = re.search(r'name="draft" value="([^".]+)', mentor.get(mentor.path("/forums/community/new")).text)[1]
    back = mentor.post(f"{place}/discard", {"submission_key": key})
    assert back.location == mentor.path("/forums/community/new")
    assert "For this course" not in mentor.get(back.location).text


def test_a_quotation_stands_in_the_form(browse, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor, text="One\nTwo")
    page = mentor.get(f"{thread}?reply={last_post(database)}&quote=1").text
    assert "&gt; One\n&gt; Two\n" in page
    assert "Reply to post 1 by" in page
    for stray in ("nothing", "\0", "x" * 2000):
        assert mentor.get(thread, query_string={"reply": stray, "quote": "1"}).status_code == 200


def test_a_poll_is_answered(browse) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor, "dilemmas", options="Wait\nAsk <b>")
    page = mentor.get(thread).text
    assert "Ask &lt;b&gt;" in page
    assert mentor.post(f"{thread}/vote", {"answer": "2"}).status_code == 303
    assert 'value="2" checked' in mentor.get(thread).text
    for answer, status in (("", 303), ("9", 404), ("x", 303), ("1" * 50, 303)):
        assert mentor.post(f"{thread}/vote", {"answer": answer}).status_code == status


def test_a_page_asks_as_often_for_many_posts_as_for_few(app, browse, database) -> None:
    mentor = browse(Role.MENTOR)
    thread = opened(mentor)
    paths = [
        thread,
        f"{thread}?page=2",
        mentor.path("/forums/community"),
        mentor.path("/forums/community?show=unread"),
        mentor.path("/forums/"),
        mentor.path("/forums/?q=more"),
    ]

    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *given: asked.append(given[2]))

    def fill(first: int, last: int) -> None:
        with transaction(database) as session:
            [row] = session.scalars(select(Thread).where(Thread.title == "A thread"))
            writer = make_member(session, "writer", Role.MENTOR)
            row.last_number = last
            for number in range(first, last + 1):
                session.add(_post(row.id, writer.person_id, number, row.created_at))
                if number % 20 == 0:
                    more = Thread(
                        forum_id=row.forum_id, title=f"More {number}", last_number=1, created_at=AT, last_post_at=AT
                    )
                    session.add(more)
                    session.flush()
                    session.add(_post(more.id, writer.person_id, 1, AT))

    def statements() -> list[int]:
        counts = []
        for path in paths:
            asked.clear()
            page = browse(Role.YOUTH_WORKER).get(path)
            assert page.status_code == 200
            assert len(page.data) < 200 * 1024
            counts.append(len(asked))
        return counts

    fill(2, 60)
    statements()  # the first reading of each thread writes its mark
    few = statements()
    fill(61, 2000)
    statements()
    assert statements() == few
    assert max(few) <= 20
    shown = {
        kind: browse(Role.YOUTH_WORKER).get(mentor.path(f"/forums/community{kind}")).text
        for kind in ("", "?show=unread")
    }
    assert "Page 1 of 5" in shown[""]
    assert "Page 1<" in shown["?show=unread"], "what is unread is not counted to its end"


def _post(thread_id: int, author_id: int, number: int, at) -> Post:
    return Post(
        thread_id=thread_id,
        number=number,
        author_id=author_id,
        author_role=Role.MENTOR,
        text=f"More of **this**, {number}",
        folded=f"more of this {number}",
        language="en",
        submission_key=f"{thread_id}-{number}",
        posted_at=at,
    )


def test_reading_twice_at_once_breaks_nothing(browse, database) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor)
    assert [coordinator.get(thread).status_code for _ in range(3)] == [200] * 3
    assert coordinator.post(f"{thread}/star", {"starred": "yes"}).status_code == 303
    assert "A thread" in coordinator.get(coordinator.path("/forums/community?show=starred")).text
    assert "No thread of this forum" in coordinator.get(coordinator.path("/forums/community?show=unread")).text
    assert coordinator.post(coordinator.path("/forums/network/read"), {}).status_code == 303
    with database() as session:
        assert set(session.scalars(select(Forum.key))) == {"community", "network"}
    for query in ("page=-1", "page=99999999999999999999", "page=x", "at=0", "at=99999999", "at=x", "show=x"):
        assert coordinator.get(f"{thread}?{query}").status_code in {200, 303}
        assert coordinator.get(coordinator.path(f"/forums/community?{query}")).status_code == 200
        assert coordinator.get(coordinator.path(f"/forums/?q=thread&{query}")).status_code == 200


def _asking_for_a_post() -> Catalogue:
    """Return a catalogue with a module that one post completes."""
    module = make_module("roles", ("mentor",))
    return make_catalogue(replace(module, complete=Requirement(Kind.POSTED, "roles")))


@pytest.mark.parametrize("catalogue", [_asking_for_a_post()], ids=["post"])
@pytest.mark.parametrize(
    ("key", "fields", "counts"),
    [
        ("community", {}, True),
        ("community", {"is_unnamed": "yes"}, False),
        ("supervision", {}, False),
    ],
)
def test_a_post_counts_for_a_module_that_asks_for_one(browse, database, key, fields, counts: bool) -> None:
    mentor = browse(Role.MENTOR)
    opened(mentor, key, **fields)
    with database() as session:
        assert any(session.scalars(select(Completion.completed_at))) is counts


@pytest.mark.parametrize("catalogue", [_asking_for_a_post()], ids=["post"])
def test_a_post_that_is_gone_counts_no_longer(browse, database) -> None:
    """Deleted by its writer or hidden by a moderator; shown again, it counts again."""
    mentor, staff = browse(Role.MENTOR), browse(Role.COORDINATOR)

    def done() -> list[bool]:
        with database() as session:
            return [at is not None for at in session.scalars(select(Completion.completed_at))]

    def post_id() -> str:
        with database() as session:
            return str(session.scalars(select(Post.public_id).order_by(Post.id.desc())).first())

    assert '/forums/community"' in mentor.get(mentor.path("/modules/roles")).text
    opened(mentor, "community")
    first = f"/forums/posts/{post_id()}"
    assert done() == [True]
    for act, counts in (("hide", False), ("show", True)):
        sent = staff.post(staff.path(f"{first}/hide"), {"act": act, "reason": "Names someone."})
        assert (sent.status_code, done()) == (303, [counts])
    assert mentor.post(mentor.path(f"{first}/delete"), {}).status_code == 303
    assert done() == [False]
    assert "So far: 0 of 1 post" in mentor.get(mentor.path("/readiness")).text


@pytest.mark.parametrize("catalogue", [_asking_for_a_post()], ids=["post"])
def test_a_thread_that_moves_counts_for_all_its_writers_as_posts_of_that_forum_do(browse, database) -> None:
    mentor, staff, late = browse(Role.MENTOR), browse(Role.COORDINATOR), browse(Role.YOUTH_WORKER)

    def done() -> dict[str, bool]:
        with database() as session:
            rows = session.execute(select(Person.subject, Completion.completed_at).join(Person))
            return {subject: at is not None for subject, at in rows}

    def move(thread: str, forum: str) -> None:
        fields = {"act": "move", "forum": forum, "version": version(staff.get(thread).text)}
        assert staff.post(f"{thread}/manage", fields).status_code == 303

    thread = opened(mentor, "community")
    posted(late, thread)
    move(thread, "questions")
    assert done() == {"mentor-1": True, "youth_worker-1": True}
    move(thread, "coordinators")
    assert done() == {"mentor-1": False, "youth_worker-1": False}
    announced = opened(staff, "announcements")
    assert not done().get("coordinator-1")
    move(announced, "community")
    assert done()["coordinator-1"]


def _asking_for_a_discussion(forum: str = "lessons") -> Catalogue:
    """Return a catalogue with a module that a post and an answer in one forum complete."""
    kinds = (Kind.TALKED, Kind.ANSWERED)
    rule = Group(2, tuple(Requirement(kind, "roles", (forum,)) for kind in kinds))
    return make_catalogue(replace(make_module("roles", ("mentor",)), complete=rule), make_module("stages", ()))


@pytest.mark.parametrize("catalogue", [_asking_for_a_discussion()], ids=["discussion"])
def test_a_discussion_is_met_by_posting_and_answering_and_its_facilitator_sees_how_far_it_is(browse, database) -> None:
    mentor, staff = browse(Role.MENTOR), browse(Role.COORDINATOR)
    worker = browse(Role.YOUTH_WORKER)
    seen = staff.path("/discussions/roles")
    assert f'href="{seen}"' in staff.get(staff.path("/modules/roles")).text
    assert staff.get(staff.path("/discussions/stages")).status_code == 404
    assert mentor.get(seen).status_code == 403
    shown = mentor.get(mentor.path("/modules/roles")).text
    assert "0 of 1 answer to others in “What I learned from a failure”" in shown
    assert "/forums/lessons" in shown
    thread = opened(worker, "lessons")
    theirs = last_post(database)
    posted(mentor, thread)
    assert "Waits for an answer" in staff.get(seen).text
    assert "0 of 1" in staff.get(seen).text
    mine = last_post(database)
    posted(mentor, thread, reply=theirs)
    posted(worker, thread, reply=mine)
    with database() as session:
        assert session.scalars(select(Completion).filter_by(module_key="roles")).all()
        done = {one.person_id: one.completed_at for one in session.scalars(select(Completion))}
        assert done[mentor.member.person_id] is not None
    after = staff.get(seen).text
    assert "Waits for an answer" not in after
    assert "at=2" in after
    assert "Name of youth_worker-1" not in after


@pytest.mark.parametrize("catalogue", [_asking_for_a_discussion("community")], ids=["discussion"])
def test_an_answer_that_begins_a_thread_of_its_own_is_an_answer_no_longer(browse, database) -> None:
    mentor, staff, worker = browse(Role.MENTOR), browse(Role.COORDINATOR), browse(Role.YOUTH_WORKER)

    def is_done() -> bool:
        with database() as session:
            found = session.scalars(select(Completion).filter_by(person_id=mentor.member.person_id)).one()
            return found.completed_at is not None

    thread = opened(worker, "community")
    opened(mentor, "community")
    posted(mentor, thread)
    assert is_done()
    answer = staff.path(f"/forums/posts/{last_post(database)}")
    fields = {"title": "Another matter", "version": version(staff.get(answer).text)}
    assert staff.post(f"{answer}/split", fields).status_code == 303
    assert not is_done()
