"""What there is to be told of, when a digest is due, and what the answer of a mail server means."""

import re
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from service.patience import growing_wait


class NoticeKind(StrEnum):
    """What a notice is about, and what its `about` holds."""

    REMINDER = "reminder"
    """A coordinator reminds of what is still open before readiness; `readiness`."""
    FORUM_POST = "forum_post"
    """Something new in a thread that one follows; `<key of the forum>/<public id of the thread>`."""
    MENTION = "mention"
    """A post names one; the same."""
    REPLY = "reply"
    """Someone answers what one wrote; the same."""
    MEETING = "meeting"
    """A meeting was planned, changed or cancelled; the public id of the event."""
    REPORT = "report"
    """A post waits for the moderators of its forum; `reports`."""
    REPORT_SEEN = "report_seen"
    """Moderators have looked at what one reported; as for a post."""
    MEASURE = "measure"
    """A warning or a block, or that it was taken back; its public id."""
    SAFETY = "safety"
    """Somebody's safety is at stake; the public id of the flag."""
    SAFETY_SEEN = "safety_seen"
    """Coordinators look after what one wrote to them about it; the same."""
    CONTACT_PAUSED = "contact_paused"
    """Staff have paused the conversation of a relation; its ring."""
    CONTACT_RESUMED = "contact_resumed"
    """They have opened it again; the same."""
    FORUM_SESSION_DUE = "forum_session_due"
    """Three months without a session of the professional forum (S2-37); the key of the quarter, `2026-Q1`."""


FORUM_KINDS = frozenset({NoticeKind.FORUM_POST, NoticeKind.MENTION, NoticeKind.REPLY, NoticeKind.REPORT_SEEN})
"""Kinds that are about a thread."""
CONTACT_KINDS = frozenset({NoticeKind.CONTACT_PAUSED, NoticeKind.CONTACT_RESUMED})
"""Kinds that are about the conversation of a relation."""
READINESS = "readiness"
"""What a reminder is about."""
REPORTS = "reports"
"""What a notice of a report is about: their list."""


def about_thread(forum_key: str, thread_id: str) -> str:
    """Return what a notice of `FORUM_KINDS` is about."""
    return f"{forum_key}/{thread_id}"


class Cadence(StrEnum):
    """How often someone gets what is new by mail: never more than one mail a day (UX E1)."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class MailState(StrEnum):
    """Where a mail is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    """The mail server took it."""
    REFUSED = "refused"
    """The mail server will not take it."""
    BOUNCED = "bounced"
    """It was taken, and came back."""
    GIVEN_UP = "given_up"
    """It could not be handed over for days, or nobody wants it any more."""


DEFAULT_HOUR, DEFAULT_WEEKDAY = 8, 0
EDITABLE_FOR = timedelta(minutes=30)
"""A post may be changed for so long before it enters a mail (UX E11)."""
OLDEST = timedelta(days=14)
"""What was told longer ago enters no mail: a tool that could send none for a month does not begin with a flood."""
BETWEEN_DIGESTS = timedelta(hours=20)
"""A new hour does not bring a second mail on the same day."""
KEPT = timedelta(days=30)
"""Mails are forgotten after that; what bounces, bounces within days."""
LEASE = timedelta(minutes=10)
LONGEST_TRIED = timedelta(days=5)
"""As long as mail servers try (RFC 5321, 4.5.4.1)."""
SHORTEST_WAIT, LONGEST_WAIT = 300.0, 4 * 3600.0
"""Seconds from a try that failed to the next one."""
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z")


def next_digest_at(cadence: Cadence, hour: int, weekday: int, zone: str, *, after: datetime) -> datetime | None:
    """Return the first time after `after` at which the clocks of `zone` show this hour; once a day, once a week.

    An hour that a change of clocks leaves out comes when the clocks have been put forward; one that comes twice counts
    the first time.
    """
    if cadence is Cadence.NEVER:
        return None
    clocks = ZoneInfo(zone)
    day = after.astimezone(clocks).date()
    # From yesterday on: an hour that was left out may still come.
    for days in range(-1, 9):
        one = day + timedelta(days=days)
        due = datetime.combine(one, time(hour), clocks).astimezone(UTC)
        if due > after and (cadence is Cadence.DAILY or one.weekday() == weekday):
            return due
    raise AssertionError("A week has each day.")


def can_be_mailed(address: str) -> bool:
    """Tell whether something can be an address: one, in ASCII, with nothing that a header could mistake."""
    return len(address) <= 254 and _ADDRESS.match(address) is not None


def next_try_at(tries: int, *, made_at: datetime, at: datetime, jitter: float) -> datetime | None:
    """Return when a mail is tried again after `tries` that failed: ever later, for five days; then None.

    `jitter`, 0 to 1, spreads what failed together.
    """
    due = at + growing_wait(tries, first=SHORTEST_WAIT, longest=LONGEST_WAIT, jitter=jitter)
    return due if due - made_at < LONGEST_TRIED else None
