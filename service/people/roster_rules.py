"""Decides what a roster changes, and when it is read again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from service.people.models import LmsRole, RosterProblem
from service.people.rules import Known

LEASE = timedelta(minutes=10)
"""How long a roster belongs to the reader that took it."""
LONGEST_READ = timedelta(minutes=5)
"""After so long no further page is asked for."""
CONFIRM_AFTER = timedelta(minutes=10)
"""How much later a roster that names surprisingly few is read once more."""
MOST_TRIES = 12
UNLISTED_FOR = timedelta(days=1)
"""How long a launch speaks for a learner whom no roster has ever named: rosters may lag behind."""

FEW = 10
"""So many may leave at once without a doubt."""


class Occasion(StrEnum):
    """Why a roster is to be read."""

    LEARNER_LAUNCH = "learner_launch"
    STAFF_LAUNCH = "staff_launch"
    REQUEST = "request"
    """Somebody asked for it."""


PAUSES: Mapping[Occasion, timedelta] = {
    Occasion.LEARNER_LAUNCH: timedelta(minutes=30),
    Occasion.STAFF_LAUNCH: timedelta(minutes=5),
    Occasion.REQUEST: timedelta(seconds=15),
}
"""How far apart two readings of a course begin at least."""

SOON = (timedelta(minutes=1), timedelta(hours=1))
SLOW = (timedelta(hours=1), timedelta(days=1))
"""First and longest wait after a problem that may pass by itself, and after one that somebody must see to."""
PACES = {RosterProblem.UNREACHABLE: SOON, RosterProblem.OWN_FAULT: SOON}

PROBLEM_OF_STATUS = {
    401: RosterProblem.REFUSED,
    403: RosterProblem.REFUSED,
    404: RosterProblem.GONE,
    408: RosterProblem.UNREACHABLE,
    410: RosterProblem.GONE,
    429: RosterProblem.UNREACHABLE,
}


def is_due(
    occasion: Occasion,
    *,
    at: datetime,
    started_at: datetime | None,
    next_read_at: datetime | None,
    is_being_read: bool,
    problem: RosterProblem | None,
) -> bool:
    """Say whether `occasion` makes a roster due now; False where it is due or being read already.

    A launch never shortens the wait after a problem; a person may.
    """
    if is_being_read or (next_read_at is not None and next_read_at <= at):
        return False
    if occasion is Occasion.REQUEST:
        pause = PAUSES[occasion]
    elif next_read_at is not None:
        return False
    else:
        pause = PACES.get(problem, SLOW)[1] if problem else PAUSES[occasion]
    return started_at is None or at - started_at >= pause


def problem_of_status(status: int) -> RosterProblem:
    """Return what an answer without a list means."""
    if status >= 500:
        return RosterProblem.UNREACHABLE
    return PROBLEM_OF_STATUS.get(status, RosterProblem.UNREADABLE)


def next_read_after(
    problem: RosterProblem, tries: int, *, at: datetime, jitter: float, retry_after: float | None = None
) -> datetime | None:
    """Return when to try again after `tries` tries, None for not before the next launch. `jitter` is from 0 to 1."""
    if tries >= MOST_TRIES:
        return None
    first, longest = PACES.get(problem, SLOW)
    wait = min(first.total_seconds() * 2.0 ** (tries - 1), longest.total_seconds())
    wait = max(wait, min(retry_after or 0.0, 86400.0)) * (1 + jitter / 2)
    return at + timedelta(seconds=wait)


def has_vanished(known: Known, *, started_at: datetime) -> bool:
    """Say whether someone is gone from the course whom a roster read since `started_at` does not name.

    Who was on the roster before is. Who never was may be let in without being on it, as administrators and test
    users are; a learner is believed for a day after a launch.
    """
    if known.has_left or known.is_test_user:
        return False
    if known.last_seen_at is not None and known.last_seen_at >= started_at:
        return False
    if known.is_listed or known.last_seen_at is None:
        return True
    return known.lms_role is LmsRole.LEARNER and started_at - known.last_seen_at > UNLISTED_FOR


def is_doubtful(present: int, vanished: int) -> bool:
    """Say whether so many of those present are gone at once that the roster must say it twice."""
    return vanished > FEW and vanished * 2 > present


def told_after_roster(listed: str, known: str, *, has_launched: bool) -> str:
    """Return a person's name or mail address: what their launch said, or the roster where that said nothing."""
    return known if has_launched and known else listed
