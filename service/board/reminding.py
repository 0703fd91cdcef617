"""Reminders to many people at once: who gets one, who is left out and why, and what was sent when."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.board.kinds import Kind, Presence
from service.board.models import Reminded, Reminder
from service.board.rules import Board
from service.db import add_rows
from service.people.known import Member
from service.readiness.keeping import SATISFIED_LETTERS, WAITING

REST_DAYS = 7
"""Whoever was reminded less than so many days ago is left out, unless another number is asked for."""
MOST_REST_DAYS = 90


class Skip(StrEnum):
    """Why someone gets no reminder."""

    READY = "ready"
    LATELY = "lately"
    """Reminded a short while ago."""
    STAFF = "staff"
    """Everything that is left waits for a decision of staff."""
    LEFT = "left"
    """No longer on the roster."""
    TEST_USER = "test_user"


@dataclass(frozen=True)
class Selection:
    """Who would get a reminder now, and who would not, by their places on the board, in no order."""

    recipients: Sequence[int]
    skipped: Mapping[Skip, Sequence[int]]


def select_people(board: Board, places: Iterable[int], lately: Collection[int]) -> Selection:
    """Return who of these people gets a reminder. `lately`: memberships that were reminded a short while ago."""
    reasons = {key: _reason(board, kind) for key, kind in board.kinds.items()}
    keys, found = board.keys, defaultdict[Skip | None, list[int]](list)
    for place in places:
        found[reasons[keys[place]]].append(place)
    # Kinds know nothing of reminders. Who waits for staff, and was reminded before, is told that they were.
    for reason in (None, Skip.STAFF) if lately else ():
        late = [place for place in found[reason] if board.ids[place] in lately]
        found[Skip.LATELY] += late
        found[reason] = sorted(set(found[reason]).difference(late))
    return Selection(found[None], {reason: found[reason] for reason in Skip if found[reason]})


def _reason(board: Board, kind: Kind) -> Skip | None:
    if kind.has_left:
        return Skip.LEFT
    if kind.is_test_user:
        return Skip.TEST_USER
    if kind.presence == Presence.READY:
        return Skip.READY
    return Skip.STAFF if _waits_for_staff(board, kind) else None


def _waits_for_staff(board: Board, kind: Kind) -> bool:
    """Tell whether everything that someone lacks waits for a decision of staff."""
    return not board.states(kind).strip(_OF_STAFF)


_OF_STAFF = "".join((*SATISFIED_LETTERS, WAITING))


def list_lately(session: Session, course_id: int, days: int, *, at: datetime) -> set[int]:
    """Return the memberships of a course that were reminded less than so many days ago; one statement."""
    sent = select(Reminded.membership_id).join(Reminder, Reminder.id == Reminded.reminder_id)
    return set(
        session.scalars(sent.where(Reminder.course_id == course_id, Reminder.sent_at > at - timedelta(days=days)))
    )


def record_reminder(
    session: Session, by: Member, submission_key: str, recipients: Sequence[int], *, at: datetime
) -> bool:
    """Write down who reminds whom; return False where the same form has done so already."""
    values = {"course_id": by.course_id, "sent_at": at, "person_count": len(recipients)}
    row = {"sent_by_id": by.id, "submission_key": submission_key, **values}
    added = add_rows(session, Reminder, [row], Reminder.id)
    if not added:
        return False
    add_rows(
        session,
        Reminded,
        [{"reminder_id": added[0].id, "membership_id": member_id} for member_id in recipients],
        Reminded.membership_id,
    )
    return True


def list_reminders(session: Session, course_id: int, *, limit: int = 20) -> list[Reminder]:
    """Return the latest reminders of a course, newest first."""
    newest = (
        select(Reminder).where(Reminder.course_id == course_id).order_by(Reminder.sent_at.desc(), Reminder.id.desc())
    )
    return list(session.scalars(newest.limit(limit)))


def find_last_reminder(session: Session, member: Member) -> Reminder | None:
    """Return the latest reminder that a member got."""
    got = select(func.max(Reminded.reminder_id)).where(Reminded.membership_id == member.id).scalar_subquery()
    return session.scalars(select(Reminder).where(Reminder.id == got)).one_or_none()
