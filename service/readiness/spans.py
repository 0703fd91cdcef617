"""When someone was ready, from when to when: written with the standing, and told to other systems from here."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from service.db import add_rows
from service.people.models import LEARNING_ROLES, Membership
from service.readiness.models import ReadySpan, Standing, Told

TELL_SYSTEMS = "mentorready.tell_systems"

_COUNTS = and_(Membership.left_at.is_(None), Membership.is_test_user.is_(False), Membership.role.in_(LEARNING_ROLES))
"""Whose readiness is anyone's business: learners who are still there."""


def keep_spans(session: Session, begun: Collection[int], ended: Collection[int], *, at: datetime) -> None:
    """Write down which members have become ready, and which no longer are; other systems are told of it."""
    add_rows(session, ReadySpan, [{"membership_id": one, "began_at": at} for one in begun], ReadySpan.id)
    if ended:
        still_open = update(ReadySpan).where(ReadySpan.membership_id.in_(ended), ReadySpan.ended_at.is_(None))
        session.execute(still_open.values(ended_at=at))
    if begun or ended:
        session.info.setdefault("wake", set()).add(TELL_SYSTEMS)


def settle_spans(session: Session, *, at: datetime) -> None:
    """End what was open of those who have left or learn no more, and begin anew for who came back.

    No evaluation tells of that: the roster does, or a launch. Two statements where nothing is to be done.
    """
    mine = Standing.membership_id == Membership.id
    ready = select(Membership.id).join(Standing, mine).where(_COUNTS, Standing.ready_since.is_not(None))
    over = and_(ReadySpan.ended_at.is_(None), ReadySpan.membership_id.not_in(ready))
    session.execute(update(ReadySpan).where(over).values(ended_at=at).execution_options(synchronize_session=False))
    is_open = exists().where(ReadySpan.membership_id == Membership.id, ReadySpan.ended_at.is_(None))
    back = session.scalars(ready.where(~is_open)).all()
    add_rows(session, ReadySpan, [{"membership_id": one, "began_at": at} for one in back], ReadySpan.id)


def list_untold(session: Session, *, limit: int) -> Sequence[tuple[ReadySpan, Membership]]:
    """Return spans with a beginning or an end that was not told, in their order, locked, and whose they are."""
    has_news = or_(
        ReadySpan.told == Told.NOTHING, and_(ReadySpan.told == Told.BEGINNING, ReadySpan.ended_at.is_not(None))
    )
    wanted = select(ReadySpan, Membership).join(Membership, Membership.id == ReadySpan.membership_id).where(has_news)
    locked = wanted.order_by(ReadySpan.id).limit(limit).with_for_update(of=ReadySpan)
    return [(span, member) for span, member in session.execute(locked)]
