"""Who wants to know everything new in a forum, or in a thread. Nobody is made to: it begins with following nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from service.db import add_rows, set_row
from service.forums.access import OpenForum, OpenThread
from service.forums.models import Thread
from service.forums.operations import ensure_forum
from service.notices.models import ForumFollow, ThreadFollow


def follow_forum(session: Session, forum: OpenForum, *, is_followed: bool, at: datetime) -> None:
    """Let the reader follow a forum, or no longer; what they said of single threads stays."""
    me = forum.reader.person_id
    if is_followed:
        row = ensure_forum(session, forum, at=at)
        add_rows(session, ForumFollow, [{"person_id": me, "forum_id": row.id, "since": at}], ForumFollow.forum_id)
    elif forum.row is not None:
        session.execute(delete(ForumFollow).where(ForumFollow.person_id == me, ForumFollow.forum_id == forum.row.id))


def follow_thread(session: Session, thread: OpenThread, *, is_followed: bool, at: datetime) -> None:
    """Let the reader follow a thread, or not, whatever they want of its forum."""
    keys = {"person_id": thread.forum.reader.person_id, "thread_id": thread.row.id}
    set_row(session, ThreadFollow, keys, {"is_followed": is_followed, "since": at})


def is_following(session: Session, thread: OpenThread) -> bool:
    """Tell whether the reader follows the thread, for its own sake or with its forum."""
    me = thread.forum.reader.person_id
    own = session.get(ThreadFollow, (me, thread.row.id))
    return own.is_followed if own else session.get(ForumFollow, (me, thread.row.forum_id)) is not None


def list_followed(session: Session, person_id: int, forum_ids: Collection[int]) -> set[int]:
    """Return which of these forums (ids) someone follows."""
    own = (ForumFollow.person_id == person_id, ForumFollow.forum_id.in_(forum_ids))
    return set(session.scalars(select(ForumFollow.forum_id).where(*own)))


def list_followers(session: Session, thread: Thread) -> Sequence[int]:
    """Return the people (ids) who follow a thread, for its own sake or with its forum."""
    alone = select(ThreadFollow.person_id).where(*_of(thread, is_followed=True))
    refused = select(ThreadFollow.person_id).where(*_of(thread, is_followed=False))
    of_forum = select(ForumFollow.person_id).where(
        ForumFollow.forum_id == thread.forum_id, ForumFollow.person_id.not_in(refused)
    )
    return session.scalars(alone.union(of_forum)).all()


def _of(thread: Thread, *, is_followed: bool) -> list[ColumnElement[bool]]:
    return [ThreadFollow.thread_id == thread.id, ThreadFollow.is_followed.is_(is_followed)]
