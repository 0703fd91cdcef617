"""How a forum is used, in figures of many: months, threads that were answered, how long the first answer took.

Counted is what all readers of the forum see, and who wrote only where the page names them: whatever a reader takes away
from these figures they could count in the forum, and nothing tells who wrote without a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.errors import NotFoundError
from service.forums.access import OpenForum
from service.forums.models import Post, Thread
from service.forums.rules import Act
from service.forums.talk import OPENING

FEWEST_COUNTED = 5
"""Of fewer people, threads or answers no figures are given: they would be those of one."""
MONTHS = 12


@dataclass(frozen=True)
class Month:
    """What was written in a month (of UTC) from `starts_at` on; `writers` are those who gave their name."""

    starts_at: datetime
    threads: int = 0
    posts: int = 0
    writers: int = 0

    @property
    def is_shown(self) -> bool:
        """Say whether it is of enough people, or of nobody."""
        return self.posts == 0 or self.writers >= FEWEST_COUNTED


@dataclass(frozen=True)
class Answers:
    """How many threads there are, and how many of them somebody else answered; `hours`: the median until they did."""

    threads: int
    answered: int
    hours: float | None
    """None where too few were answered."""


@dataclass(frozen=True)
class Statistics:
    """The last months, the latest at the end; `answers` is None where there are too few threads or writers."""

    months: Sequence[Month]
    answers: Answers | None
    has_posts: bool
    """Whether there was ever anything to count."""


def refuse_uncounted(forum: OpenForum) -> None:
    """Raise NotFoundError for a forum whose conversations are of a few, or which the reader does not moderate."""
    if forum.plan.has_rings or not forum.may(Act.MODERATE):
        raise NotFoundError("forum.uncounted", "The reader finds no statistics of this forum.")


def read_statistics(session: Session, forum: OpenForum, *, at: datetime) -> Statistics:
    """Return the figures of a forum in three statements, however much is in it. Raise as `refuse_uncounted`."""
    refuse_uncounted(forum)
    starts = month_starts(at)
    if forum.row is None:
        return Statistics([Month(start) for start in starts], None, has_posts=False)
    forum_id = forum.row.id
    posts, writers = session.execute(_counted(forum_id, func.count(), _writers())).one()
    answers = _read_answers(session, forum_id) if writers >= FEWEST_COUNTED else None
    return Statistics(_read_months(session, forum_id, starts, at), answers, has_posts=posts > 0)


def month_starts(at: datetime) -> list[datetime]:
    """Return the first moments of the month of `at` and of those before it, the earliest first."""
    last = at.astimezone(UTC).year * 12 + at.astimezone(UTC).month - 1
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(last - MONTHS + 1, last + 1)]


def _read_months(session: Session, forum_id: int, starts: Sequence[datetime], at: datetime) -> list[Month]:
    # Compared with the months, for the two databases take a date apart in different ways and zones.
    number = case(*[(Post.posted_at >= start, place) for place, start in reversed(list(enumerate(starts)))])
    latest = _counted(forum_id, number.label("month"), Post.number, Post.author_id, Post.is_unnamed)
    posts = latest.where(Post.posted_at >= starts[0], Post.posted_at <= at).subquery()
    counts = select(
        posts.c.month,
        func.count().filter(posts.c.number == OPENING),
        func.count(),
        func.count(distinct(posts.c.author_id)).filter(posts.c.is_unnamed.is_(False)),
    ).group_by(posts.c.month)
    found = {month: figures for month, *figures in session.execute(counts)}
    return [Month(start, *found.get(place, ())) for place, start in enumerate(starts)]


def _read_answers(session: Session, forum_id: int) -> Answers | None:
    answer = aliased(Post)
    # Who answers a thread that was opened without a name is taken for somebody else: to ask would tell who opened it.
    is_by_another = or_(Post.is_unnamed.is_(True), answer.author_id != Post.author_id)
    is_answer = (answer.thread_id == Post.thread_id) & (answer.number != OPENING) & is_by_another
    openings = (
        _counted(forum_id, Post.posted_at, func.min(answer.posted_at))
        .outerjoin(answer, is_answer & answer.is_unnamed.is_(False) & _is_open(answer))
        .where(Post.number == OPENING)
        .group_by(Post.id, Post.posted_at)
    )
    threads = session.execute(openings).all()
    if len(threads) < FEWEST_COUNTED:
        return None
    waits = [(first - opened).total_seconds() / 3600 for opened, first in threads if first is not None]
    return Answers(len(threads), len(waits), median(waits) if len(waits) >= FEWEST_COUNTED else None)


def _counted(forum_id: int, *wanted: Any) -> Any:
    """Return a statement over the posts of a forum that all its readers see."""
    posts = select(*wanted).select_from(Post).join(Thread, Thread.id == Post.thread_id)
    return posts.where(Thread.forum_id == forum_id, _is_open(Post))


def _is_open(post: Any) -> ColumnElement[bool]:
    return and_(post.deleted_at.is_(None), post.hidden_at.is_(None), post.private_to_id.is_(None))


def _writers() -> ColumnElement[int]:
    return func.count(distinct(Post.author_id)).filter(Post.is_unnamed.is_(False))
