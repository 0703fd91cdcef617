"""Contact that staff have paused for somebody's safety: nothing new is written in the conversation of a relation.

Staff do not read that conversation, and pausing shows them nothing of it. Those in it are told, but not why, and not
who asked for it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.errors import ConflictError
from service.forums.models import Thread
from service.forums.report_models import ContactPause, SafetyFlag
from service.people.known import Member
from service.people.models import Person


class PausedError(ConflictError):
    """Nothing can be written in the conversation for now."""


@dataclass(frozen=True)
class PauseLine:
    """A pause with who began it, and who ended it."""

    row: ContactPause
    paused_by: Person
    ended_by: Person | None


def find_paused(session: Session, rings: Collection[str]) -> set[str]:
    """Return those of these rings whose conversation is paused now."""
    paused = select(ContactPause.ring).where(ContactPause.ring.in_(rings), ContactPause.ended_at.is_(None))
    return set(session.scalars(paused)) if rings else set()


def refuse_paused(session: Session, thread: Thread) -> None:
    """Raise PausedError if nothing can be written in a thread, which is locked, for now."""
    if thread.ring and find_paused(session, [thread.ring]):
        raise PausedError("forum.paused", "The conversation is paused.")


def set_paused(session: Session, staff: Member, flag: SafetyFlag, ring: str, *, is_paused: bool, at: datetime) -> bool:
    """Pause a conversation, or open it again; return whether that changes anything: of two at once, one does.

    Whoever calls this has seen to it that the flag is for `staff` and that the ring is of the one who raised it.
    """
    # What is being posted at this moment is posted, or refused: both lock the flag, then the thread.
    session.refresh(flag, with_for_update=True)
    session.scalars(select(Thread.id).where(Thread.ring == ring).with_for_update()).all()
    now = select(ContactPause).where(ContactPause.ring == ring, ContactPause.ended_at.is_(None))
    present = session.scalars(now.with_for_update()).one_or_none()
    if (present is not None) is is_paused:
        return False
    if present is not None:
        present.ended_by_id, present.ended_at = staff.person_id, at
    else:
        session.add(ContactPause(ring=ring, flag_id=flag.id, paused_by_id=staff.person_id, paused_at=at))
    session.flush()
    return True


def list_pauses(session: Session, flag: SafetyFlag) -> Sequence[PauseLine]:
    """Return the pauses that were begun for a flag, the first one first."""
    ended_by = aliased(Person)
    found = (
        select(ContactPause, Person, ended_by)
        .join(Person, Person.id == ContactPause.paused_by_id)
        .outerjoin(ended_by, ended_by.id == ContactPause.ended_by_id)
        .where(ContactPause.flag_id == flag.id)
        .order_by(ContactPause.id)
    )
    return [PauseLine(*row) for row in session.execute(found)]
