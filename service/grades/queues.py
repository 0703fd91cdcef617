"""Which LMSs have something due and take it at present."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from service.grades import rules
from service.grades.models import PlatformSending, Score, ScoreState
from service.patience import is_on_trial
from service.platforms.models import Platform

MOST_AT_ONCE = 4
"""Scores on their way to one LMS at the same time, unless its row says otherwise."""


@dataclass(frozen=True)
class Queue:
    """An LMS that has scores due and takes them at present."""

    platform_id: int
    most_at_once: int
    most_per_second: float | None
    is_on_trial: bool
    """One score goes first."""


def list_queues(session: Session, *, at: datetime) -> Sequence[Queue]:
    """Return the LMSs to which something is to be sent now; those that are paused or switched off are left out."""
    wanted = (
        select(Platform.id, PlatformSending)
        .outerjoin(PlatformSending, PlatformSending.platform_id == Platform.id)
        .where(
            Platform.disabled_at.is_(None),
            or_(PlatformSending.paused_until.is_(None), PlatformSending.paused_until <= at),
            _has_due(at),
        )
        .order_by(Platform.id)
    )
    return [_queue_of(platform_id, sending) for platform_id, sending in session.execute(wanted)]


def _has_due(at: datetime) -> ColumnElement[bool]:
    return exists().where(Score.platform_id == Platform.id, Score.next_try_at <= at)


def _queue_of(platform_id: int, sending: PlatformSending | None) -> Queue:
    if sending is None:
        return Queue(platform_id, MOST_AT_ONCE, None, is_on_trial=False)
    on_trial = is_on_trial(sending.failures)
    most = 1 if on_trial else sending.most_at_once or MOST_AT_ONCE
    return Queue(platform_id, most, sending.most_per_second, on_trial)


def pause_disabled(session: Session, *, at: datetime) -> int:
    """Mark what is due at LMSs that are switched off, without a try, and return how many that were."""
    off = select(Platform.id).where(Platform.disabled_at.is_not(None))
    due = (Score.platform_id.in_(off), Score.next_try_at <= at)
    values = {
        "state": ScoreState.PAUSED,
        "reason": "The registration is switched off.",
        "next_try_at": rules.next_try_at(rules.Pace.PAUSED, 1, at=at, asked_at=at, jitter=0.0),
    }
    changed = session.execute(update(Score).where(*due).values(**values).execution_options(synchronize_session=False))
    return changed.rowcount  # type: ignore[attr-defined, no-any-return]
