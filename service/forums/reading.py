"""What a reader sees: forums with what is new in them, threads, posts page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from service.db import set_row
from service.forums import rules
from service.forums.access import OpenForum, OpenThread, in_ring, person_ring, visible
from service.forums.models import ForumMark, Post, PostMention, Thread, ThreadMark
from service.forums.operations import ensure_forum, is_locked
from service.forums.unread import forum_marks, has_news, is_unread, marks
from service.people.models import Person

MOST_COUNTED = 100
"""Threads with something new; of more it is only said that there are so many."""
THREADS_PAGE = 25
LAST_PAGE = 10_000


class Show(StrEnum):
    """Which threads of a forum are listed."""

    ALL = ""
    UNREAD = "unread"
    STARRED = "starred"


@dataclass(frozen=True)
class News:
    """What is new in a forum: threads with something unread, at most MOST_COUNTED, and when there was a post last."""

    unread: int = 0
    last_post_at: datetime | None = None


@dataclass(frozen=True)
class ThreadLine:
    """A thread in a list, with the numbers of posts that the reader sees and has not read."""

    row: Thread
    opening: Post | None
    """The first post with its writer; None where the reader does not see it."""
    posts: int
    unread: int
    is_starred: bool
    is_locked: bool


@dataclass(frozen=True)
class ThreadList:
    """A page of threads, from 1; whether `pages` are all that there are, or there are at least so many."""

    lines: Sequence[ThreadLine]
    page: int
    pages: int
    is_counted: bool = True


@dataclass(frozen=True)
class PostLine:
    """A post on a page, with its writer, what it replies to, and whom it names."""

    row: Post
    parent: Post | None
    is_own: bool
    is_unread: bool
    mentions: Sequence[Person]


@dataclass(frozen=True)
class ThreadPage:
    """A page of a thread. `unread_number` is the first post that was not read before, None if all were."""

    posts: Sequence[PostLine]
    page: int
    pages: int
    count: int
    unread_number: int | None
    is_starred: bool


def list_news(session: Session, forums: Sequence[OpenForum]) -> Mapping[str, News]:
    """Return what is new in each of these forums, by key, in one statement; forums that are empty are left out."""
    parts = [_news(forum) for forum in forums if forum.row is not None]
    if not parts:
        return {}
    return {key: News(unread, last) for key, unread, last in session.execute(union_all(*parts))}


def list_threads(session: Session, forum: OpenForum, show: Show, page: int, *, at: datetime) -> ThreadList:
    """Return a page of threads, pinned ones first, then the latest. No such page: the nearest."""
    if forum.row is None:
        return ThreadList((), 1, 1)
    page = min(max(1, page), LAST_PAGE)
    mine = _thread_ids(forum, show)
    # All threads are counted soon, but not those with something unread: of these, no more than one beyond the page.
    most = page * THREADS_PAGE + 1 if show is Show.UNREAD else None
    count = session.scalars(select(func.count()).select_from(mine.limit(most).subquery())).one()
    pages = max(1, -(-count // THREADS_PAGE))
    page = min(page, pages)
    ids = _ids_on_page(session, mine, page)
    rows = session.execute(_threads(forum).where(Thread.id.in_(ids))).all()
    rows = sorted(rows, key=lambda row: ids.index(row[0].id))
    counts = {row.thread_id: row for row in session.execute(_counts(forum, ids))}
    openings = {
        post.thread_id: post
        for post in session.scalars(
            select(Post)
            .where(Post.thread_id.in_(ids), Post.number == 1, *visible(forum))
            .options(joinedload(Post.author, innerjoin=True))
        )
    }
    lines = []
    for thread, starred_at in rows:
        found = counts.get(thread.id)
        posts, unread = (found.posts, found.unread) if found else (0, 0)
        locked = is_locked(OpenThread(thread, forum), at=at)
        lines.append(ThreadLine(thread, openings.get(thread.id), posts, unread, starred_at is not None, locked))
    return ThreadList(lines, page, pages, is_counted=count != most)


def _ids_on_page(session: Session, chosen: Any, page: int) -> list[int]:
    """Return which of the chosen threads are on a page, in their order.

    Pinned ones are few, and the others follow one another in an index: those of other pages are not sorted or joined.
    """
    start, end = (page - 1) * THREADS_PAGE, page * THREADS_PAGE
    in_order = chosen.order_by(Thread.last_post_at.desc(), Thread.id.desc())
    pinned = session.scalars(in_order.where(Thread.pinned_at.is_not(None)).limit(end)).all()
    skipped, room = max(0, start - len(pinned)), end - max(start, len(pinned))
    others = in_order.where(Thread.pinned_at.is_(None)).offset(_as_written(skipped)).limit(_as_written(room))
    return [*pinned[start:], *session.scalars(others)]


def _as_written(number: int) -> ColumnElement[int]:
    """Return a number that stands in the statement itself: not knowing it, PostgreSQL would sort all threads."""
    return bindparam(None, number, Integer, literal_execute=True)


def find_ring_threads(session: Session, forum: OpenForum, rings: Sequence[str]) -> Mapping[str, ThreadLine]:
    """Return the threads that there are of these rings, which the reader is in or may see, by ring."""
    if forum.row is None:
        return {}
    rows = session.execute(_threads(forum).where(Thread.ring.in_(rings))).all()
    counts = {row.thread_id: row for row in session.execute(_counts(forum, [row[0].id for row in rows]))}
    found = {}
    for thread, starred_at in rows:
        posts, unread = (counts[thread.id].posts, counts[thread.id].unread) if thread.id in counts else (0, 0)
        found[thread.ring] = ThreadLine(thread, None, posts, unread, starred_at is not None, is_locked=False)
    return found


def find_subjects(session: Session, threads: Sequence[Thread]) -> Mapping[str, Person]:
    """Return whom those of the threads are with that belong to one person, by ring, in at most one statement."""
    rings = {thread.ring for thread in threads if thread.ring and thread.ring.startswith("person:")}
    if not rings:
        return {}
    people = session.scalars(select(Person).where(Person.id.in_([int(ring.partition(":")[2]) for ring in rings])))
    return {person_ring(person.id): person for person in people}


def read_thread(session: Session, thread: OpenThread, page: int) -> ThreadPage:
    """Return a page of posts, in the order in which they were written. No such page: the nearest."""
    me = thread.forum.reader.person_id
    mark = session.get(ThreadMark, (me, thread.row.id))
    all_read = session.get(ForumMark, (me, thread.row.forum_id))
    seen = [Post.thread_id == thread.row.id, *visible(thread.forum)]
    unread = is_unread(me, mark.read_to if mark else 0, all_read.read_at if all_read else None)
    first_unread = func.min(Post.number).filter(unread)
    count, unread_number = session.execute(select(func.count(), first_unread).where(*seen)).one()
    pages = max(1, -(-count // rules.PAGE))
    page = min(max(1, page), pages)
    parent, parent_author = aliased(Post), aliased(Person)
    statement = (
        select(Post, unread)
        .outerjoin(parent, Post.parent_id == parent.id)
        .outerjoin(parent_author, parent.author_id == parent_author.id)
        .options(
            joinedload(Post.author, innerjoin=True),
            contains_eager(Post.parent.of_type(parent)).contains_eager(parent.author.of_type(parent_author)),
        )
        .where(*seen)
        .order_by(Post.number)
        .offset((page - 1) * rules.PAGE)
        .limit(rules.PAGE)
    )
    rows = session.execute(statement).all()
    mentions = _mentions_in(session, [post.id for post, _ in rows])
    posts = [
        PostLine(post, post.parent, post.author_id == me, bool(is_new), mentions.get(post.id, []))
        for post, is_new in rows
    ]
    return ThreadPage(posts, page, pages, count, unread_number, bool(mark and mark.starred_at))


def find_page(session: Session, thread: OpenThread, number: int) -> int:
    """Return on which page of the thread the reader finds the post with this number."""
    before = select(func.count()).where(Post.thread_id == thread.row.id, Post.number < number, *visible(thread.forum))
    return session.scalars(before).one() // rules.PAGE + 1


def mark_read(session: Session, thread: OpenThread, number: int) -> None:
    """Remember that the reader was shown the thread up to the post with this number."""
    me = thread.forum.reader.person_id
    mark = session.get(ThreadMark, (me, thread.row.id))
    if mark is None or mark.read_to < number:
        set_row(session, ThreadMark, {"person_id": me, "thread_id": thread.row.id}, {"read_to": number})


def mark_all_read(session: Session, forum: OpenForum, *, at: datetime) -> None:
    """Remember that the reader takes everything in the forum as read."""
    row = ensure_forum(session, forum, at=at)
    set_row(session, ForumMark, {"person_id": forum.reader.person_id, "forum_id": row.id}, {"read_at": at})


def set_star(session: Session, thread: OpenThread, *, is_starred: bool, at: datetime) -> None:
    """Mark a thread with a star that only the reader sees, or take it away."""
    keys = {"person_id": thread.forum.reader.person_id, "thread_id": thread.row.id}
    set_row(session, ThreadMark, keys, {"starred_at": at if is_starred else None})


def _thread_ids(forum: OpenForum, show: Show) -> Any:
    me = forum.reader.person_id
    chosen = select(Thread.id).where(Thread.forum_id == (forum.row.id if forum.row else 0), in_ring(forum))
    if show is Show.ALL:
        return chosen
    chosen = chosen.outerjoin(ThreadMark, marks(me))
    if show is Show.STARRED:
        return chosen.where(ThreadMark.starred_at.is_not(None))
    return chosen.outerjoin(ForumMark, forum_marks(me)).where(*has_news(forum))


def _threads(forum: OpenForum) -> Any:
    return (
        select(Thread, ThreadMark.starred_at)
        .join(Thread.forum)
        .outerjoin(ThreadMark, marks(forum.reader.person_id))
        .options(contains_eager(Thread.forum))
        .where(Thread.forum_id == (forum.row.id if forum.row else 0), in_ring(forum))
    )


def _counts(forum: OpenForum, thread_ids: Sequence[int]) -> Any:
    """Return the statement that counts the posts that the reader sees in these threads, and those not read yet."""
    me = forum.reader.person_id
    unread = is_unread(me, func.coalesce(ThreadMark.read_to, 0), ForumMark.read_at)
    return (
        select(Post.thread_id, func.count().label("posts"), func.count().filter(unread).label("unread"))
        .join(Thread, Thread.id == Post.thread_id)
        .outerjoin(ThreadMark, marks(me))
        .outerjoin(ForumMark, forum_marks(me))
        .where(Post.thread_id.in_(thread_ids), *visible(forum))
        .group_by(Post.thread_id)
    )


def _news(forum: OpenForum) -> Any:
    assert forum.row is not None
    here = (Thread.forum_id == forum.row.id, in_ring(forum))
    unread = _thread_ids(forum, Show.UNREAD).limit(MOST_COUNTED).subquery()
    latest = select(func.max(Thread.last_post_at)).where(*here).scalar_subquery()
    return select(literal(forum.plan.key), select(func.count()).select_from(unread).scalar_subquery(), latest)


def _mentions_in(session: Session, post_ids: Sequence[int]) -> Mapping[int, list[Person]]:
    found: dict[int, list[Person]] = {}
    statement = (
        select(PostMention.post_id, Person)
        .join(Person, Person.id == PostMention.person_id)
        .where(PostMention.post_id.in_(post_ids))
    )
    for post_id, person in session.execute(statement):
        found.setdefault(post_id, []).append(person)
    return found
