"""What is done with events: plan, change and cancel them, say whether one comes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db import add_or_get, set_changed, set_row
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.events.models import Attendance, Event, EventKind, Reply
from service.events.rules import LONGEST_REASON, Seating, seat
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership, Role


@dataclass(frozen=True)
class Plan:
    """What staff say of an event; the names are those of the table's columns. `starts_at` and `ends_at` in UTC."""

    kind: EventKind
    title: str
    description: str
    facilitator: str
    place: str
    link: str
    materials: list[Any]
    starts_at: datetime
    ends_at: datetime
    zone: str
    seats: int | None
    roles: list[Any]
    module_keys: list[Any]

    def values(self) -> dict[str, Any]:
        """Return the plan by column."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def record_event(session: Session, staff: Member, plan: Plan, submission_key: str, *, at: datetime) -> Event:
    """Plan an event in the course of `staff`. The same `submission_key` again returns the event that is there."""
    keys = {"course_id": staff.course_id, "submission_key": submission_key}
    made = {"created_by_id": staff.id, "created_at": at, "changed_at": at}
    return add_or_get(session, Event, keys, {**plan.values(), **made})


def change_event(session: Session, event: Event, plan: Plan, seen: int, *, at: datetime) -> bool:
    """Plan an event, locked, anew; return whether that changes anything.

    `seen` is the revision that the form showed: raise ConflictError if it changed since, or was cancelled.
    """
    _refuse_cancelled(event)
    if all(getattr(event, name) == value for name, value in plan.values().items()):
        return False
    if seen != event.revision:
        raise ConflictError("event.changed", "Someone else has changed the event.")
    set_changed(event, **plan.values())
    event.revision, event.changed_at = event.revision + 1, at
    return True


def cancel_event(session: Session, event: Event, reason: str, *, at: datetime) -> None:
    """Cancel an event, locked; it stays with the reason, and twice is once.

    Raise InvalidInputError, with `fields`, without a reason or for one that is too long, and ConflictError where
    attendance was entered: what took place cannot be cancelled.
    """
    if event.cancelled_at is not None:
        return
    if not 0 < len(reason) <= LONGEST_REASON:
        fault = "long" if reason else "missing"
        raise InvalidInputError("event.reason", "To be cancelled, an event needs a reason.", fields={"reason": fault})
    if session.scalar(select(Attendance.event_id).filter_by(event_id=event.id).limit(1)):
        raise ConflictError("event.was_held", "Attendance was entered for this event.")
    event.cancelled_at, event.cancel_reason = at, reason
    event.revision, event.changed_at = event.revision + 1, at


def get_event(session: Session, member: Member, public_id: str, *, locked: bool = False) -> Event:
    """Return an event of the member's course that is for their role, locked until the transaction ends if asked for.

    Raise NotFoundError for any other.
    """
    statement = select(Event).filter_by(course_id=member.course_id, public_id=public_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    event = session.scalars(statement).one_or_none()
    if event is None or not is_for(event, member.role):
        raise NotFoundError("event.unknown", "No such event in this course.")
    return event


def is_for(event: Event, role: Role) -> bool:
    """Tell whether an event is for people with this role; staff see all."""
    return role not in LEARNING_ROLES or role.value in event.roles


def list_roles(event: Event) -> list[Role]:
    """Return the roles that an event is for; to a session of the professional forum come the coordinators (S2-37)."""
    roles = [Role(role) for role in event.roles]
    return [*roles, *STAFF_ROLES] if event.kind is EventKind.FORUM_SESSION else roles


def find_events(session: Session, member: Member, public_ids: Collection[str]) -> Mapping[str, Event]:
    """Return those of these events that are of the member's course and for their role, by public id."""
    wanted = select(Event).where(Event.course_id == member.course_id, Event.public_id.in_(public_ids))
    return {event.public_id: event for event in session.scalars(wanted) if is_for(event, member.role)}


def list_upcoming(session: Session, member: Member, *, at: datetime) -> list[Event]:
    """Return the events for a member that have not ended, soonest first, those that were cancelled too."""
    wanted = select(Event).where(Event.course_id == member.course_id, Event.ends_at > at)
    found = session.scalars(wanted.order_by(Event.starts_at, Event.id))
    return [event for event in found if is_for(event, member.role)]


def list_past(session: Session, member: Member, *, at: datetime) -> list[Event]:
    """Return the events for a member that have ended, latest first."""
    wanted = select(Event).where(Event.course_id == member.course_id, Event.ends_at <= at)
    found = session.scalars(wanted.order_by(Event.starts_at.desc(), Event.id.desc()))
    return [event for event in found if is_for(event, member.role)]


def record_reply(session: Session, event: Event, person_id: int, *, is_coming: bool, at: datetime) -> None:
    """Keep whether a person comes to an event, which is locked: two at once for the last seat come one after another.

    Who says so again keeps the place. Raise ConflictError for an event that was cancelled or has begun.
    """
    _refuse_cancelled(event)
    if event.starts_at <= at:
        raise ConflictError("event.has_begun", "The event has begun.")
    keys = {"event_id": event.id, "person_id": person_id}
    earlier = session.scalars(select(Reply).filter_by(**keys)).one_or_none()
    if earlier and (earlier.number is not None) == is_coming:
        return
    highest = session.scalar(select(func.max(Reply.number)).filter_by(event_id=event.id)) or 0
    set_row(session, Reply, keys, {"number": highest + 1 if is_coming else None, "said_at": at})


def list_replies(session: Session, event: Event) -> Mapping[int, Reply]:
    """Return what people say of coming, by person id, in one statement; who has left the course gives up the seat."""
    of_course = (Membership.person_id == Reply.person_id) & (Membership.course_id == event.course_id)
    wanted = select(Reply).join(Membership, of_course)
    found = session.scalars(wanted.where(Reply.event_id == event.id, Membership.left_at.is_(None)))
    return {reply.person_id: reply for reply in found}


def seating_of(event: Event, replies: Mapping[int, Reply]) -> Seating:
    """Return who of those who come has a seat."""
    numbers = {person_id: reply.number for person_id, reply in replies.items() if reply.number is not None}
    return seat(numbers, event.seats)


def _refuse_cancelled(event: Event) -> None:
    if event.cancelled_at is not None:
        raise ConflictError("event.cancelled", "The event was cancelled.")
