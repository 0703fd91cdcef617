"""What is done with a session of the professional forum: its agenda, what is written down, what is carried over."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from service.cycles.models import PointList, SessionPoint, SessionRecord
from service.db import add_rows, set_row
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.events.models import Event, EventKind
from service.events.operations import get_event
from service.forums.access import OpenForum, OpenThread
from service.forums.models import Post, Thread
from service.forums.naming import find_named
from service.forums.operations import is_locked
from service.forums.rules import LONGEST_REASON, LONGEST_TEXT
from service.people.known import Member
from service.typed_text import clean_line, clean_text

LONGEST_POINT = 500
MOST_POINTS = 50
"""In the agenda of a session, and among its open questions."""
MOST_PROPOSED = 100
"""Open dilemmas that are proposed, those without an answer first."""


class PointAct(StrEnum):
    """What can be done with a point."""

    UP = "up"
    DOWN = "down"
    DROP = "drop"
    SETTLE = "settle"
    """It was talked through."""
    REOPEN = "reopen"


class Part(StrEnum):
    """What is written down for a session; the names are those of the columns."""

    MATERIALS = "materials"
    SUMMARY = "summary"


@dataclass(frozen=True)
class Dilemma:
    """An open thread of `cases`, and how many answers it has."""

    thread: Thread
    answers: int


@dataclass(frozen=True)
class Draft:
    """What a form sends. `seen` is the revision that it showed, `reason` why a mentee is named."""

    text: str
    seen: int = 0
    reason: str = ""


def get_session(session: Session, member: Member, event_id: str, *, locked: bool = False) -> Event:
    """Return a session of the course, locked until the transaction ends if asked for; NotFoundError for another kind.

    Whoever changes points locks it first, so that the order stays whole.
    """
    event = get_event(session, member, event_id, locked=locked)
    if event.kind is not EventKind.FORUM_SESSION:
        raise NotFoundError("event.unknown", "The event is no session of the professional forum.")
    return event


def list_sessions(session: Session, course_id: int) -> list[Event]:
    """Return the sessions of a course, the latest first, those that were cancelled too."""
    wanted = select(Event).where(Event.course_id == course_id, Event.kind == EventKind.FORUM_SESSION)
    return list(session.scalars(wanted.order_by(Event.starts_at.desc(), Event.id.desc())))


def list_years(sessions: Sequence[Event]) -> list[int]:
    """Return the years in which there were or will be sessions, as the calendar of their place has it, latest first."""
    held = [one for one in sessions if one.cancelled_at is None]
    return sorted({one.starts_at.astimezone(ZoneInfo(one.zone)).year for one in held}, reverse=True)


def find_next(sessions: Sequence[Event], event: Event) -> Event | None:
    """Return the session that follows `event` among these, the latest first; one that was cancelled does not count."""
    later = [one for one in sessions if one.cancelled_at is None and one.starts_at > event.starts_at]
    return later[-1] if later else None


def list_points(session: Session, event_ids: Collection[int]) -> list[SessionPoint]:
    """Return the points of sessions, list by list and in their order, in one statement."""
    wanted = select(SessionPoint).where(SessionPoint.event_id.in_(event_ids))
    return list(session.scalars(wanted.order_by(SessionPoint.event_id, SessionPoint.list, SessionPoint.number)))


def list_carried(session: Session, event: Event) -> set[int]:
    """Return the ids of the points of a session that a later one carries on."""
    later = aliased(SessionPoint)
    wanted = select(SessionPoint.id).join(later, later.carried_from_id == SessionPoint.id)
    return set(session.scalars(wanted.where(SessionPoint.event_id == event.id)))


def list_open_dilemmas(session: Session, forum: OpenForum, event: Event, *, at: datetime) -> list[Dilemma]:
    """Return the open threads of `cases` for an agenda: those nobody has answered first, then the oldest first.

    Open is what is not locked, whose case is still to be read, and what no session has marked as talked through. What
    stands on the agenda of `event` already is left out.
    """
    if forum.row is None:
        return []
    opening, answer = aliased(Post), aliased(Post)
    done = select(SessionPoint.id).where(
        SessionPoint.thread_id == Thread.id,
        (SessionPoint.event_id == event.id) | SessionPoint.settled_at.is_not(None),
    )
    answers = (
        select(func.count(answer.id))
        .where(answer.thread_id == Thread.id, answer.author_id != opening.author_id)
        .where(answer.private_to_id.is_(None), answer.deleted_at.is_(None), answer.hidden_at.is_(None))
        .correlate(Thread, opening)
        .scalar_subquery()
    )
    wanted = (
        select(Thread, answers)
        .join(opening, (opening.thread_id == Thread.id) & (opening.number == 1))
        .where(Thread.forum_id == forum.row.id, Thread.locked_at.is_(None), ~done.exists())
        .where(opening.deleted_at.is_(None), opening.hidden_at.is_(None))
        .order_by(answers > 0, Thread.created_at, Thread.id)
    )
    found = [Dilemma(thread, count) for thread, count in session.execute(wanted)]
    return [one for one in found if not is_locked(OpenThread(one.thread, forum), at=at)][:MOST_PROPOSED]


def add_dilemmas(session: Session, event: Event, member: Member, threads: Sequence[Thread], *, at: datetime) -> int:
    """Put threads at the end of the agenda of a locked session; return how many were not there before."""
    first = _room_for(session, event, PointList.AGENDA, len(threads))
    rows = [
        _row(event, member, PointList.AGENDA, number, at) | {"thread_id": thread.id}
        for number, thread in enumerate(threads, first)
    ]
    return len(add_rows(session, SessionPoint, rows, SessionPoint.id))


def add_point(
    session: Session, forum: OpenForum, event: Event, kind: PointList, draft: Draft, *, at: datetime
) -> SessionPoint:
    """Add an own point at the end of a list of a locked session. The same words again are the point that is there.

    Raise InvalidInputError with `fields`, and `names` where it seems to name a mentee and no reason is given.
    """
    text = clean_line(draft.text)
    if not text or len(text) > LONGEST_POINT:
        raise InvalidInputError("point.text", "No words, or too many.", fields={"text": "long" if text else "missing"})
    same = select(SessionPoint).filter_by(event_id=event.id, list=kind, text=text)
    if there := session.scalars(same.limit(1)).first():
        return there
    reason = _check_names(session, forum, text, draft.reason)
    number = _room_for(session, event, kind, 1)
    point = SessionPoint(**_row(event, forum.reader.member, kind, number, at), text=text, reason=reason)
    session.add(point)
    session.flush()
    return point


def act_on_point(session: Session, event: Event, point_id: str, act: PointAct, *, at: datetime) -> None:
    """Move, drop, settle or open again a point of a locked session. Raise NotFoundError for one of another.

    A point that a later session carries on is not dropped: ConflictError.
    """
    points = list_points(session, [event.id])
    point = next((one for one in points if one.public_id == point_id), None)
    if point is None:
        raise NotFoundError("point.unknown", "The session has no such point.")
    if act in {PointAct.SETTLE, PointAct.REOPEN}:
        point.settled_at = at if act is PointAct.SETTLE else None
    elif act is PointAct.DROP:
        if point.id in list_carried(session, event):
            raise ConflictError("point.carried", "A later session carries it on.")
        session.delete(point)
    else:
        _move(points, point, -1 if act is PointAct.UP else 1)
    session.flush()


def carry_over(session: Session, event: Event, to: Event, member: Member, *, at: datetime) -> int:
    """Put everything that a session left open on the agenda of a later one, which is locked; return how many.

    Questions come first. What is there already stays where it is: twice is once.
    """
    open_points = [one for one in list_points(session, [event.id]) if one.settled_at is None]
    there = list_points(session, [to.id])
    threads, origins = {one.thread_id for one in there}, {one.carried_from_id for one in there}
    carried = [
        one
        for one in sorted(open_points, key=lambda one: (one.list is not PointList.QUESTIONS, one.number))
        if one.id not in origins and (one.thread_id is None or one.thread_id not in threads)
    ]
    first = _room_for(session, to, PointList.AGENDA, len(carried))
    rows = [
        _row(to, member, PointList.AGENDA, number, at)
        | {"thread_id": one.thread_id, "text": one.text, "reason": one.reason, "carried_from_id": one.id}
        for number, one in enumerate(carried, first)
    ]
    return len(add_rows(session, SessionPoint, rows, SessionPoint.id))


def find_record(session: Session, event: Event) -> SessionRecord | None:
    """Return what is written down for a session."""
    return session.get(SessionRecord, event.id)


def find_records(session: Session, event_ids: Collection[int]) -> Mapping[int, SessionRecord]:
    """Return what is written down for these sessions, by id of the event, in one statement."""
    found = session.scalars(select(SessionRecord).where(SessionRecord.event_id.in_(event_ids)))
    return {record.event_id: record for record in found}


def write_down(session: Session, forum: OpenForum, event: Event, part: Part, draft: Draft, *, at: datetime) -> bool:
    """Keep what is written down for a locked session; return whether that changes anything.

    Raise InvalidInputError with `fields` (and `names`), and ConflictError if it changed since the form was made.
    """
    text, record = clean_text(draft.text), find_record(session, event)
    if len(text) > LONGEST_TEXT:
        raise InvalidInputError("record.text", "Too long.", fields={part.value: "long"})
    if text == (getattr(record, part) if record else ""):
        return False
    revision = record.revision if record else 0
    if draft.seen != revision:
        raise ConflictError("record.changed", "Someone else has written it down meanwhile.")
    reason = _check_names(session, forum, text, draft.reason) or (record.reason if record else "")
    values = {"materials": record.materials if record else "", "summary": record.summary if record else ""}
    by = {"changed_by_id": forum.reader.member.id, "changed_at": at}
    changed = values | {part.value: text, "reason": reason, "revision": revision + 1, **by}
    set_row(session, SessionRecord, {"event_id": event.id}, changed)
    return True


def _row(event: Event, member: Member, kind: PointList, number: int, at: datetime) -> dict[str, object]:
    return {"event_id": event.id, "list": kind, "number": number, "added_by_id": member.id, "added_at": at}


def _room_for(session: Session, event: Event, kind: PointList, count: int) -> int:
    """Return the number after the last of a list. Raise InvalidInputError if `count` more are too many."""
    wanted = select(func.count(), func.max(SessionPoint.number)).filter_by(event_id=event.id, list=kind)
    there, highest = session.execute(wanted).one()
    if there + count > MOST_POINTS:
        raise InvalidInputError("point.text", "Too many points.", fields={"text": "many"})
    return (highest or 0) + 1


def _move(points: Sequence[SessionPoint], point: SessionPoint, by: int) -> None:
    """Let a point change places with its neighbour in the list, if it has one there."""
    beside = [one for one in points if one.list is point.list]
    place = beside.index(point) + by
    if 0 <= place < len(beside):
        point.number, beside[place].number = beside[place].number, point.number


def _check_names(session: Session, forum: OpenForum, text: str, reason: str) -> str:
    """Return the reason that is kept. Raise InvalidInputError where a mentee seems to be named and none is given.

    A reason that is too long to be kept is none.
    """
    kept = clean_line(reason)
    found = find_named(session, forum, text)
    if found and not 0 < len(kept) <= LONGEST_REASON:
        fault = "long" if kept else "names"
        raise InvalidInputError("post.names", "It seems to name a mentee.", fields={"reason": fault}, names=found)
    return kept if found else ""
