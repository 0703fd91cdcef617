"""When to try again, and when to leave a receiver alone: of scores to an LMS, of events to other systems, of mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MANY = 5
"""So many troubles in a row that chance is no longer the likely reason."""
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=15)
LONGEST_ASKED = timedelta(days=1)


class Trouble(StrEnum):
    """What a try says of the receiver as a whole."""

    NONE = "none"
    CHANCE = "chance"
    """One call may meet it by chance; several in a row mean that the receiver is down."""
    SURE = "sure"
    """The next one would meet it as well."""


@dataclass(frozen=True)
class Meeting:
    """How one try met the receiver. `retry_after` is what that asked for, in seconds."""

    trouble: Trouble
    reason: str = ""
    retry_after: float | None = None


def is_on_trial(failures: int) -> bool:
    """Say whether a receiver is asked with one thing at a time, because the latest ones have failed."""
    return failures >= MANY


def failures_after(failures: int, meetings: Sequence[Meeting]) -> int:
    """Return how many troubles in a row there are after `meetings`, given how many there were before.

    Those of one moment count up to MANY, or to one more than before: a receiver that restarts under many tries was
    asked many times, but only once.
    """
    most = max(MANY, failures + 1)
    for meeting in meetings:
        if meeting.trouble is Trouble.NONE:
            failures, most = 0, MANY
        else:
            failures = min(max(failures + 1, MANY if meeting.trouble is Trouble.SURE else 0), most)
    return failures


def pause_after(failures: int, meetings: Sequence[Meeting], *, jitter: float) -> timedelta | None:
    """Return how long to rest after `meetings`, of which the latest `failures` were troubles; None for not at all.

    `jitter` is from 0 to 1.
    """
    asked = timedelta(seconds=max((meeting.retry_after or 0.0 for meeting in meetings), default=0.0))
    pause = min(asked, LONGEST_ASKED)
    if failures >= MANY:
        own = min(FIRST_PAUSE * 2 ** min(failures - MANY, 10), LONGEST_PAUSE)
        pause = max(pause, own * (1 + jitter / 2))
    return pause or None


def growing_wait(
    tries: int, *, first: float, longest: float, jitter: float, retry_after: float | None = None
) -> timedelta:
    """Return how long to wait after `tries` tries: `first` seconds, then twice as long each time, up to `longest`.

    A wait that the receiver asks for is kept to, up to a day. `jitter` is from 0 to 1.
    """
    seconds = min(first * 2 ** min(tries - 1, 20), longest)
    return timedelta(seconds=max(seconds, min(retry_after or 0.0, 86400.0)) * (1 + jitter / 2))
