"""Warnings and blocks: what moderators do about a writer, what the writer reads of it, and how it is taken back.

A block shuts the forums that many read. In the thread of a relation and in the one with the coordinators everybody
writes: there they find help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from service.errors import ConflictError, NotAllowedError, NotFoundError
from service.forums.access import OpenForum, OpenPost, Reader, get_post
from service.forums.log import add_entry
from service.forums.models import Post, Thread
from service.forums.report_models import Measure
from service.forums.report_rules import MeasureKind
from service.forums.rules import Act, Plan, Purpose
from service.people.known import Member

MOST_SHOWN = 100


class BlockedError(ConflictError):
    """The writer is blocked; `details` has the `until` (date) and the `reason`."""


@dataclass(frozen=True)
class MeasureLine:
    """A warning or a block, with the post for which it was given and its thread."""

    row: Measure
    post: Post
    thread: Thread


def find_block(session: Session, member: Member, plan: Plan, *, at: datetime) -> Measure | None:
    """Return the block that keeps a member from writing in a forum, the longest; None if there is none."""
    if plan.has_rings:
        return None
    own = (Measure.person_id == member.person_id, *_holds(at), _scope(member, plan))
    return session.scalars(select(Measure).where(*own).order_by(Measure.until.desc()).limit(1)).one_or_none()


def refuse_blocked(session: Session, forum: OpenForum, *, at: datetime) -> None:
    """Raise BlockedError if the reader may not write in this forum for a time."""
    if block := find_block(session, forum.reader.member, forum.plan, at=at):
        raise BlockedError("forum.blocked", "The writer is blocked.", until=block.until, reason=block.reason)


def add_measure(session: Session, post: OpenPost, measure: Measure, *, at: datetime) -> None:
    """Warn or block the writer of a post. `measure` has its kind, reason and day; raises NotAllowedError.

    Moderators warn; who sets up the forum also blocks.
    """
    forum = post.thread.forum
    if not forum.may(Act.CONFIGURE if measure.kind is MeasureKind.BLOCK else Act.MODERATE) or post.is_own:
        raise NotAllowedError("forum.no_measure", "The reader may not do this to the writer.")
    is_block = measure.kind is MeasureKind.BLOCK
    entry = add_entry(
        session, post.thread, "block" if is_block else "warn", post=post.row, reason=measure.reason, at=at
    )
    session.flush()
    row = post.thread.row.forum
    measure.person_id, measure.post_id, measure.entry_id = post.row.author_id, post.row.id, entry.id
    measure.platform_id, measure.course_id, measure.made_at = row.platform_id, row.course_id, at
    session.add(measure)
    session.flush()


def undo_measure(session: Session, reader: Reader, public_id: str, *, at: datetime) -> tuple[OpenPost, Measure]:
    """Take a warning or a block back, and return it with the post for which it was given.

    Raises NotFoundError, NotAllowedError, and ConflictError if somebody was quicker.
    """
    found = session.execute(
        select(Measure, Post.public_id)
        .join(Post, Post.id == Measure.post_id)
        .where(Measure.public_id == public_id)
        .with_for_update(of=Measure)
    ).one_or_none()
    if found is None:
        raise NotFoundError("measure.unknown", "There is no such warning or block.")
    row, post_id = found
    post = get_post(session, reader, post_id)
    is_block = row.kind is MeasureKind.BLOCK
    if not post.thread.forum.may(Act.CONFIGURE if is_block else Act.MODERATE) or post.is_own:
        raise NotAllowedError("forum.no_measure", "The reader may not take this back.")
    if row.undone_at is not None:
        raise ConflictError("post.done", "Someone else was quicker.")
    row.undone_at = at
    add_entry(session, post.thread, "unblock" if is_block else "unwarn", post=post.row, at=at)
    return post, row


def list_own(session: Session, reader: Reader) -> Sequence[MeasureLine]:
    """Return the warnings and blocks that the reader was given here, the latest first."""
    course = reader.member.course
    here = (Measure.course_id == course.id) | (
        Measure.course_id.is_(None) & (Measure.platform_id == course.platform_id)
    )
    return _list(session, Measure.person_id == reader.person_id, here)


def list_of_post(session: Session, post: Post) -> Sequence[MeasureLine]:
    """Return the warnings and blocks that were given for a post, the latest first."""
    return _list(session, Measure.post_id == post.id)


def list_blocks(session: Session, reader: Reader, *, at: datetime) -> Sequence[MeasureLine]:
    """Return who is blocked in the course at the moment, the latest first; nothing for who may not block."""
    if not reader.is_staff:
        return []
    here = Measure.course_id == reader.member.course_id
    return _list(session, here, *_holds(at), Measure.person_id != reader.person_id)


def _list(session: Session, *conditions: ColumnElement[bool]) -> Sequence[MeasureLine]:
    found = (
        select(Measure, Post, Thread)
        .join(Post, Post.id == Measure.post_id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Thread.forum)
        .options(joinedload(Post.author, innerjoin=True), contains_eager(Thread.forum))
        .where(*conditions)
        .order_by(Measure.id.desc())
        .limit(MOST_SHOWN)
    )
    return [MeasureLine(*row) for row in session.execute(found)]


def _holds(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Measure.kind == MeasureKind.BLOCK, Measure.undone_at.is_(None), Measure.until >= at.date())


def _scope(member: Member, plan: Plan) -> ColumnElement[bool]:
    if plan.purpose is Purpose.NETWORK:
        return Measure.course_id.is_(None) & (Measure.platform_id == member.course.platform_id)
    return Measure.course_id == member.course_id
