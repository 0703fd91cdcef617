"""Threads as they are taken along: all of each that everyone who reads it sees."""

from collections.abc import Collection, Mapping

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from service.forums.access import OpenForum, OpenThread, visible
from service.forums.models import Post


def list_whole(session: Session, threads: Collection[OpenThread]) -> Mapping[int, list[Post]]:
    """Return the posts of these threads with their writers, by id of the thread, in one statement.

    What is private, deleted or hidden is left out, also for those who may see it.
    """
    forums: dict[int, tuple[OpenForum, list[int]]] = {}
    for thread in threads:
        forums.setdefault(thread.row.forum_id, (thread.forum, []))[1].append(thread.row.id)
    if not forums:
        return {}
    seen = or_(*(and_(Post.thread_id.in_(ids), *visible(forum)) for forum, ids in forums.values()))
    shown = (Post.private_to_id.is_(None), Post.deleted_at.is_(None), Post.hidden_at.is_(None))
    statement = select(Post).where(seen, *shown).order_by(Post.thread_id, Post.number)
    found: dict[int, list[Post]] = {}
    for post in session.scalars(statement.options(joinedload(Post.author, innerjoin=True))):
        found.setdefault(post.thread_id, []).append(post)
    return found
