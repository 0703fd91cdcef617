"""Reads the rosters that are due: takes one, reads it with no transaction open, writes it down in one."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from lti.errors import AddressRefusedError, LtiError, ServiceUnreachableError, TokenRefusedError
from lti.roster import ReadingStoppedError, Roster, RosterError, read_roster
from lti.service_client import ServiceClient
from service.db import transaction
from service.errors import MentorReadyError
from service.people import roster_operations as operations
from service.people import roster_rules as rules
from service.people.models import RosterProblem
from service.people.roster_members import Listing
from service.people.roster_operations import Claim, Failure

log = logging.getLogger(__name__)

LONGEST_RUN = timedelta(seconds=120)
"""After so long no further course is begun, so that no broker takes the job for lost."""
STOPS_PLATFORM = frozenset({RosterProblem.UNREACHABLE, RosterProblem.NO_CLIENT})
"""What the next course of the same LMS would meet as well."""

OpenClient = Callable[[int], ServiceClient]
Clock = Callable[[], datetime]
Follow = Callable[[Session, int, datetime], None]
"""What is done in the transaction that writes a roster down, by the id of the course and when."""


def _nothing(_session: Session, _course_id: int, _at: datetime) -> None:
    """Do nothing more."""


@dataclass(frozen=True)
class Outcome:
    """What became of one roster, by the public id of its course: what it changed, or why it could not be read."""

    course_id: str
    listing: Listing | None = None
    failure: Failure | None = None


@dataclass
class RefreshReport:
    """What a run did. `has_more` says that it stopped before everything due was tried."""

    outcomes: list[Outcome] = field(default_factory=list)
    stopped_platforms: set[int] = field(default_factory=set)
    """Platforms that did not answer: their other courses were left for the next run."""
    has_more: bool = False


def refresh_due(
    sessions: sessionmaker[Session],
    open_client: OpenClient,
    *,
    clock: Clock,
    course_id: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    follow: Follow = _nothing,
) -> RefreshReport:
    """Read the rosters that are due, of all courses or of one, and say what became of them.

    Any number of processes may run this at once. One that dies loses nothing: what it was at is due again when its
    lease is over. `open_client` is called with the id of a platform, outside of any transaction.
    """
    report = RefreshReport()
    started_at = clock()
    while clock() - started_at < LONGEST_RUN and not is_stopping():
        with transaction(sessions) as session:
            claim = operations.claim_due(
                session, at=clock(), except_platforms=report.stopped_platforms, course_id=course_id
            )
        if claim is None:
            return report
        outcome = _refresh(sessions, open_client, claim, clock, is_stopping, follow)
        if outcome is None:
            break
        report.outcomes.append(outcome)
        if outcome.failure and outcome.failure.problem in STOPS_PLATFORM:
            report.stopped_platforms.add(claim.platform_id)
    report.has_more = True
    return report


def _refresh(
    sessions: sessionmaker[Session],
    open_client: OpenClient,
    claim: Claim,
    clock: Clock,
    is_stopping: Callable[[], bool],
    follow: Follow,
) -> Outcome | None:
    """Read one roster and write down whatever that brings; None if it was given back because the worker stops."""

    def may_go_on() -> bool:
        return not is_stopping() and clock() - claim.started_at < rules.LONGEST_READ

    try:
        roster = read_roster(open_client(claim.platform_id), claim.url, may_go_on=may_go_on)
        return _write_down(sessions, claim, roster, clock, follow)
    except ReadingStoppedError as error:
        if is_stopping():
            with transaction(sessions) as session:
                operations.release(session, claim)
            return None
        failure = Failure(RosterProblem.UNREACHABLE, f"Too slow: {error}")
    except (LtiError, MentorReadyError) as error:
        failure = failure_of(error)
    except Exception as error:
        # A fault of ours. It is in the log, the course is tried again, and the others are read.
        log.exception("The roster of course %s could not be read", claim.course_public_id)
        failure = Failure(RosterProblem.OWN_FAULT, type(error).__name__)
    return _give_up(sessions, claim, failure, clock)


def _write_down(sessions: sessionmaker[Session], claim: Claim, roster: Roster, clock: Clock, follow: Follow) -> Outcome:
    """Record a roster in one transaction; one that cannot be used counts as not read."""
    if not any(member.is_active for member in roster.members):
        return _give_up(sessions, claim, Failure(RosterProblem.EMPTY, "The list names nobody."), clock)
    with transaction(sessions) as session:
        at = clock()
        listing = operations.record_roster(session, claim, roster, at=at)
        follow(session, claim.course_id, at)
    return Outcome(claim.course_public_id, listing=listing)


def _give_up(sessions: sessionmaker[Session], claim: Claim, failure: Failure, clock: Clock) -> Outcome:
    with transaction(sessions) as session:
        jitter = random.random()  # noqa: S311 (nothing secret)
        operations.record_failure(session, claim, failure, jitter=jitter, at=clock())
    return Outcome(claim.course_public_id, failure=failure)


def failure_of(error: Exception) -> Failure:
    """Return what an error of the LTI layer or of ours means for a roster."""
    if isinstance(error, RosterError):
        return Failure(rules.problem_of_status(error.status), str(error), error.retry_after)
    if isinstance(error, ServiceUnreachableError):
        return Failure(RosterProblem.UNREACHABLE, str(error), error.retry_after)
    if isinstance(error, TokenRefusedError | AddressRefusedError):
        return Failure(RosterProblem.REFUSED, str(error))
    return Failure(RosterProblem.NO_CLIENT, str(error))
