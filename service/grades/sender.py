"""Sends what is due to the gradebooks: takes rows, delivers each with no transaction open, writes down the outcome."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from lti.errors import LtiError
from lti.service_client import ServiceClient
from service.db import transaction
from service.errors import MentorReadyError
from service.grades import outbox, rules
from service.grades.delivery import DeliveryError, deliver, report_of
from service.grades.models import ScoreState
from service.grades.outbox import Claim, Report
from service.grades.pausing import note_clock, note_meetings
from service.grades.queues import Queue, list_queues, pause_disabled
from service.grades.rules import Failure
from service.grades.slots import take_slot
from service.grades.tally import count_tries
from service.patience import Meeting, Trouble, failures_after, is_on_trial

log = logging.getLogger(__name__)

FIRST_BATCH = 3
BATCH = 24
"""A sender takes few scores, then more: what one that dies young held waits for the end of its lease."""
LONGEST_RUN = timedelta(seconds=120)
"""A run ends in time, so that no broker takes it for lost and gives its message to another worker."""
LONGEST_UNWRITTEN = 0.5
"""Seconds that an outcome may wait to be written down together with others."""

OpenClient = Callable[[int], ServiceClient]
Clock = Callable[[], datetime]


@dataclass
class SendReport:
    """What a run did. `has_more` says that it stopped before everything due was tried."""

    states: Counter[ScoreState] = field(default_factory=Counter)
    stopped_platforms: set[int] = field(default_factory=set)
    """Platforms that did not answer, or would not: their other scores were left for later."""
    has_more: bool = False

    @property
    def tried(self) -> int:
        """Return how many scores were tried."""
        return self.states.total()


def send_due(
    sessions: sessionmaker[Session],
    open_client: OpenClient,
    *,
    clock: Clock,
    limit: int = 200,
    is_stopping: Callable[[], bool] = lambda: False,
    call_others: Callable[[], None] = lambda: None,
) -> SendReport:
    """Send up to `limit` scores that are due, and say what became of them.

    Any number of processes may run this at once. One that dies loses nothing: its rows are due again when their
    lease is over. `open_client` is called with the id of a platform, outside of any transaction. Once `is_stopping`,
    what was not begun is given back at once. `call_others` is called, once, if there is work for more senders.
    """
    run = _Run(sessions, open_client, clock, limit, is_stopping, call_others)
    with transaction(sessions) as session:
        pause_disabled(session, at=clock())
        queues = list_queues(session, at=clock())
    # Not all begin with the same LMS.
    for queue in random.sample(queues, len(queues)):
        with take_slot(sessions, queue.platform_id, queue.most_at_once) as is_ours:
            if is_ours:
                run.drain(queue)
    return run.report


class _Run:
    """One run of a sender, and its report."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        open_client: OpenClient,
        clock: Clock,
        limit: int,
        is_stopping: Callable[[], bool],
        call_others: Callable[[], None],
    ) -> None:
        self.report = SendReport()
        self._sessions = sessions
        self._open_client = open_client
        self._clock = clock
        self._limit = limit
        self._is_stopping = is_stopping
        self._call_others = call_others
        self._has_called = False
        self._ends_at = clock() + LONGEST_RUN

    def drain(self, queue: Queue) -> None:
        """Send what is due at one LMS, until nothing is, or it is to be left alone, or the run is over."""
        visit = _Visit(self._sessions, self._open_client, self._clock, queue, self._is_stopping)
        while True:
            left = self._limit - self.report.tried
            if left <= 0 or self._clock() >= self._ends_at or self._is_stopping():
                self.report.has_more = True
                return
            size = 1 if queue.is_on_trial and not visit.has_answered else min(visit.next_size, left)
            found = visit.send_batch(size, self.report, self._call_others_once)
            if visit.is_over:
                self.report.stopped_platforms.add(queue.platform_id)
            if visit.is_over or not found:
                return

    def _call_others_once(self) -> None:
        if not self._has_called:
            self._has_called = True
            self._call_others()


class _Visit:
    """One sender at one LMS."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        open_client: OpenClient,
        clock: Clock,
        queue: Queue,
        is_stopping: Callable[[], bool],
    ) -> None:
        self.is_over = False
        self.has_answered = False
        self.next_size = FIRST_BATCH
        self._sessions = sessions
        self._open_client = open_client
        self._clock = clock
        self._queue = queue
        self._is_stopping = is_stopping
        self._client: ServiceClient | None = None
        self._failures = 0
        self._closed_courses: set[int] = set()

    def send_batch(self, size: int, report: SendReport, call_others: Callable[[], None]) -> bool:
        """Take up to `size` rows and send them. Return whether there were any."""
        with transaction(self._sessions) as session:
            claims = outbox.claim_due(session, self._queue.platform_id, limit=size, at=self._clock())
        if len(claims) == self.next_size:
            call_others()
        self.next_size = min(2 * self.next_size, BATCH)
        done: list[tuple[Claim, Report]] = []
        left: list[Claim] = []
        unwritten_since = time.monotonic()
        for claim in claims:
            if not self._may_begin(claim):
                left.append(claim)
                continue
            done.append((claim, self._send(claim)))
            # That a course is closed is written down with what was not begun in it: then all of it is paused.
            if time.monotonic() - unwritten_since > LONGEST_UNWRITTEN and not self._closed_courses:
                self._write([], done, report)
                done, unwritten_since = [], time.monotonic()
        self._write(left, done, report)
        return bool(claims)

    def _may_begin(self, claim: Claim) -> bool:
        has_time = claim.leased_until - self._clock() >= rules.LATEST_START
        is_open = claim.column.course_id not in self._closed_courses
        return has_time and is_open and not self.is_over and not self._is_stopping()

    def _send(self, claim: Claim) -> Report:
        """Send one score and return whatever that brings: one bad score never stops a batch."""
        began_at = time.monotonic()
        try:
            report = deliver(self._sessions, self._open(), claim, self._clock)
        except DeliveryError as error:
            report = report_of(error)
        except Exception as error:
            # A fault of ours. It is in the log, the score is tried again, and the others are sent.
            log.exception("Score %s could not be sent", claim.score_id)
            report = Report(rules.AFTER_FAILURE[Failure.OWN_FAULT], type(error).__name__)
        self._failures = failures_after(self._failures, [_meeting_of(report)])
        self.is_over = is_on_trial(self._failures) or bool(report.retry_after) or self._fails_on_trial(report)
        if report.closes_course:
            self._closed_courses.add(claim.column.course_id)
        return replace(report, seconds=time.monotonic() - began_at)

    def _fails_on_trial(self, report: Report) -> bool:
        is_fine = report.trouble is Trouble.NONE
        self.has_answered = self.has_answered or is_fine
        return self._queue.is_on_trial and not self.has_answered

    def _write(self, left: list[Claim], done: list[tuple[Claim, Report]], report: SendReport) -> None:
        """Give back what was not begun and write down the rest; the states go into the report of the run."""
        reports = [each for _, each in done]
        jitter = random.random()  # noqa: S311 (nothing secret)
        with transaction(self._sessions) as session:
            at = self._clock()
            meetings = [_meeting_of(each) for each in reports]
            if note_meetings(session, self._queue.platform_id, meetings, at=at, jitter=jitter):
                self.is_over = True
            count_tries(session, self._queue.platform_id, reports)
            if self._client is not None and self._client.clock_difference is not None and done:
                note_clock(session, self._queue.platform_id, self._client.clock_difference)
            if left:
                outbox.release(session, left)
            if done:
                states = outbox.finish(session, done, at=at, jitter=jitter)
                report.states.update(state for state in states if state is not None)

    def _open(self) -> ServiceClient:
        if self._client is None:
            try:
                self._client = self._open_client(self._queue.platform_id)
            except (LtiError, MentorReadyError) as error:
                raise DeliveryError(Failure.NO_CLIENT, str(error)) from error
            self._client.before_call = _pacer(self._queue)
        return self._client


def _pacer(queue: Queue) -> Callable[[], None]:
    """Return what keeps a sender to its share of the calls that an LMS bears; it waits where that must be."""
    if not queue.most_per_second:
        return lambda: None
    interval = queue.most_at_once / queue.most_per_second
    next_at = time.monotonic()

    def wait() -> None:
        nonlocal next_at
        time.sleep(max(0.0, next_at - time.monotonic()))
        next_at = max(next_at, time.monotonic()) + interval

    return wait


def _meeting_of(report: Report) -> Meeting:
    has_trouble = report.trouble is not Trouble.NONE
    return Meeting(report.trouble, report.detail if has_trouble else "", report.retry_after)
