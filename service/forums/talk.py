"""What people contributed to discussions: their own posts, answers to those of others, and who still waits for one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.forums.access import OpenForum
from service.forums.models import Forum, Post, Thread
from service.forums.rules import PLANS, Kind

OPENING = 1
"""The number of the post that opens a thread."""


@dataclass(frozen=True)
class Posted:
    """A contribution as completion may count it; what was written without a name is never among them."""

    forum_key: str
    thread_id: str
    number: int
    answered_id: int | None
    """The post of someone else that it answers."""
    posted_at: datetime

    @property
    def is_answer(self) -> bool:
        """Say whether it answers someone else."""
        return self.answered_id is not None


def list_posted(
    session: Session, person_ids: Sequence[int], *, forum_id: int | None = None
) -> Mapping[int, list[Posted]]:
    """Return what these people contributed openly and under their name, by person, in one statement.

    What names no post that it replies to answers the one that opened the thread; in a forum of one thread nothing.
    Where one answers a question before one reads the answers of others, that is a contribution of one's own.
    `forum_id` gives those of one forum only.
    """
    parent, opening = aliased(Post), aliased(Post)
    found: dict[int, list[Posted]] = {person_id: [] for person_id in person_ids}
    statement = (
        select(
            Post.author_id,
            Post.number,
            Post.posted_at,
            Thread.public_id,
            Forum.key,
            parent.id.label("parent_id"),
            parent.number.label("parent_number"),
            parent.author_id.label("parent_author_id"),
            parent.is_unnamed.label("parent_is_unnamed"),
            opening.id.label("opening_id"),
            opening.author_id.label("opening_author_id"),
            opening.is_unnamed.label("opening_is_unnamed"),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Forum, Forum.id == Thread.forum_id)
        .outerjoin(parent, Post.parent_id == parent.id)
        .outerjoin(opening, (opening.thread_id == Thread.id) & (opening.number == OPENING))
        .where(Post.author_id.in_(person_ids), Post.private_to_id.is_(None), Post.is_unnamed.is_(False))
        .where(Post.deleted_at.is_(None), Post.hidden_at.is_(None))
        .order_by(Post.posted_at, Post.id)
    )
    if forum_id is not None:
        statement = statement.where(Thread.forum_id == forum_id)
    for row in session.execute(statement):
        found[row.author_id].append(Posted(row.key, row.public_id, row.number, _find_answered(row), row.posted_at))
    return found


def list_answered(session: Session, forum: OpenForum, person_ids: Collection[int]) -> set[tuple[str, int]]:
    """Return which posts of these people someone else has answered: id of the thread and number, in one statement.

    Answers without a name do not count, as nowhere: what the list says would depend on who wrote them.
    """
    if forum.row is None:
        return set()
    answer = aliased(Post)
    is_answer = answer.parent_id == Post.id
    if forum.plan.kind is not Kind.SINGLE:
        to_opening = (answer.thread_id == Post.thread_id) & answer.parent_id.is_(None) & (Post.number == OPENING)
        is_answer = or_(is_answer, to_opening)
    wanted = (
        select(Thread.public_id, Post.number)
        .join(Thread, Thread.id == Post.thread_id)
        .join(answer, is_answer)
        .where(Thread.forum_id == forum.row.id, Post.author_id.in_(person_ids), answer.author_id != Post.author_id)
        .where(answer.deleted_at.is_(None), answer.hidden_at.is_(None), answer.private_to_id.is_(None))
        .where(answer.is_unnamed.is_(False))
        .group_by(Thread.public_id, Post.number)
        .having(func.count() > 0)
    )
    return {(thread_id, number) for thread_id, number in session.execute(wanted)}


def _find_answered(row: Any) -> int | None:
    """Return the id of the post of someone else that a post answers, None for a contribution of one's own.

    A post without a name is always someone else's: a count that knew better would tell who wrote it.
    """
    kind = PLANS[row.key].kind
    if kind is Kind.QUESTIONS and row.parent_number in {None, OPENING}:
        return None
    if row.parent_id is not None:
        is_others = row.parent_is_unnamed or row.parent_author_id != row.author_id
        return int(row.parent_id) if is_others else None
    answers_opening = kind is not Kind.SINGLE and row.number != OPENING and row.opening_id is not None
    is_others = row.opening_is_unnamed or row.opening_author_id != row.author_id
    return int(row.opening_id) if answers_opening and is_others else None
