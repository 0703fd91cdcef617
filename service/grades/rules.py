"""Decides what a score may carry and what follows from an attempt to send it: timestamp, state, next try."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isclose

from lti.scores import PostKind, Result
from service.grades.models import ScoreState
from service.patience import Trouble, growing_wait

LEASE = timedelta(seconds=60)
"""How long a row belongs to the sender that took it. Two that hold one for a moment send the same: no harm is done."""
LATEST_START = timedelta(seconds=30)
"""How much of the lease must be left to begin with a row."""
GIVE_UP_AFTER = timedelta(days=7)
FORGET_AFTER = timedelta(days=90)
"""When we no longer ask whether a course that is paused has come back; its staff still may."""
SPARE_LEASE = timedelta(seconds=22)
"""A post is not begun with less left of the lease than it may last: nobody else may send the row meanwhile."""
KEPT_TRIES = 20
PATIENCE = 3
"""After so many tries a fault that could have passed is taken as lasting."""

SHOWN_DECIMALS = 0.01
"""Gradebooks round; two values this near on the gradebook's own scale are one."""


class Seen(StrEnum):
    """What the gradebook showed when it was asked."""

    OURS = "ours"
    OLDER = "older"
    """A value that we sent before this one."""
    FOREIGN = "foreign"
    NOTHING = "nothing"
    UNREADABLE = "unreadable"
    """The LMS could not say just now."""
    NOT_ASKED = "not_asked"
    """It grants no right to read, or there was nothing to ask about."""


class Failure(StrEnum):
    """Why a score could not even be offered."""

    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    """The LMS gives us no access token."""
    ADDRESS_REFUSED = "address_refused"
    NO_CLIENT = "no_client"
    """The registration is switched off, or our key cannot be read."""
    COLUMN_BUSY = "column_busy"
    """Another sender is looking for the column at this moment."""
    COLUMN_GONE = "column_gone"
    COLUMN_REFUSED = "column_refused"
    COURSE_CLOSED = "course_closed"
    """The LMS knows the course no more, or no longer serves it."""
    SERVICE_OFF = "service_off"
    """The LMS gives us tokens, but none for scores any more."""
    OUT_OF_TIME = "out_of_time"
    """The lease is nearly over, and the row soon someone else's."""
    OWN_FAULT = "own_fault"


class Pace(StrEnum):
    """How soon to try again."""

    NEVER = "never"
    SOON = "soon"
    """From seconds up to a quarter of an hour: it may pass at any moment."""
    SLOW = "slow"
    """From an hour up to a day: someone must do something first."""
    PAUSED = "paused"
    """An hour, later a day, for as long as the pause may last."""


@dataclass(frozen=True)
class Verdict:
    """What a row becomes."""

    state: ScoreState
    pace: Pace


CONFIRMED = Verdict(ScoreState.CONFIRMED, Pace.NEVER)
OVERRIDDEN = Verdict(ScoreState.OVERRIDDEN, Pace.NEVER)
SENT = Verdict(ScoreState.SENT, Pace.NEVER)
WAITING = Verdict(ScoreState.WAITING, Pace.SOON)
REFUSED = Verdict(ScoreState.REFUSED, Pace.SLOW)
PAUSED = Verdict(ScoreState.PAUSED, Pace.PAUSED)
DIFFERS = Verdict(ScoreState.DIFFERS, Pace.NEVER)

AFTER_LOOK = {Seen.OURS: CONFIRMED, Seen.FOREIGN: OVERRIDDEN}
"""What the gradebook settles, whatever the LMS said to the post."""

AFTER_POST = {
    PostKind.NOT_GRADABLE: Verdict(ScoreState.NOT_GRADABLE, Pace.SLOW),
    PostKind.ITEM_GONE: Verdict(ScoreState.LINE_ITEM_GONE, Pace.SLOW),
    PostKind.UNAUTHORIZED: Verdict(ScoreState.REFUSED, Pace.SOON),
    PostKind.REFUSED: REFUSED,
    PostKind.BUSY: WAITING,
    PostKind.UNAVAILABLE: WAITING,
}
"""For the answers that need no look at the gradebook."""

AFTER_FAILURE = {
    Failure.UNREACHABLE: WAITING,
    Failure.UNAUTHORIZED: Verdict(ScoreState.REFUSED, Pace.SOON),
    Failure.ADDRESS_REFUSED: REFUSED,
    Failure.NO_CLIENT: PAUSED,
    Failure.COLUMN_BUSY: WAITING,
    Failure.COLUMN_GONE: Verdict(ScoreState.LINE_ITEM_GONE, Pace.SLOW),
    Failure.COLUMN_REFUSED: REFUSED,
    Failure.COURSE_CLOSED: PAUSED,
    Failure.SERVICE_OFF: PAUSED,
    Failure.OUT_OF_TIME: WAITING,
    Failure.OWN_FAULT: WAITING,
}

ON_ITS_WAY = frozenset(
    {
        ScoreState.WAITING,
        ScoreState.SENDING,
        ScoreState.SENT,
        ScoreState.CONFIRMED,
        ScoreState.OVERRIDDEN,
        ScoreState.DIFFERS,
    }
)
"""States in which the same value again is no news."""

_BY_CHANCE = frozenset({Failure.UNREACHABLE, PostKind.BUSY, PostKind.UNAVAILABLE})
_SURELY = frozenset({Failure.UNAUTHORIZED, Failure.SERVICE_OFF, Failure.NO_CLIENT, PostKind.UNAUTHORIZED})

STANDS_STILL = frozenset(
    {
        ScoreState.DIFFERS,
        ScoreState.NOT_GRADABLE,
        ScoreState.LOCKED,
        ScoreState.LINE_ITEM_GONE,
        ScoreState.CLOCK_CONFLICT,
        ScoreState.REFUSED,
        ScoreState.PAUSED,
    }
)
"""States that asking for another try may change."""

LIMITS = (100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
"""Milliseconds: the limits of the histogram of how long a try takes. What takes longer counts as `LONGER`."""
LONGER = 1_000_000_000


def score_given(fraction: float, maximum: float) -> float:
    """Return a fraction from 0 to 1 on the scale of a column. Raises ValueError for any other number."""
    if not 0 <= fraction <= 1:
        raise ValueError(f"A fraction is from 0 to 1, not {fraction}.")
    return round(fraction * maximum, 4)


def is_news(state: ScoreState, next_try_at: datetime | None, old: tuple[float, str], new: tuple[float, str]) -> bool:
    """Say whether a value with its comment is to be sent, given what the row holds and how that fared.

    The same again is news only where we had given up: whoever did something again deserves another try.
    """
    same = isclose(old[0], new[0], abs_tol=1e-9) and old[1] == new[1]
    return not same or (state not in ON_ITS_WAY and next_try_at is None)


def timestamp_for(previous: datetime | None, worked_at: datetime) -> datetime:
    """Return the timestamp of a value: the whole second of the work, but later than the previous one (FEATURES M4).

    Dated by the work and not by the sending, a score that was held up is not marked late, and a teacher who graded
    in between is not overruled. It may not be sent before its time has come.
    """
    second = worked_at.replace(microsecond=0)
    return second if previous is None else max(second, previous + timedelta(seconds=1))


def next_try_at(
    pace: Pace, tries: int, *, at: datetime, asked_at: datetime, jitter: float, retry_after: float | None = None
) -> datetime | None:
    """Return when to try again after `tries` tries, None for never. `jitter` is from 0 to 1."""
    if pace is Pace.NEVER:
        return None
    first, longest = (5.0, 900.0) if pace is Pace.SOON else (3600.0, 86400.0)
    due = at + growing_wait(tries, first=first, longest=longest, jitter=jitter, retry_after=retry_after)
    last = asked_at + (FORGET_AFTER if pace is Pace.PAUSED else GIVE_UP_AFTER)
    return due if due <= last else None


def when_given_up(state: ScoreState) -> ScoreState:
    """Return the state of a row that is not tried any more: it must not look as if it still waited."""
    return ScoreState.REFUSED if state is ScoreState.WAITING else state


def seen_as(result: Result | None, wanted: float, maximum: float, sent: Collection[float]) -> Seen:
    """Say whose value the gradebook shows. `sent` are ours that it may still show, on the scale of `maximum`."""
    if result is None:
        return Seen.NOTHING

    def shows(value: float) -> bool:
        return abs(result.score - value / maximum * result.maximum) <= SHOWN_DECIMALS

    if shows(wanted):
        return Seen.OURS
    return Seen.OLDER if any(shows(value) for value in sent) else Seen.FOREIGN


def state_before(seen: Seen, *, is_coupled: bool, is_repeat: bool, overrules: bool = False) -> Verdict | None:
    """Return what a look before the post decides, None if the score is to be posted.

    A repeat may find that its lost answer was a yes. A column that is not coupled to a link lets a score replace what
    a teacher typed, so a foreign value there ends the matter (FEATURES M12), unless someone chose that it shall.
    """
    if seen is Seen.OURS and is_repeat:
        return CONFIRMED
    if seen is Seen.FOREIGN and not is_coupled and not overrules:
        return OVERRIDDEN
    return None


def state_after(post: PostKind, seen: Seen, *, tries: int, is_repeat: bool) -> Verdict:
    """Return what a row becomes after its post, the gradebook having been asked where that helps.

    `is_repeat` says that an earlier try carried the same timestamp, so that "newer there" may mean "there already".
    """
    if post is PostKind.LOCKED:
        return Verdict(ScoreState.LOCKED, _pace_of_hope(tries))
    if post in AFTER_POST:
        return AFTER_POST[post]
    if seen in AFTER_LOOK:
        return AFTER_LOOK[seen]
    if post is PostKind.ACCEPTED:
        return _after_accepted(seen, tries)
    if post is PostKind.DOUBTFUL:
        return WAITING if seen is Seen.UNREADABLE else REFUSED
    return _after_newer_there(seen, tries, is_repeat)


def _after_accepted(seen: Seen, tries: int) -> Verdict:
    """The LMS said yes, and does not show it: it may need a moment, or it keeps what was there."""
    if seen is Seen.NOT_ASKED:
        return SENT
    return Verdict(ScoreState.SENT, Pace.SOON) if seen is Seen.UNREADABLE or tries < PATIENCE else DIFFERS


def _after_newer_there(seen: Seen, tries: int, is_repeat: bool) -> Verdict:
    """A repeat is most likely there itself: dated anew, it would be in the gradebook's history twice."""
    if is_repeat and seen is Seen.UNREADABLE:
        return WAITING
    return SENT if is_repeat and seen is Seen.NOT_ASKED else Verdict(ScoreState.CLOCK_CONFLICT, _pace_of_hope(tries))


def state_on_check(state: ScoreState, seen: Seen) -> ScoreState:
    """Return what a row that rests becomes when its whole column is compared (FEATURES N3).

    A row on its way is left to its sender. What was accepted as a teacher's choice stays that until ours shows.
    """
    if state in {ScoreState.WAITING, ScoreState.SENDING}:
        return state
    if seen is Seen.OURS:
        return ScoreState.CONFIRMED
    return ScoreState.DIFFERS if state in {ScoreState.CONFIRMED, ScoreState.SENT} else state


def trouble_of(met: Failure | PostKind) -> Trouble:
    """Say what a failure, or an answer to a post, means for other scores of the same LMS."""
    if met in _SURELY:
        return Trouble.SURE
    return Trouble.CHANCE if met in _BY_CHANCE else Trouble.NONE


def limit_kept(seconds: float) -> int:
    """Return the first of LIMITS that a duration keeps to."""
    return next((limit for limit in LIMITS if seconds * 1000 <= limit), LONGER)


def _pace_of_hope(tries: int) -> Pace:
    return Pace.SOON if tries < PATIENCE else Pace.SLOW


def next_night(at: datetime, share: float) -> datetime:
    """Return a moment between 1 and 5 o'clock UTC, 6 hours from now or more; `share`, from 0 to 1, says which.

    Spread, so that an LMS is not asked for all its columns at once.
    """
    earliest = at + timedelta(hours=6)
    night = earliest.replace(hour=1, minute=0, second=0, microsecond=0)
    return (night if night >= earliest else night + timedelta(days=1)) + timedelta(hours=4) * share
