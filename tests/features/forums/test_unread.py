"""Which threads have something new, and in which order they are listed: as whoever reads all posts would say."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from service.forums import operations, reading
from service.forums.access import Reader, get_forum, list_open, open_reader
from service.forums.models import Post, Thread, ThreadMark
from service.people.models import Role
from tests.makers import AT, make_member

LATER = AT + timedelta(days=1)
THREADS, MARKED_AT = 90, AT + timedelta(hours=10)


@pytest.fixture
def readers(session: Session) -> list[Reader]:
    roles = {"anna": Role.MENTOR, "ewa": Role.MENTOR, "staff": Role.COORDINATOR}
    return [open_reader(session, make_member(session, name, role), {}) for name, role in roles.items()]


def write_some(session: Session, readers: Sequence[Reader], chance: random.Random) -> list[tuple[Thread, list[Post]]]:
    """Threads of few posts by all of these readers, some private to the first, some deleted, some threads pinned."""
    forum = operations.ensure_forum(session, get_forum(session, readers[0], "community"), at=AT)
    written = []
    for number in range(THREADS):
        times = sorted(AT + timedelta(hours=chance.randint(0, 20)) for _ in range(chance.randint(1, 4)))
        private = [place > 0 and chance.random() < 0.3 for place in range(len(times))]
        thread = Thread(
            forum_id=forum.id,
            title=str(number),
            created_at=times[0],
            last_post_at=max(at for at, is_private in zip(times, private, strict=True) if not is_private),
            last_number=len(times),
            pinned_at=AT if chance.random() < 0.4 else None,
        )
        session.add(thread)
        session.flush()
        posts = [
            _post(thread, chance.choice(readers), place, at, readers[0] if private[place - 1] else None)
            for place, at in enumerate(times, 1)
        ]
        for post in posts:
            post.deleted_at = LATER if chance.random() < 0.2 else None
        session.add_all(posts)
        written.append((thread, posts))
    for who in readers:
        for thread, posts in chance.sample(written, THREADS // 2):
            mark = {"person_id": who.person_id, "thread_id": thread.id, "read_to": chance.randint(0, len(posts))}
            session.add(ThreadMark(**mark))
    session.flush()
    return written


def _post(thread: Thread, author: Reader, number: int, at: datetime, private_to: Reader | None) -> Post:
    return Post(
        thread_id=thread.id,
        number=number,
        author_id=author.person_id,
        author_role=author.member.role,
        private_to_id=private_to.person_id if private_to else None,
        text="Hello",
        folded="hello",
        language="en",
        submission_key=f"{thread.id}-{number}",
        posted_at=at,
    )


def expect(
    session: Session, who: Reader, written: Sequence[tuple[Thread, list[Post]]], marked_at: datetime | None
) -> list[int]:
    """The threads that have something new for a reader, in their order."""
    new = []
    for thread, posts in written:
        mark = session.get(ThreadMark, (who.person_id, thread.id))
        for post in posts:
            is_seen = who.is_staff or post.private_to_id in {None, who.person_id}
            is_later = post.number > (mark.read_to if mark else 0) and (marked_at is None or post.posted_at > marked_at)
            if is_seen and is_later and post.author_id != who.person_id and post.deleted_at is None:
                new.append(thread)
                break
    return [one.id for one in sorted(new, key=lambda t: (t.pinned_at is None, -t.last_post_at.timestamp(), -t.id))]


@pytest.mark.parametrize("marked_at", [None, MARKED_AT], ids=["thread by thread", "marked as a whole"])
@pytest.mark.parametrize("seed", range(3))
def test_threads_with_something_new_are_just_those(
    session: Session, readers: list[Reader], seed: int, marked_at: datetime | None
) -> None:
    written = write_some(session, readers, random.Random(seed))
    for who in readers:
        if marked_at:
            reading.mark_all_read(session, get_forum(session, who, "community"), at=marked_at)
        expected, found = expect(session, who, written, marked_at), []
        forum = get_forum(session, who, "community")
        for page in range(1, max(1, -(-len(expected) // reading.THREADS_PAGE)) + 1):
            shown = reading.list_threads(session, forum, reading.Show.UNREAD, page, at=LATER)
            assert shown.page == page
            found += [line.row.id for line in shown.lines]
            assert shown.is_counted is (page * reading.THREADS_PAGE >= len(expected))
            if not shown.is_counted:
                assert shown.pages == page + 1
        assert found == expected
        assert len(expected) > reading.THREADS_PAGE or marked_at
        assert reading.list_news(session, list_open(session, who))["community"].unread == len(expected)


def test_a_page_that_is_no_longer_there_is_the_last_one(session: Session, readers: list[Reader]) -> None:
    written = write_some(session, readers, random.Random(8))
    expected = expect(session, readers[1], written, None)
    shown = reading.list_threads(
        session, get_forum(session, readers[1], "community"), reading.Show.UNREAD, 10**30, at=LATER
    )
    last = (len(expected) - 1) // reading.THREADS_PAGE
    assert (shown.page, shown.pages, shown.is_counted) == (last + 1, last + 1, True)
    assert [line.row.id for line in shown.lines] == expected[last * reading.THREADS_PAGE :]


def test_a_private_post_is_new_though_its_thread_did_not_become_later(session: Session, readers: list[Reader]) -> None:
    anna, ewa, staff = readers
    forum = operations.ensure_forum(session, get_forum(session, anna, "community"), at=AT)
    thread = Thread(forum_id=forum.id, title="One", created_at=AT, last_post_at=AT, last_number=2)
    session.add(thread)
    session.flush()
    session.add_all([_post(thread, anna, 1, AT, None), _post(thread, staff, 2, LATER, anna)])
    for who, count in ((anna, 1), (ewa, 0)):
        reading.mark_all_read(session, get_forum(session, who, "community"), at=MARKED_AT)
        assert reading.list_news(session, list_open(session, who))["community"].unread == count
