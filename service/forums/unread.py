"""What is new to a reader, as conditions of statements."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from service.forums.access import OpenForum, visible
from service.forums.models import ForumMark, Post, Thread, ThreadMark


def has_news(forum: OpenForum) -> list[ColumnElement[bool]]:
    """Return the conditions for a `Thread`, joined with the reader's marks, that has something unread."""
    read_to = func.coalesce(ThreadMark.read_to, 0)
    unread = is_unread(forum.reader.person_id, read_to, ForumMark.read_at)
    # A value, not EXISTS: PostgreSQL turns that into a join over all posts, where a few threads need a look.
    post = select(Post.id).where(Post.thread_id == Thread.id, unread, *visible(forum)).limit(1)
    found = post.correlate(Thread, ThreadMark, ForumMark).scalar_subquery()
    return [Thread.last_number > read_to, _was_written_in(forum), found.is_not(None)]


def _was_written_in(forum: OpenForum) -> ColumnElement[bool]:
    """Return the condition that a `Thread` has posts from after the reader marked the forum as read, if they did.

    Of posts only the private ones are looked at: by these a thread does not become later.
    """
    mark = aliased(ForumMark)
    mine = (mark.person_id == forum.reader.person_id, mark.forum_id == (forum.row.id if forum.row else 0))
    marked_at = select(mark.read_at).where(*mine).scalar_subquery()
    private = select(Post.thread_id).where(Post.private_to_id.is_not(None), Post.posted_at > marked_at)
    return or_(ForumMark.read_at.is_(None), Thread.last_post_at > ForumMark.read_at, Thread.id.in_(private))


def is_unread(person_id: int, read_to: Any, all_read_at: Any) -> ColumnElement[bool]:
    """Return the condition that a `Post` is new to the person, who has read its thread up to the number `read_to`.

    `all_read_at`: when they marked the forum as read, or None; it may be a column.
    """
    conditions = [Post.number > read_to, Post.author_id != person_id, Post.deleted_at.is_(None)]
    if isinstance(all_read_at, datetime):
        conditions.append(Post.posted_at > all_read_at)
    elif all_read_at is not None:
        conditions.append(or_(all_read_at.is_(None), Post.posted_at > all_read_at))
    return and_(*conditions)


def marks(person_id: int) -> ColumnElement[bool]:
    """Return the condition that joins a `Thread` with the mark of the person in it."""
    return and_(ThreadMark.thread_id == Thread.id, ThreadMark.person_id == person_id)


def forum_marks(person_id: int) -> ColumnElement[bool]:
    """Return the condition that joins a `Thread` with the mark of the person in its forum."""
    return and_(ForumMark.forum_id == Thread.forum_id, ForumMark.person_id == person_id)
