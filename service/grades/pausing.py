"""Gives an LMS that does not answer, or asks for it, a rest from all senders at once (a circuit breaker in a table)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.db import add_or_get
from service.grades.models import PlatformSending
from service.patience import Meeting, Trouble, failures_after, pause_after


def note_meetings(
    session: Session, platform_id: int, meetings: Sequence[Meeting], *, at: datetime, jitter: float
) -> bool:
    """Write down how tries met an LMS, in their order, and say whether it is to be left alone now."""
    if not meetings:
        return False
    row = lock_sending(session, platform_id)
    is_resting = row.paused_until is not None and row.paused_until > at
    # What was begun before a rest may tell that the LMS is well, but no more that it is not.
    heard = [each for each in meetings if each.trouble is Trouble.NONE] if is_resting else meetings
    row.failures = failures_after(row.failures, heard)
    if any(meeting.trouble is Trouble.NONE for meeting in meetings):
        row.last_answer_at = at
    row.reason = next((each.reason[:255] for each in reversed(meetings) if each.reason), row.reason)
    pause = pause_after(0 if is_resting else row.failures, meetings, jitter=jitter)
    if pause:
        # What someone else was told counts too: the longer rest wins.
        row.paused_until = max(row.paused_until or at, at + pause)
    return pause is not None or is_resting


def note_clock(session: Session, platform_id: int, seconds_ahead: float) -> None:
    """Write down how far the clock of an LMS is ahead of ours; a change below a second says nothing."""
    row = lock_sending(session, platform_id)
    if row.clock_difference is None or abs(row.clock_difference - seconds_ahead) >= 1:
        row.clock_difference = seconds_ahead


def lock_sending(session: Session, platform_id: int) -> PlatformSending:
    """Return the row of an LMS, made if it is missing, for this transaction alone."""
    row = session.get(PlatformSending, platform_id, with_for_update=True, populate_existing=True)
    if row is None:
        row = add_or_get(session, PlatformSending, {"platform_id": platform_id}, {"failures": 0, "reason": ""})
        session.refresh(row, with_for_update=True)
    return row


def set_limits(session: Session, platform_id: int, most_at_once: int | None, most_per_second: float | None) -> None:
    """Say how much an LMS can bear: scores on their way at once, and calls a second; None for our usual."""
    row = lock_sending(session, platform_id)
    row.most_at_once, row.most_per_second = most_at_once, most_per_second


def resume(session: Session, platform_id: int) -> None:
    """End a pause at once: someone knows that the LMS is back. The next score goes first, alone."""
    row = lock_sending(session, platform_id)
    row.paused_until = None
