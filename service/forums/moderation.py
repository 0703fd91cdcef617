"""What moderators do: pin, lock, rename, move and split threads, hide posts, give seats. All of it is kept in a log.

Threads carry a version; an act names the one that its page showed, so that the second of two moderators is told.
"""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service.db import add_rows
from service.errors import ConflictError, InvalidInputError, NotAllowedError
from service.forums import rules
from service.forums.access import OpenForum, OpenPost, OpenThread
from service.forums.log import add_entry
from service.forums.models import Forum, ForumSeat, Post, PostRevision, Thread
from service.forums.operations import ensure_forum
from service.forums.rules import PLANS, Act
from service.i18n import fold
from service.people.models import Membership
from service.typed_text import clean_line

LONGEST_PAUSE_DAYS = 3650


def set_pinned(session: Session, thread: OpenThread, version: int, *, is_pinned: bool, at: datetime) -> None:
    """Keep a thread at the head of its forum, or no longer. Raise NotAllowedError or ConflictError."""
    row = _begin(thread, version)
    row.pinned_at = at if is_pinned else None
    add_entry(session, thread, "pin" if is_pinned else "unpin", at=at)


def set_locked(session: Session, thread: OpenThread, version: int, *, is_locked: bool, at: datetime) -> None:
    """Lock a thread, or open it again, also one that was locked by inactivity."""
    row = _begin(thread, version)
    row.locked_at = at if is_locked else None
    row.reopened_at = row.reopened_at if is_locked else at
    add_entry(session, thread, "lock" if is_locked else "unlock", at=at)


def move_thread(session: Session, thread: OpenThread, version: int, target_key: str, *, at: datetime) -> list[int]:
    """Move a thread to another forum of the course, whose readers are not more than those it had.

    Return the ids of all persons who wrote in it: their posts may count otherwise there. Raise InvalidInputError for a
    forum that does not take it.
    """
    source, target = thread.forum.plan, PLANS.get(target_key)
    if target is None or thread.row.ring is not None or not rules.may_move(source, target):
        raise InvalidInputError("thread.no_move", "The thread cannot go there.")
    row = _begin(thread, version)
    reader = thread.forum.reader
    found = session.scalars(select(Forum).filter_by(course_id=reader.member.course_id, key=target_key)).one_or_none()
    add_entry(session, thread, "move", reason=f"{source.key} > {target_key}", at=at)
    row.forum = ensure_forum(session, OpenForum(target, found, reader), at=at)
    session.flush()
    return sorted(session.scalars(select(Post.author_id).where(Post.thread_id == row.id).distinct()))


def split_thread(
    session: Session, post: OpenPost, version: int, title: str, *, at: datetime
) -> tuple[Thread, list[int]]:
    """Make a post, and all replies that lead back to it, a thread of their own.

    Return that, and the ids of all persons who wrote in it: their posts may count otherwise there. Raise
    InvalidInputError without a title, and ConflictError for the first post or a private one.
    """
    name = clean_line(title)
    if not name or len(name) > rules.LONGEST_TITLE:
        code = "title.long" if name else "title.missing"
        raise InvalidInputError("post.incomplete", "The new thread needs a title.", fields={"title": code})
    old = _begin(post.thread, version)
    if post.row.number == 1 or post.row.private_to_id is not None or old.ring is not None:
        raise ConflictError("thread.no_split", "This post cannot begin a thread.")
    moved = _with_replies(session, post.row)
    first_at = moved[0].posted_at
    thread = Thread(forum_id=old.forum_id, title=name, created_at=first_at, last_post_at=first_at)
    session.add(thread)
    session.flush()
    moved[0].parent_id = None
    moved[0].folded = fold(f"{name} {moved[0].text}")
    for number, one in enumerate(moved, 1):
        one.thread_id, one.number = thread.id, number
    thread.last_number = len(moved)
    thread.last_post_at = max(one.posted_at for one in moved if one.private_to_id is None)
    session.flush()
    left = select(func.max(Post.posted_at)).where(Post.thread_id == old.id, Post.private_to_id.is_(None))
    old.last_post_at = session.scalars(left).one() or old.last_post_at
    add_entry(session, post.thread, "split", post=post.row, at=at)
    return thread, sorted({one.author_id for one in moved})


def set_hidden(session: Session, post: OpenPost, reason: str, *, is_hidden: bool, at: datetime) -> None:
    """Take a post out of sight, or show it again; its place stays. Raise NotAllowedError, or ConflictError.

    A reason is asked for hiding: InvalidInputError with `fields`, also for one that is too long.
    """
    if not post.thread.forum.may(Act.MODERATE):
        raise NotAllowedError("forum.no_moderator", "The reader does not moderate here.")
    why = clean_line(reason)
    if (is_hidden and not why) or len(why) > rules.LONGEST_REASON:
        code = "reason.long" if why else "reason.missing"
        raise InvalidInputError("post.incomplete", "A reason is missing, or too long.", fields={"reason": code})
    if (post.row.hidden_at is not None) is is_hidden or post.row.deleted_at is not None:
        raise ConflictError("post.done", "Someone else was quicker.")
    post.row.hidden_at = at if is_hidden else None
    add_entry(session, post.thread, "hide" if is_hidden else "show", post=post.row, reason=why, at=at)


def list_history(session: Session, post: Post) -> list[PostRevision]:
    """Return what a post said before, the latest first."""
    return list(session.scalars(select(PostRevision).filter_by(post_id=post.id).order_by(PostRevision.id.desc())))


def set_seats(session: Session, forum: OpenForum, member_ids: list[str], *, at: datetime) -> None:
    """Give these members of the course, by public id, the seats of the forum, and nobody else."""
    row = _configured(session, forum, at=at)
    if forum.plan.purpose not in rules.SEATED_PURPOSES:
        raise InvalidInputError("forum.no_seats", "This forum has no seats.")
    session.execute(delete(ForumSeat).where(ForumSeat.forum_id == row.id))
    members = session.scalars(
        select(Membership.id).where(
            Membership.course_id == forum.reader.member.course_id,
            Membership.public_id.in_([one for one in member_ids if one.isprintable()]),
            Membership.left_at.is_(None),
        )
    )
    seats = [{"forum_id": row.id, "membership_id": member_id, "since": at} for member_id in members]
    add_rows(session, ForumSeat, seats, ForumSeat.membership_id)


def list_seats(session: Session, forum: OpenForum) -> set[int]:
    """Return the ids of the members who have a seat in the forum."""
    forum_id = forum.row.id if forum.row else 0
    return set(session.scalars(select(ForumSeat.membership_id).where(ForumSeat.forum_id == forum_id)))


def set_lock_after(session: Session, forum: OpenForum, days: int | None, *, at: datetime) -> None:
    """Let threads of the forum be locked once nothing has happened in them for `days`; None: never."""
    if days is not None and not 1 <= days <= LONGEST_PAUSE_DAYS:
        raise InvalidInputError("post.incomplete", "No such number of days.", fields={"days": "days.range"})
    _configured(session, forum, at=at).lock_after_days = days


def _configured(session: Session, forum: OpenForum, *, at: datetime) -> Forum:
    if not forum.may(Act.CONFIGURE):
        raise NotAllowedError("forum.no_settings", "The reader does not set up this forum.")
    return ensure_forum(session, forum, at=at)


def _begin(thread: OpenThread, version: int) -> Thread:
    """Return the row of a locked thread for an act of moderation."""
    if not thread.forum.may(Act.MODERATE):
        raise NotAllowedError("forum.no_moderator", "The reader does not moderate here.")
    if thread.row.version != version:
        raise ConflictError("thread.changed", "Someone else has just changed the thread.")
    thread.row.version += 1
    return thread.row


def _with_replies(session: Session, post: Post) -> list[Post]:
    """Return a post with all replies that lead back to it, in their order."""
    posts = session.scalars(select(Post).where(Post.thread_id == post.thread_id).order_by(Post.number))
    found = {post.id: post}
    for one in posts:  # a reply has a higher number than what it replies to
        if one.parent_id in found:
            found[one.id] = one
    return list(found.values())
