"""The senders' side of the score table: take rows under a lease, give them back, write down what became of them.

Each function runs in a short transaction of its own, and none of them while the LMS is spoken to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, contains_eager, lazyload

from lti.scores import ScorePayload
from service.grades import rules
from service.grades.columns import Column, column_of, forget_address
from service.grades.models import LineItem, Score, ScoreState, ScoreTry
from service.patience import Trouble
from service.people.models import Course, Person


@dataclass(frozen=True)
class Claim:
    """A row that is ours until `leased_until`, with all that is needed to send it and no session open."""

    score_id: int
    revision: int
    try_id: int
    known_tries: int
    """How many there are of the row, this one too, up to the number that is kept."""
    leased_until: datetime
    platform_id: int
    user_id: str
    column: Column
    score_given: float
    comment: str
    asked_at: datetime
    timestamp: datetime
    previous_timestamp: datetime | None
    tries: int
    """Of this value, counting this one."""
    state: ScoreState
    """Before it was taken."""
    is_repeat: bool
    overrules: bool
    sent_values: tuple[float, ...]
    """What the gradebook may show of ours, without this value."""

    @property
    def was_accepted(self) -> bool:
        """Say whether the LMS took this very score before, and only its gradebook is to be looked at."""
        return self.is_repeat and self.state is ScoreState.SENT

    @property
    def payload(self) -> ScorePayload:
        """Return what is sent."""
        return ScorePayload(self.user_id, self.score_given, self.column.score_maximum, self.comment, self.timestamp)


@dataclass(frozen=True)
class Report:
    """What became of one try."""

    verdict: rules.Verdict
    detail: str = ""
    status: int | None = None
    retry_after: float | None = None
    shown: float | None = None
    """What the gradebook shows, on the scale of our column."""
    was_asked: bool = False
    payload_hash: str = ""
    trouble: Trouble = Trouble.NONE
    seconds: float = 0.0
    closes_course: bool = False
    """Whether no other score of the course would be taken either."""


def claim_due(session: Session, platform_id: int, *, limit: int, at: datetime) -> list[Claim]:
    """Take up to `limit` rows whose time has come, the longest due first; rows that others hold are passed over."""
    due = (
        select(Score.id)
        .where(Score.platform_id == platform_id, Score.next_try_at <= at)
        .order_by(Score.next_try_at, Score.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Two statements: the first runs along its index however long the queue is.
    ids = session.scalars(due).all()
    if not ids:
        return []
    wanted = (
        select(Score, Course, Person.subject)
        .join(Score.line_item)
        .join(Course, LineItem.course_id == Course.id)
        .join(Person, Score.person_id == Person.id)
        .where(Score.id.in_(ids))
        .options(contains_eager(Score.line_item))
        .execution_options(populate_existing=True)
    )
    rows = sorted(session.execute(wanted).all(), key=lambda row: ids.index(row[0].id))
    earlier = _tries_of(session, ids)
    claims = [_take(row, course, user_id, earlier.get(row.id, []), at) for row, course, user_id in rows]
    taken = [claim for claim in claims if claim]
    attempts = [
        ScoreTry(score_id=claim.score_id, at=at, score_given=claim.score_given, outcome=ScoreState.SENDING)
        for claim in taken
    ]
    session.add_all(attempts)
    session.flush()
    return [replace(claim, try_id=attempt.id) for claim, attempt in zip(taken, attempts, strict=True)]


def finish(
    session: Session, done: Sequence[tuple[Claim, Report]], *, at: datetime, jitter: float
) -> list[ScoreState | None]:
    """Write down what became of claims and return each row's new state.

    None if a row was no longer ours: the lease was over and another sender has it. A value queued in the meantime
    leaves its row waiting.
    """
    held = _held(session, [claim for claim, _ in done])
    states: list[ScoreState | None] = []
    attempts = []
    for claim, report in done:
        due = _next_try(claim, report, at, jitter)
        attempts.append(_try_values(claim, report, due))
        row = held.get(claim.score_id)
        if row is not None:
            _settle(session, claim, report, row, due, at)
        states.append(row.state if row else None)
    session.execute(update(ScoreTry), attempts)
    _forget_old_tries(session, [claim.score_id for claim, _ in done if claim.known_tries > rules.KEPT_TRIES])
    for claim, report in done:
        if report.closes_course:
            _pause_course(session, claim, report, at)
    return states


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give back rows that were not begun, as they were; they stay due."""
    session.execute(delete(ScoreTry).where(ScoreTry.id.in_([claim.try_id for claim in claims])))
    held = _held(session, claims)
    for claim in claims:
        row = held.get(claim.score_id)
        if row is not None:
            row.state, row.next_try_at = ScoreState.WAITING, claim.leased_until - rules.LEASE
            if row.revision == claim.revision:
                row.tries, row.sent_timestamp = claim.tries - 1, claim.previous_timestamp
                row.state = claim.state


def _take(
    row: Score, course: Course, user_id: str, earlier: Sequence[tuple[ScoreState, float]], at: datetime
) -> Claim | None:
    """Lease one row. None, and due a moment later, if its timestamp would lie in the future."""
    previous, state = row.sent_timestamp, row.state
    is_repeat = row.tries > 0 and state is not ScoreState.CLOCK_CONFLICT and previous is not None
    if not is_repeat:
        # What is to replace a teacher's grade must be newer than that.
        is_dated_by_work = row.tries == 0 and not row.overrules
        timestamp = rules.timestamp_for(previous, row.queued_at if is_dated_by_work else at)
        if timestamp > at:
            row.next_try_at = timestamp
            return None
        row.sent_timestamp = timestamp
    assert row.sent_timestamp is not None
    row.state, row.next_try_at, row.tries = ScoreState.SENDING, at + rules.LEASE, row.tries + 1
    return Claim(
        score_id=row.id,
        revision=row.revision,
        try_id=0,
        known_tries=len(earlier) + 1,
        leased_until=row.next_try_at,
        platform_id=row.platform_id,
        user_id=user_id,
        column=column_of(row.line_item, course),
        score_given=row.score_given,
        comment=row.comment,
        asked_at=row.asked_at,
        timestamp=row.sent_timestamp,
        previous_timestamp=previous,
        tries=row.tries,
        state=state,
        is_repeat=is_repeat,
        overrules=row.overrules,
        sent_values=_values_shown(earlier),
    )


def _settle(session: Session, claim: Claim, report: Report, row: Score, due: datetime | None, at: datetime) -> None:
    """Bring a row of ours to what the report says of it."""
    if report.was_asked:
        row.lms_score, row.last_checked_at = report.shown, at
    if row.revision != claim.revision:
        row.state = ScoreState.WAITING
        row.next_try_at = max(at, rules.timestamp_for(row.sent_timestamp, row.queued_at))
        return
    row.state, row.reason, row.next_try_at = report.verdict.state, report.detail[:255], due
    if due is None:
        row.state, row.overrules = rules.when_given_up(row.state), False
    if row.state is ScoreState.LINE_ITEM_GONE and not claim.column.is_coupled and claim.tries == 1:
        forget_address(session, claim.column)
        row.next_try_at = at


def _next_try(claim: Claim, report: Report, at: datetime, jitter: float) -> datetime | None:
    return rules.next_try_at(
        report.verdict.pace,
        claim.tries,
        at=at,
        asked_at=claim.asked_at,
        jitter=jitter,
        retry_after=report.retry_after,
    )


def _try_values(claim: Claim, report: Report, due: datetime | None) -> dict[str, Any]:
    return {
        "id": claim.try_id,
        "outcome": report.verdict.state,
        "status": report.status,
        "detail": report.detail[:255],
        "payload_hash": report.payload_hash,
        "next_try_at": due,
    }


def _held(session: Session, claims: Sequence[Claim]) -> dict[int, Score]:
    """Return the rows that are still ours, locked, by their ids."""
    wanted = select(Score).where(Score.id.in_([claim.score_id for claim in claims])).order_by(Score.id)
    wanted = wanted.options(lazyload(Score.line_item)).with_for_update()
    rows = {row.id: row for row in session.scalars(wanted, execution_options={"populate_existing": True})}
    leases = {claim.score_id: claim.leased_until for claim in claims}
    return {id_: row for id_, row in rows.items() if row.state is ScoreState.SENDING and row.next_try_at == leases[id_]}


def _pause_course(session: Session, claim: Claim, report: Report, at: datetime) -> None:
    """Mark what else is due in a course that takes nothing any more, so that it is not tried one by one."""
    items = select(LineItem.id).where(LineItem.course_id == claim.column.course_id)
    due = (Score.line_item_id.in_(items), Score.next_try_at <= at, Score.state != ScoreState.SENDING)
    values = {
        "state": ScoreState.PAUSED,
        "reason": report.detail[:255],
        "next_try_at": _next_try(claim, report, at, 0.0),
    }
    session.execute(update(Score).where(*due).values(**values).execution_options(synchronize_session=False))


def _tries_of(session: Session, score_ids: Sequence[int]) -> dict[int, list[tuple[ScoreState, float]]]:
    """Return outcome and value of the tries that are kept, first to last, by row."""
    wanted = select(ScoreTry.score_id, ScoreTry.outcome, ScoreTry.score_given).where(ScoreTry.score_id.in_(score_ids))
    tries: dict[int, list[tuple[ScoreState, float]]] = {}
    for score_id, outcome, given in session.execute(wanted.order_by(ScoreTry.id)):
        tries.setdefault(score_id, []).append((outcome, given))
    return tries


def _values_shown(tries: Sequence[tuple[ScoreState, float]]) -> tuple[float, ...]:
    """Return the latest value seen in the gradebook and those offered after it."""
    values: tuple[float, ...] = ()
    for outcome, given in tries:
        values = (*(() if outcome is ScoreState.CONFIRMED else values), given)
    return values


def _forget_old_tries(session: Session, score_ids: Sequence[int]) -> None:
    for score_id in score_ids:
        of_score = ScoreTry.score_id == score_id
        kept = select(ScoreTry.id).where(of_score).order_by(ScoreTry.id.desc()).offset(rules.KEPT_TRIES - 1).limit(1)
        session.execute(delete(ScoreTry).where(of_score, ScoreTry.id < kept.scalar_subquery()))
