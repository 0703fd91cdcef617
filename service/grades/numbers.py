"""How sending goes, in numbers and without names: for administrators, and for whoever watches the installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.grades.models import LineItem, PlatformSending, Score, ScoreState, ScoreTry, SendTally
from service.platforms.models import Platform

DAY = timedelta(days=1)
TAKEN = (ScoreState.SENT, ScoreState.CONFIRMED, ScoreState.OVERRIDDEN, ScoreState.DIFFERS)
"""Outcomes of a try in which the LMS took the score, or needed none."""


@dataclass(frozen=True)
class PlatformNumbers:
    """How sending to one LMS goes."""

    public_id: str
    states: Mapping[ScoreState, int]
    """Scores by state; states without any are left out."""
    queue_length: int
    """Scores that are still to be sent or looked at."""
    oldest_asked_at: datetime | None
    """Since when the one that has been on its way longest is asked for; None if none is."""
    sending: PlatformSending | None

    def oldest_seconds(self, *, at: datetime) -> float:
        """Return the age of the oldest score that is on its way, 0 if none is."""
        return max((at - self.oldest_asked_at).total_seconds(), 0.0) if self.oldest_asked_at else 0.0

    def is_paused(self, *, at: datetime) -> bool:
        """Say whether nothing is sent there at present."""
        return bool(self.sending and self.sending.paused_until and self.sending.paused_until > at)


@dataclass(frozen=True)
class Rate:
    """How many tries of the last day ended, and how many of them with the score taken."""

    tries: int
    taken: int


def list_numbers(session: Session) -> Sequence[PlatformNumbers]:
    """Return the numbers of each LMS."""
    platforms = session.scalars(select(Platform).order_by(Platform.id))
    return [numbers_of(session, platform) for platform in platforms]


def numbers_of(session: Session, platform: Platform, *, course_id: int | None = None) -> PlatformNumbers:
    """Return the numbers of one LMS, or of one course of it."""
    scores = _scores_of(platform.id, course_id)
    counts = session.execute(select(Score.state, func.count()).where(*scores).group_by(Score.state))
    states = {row[0]: row[1] for row in counts}
    waits = (*scores, Score.next_try_at.is_not(None))
    on_the_way = Score.state.in_((ScoreState.WAITING, ScoreState.SENDING))
    return PlatformNumbers(
        public_id=platform.public_id,
        states={state: states[state] for state in ScoreState if state in states},
        queue_length=session.scalar(select(func.count()).where(*waits)) or 0,
        oldest_asked_at=session.scalar(select(func.min(Score.asked_at)).where(*waits, on_the_way)),
        sending=session.get(PlatformSending, platform.id),
    )


def rate_of_last_day(session: Session, platform_id: int, *, at: datetime, course_id: int | None = None) -> Rate:
    """Return how the tries of the last day ended at one LMS, or in one course of it."""
    ended = (
        select(ScoreTry.outcome, func.count())
        .join(Score, ScoreTry.score_id == Score.id)
        .where(ScoreTry.at > at - DAY, ScoreTry.outcome != ScoreState.SENDING, *_scores_of(platform_id, course_id))
        .group_by(ScoreTry.outcome)
    )
    counts = {row[0]: row[1] for row in session.execute(ended)}
    return Rate(sum(counts.values()), sum(counts.get(state, 0) for state in TAKEN))


def list_tallies(session: Session) -> Sequence[tuple[str, SendTally]]:
    """Return the counts of tries since ever, each with the public id of its LMS."""
    wanted = select(Platform.public_id, SendTally).join(Platform, SendTally.platform_id == Platform.id)
    rows = session.execute(wanted.order_by(Platform.id, SendTally.outcome, SendTally.within))
    return [(public_id, tally) for public_id, tally in rows]


def _scores_of(platform_id: int, course_id: int | None) -> list[ColumnElement[bool]]:
    conditions = [Score.platform_id == platform_id]
    if course_id is not None:
        conditions.append(Score.line_item_id.in_(select(LineItem.id).where(LineItem.course_id == course_id)))
    return conditions
