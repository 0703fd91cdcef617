"""The log of moderation: what was done, by whom, why. Moderators read what is of the forums that they look after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, not_, select
from sqlalchemy.orm import Session, joinedload

from service.forums.access import OpenForum, OpenThread, Reader, list_open, seen_anywhere
from service.forums.models import ModerationEntry, Post, Thread
from service.forums.report_models import Measure
from service.forums.rules import Act
from service.people.models import Person

PAGE = 30
ABOUT_WRITERS = ("dismiss", "warn", "block", "unwarn", "unblock")
"""Acts of which the writer of the post does not read in the log, though a moderator: the log says by whom."""
ACTS = (
    *("hide", "show", "dismiss", "warn", "unwarn", "block", "unblock"),
    *("pin", "unpin", "lock", "unlock", "move", "split", "name"),
)


@dataclass(frozen=True)
class LogLine:
    """What was done, by whom, to which thread and post, and the warning or block that it was."""

    entry: ModerationEntry
    person: Person
    thread: Thread
    post: Post | None
    measure: Measure | None


def add_entry(
    session: Session, thread: OpenThread, act: str, *, at: datetime, post: Post | None = None, reason: str = ""
) -> ModerationEntry:
    """Write down what the reader did as a moderator."""
    entry = ModerationEntry(
        forum_id=thread.row.forum_id,
        thread_id=thread.row.id,
        post_id=post.id if post else None,
        person_id=thread.forum.reader.person_id,
        act=act,
        reason=reason,
        done_at=at,
    )
    session.add(entry)
    return entry


def list_moderated(session: Session, reader: Reader) -> list[OpenForum]:
    """Return the forums that the reader moderates."""
    return [forum for forum in list_open(session, reader) if forum.may(Act.MODERATE)]


def list_entries(
    session: Session, forums: Sequence[OpenForum], act: str, page: int
) -> tuple[Sequence[LogLine], int, int]:
    """Return a page of the log of these forums, the latest first; its number, and how many pages there are.

    `act` is one of ACTS, or "" for all.
    """
    if not forums:
        return [], 1, 1
    conditions = [_is_readable(forums)] + ([ModerationEntry.act == act] if act else [])
    count = session.scalars(_joined(select(func.count())).where(*conditions)).one()
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    found = (
        _joined(select(ModerationEntry, Person, Thread, Post, Measure))
        .join(Person, Person.id == ModerationEntry.person_id)
        .outerjoin(Measure, Measure.entry_id == ModerationEntry.id)
        .options(joinedload(Post.author), joinedload(Thread.forum, innerjoin=True))
        .where(*conditions)
        .order_by(ModerationEntry.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return [LogLine(*row) for row in session.execute(found)], page, pages


def _joined(statement: Any) -> Any:
    return (
        statement.select_from(ModerationEntry)
        .join(Thread, Thread.id == ModerationEntry.thread_id)
        .outerjoin(Post, Post.id == ModerationEntry.post_id)
    )


def _is_readable(forums: Sequence[OpenForum]) -> ColumnElement[bool]:
    """Return the condition that an entry is for the reader: of a thread and a post that they see as things stand."""
    me = forums[0].reader.person_id
    is_about_me = ModerationEntry.act.in_(ABOUT_WRITERS) & (Post.author_id == me)
    return seen_anywhere(list(forums)) & not_(is_about_me)
