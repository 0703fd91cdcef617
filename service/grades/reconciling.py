"""Compares what the gradebooks show with what we hold, column by column: at night, and when staff ask (FEATURES N3).

Takes a column under a lease, reads it with no transaction open, and writes down what differs; people choose then.
"""

import logging
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, sessionmaker

from lti.answers import AnswerError
from lti.errors import LtiError, ServiceUnreachableError
from lti.scores import RESULT_SCOPE, Result, ResultList, read_results
from lti.service_client import ServiceClient
from service.db import transaction
from service.errors import MentorReadyError
from service.grades import rules
from service.grades.models import LineItem, PlatformSending, Score, ScoreState
from service.grades.pausing import note_meetings
from service.patience import Meeting, Trouble
from service.people.models import Course, Person
from service.platforms.models import Platform

log = logging.getLogger(__name__)

CHECK_SCORES = "check_scores"
"""The background job to wake once the transaction has committed."""
LEASE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(hours=1)
"""When an LMS that did not answer is asked again."""
LONGEST_RUN = timedelta(seconds=120)
CHUNK = 500

OpenClient = Callable[[int], ServiceClient]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Claim:
    """A column that is ours to compare until `leased_until`."""

    item_id: int
    label: str
    url: str
    score_maximum: float
    platform_id: int
    started_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Outcome:
    """What comparing a column came to; `problem` says why to nothing or not to all, and is empty if it worked."""

    label: str
    compared: int = 0
    different: int = 0
    problem: str = ""


def ask_check(session: Session, item: LineItem, *, at: datetime) -> None:
    """Let a column be compared as soon as may be. Asked twice, it is compared once."""
    if not _is_being_checked(item, at):
        item.check_at = at
    session.info.setdefault("wake", set()).add(CHECK_SCORES)


def check_due(
    sessions: sessionmaker[Session],
    open_client: OpenClient,
    *,
    clock: Clock,
    is_stopping: Callable[[], bool] = lambda: False,
    item_ids: Sequence[int] | None = None,
) -> Iterator[Outcome]:
    """Compare the columns that are due, or of `item_ids` those that are, and give what became of each.

    Any number of processes may run this at once. One that dies loses nothing: its column is due again when its lease
    is over. It ends in time for the next run to go on. `open_client` is called outside of any transaction.
    """
    stopped: set[int] = set()
    ends_at = clock() + LONGEST_RUN
    with transaction(sessions) as session:
        _plan(session, at=clock())
    while clock() < ends_at and not is_stopping():
        with transaction(sessions) as session:
            claim = _claim(session, at=clock(), except_platforms=stopped, item_ids=item_ids)
        if claim is None:
            return
        outcome, has_stopped = _check(sessions, open_client, claim, clock)
        if has_stopped:
            stopped.add(claim.platform_id)
        yield outcome


def _plan(session: Session, *, at: datetime) -> None:
    """Give each column that has none a time in the coming night."""
    for item in session.scalars(select(LineItem).where(LineItem.check_at.is_(None), LineItem.url != "").limit(CHUNK)):
        item.check_at = _some_night(at)


def _claim(
    session: Session, *, at: datetime, except_platforms: Collection[int], item_ids: Sequence[int] | None
) -> Claim | None:
    """Take the column that has been due longest, at an LMS that may be asked."""
    due = (
        select(LineItem, Course)
        .join(Course, LineItem.course_id == Course.id)
        .join(Platform, Course.platform_id == Platform.id)
        .outerjoin(PlatformSending, PlatformSending.platform_id == Platform.id)
        .where(
            LineItem.check_at <= at,
            LineItem.url != "",
            Platform.disabled_at.is_(None),
            Platform.id.not_in(except_platforms),
            or_(PlatformSending.paused_until.is_(None), PlatformSending.paused_until <= at),
        )
        .order_by(LineItem.check_at, LineItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=LineItem)
    )
    if item_ids is not None:
        due = due.where(LineItem.id.in_(item_ids))
    for item, course in session.execute(due):
        if RESULT_SCOPE in course.grade_scopes:
            item.check_at = at + LEASE
            maximum = item.score_maximum
            return Claim(item.id, item.label, item.url, maximum, course.platform_id, at, item.check_at)
        item.check_at, item.check_problem = _some_night(at), "The LMS grants no right to read results."
        session.flush()
        return _claim(session, at=at, except_platforms=except_platforms, item_ids=item_ids)
    return None


def _check(
    sessions: sessionmaker[Session], open_client: OpenClient, claim: Claim, clock: Clock
) -> tuple[Outcome, bool]:
    """Compare one column, and say too whether its LMS is to be left alone."""
    trouble, problem, again_at = Trouble.NONE, "", None
    outcome = Outcome(claim.label)
    try:
        results = read_results(open_client(claim.platform_id), claim.url)
        outcome = _compare(sessions, claim, results, clock)
        problem = results.gap
    except AnswerError as error:
        problem = str(error)
    except (LtiError, MentorReadyError) as error:
        problem, again_at = str(error), clock() + AGAIN_AFTER
        trouble = Trouble.CHANCE if isinstance(error, ServiceUnreachableError) else Trouble.SURE
    except Exception as error:
        # A fault of ours. It is in the log, the column is compared another night, and the others are now.
        log.exception("Column %s could not be compared", claim.item_id)
        problem = type(error).__name__
    with transaction(sessions) as session:
        if trouble is Trouble.CHANCE:
            note_meetings(session, claim.platform_id, [Meeting(trouble, problem)], at=clock(), jitter=0.0)
        _settle(session, claim, problem, again_at or _some_night(clock()), at=clock())
    return Outcome(outcome.label, outcome.compared, outcome.different, problem), trouble is not Trouble.NONE


def _settle(session: Session, claim: Claim, problem: str, next_at: datetime, *, at: datetime) -> None:
    item = session.get_one(LineItem, claim.item_id, with_for_update=True, populate_existing=True)
    if item.check_at == claim.leased_until:
        item.check_at = next_at
    item.check_problem = problem[:255]
    if not problem:
        item.checked_at = at


def _compare(sessions: sessionmaker[Session], claim: Claim, results: ResultList, clock: Clock) -> Outcome:
    """Go through the scores of a column, some in each transaction."""
    compared = different = last_id = 0
    while True:
        with transaction(sessions) as session:
            wanted = select(Score, Person.subject).join(Person, Score.person_id == Person.id)
            wanted = wanted.where(Score.line_item_id == claim.item_id, Score.id > last_id)
            rows = session.execute(wanted.order_by(Score.id).limit(CHUNK).with_for_update(of=Score)).all()
            for row, user_id in rows:
                result = results.by_user.get(user_id)
                if (result is None and results.gap) or not _is_at_rest(row, claim.started_at):
                    continue
                _note(row, claim, result, at=clock())
                compared += 1
                different += row.state is ScoreState.DIFFERS
        if len(rows) < CHUNK:
            return Outcome(claim.label, compared, different)
        last_id = rows[-1][0].id


def _is_at_rest(row: Score, read_at: datetime) -> bool:
    """Say whether no sender has to do with the row, or had since the gradebook was read."""
    is_under_way = row.state in {ScoreState.WAITING, ScoreState.SENDING} or (
        row.state is ScoreState.SENT and row.next_try_at is not None
    )
    return not is_under_way and (row.last_checked_at is None or row.last_checked_at < read_at)


def _note(row: Score, claim: Claim, result: Result | None, *, at: datetime) -> None:
    seen = rules.seen_as(result, row.score_given, claim.score_maximum, ())
    row.state = rules.state_on_check(row.state, seen)
    row.lms_score = result.score / result.maximum * claim.score_maximum if result else None
    row.last_checked_at = at
    if row.state is ScoreState.CONFIRMED:
        row.next_try_at, row.reason = None, ""


def _is_being_checked(item: LineItem, at: datetime) -> bool:
    return item.check_at is not None and at < item.check_at <= at + LEASE


def _some_night(at: datetime) -> datetime:
    return rules.next_night(at, random.random())  # noqa: S311 (nothing secret)
