"""Sends the mails that are due: takes some, hands each over with no transaction open, writes down what became of it."""

import logging
import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from service.config import MailServer, Settings
from service.db import transaction
from service.notices import outbox
from service.notices.outbox import Claim, Outcome
from service.notices.render import envelope_sender, make_message
from service.notices.rules import MailState
from service.notices.smtp import Connection, ServerDownError

log = logging.getLogger(__name__)

BATCH = 20
LONGEST_RUN = timedelta(seconds=120)
"""A run ends in time, so that no broker takes it for lost."""
TIME_FOR_ONE = timedelta(minutes=3)
"""What must be left of a lease before a mail is begun: a slow server may take long over each of its answers."""

Clock = Callable[[], datetime]


@dataclass
class SendReport:
    """What a run did. `has_more` says that it stopped before everything due was tried."""

    states: Counter[MailState] = field(default_factory=Counter)
    has_more: bool = False
    problem: str = ""
    """Why the mail server could not be used."""


def send_due(
    sessions: sessionmaker[Session],
    settings: Settings,
    *,
    clock: Clock,
    is_stopping: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send what is due over one connection, and say what became of it. Does nothing without a mail server.

    Any number of processes may run this at once. One that dies loses nothing: what it held is due again when its lease
    is over. Only the mail that it was just handing over may go out twice, with the same Message-ID.
    """
    report, ends_at = SendReport(), clock() + LONGEST_RUN
    if settings.mail is None:
        return report
    with ExitStack() as stack:
        run = _Run(sessions, settings, settings.mail, clock, stack)
        while not report.problem:
            if clock() >= ends_at or is_stopping():
                report.has_more = True
                break
            if not run.send_some(report, is_stopping):
                break
    if report.problem:
        log.info("The mail server cannot be used: %s", report.problem)
    return report


class _Run:
    """One run of a sender, with one connection, opened for the first mail."""

    def __init__(
        self, sessions: sessionmaker[Session], settings: Settings, server: MailServer, clock: Clock, stack: ExitStack
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._server = server
        self._clock = clock
        self._stack = stack
        self._connection: Connection | None = None

    def send_some(self, report: SendReport, is_stopping: Callable[[], bool]) -> bool:
        """Take some mails and send them; return whether there were any. What was not begun is given back."""
        with transaction(self._sessions) as session:
            claims = outbox.claim_due(session, limit=BATCH, at=self._clock())
        left = []
        for claim in claims:
            if report.problem or is_stopping() or claim.leased_until - self._clock() < TIME_FOR_ONE:
                left.append(claim)
                continue
            try:
                outcome = self._send(claim)
            except ServerDownError as error:
                report.problem = str(error)
                outcome = Outcome(MailState.WAITING, report.problem)
            report.states.update([state] if (state := self._write(claim, outcome)) else [])
        with transaction(self._sessions) as session:
            outbox.release(session, left, at=self._clock())
        return bool(claims)

    def _send(self, claim: Claim) -> Outcome:
        try:
            message = make_message(self._settings, self._server, claim)
        except Exception as error:
            # A fault of ours: it is in the log, the mail is tried again, and the others are sent.
            log.exception("Mail %s could not be made", claim.public_id)
            return Outcome(MailState.WAITING, type(error).__name__)
        if self._connection is None:
            self._connection = self._stack.enter_context(Connection(self._server))
        return self._connection.hand_over(message, envelope_sender(self._server, claim.public_id), claim.address)

    def _write(self, claim: Claim, outcome: Outcome) -> MailState | None:
        jitter = random.random()  # noqa: S311 (nothing secret)
        with transaction(self._sessions) as session:
            return outbox.finish(session, claim, outcome, at=self._clock(), jitter=jitter)
