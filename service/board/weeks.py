"""How many people were ready, week by week."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.db import UtcDateTime
from service.people.models import LEARNING_ROLES, Membership
from service.readiness.models import BOARD_INDEX, ReadySpan, Standing

WEEKS = 12
"""How far back the flow is told."""


def count_by_week(session: Session, course_id: int, *, at: datetime) -> list[tuple[datetime, int, int]]:
    """Return for the ends of the last weeks how many people were ready and how many not; two statements.

    Of those who are in the course today, each from when they were first looked at; without test users.
    """
    ends = [at - timedelta(weeks=weeks) for weeks in reversed(range(WEEKS))]
    standings = select(_week(Standing.first_at, ends).label("first")).select_from(Standing)
    standings = standings.join(Membership, Membership.id == Standing.membership_id)
    known = _counted(session, standings.with_hint(Standing, BOARD_INDEX, "sqlite"), course_id)
    spans = select(_week(ReadySpan.began_at, ends).label("began"), _week(ReadySpan.ended_at, ends).label("ended"))
    ready = _counted(session, spans.join(Membership, Membership.id == ReadySpan.membership_id), course_id)
    was_known, was_ready = [0] * (WEEKS + 1), [0] * (WEEKS + 1)
    for (first,), count in known.items():
        was_known[first] += count
    for (began, ended), count in ready.items():
        was_ready[began] += count
        was_ready[ended] -= count
    return [
        (end, is_ready, max(is_known - is_ready, 0))
        for end, is_known, is_ready in zip(ends, accumulate(was_known), accumulate(was_ready), strict=False)
    ]


def _week(column: InstrumentedAttribute[Any], ends: Sequence[datetime], first: int = 0) -> ColumnElement[int]:
    """Return at the end of which week, numbered from `first`, it had come; one more than the last: not yet.

    It is sought by halves: to compare with each end takes three times as long.
    """
    if not ends:
        return literal(first)
    half = len(ends) // 2
    end = literal(ends[half], UtcDateTime())
    return case(
        (column <= end, _week(column, ends[:half], first)), else_=_week(column, ends[half + 1 :], first + half + 1)
    )


def _counted(session: Session, weeks: Select[*tuple[int, ...]], course_id: int) -> Counter[tuple[int, ...]]:
    """Return how many people of a course have the same weeks."""
    here = weeks.where(
        Membership.course_id == course_id,
        Membership.left_at.is_(None),
        Membership.role.in_(LEARNING_ROLES),
        ~Membership.is_test_user,
    ).subquery()
    found = session.execute(select(*here.c, func.count()).group_by(*here.c))
    return Counter({tuple(row[:-1]): row[-1] for row in found})
