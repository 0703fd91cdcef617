"""What people write in forums, in the database: posted once, changed for half an hour, seen by its ring alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import new_public_id, transaction
from service.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from service.exercises.operations import lock_learner
from service.forums import operations, polls, reading, rules
from service.forums.access import OpenThread, Reader, get_forum, get_post, get_thread, list_open, open_reader
from service.forums.models import Forum, Post, PostMention, PostRevision, Thread
from service.forums.operations import TooFastError, Written
from service.forums.polls import find_poll
from service.forums.search import list_mentions, search
from service.forums.talk import list_posted
from service.people.models import Membership, Role
from tests.databases import someone_waits
from tests.makers import AT, make_member, make_platform
from tests.waiting import wait_until

LATER = AT + timedelta(minutes=5)


def reader(session: Session, subject: str, role: Role, **options) -> Reader:
    return open_reader(session, make_member(session, subject, role, **options), {})


def written(text: str = "Hello", **more) -> Written:
    return Written(text, **({"submission_key": new_public_id(), "title": "A thread", "options": "Wait\nAsk"} | more))


def start(session: Session, who: Reader, key: str = "community", ring: str | None = None, at=AT, **more) -> OpenThread:
    post = operations.start_thread(session, get_forum(session, who, key), written(**more), ring=ring, at=at)
    return OpenThread(session.get_one(Thread, post.thread_id), get_forum(session, who, key))


def reply(session: Session, who: Reader, thread: OpenThread, parent: Post | None = None, at=LATER, **more) -> Post:
    opened = get_thread(session, who, thread.row.public_id)
    return operations.reply(session, opened, written(**more), parent=parent, at=at)


def texts(session: Session, who: Reader, thread: OpenThread) -> list[str]:
    page = reading.read_thread(session, get_thread(session, who, thread.row.public_id), 1)
    return [line.row.text for line in page.posts]


@pytest.fixture
def anna(session: Session) -> Reader:
    return reader(session, "anna", Role.MENTOR)


@pytest.fixture
def ewa(session: Session) -> Reader:
    return reader(session, "ewa", Role.MENTOR)


@pytest.fixture
def staff(session: Session) -> Reader:
    return reader(session, "staff", Role.COORDINATOR)


def test_a_forum_is_made_when_something_is_kept_in_it(session: Session, anna: Reader) -> None:
    assert session.scalars(select(Forum)).all() == []
    start(session, anna)
    start(session, anna, title="Another")
    assert session.scalars(select(Forum.key)).all() == ["community"]


def test_the_same_form_twice_is_one_thread_and_one_reply(session: Session, anna: Reader) -> None:
    form = written()
    forum = get_forum(session, anna, "community")
    first = operations.start_thread(session, forum, form, ring=None, at=AT)
    assert operations.start_thread(session, forum, form, ring=None, at=LATER) is first
    thread = OpenThread(session.get_one(Thread, first.thread_id), forum)
    answer = written("Yes")
    once = operations.reply(session, thread, answer, parent=first, at=AT)
    assert operations.reply(session, thread, answer, parent=first, at=LATER) is once
    assert [post.number for post in session.scalars(select(Post).order_by(Post.number))] == [1, 2]


def test_two_at_once_get_two_numbers(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        people = [make_member(session, f"{n}", Role.MENTOR) for n in range(4)]
        thread_id = start(session, open_reader(session, people[0], {})).row.public_id

    def post(member: Membership) -> None:
        with transaction(sessions) as session:
            mine = open_reader(session, session.merge(member), {})
            operations.reply(session, get_thread(session, mine, thread_id), written(), parent=None, at=LATER)

    threads = [threading.Thread(target=post, args=[member]) for member in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with sessions() as session:
        assert sorted(session.scalars(select(Post.number))) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("what", ["thread", "post"])
def test_a_moderator_waits_for_a_writer_before_the_thread_so_that_nobody_waits_in_a_circle(
    sessions: sessionmaker[Session], what: str
) -> None:
    with transaction(sessions) as session:
        staff, writer = make_member(session, "staff", Role.COORDINATOR), make_member(session, "writer", Role.MENTOR)
        thread_id = start(session, open_reader(session, writer, {})).row.public_id
        post_id = session.scalars(select(Post.public_id)).one()

    def moderate() -> None:
        with transaction(sessions) as session:
            present = open_reader(session, session.merge(staff), {})
            if what == "thread":
                get_thread(session, present, thread_id, locked=True)
            else:
                get_post(session, present, post_id, locked=True)

    with ThreadPoolExecutor(1) as threads, transaction(sessions) as replying:
        lock_learner(replying, writer.person_id)
        moderating = threads.submit(moderate)
        wait_until(lambda: moderating.done() or someone_waits(sessions))
        replying.execute(select(Thread).with_for_update(nowait=True)).one()
        replying.execute(select(Post).with_for_update(nowait=True)).one()
        assert not moderating.done()
        replying.rollback()
        moderating.result()


@pytest.mark.parametrize(
    ("key", "changes", "fields"),
    [
        ("community", {"text": " \n "}, {"text": "text.missing"}),
        ("community", {"text": "x" * 20_001}, {"text": "text.long"}),
        ("community", {"title": " "}, {"title": "title.missing"}),
        ("community", {"title": "x" * 151, "text": ""}, {"title": "title.long", "text": "text.missing"}),
        ("dilemmas", {"options": "One"}, {"options": "options.count"}),
        ("dilemmas", {"options": "\n".join("abcdefg")}, {"options": "options.count"}),
        ("dilemmas", {"options": "a\n" + "b" * 301}, {"options": "options.long"}),
    ],
)
def test_what_is_missing_is_said_field_by_field(session: Session, anna: Reader, key, changes, fields) -> None:
    with pytest.raises(InvalidInputError) as error:
        start(session, anna, key, **changes)
    assert error.value.details["fields"] == fields
    assert session.scalars(select(Post)).all() == []


def test_nobody_posts_faster_than_people_write(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna)
    for _ in range(rules.POSTS_AT_ONCE - 1):
        reply(session, anna, thread, at=AT)
    with pytest.raises(TooFastError):
        reply(session, anna, thread, at=AT)
    reply(session, ewa, thread, at=AT)
    reply(session, anna, thread, at=AT + rules.AT_ONCE)


def test_a_post_is_changed_for_half_an_hour_and_what_it_said_is_kept(
    session: Session, anna: Reader, ewa: Reader
) -> None:
    thread = start(session, anna, text="Frist")
    post = get_post(session, anna, session.scalars(select(Post.public_id)).one())
    operations.edit_post(session, post, "First", 0, at=LATER)
    assert (post.row.text, post.row.edits) == ("First", 1)
    assert session.scalars(select(PostRevision.text)).all() == ["Frist"]
    with pytest.raises(ConflictError, match="since"):
        operations.edit_post(session, post, "From another tab", 0, at=LATER)
    with pytest.raises(ConflictError, match="over"):
        operations.edit_post(session, post, "Too late", 1, at=AT + timedelta(minutes=30))
    with pytest.raises(NotAllowedError):
        operations.edit_post(session, get_post(session, ewa, post.row.public_id), "Mine", 1, at=LATER)
    assert texts(session, ewa, thread) == ["First"]


def test_what_is_deleted_is_gone_and_its_place_stays(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna, text="A secret")
    post = get_post(session, anna, session.scalars(select(Post.public_id)).one())
    operations.edit_post(session, post, "A secret of @Name of ewa", 0, at=LATER)
    operations.delete_post(session, post, at=LATER)
    session.flush()
    for table in (PostRevision, PostMention):
        assert session.scalars(select(table)).all() == []
    assert texts(session, ewa, thread) == [""]
    assert search(session, list_open(session, ewa), "secret", 1) == ([], False)
    with pytest.raises(NotAllowedError):
        operations.edit_post(session, post, "Back", 1, at=LATER)


def test_answers_are_hidden_until_one_has_answered(session: Session, anna: Reader, ewa: Reader, staff: Reader) -> None:
    thread = start(session, staff, "questions", text="What would you do?")
    reply(session, anna, thread, text="I would wait")
    assert texts(session, ewa, thread) == ["What would you do?"]
    assert texts(session, staff, thread) == texts(session, anna, thread) == ["What would you do?", "I would wait"]
    [answer] = session.scalars(select(Post).where(Post.number == 2))
    with pytest.raises(NotFoundError):
        get_post(session, ewa, answer.public_id)
    assert search(session, list_open(session, ewa), "wait", 1)[0] == []
    assert reading.list_news(session, list_open(session, ewa))["questions"].unread == 1
    own = reply(session, ewa, thread, text="I would ask")
    assert texts(session, ewa, thread) == ["What would you do?", "I would wait", "I would ask"]
    operations.delete_post(session, get_post(session, ewa, own.public_id), at=LATER)
    session.flush()
    assert texts(session, ewa, thread)[0:1] == ["What would you do?"]
    assert len(texts(session, ewa, thread)) == 2


def test_a_private_reply_is_for_its_writer_and_the_staff(
    session: Session, anna: Reader, ewa: Reader, staff: Reader
) -> None:
    thread = start(session, staff, "announcements", text="News")
    [opening] = session.scalars(select(Post))
    private = reply(session, anna, thread, opening, text="Only for you", is_private=True)
    reply(session, staff, thread, private, text="Only for Anna")
    assert texts(session, anna, thread) == texts(session, staff, thread) == ["News", "Only for you", "Only for Anna"]
    assert texts(session, ewa, thread) == ["News"]
    assert thread.row.last_post_at == AT
    with pytest.raises(NotFoundError):
        get_post(session, ewa, private.public_id)
    with pytest.raises(NotAllowedError):
        reply(session, anna, thread, opening, text="For all")
    assert search(session, list_open(session, ewa), "only", 1)[0] == []
    assert {hit.post.text for hit in search(session, list_open(session, anna), "only", 1)[0]} == {
        "Only for you",
        "Only for Anna",
    }


def test_a_person_has_one_thread_with_the_coordinators(
    session: Session, anna: Reader, ewa: Reader, staff: Reader
) -> None:
    ring = f"person:{anna.person_id}"
    thread = start(session, anna, "supervision", ring, text="May we talk?")
    assert start(session, staff, "supervision", ring, text="Gladly", at=LATER).row is thread.row
    assert texts(session, anna, thread) == texts(session, staff, thread) == ["May we talk?", "Gladly"]
    with pytest.raises(NotFoundError):
        get_thread(session, ewa, thread.row.public_id)
    with pytest.raises(NotFoundError):
        start(session, ewa, "supervision", ring)
    assert (
        reading.list_threads(session, get_forum(session, ewa, "supervision"), reading.Show.ALL, 1, at=LATER).lines == []
    )


def test_a_relation_has_a_thread_that_not_even_staff_see(session: Session, staff: Reader) -> None:
    mentor, mentee, other = (
        make_member(session, name, role) for name, role in [("a", Role.MENTOR), ("b", Role.MENTEE), ("c", Role.MENTEE)]
    )
    people = frozenset({mentor.person_id, mentee.person_id})
    ring = {"r1": people}
    thread = start(session, open_reader(session, mentor, ring), "relation", "relation:r1", text="First meeting?")
    reply(session, open_reader(session, mentee, ring), thread, text="On Monday, @Name of a and @Name of c")
    assert texts(session, open_reader(session, mentee, ring), thread)[0] == "First meeting?"
    for stranger in (
        staff,
        open_reader(session, other, {}),
        open_reader(session, other, {"r2": people}),
        open_reader(session, mentor, {}),
    ):
        with pytest.raises(NotFoundError):
            get_thread(session, stranger, thread.row.public_id)
        assert search(session, list_open(session, stranger), "meeting", 1)[0] == []
    assert session.scalars(select(PostMention.person_id)).all() == [mentor.person_id]


def test_coordinators_of_one_platform_meet_and_those_of_another_do_not(session: Session, staff: Reader) -> None:
    near = reader(session, "near", Role.COORDINATOR, context_id="course-2")
    far = reader(session, "far", Role.COORDINATOR, platform=make_platform(session, "https://far.example"))
    thread = start(session, staff, "network")
    assert texts(session, near, thread) == ["Hello"]
    assert len(session.scalars(select(Forum)).all()) == 1
    start(session, near, "network")
    assert len(session.scalars(select(Forum)).all()) == 1
    with pytest.raises(NotFoundError):
        get_thread(session, far, thread.row.public_id)


def test_where_many_institutions_share_a_registration_their_coordinators_do_not_meet(
    session: Session, staff: Reader
) -> None:
    make_platform(session).product_family = "BlackboardLearn"
    session.flush()
    again = open_reader(session, staff.member, {})
    with pytest.raises(NotFoundError):
        get_forum(session, again, "network")
    assert "network" not in [forum.plan.key for forum in list_open(session, again)]


def test_only_who_may_read_is_named(session: Session, anna: Reader, ewa: Reader, staff: Reader) -> None:
    mentee = make_member(session, "mentee", Role.MENTEE)
    thread = start(session, anna, text="See @Name of ewa, @name of MENTEE and @Name of anna", reason="All agreed")
    assert session.scalars(select(PostMention.person_id)).all() == [ewa.person_id]
    [hit] = list_mentions(session, list_open(session, ewa), ewa.person_id)
    assert hit.thread.public_id == thread.row.public_id
    opened = get_thread(session, ewa, thread.row.public_id)
    reading.mark_read(session, opened, 1)
    assert list_mentions(session, list_open(session, ewa), ewa.person_id) == []
    assert mentee.person_id not in session.scalars(select(PostMention.person_id)).all()


def test_who_has_no_name_is_named_by_their_code(session: Session, anna: Reader, ewa: Reader) -> None:
    ewa.member.person.name = ""
    start(session, anna, text=f"Thanks, @{ewa.member.person.public_id[:4].upper()}!")
    assert session.scalars(select(PostMention.person_id)).all() == [ewa.person_id]


def test_what_is_unread(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna)
    other = start(session, anna, title="Another")
    for text in ("2", "3"):
        reply(session, anna, thread, text=text)
    reply(session, ewa, thread, text="4")

    def unread(who: Reader) -> dict[str, int]:
        forum = get_forum(session, who, "community")
        return {
            line.row.title: line.unread
            for line in reading.list_threads(session, forum, reading.Show.ALL, 1, at=LATER).lines
        }

    def threads(who: Reader) -> int:
        return reading.list_news(session, list_open(session, who))["community"].unread

    assert unread(ewa) == {"A thread": 3, "Another": 1}
    assert unread(anna) == {"A thread": 1, "Another": 0}
    assert (threads(ewa), threads(anna)) == (2, 1)
    opened = get_thread(session, ewa, thread.row.public_id)
    assert reading.read_thread(session, opened, 1).unread_number == 1
    reading.mark_read(session, opened, 2)
    reading.mark_read(session, opened, 1)
    assert reading.read_thread(session, opened, 1).unread_number == 3
    assert unread(ewa)["A thread"] == 1
    reading.mark_all_read(session, get_forum(session, ewa, "community"), at=LATER)
    assert (unread(ewa), threads(ewa)) == ({"A thread": 0, "Another": 0}, 0)
    reply(session, anna, other, at=LATER + timedelta(seconds=1))
    assert (unread(ewa)["Another"], threads(ewa)) == (1, 1)
    forum = get_forum(session, ewa, "community")
    shown = reading.list_threads(session, forum, reading.Show.UNREAD, 1, at=LATER).lines
    assert [line.row.title for line in shown] == ["Another"]
    reading.set_star(session, opened, is_starred=True, at=LATER)
    shown = reading.list_threads(session, forum, reading.Show.STARRED, 1, at=LATER).lines
    assert [line.row.title for line in shown] == ["A thread"]


def test_a_thread_is_read_page_by_page(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna)
    for number in range(2, 104):
        session.add(_post(thread, anna, number))
    thread.row.last_number = 103
    session.flush()
    opened = get_thread(session, ewa, thread.row.public_id)
    reading.mark_read(session, opened, 50)
    page = reading.read_thread(session, opened, 99)
    assert (page.page, page.pages, page.count, page.unread_number) == (3, 3, 103, 51)
    assert [line.row.number for line in page.posts] == [101, 102, 103]
    assert [reading.find_page(session, opened, number) for number in (1, 50, 51, 100, 101)] == [1, 1, 2, 2, 3]


def _post(thread: OpenThread, author: Reader, number: int, text: str = "More") -> Post:
    return Post(
        thread_id=thread.row.id,
        number=number,
        author_id=author.person_id,
        author_role=Role.MENTOR,
        text=text,
        folded=text.lower(),
        language="en",
        submission_key=f"key-{number}",
        posted_at=AT,
    )


def test_a_reply_knows_what_it_answers(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna)
    [opening] = session.scalars(select(Post))
    reply(session, ewa, thread, opening)
    lines = reading.read_thread(session, get_thread(session, anna, thread.row.public_id), 1).posts
    assert lines[1].parent is opening
    assert lines[1].parent.author is anna.member.person
    assert [line.is_unread for line in lines] == [False, True]
    elsewhere = start(session, ewa, title="Another")
    stray = reply(session, ewa, elsewhere, opening)
    assert stray.parent_id is None


@pytest.mark.parametrize("query", ["זיו", "רבי ZIV", "zolc", "ŻÓŁĆ lucja", "100%"])
def test_search_folds_letters_and_takes_no_wildcards(session: Session, anna: Reader, ewa: Reader, query: str) -> None:
    start(session, anna, title="Żółć, Łucja", text="רַבִּי זִיו / ziv 100%")
    start(session, anna, title="Nothing", text="1000 zolty")
    hits, has_more = search(session, list_open(session, ewa), query, 1)
    assert ([hit.thread.title for hit in hits], has_more) == (["Żółć, Łucja"], False)


def test_a_poll_shows_its_spread_to_who_has_voted_once_there_are_five(session: Session, anna: Reader) -> None:
    thread = start(session, anna, "dilemmas", options="Wait\nAsk\nTell")
    voters = [reader(session, f"v{n}", Role.MENTOR) for n in range(4)]

    def poll(who: Reader):
        return find_poll(session, get_thread(session, who, thread.row.public_id))

    for number, who in enumerate(voters):
        polls.vote(session, get_thread(session, who, thread.row.public_id), 1 + number % 2, at=LATER)
    assert [answer.votes for answer in poll(voters[0]).answers] == [None] * 3
    polls.vote(session, thread, 1, at=LATER)
    polls.vote(session, thread, 3, at=LATER)
    found = poll(anna)
    assert ([answer.votes for answer in found.answers], found.chosen, found.votes) == ([2, 2, 1], 3, 5)
    late = poll(reader(session, "late", Role.MENTOR))
    assert ([answer.votes for answer in late.answers], late.chosen, late.votes) == ([None] * 3, None, 5)
    with pytest.raises(NotFoundError):
        polls.vote(session, thread, 4, at=LATER)


def test_contributions_are_listed_for_completion(session: Session, anna: Reader, ewa: Reader, staff: Reader) -> None:
    thread = start(session, anna)
    [opening] = session.scalars(select(Post))
    reply(session, anna, thread, opening, text="To myself")
    reply(session, ewa, thread, opening, text="An answer")
    reply(session, ewa, thread, opening, text="Without a name", is_unnamed=True)
    reply(session, ewa, thread, opening, text="To staff", is_private=True)
    gone = reply(session, ewa, thread, opening, text="Gone")
    operations.delete_post(session, get_post(session, ewa, gone.public_id), at=LATER)
    posted = list_posted(session, [anna.person_id, ewa.person_id, staff.person_id])
    assert [(one.forum_key, one.is_answer) for one in posted[anna.person_id]] == [("community", False)] * 2
    assert [(one.thread_id, one.is_answer) for one in posted[ewa.person_id]] == [(thread.row.public_id, True)]
    assert posted[staff.person_id] == []


def test_a_single_topic_is_one_thread(session: Session, anna: Reader, ewa: Reader) -> None:
    first, second = (
        start(session, anna, "introductions", text="I am Anna"),
        start(session, ewa, "introductions", text="I am Ewa"),
    )
    assert first.row is second.row
    assert texts(session, anna, first) == ["I am Anna", "I am Ewa"]


def test_nobody_writes_in_a_locked_thread(session: Session, anna: Reader, ewa: Reader) -> None:
    thread = start(session, anna, "dilemmas")
    thread.row.forum.lock_after_days = 7
    assert not operations.is_locked(thread, at=AT + timedelta(days=7))
    late = AT + timedelta(days=8)
    assert operations.is_locked(thread, at=late)
    with pytest.raises(ConflictError):
        reply(session, ewa, thread, at=late)
    with pytest.raises(ConflictError):
        polls.vote(session, thread, 1, at=late)
    thread.row.reopened_at = late
    assert reply(session, ewa, thread, at=late).number == 2


def test_a_list_of_threads_is_in_one_order_over_all_its_pages(session: Session, anna: Reader, staff: Reader) -> None:
    """Pinned ones first, then the latest; of the same moment the one that was opened last."""
    forum = get_forum(session, anna, "community")
    row = operations.ensure_forum(session, forum, at=AT)
    for number in range(70):
        last_at = AT + timedelta(hours=number * 7 % 23)
        pinned_at = AT if number % 2 == 0 and number < 64 else None
        values = {"forum_id": row.id, "title": str(number), "created_at": AT, "pinned_at": pinned_at}
        session.add(Thread(**values, last_post_at=last_at))
        session.flush()
    expected = sorted(
        session.scalars(select(Thread)), key=lambda one: (one.pinned_at is None, -one.last_post_at.timestamp(), -one.id)
    )
    forum, found = get_forum(session, anna, "community"), []
    for page in (1, 2, 3, 4):
        shown = reading.list_threads(session, forum, reading.Show.ALL, page, at=LATER)
        assert (shown.page, shown.pages, shown.is_counted) == (min(page, 3), 3, True)
        found += [line.row.id for line in shown.lines] if page <= 3 else []
    assert found == [one.id for one in expected]
