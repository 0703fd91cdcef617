"""What is done with attendance: enter it once for all, correct it with a reason, and say what it is evidence of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.db import Json, add_rows
from service.errors import ConflictError, InvalidInputError
from service.events.models import Attendance, AttendanceChange, AttendanceState, ClassWork, Event, EventKind
from service.events.rules import LONGEST_REASON, Correction, corrections, touched_people
from service.people.known import Member
from service.people.models import Membership, Person

Work = tuple[str, str]
"""Module and exercise, by key."""


@dataclass(frozen=True)
class Attended:
    """That a person was present at an event. `module_keys` is what was taught there."""

    person_id: int
    event_public_id: str
    course_id: int
    kind: EventKind
    module_keys: tuple[str, ...]
    held_at: datetime
    recorded_by: str
    """Their name, which may be empty."""
    recorded_at: datetime


@dataclass(frozen=True)
class ClassroomEvidence:
    """That a person did an exercise with their group in class."""

    person_id: int
    module_key: str
    exercise_key: str
    held_at: datetime
    facilitator: str
    """Who led the session; else who entered it. May be empty."""
    recorded_at: datetime


@dataclass(frozen=True)
class Entry:
    """What staff enter for an event. `states` by person id: None takes a state back, who is left out stays as they are.

    `work` is all that the group did there, None where the form did not ask. `seen` is the revision that was shown.
    """

    states: Mapping[int, AttendanceState | None]
    work: Collection[Work] | None
    reason: str
    seen: int


@dataclass(frozen=True)
class Recorded:
    """What an entry has changed: whose evidence, of which modules, and how many states."""

    person_ids: frozenset[int]
    module_keys: frozenset[str]
    changed: int


def record_attendance(session: Session, event: Event, staff: Member, entry: Entry, *, at: datetime) -> Recorded:
    """Enter attendance and work for an event, locked. What is corrected or taken back stays in the history.

    Raise InvalidInputError for a correction without a reason or with one that is too long, and ConflictError if the
    event was cancelled or has not begun, or if someone else entered something since the form was shown.
    """
    if event.cancelled_at is not None:
        raise ConflictError("event.cancelled", "The event was cancelled.")
    if event.starts_at > at:
        raise ConflictError("event.has_not_begun", "The event has not begun.")
    before, work_before = list_attendance(session, event), list_work(session, event)
    work = work_before if entry.work is None else frozenset(entry.work)
    corrected = corrections(before, entry.states)
    news = {person_id: state for person_id, state in entry.states.items() if state and person_id not in before}
    if not corrected and not news and work == work_before:
        return Recorded(frozenset(), frozenset(), 0)
    if entry.seen != event.attendance_revision:
        raise ConflictError("attendance.changed", "Someone else has entered attendance.")
    if (corrected or work_before - work) and not 0 < len(entry.reason) <= LONGEST_REASON:
        code, fault = ("attendance.long_reason", "long") if entry.reason else ("attendance.no_reason", "missing")
        raise InvalidInputError(code, "A correction needs a reason.", fields={"reason": fault})
    by = {"event_id": event.id, "recorded_by_id": staff.id, "recorded_at": at}
    _write_states(session, by, news, corrected)
    _write_work(session, by, work - work_before, work_before - work)
    _keep_history(session, by, corrected, work_before - work, entry.reason)
    event.attendance_revision += 1
    session.flush()
    after = {person_id: state for person_id, state in {**before, **entry.states}.items() if state is not None}
    touched = touched_people(before, after, is_work_changed=work != work_before)
    keys = frozenset(event.module_keys) | {module_key for module_key, _ in work | work_before}
    return Recorded(frozenset(touched), keys, len(news) + len(corrected))


def list_attendance(session: Session, event: Event) -> Mapping[int, AttendanceState]:
    """Return the states that were entered for an event, by person id."""
    wanted = select(Attendance.person_id, Attendance.state).filter_by(event_id=event.id)
    return {row.person_id: row.state for row in session.execute(wanted)}


def list_present(session: Session, event_ids: Collection[int]) -> Mapping[int, Sequence[int]]:
    """Return the ids of the persons who were at these events, by id of the event, in one statement."""
    wanted = select(Attendance.event_id, Attendance.person_id).where(
        Attendance.event_id.in_(event_ids), Attendance.state == AttendanceState.PRESENT
    )
    found: dict[int, list[int]] = {}
    for event_id, person_id in session.execute(wanted.order_by(Attendance.person_id)):
        found.setdefault(event_id, []).append(person_id)
    return found


def list_work(session: Session, event: Event) -> frozenset[Work]:
    """Return what the group of an event did together."""
    wanted = select(ClassWork.module_key, ClassWork.exercise_key).filter_by(event_id=event.id)
    return frozenset((module_key, exercise_key) for module_key, exercise_key in session.execute(wanted))


def list_changes(session: Session, event: Event) -> Sequence[AttendanceChange]:
    """Return the corrections of an event, latest first, with who is concerned and who made them."""
    wanted = select(AttendanceChange).filter_by(event_id=event.id)
    return session.scalars(wanted.order_by(AttendanceChange.changed_at.desc(), AttendanceChange.id.desc())).all()


def list_attended(session: Session, person_ids: Sequence[int]) -> Mapping[int, Sequence[Attended]]:
    """Return where these people were present, by person id, earliest first, in one statement; nobody is left out."""
    wanted = (
        select(
            Attendance.person_id,
            Event.public_id,
            Event.course_id,
            Event.kind,
            Event.module_keys,
            Event.starts_at,
            Person.name,
            Attendance.recorded_at,
        )
        .join(Event, Event.id == Attendance.event_id)
        .join(Membership, Membership.id == Attendance.recorded_by_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Attendance.person_id.in_(person_ids), Attendance.state == AttendanceState.PRESENT)
        .order_by(Event.starts_at, Event.id)
    )
    found: dict[int, list[Attended]] = {person_id: [] for person_id in person_ids}
    for who, event, course_id, kind, module_keys, held_at, name, recorded_at in session.execute(wanted):
        once = Attended(who, event, course_id, kind, tuple(module_keys), held_at, name.strip(), recorded_at)
        found[who].append(once)
    return found


def list_classroom_evidence(
    session: Session, person_ids: Sequence[int], module_key: str | None = None
) -> Mapping[int, Sequence[ClassroomEvidence]]:
    """Return what these people did in class, by person id, earliest first, in one statement; nobody is left out.

    Whoever did an exercise in two sessions has both. `module_key` gives those of one module only.
    """
    wanted = (
        select(
            Attendance.person_id,
            ClassWork.module_key,
            ClassWork.exercise_key,
            Event.starts_at,
            Event.facilitator,
            Person.name,
            ClassWork.recorded_at,
        )
        .join(Event, Event.id == Attendance.event_id)
        .join(ClassWork, ClassWork.event_id == Event.id)
        .join(Membership, Membership.id == ClassWork.recorded_by_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Attendance.person_id.in_(person_ids), Attendance.state == AttendanceState.PRESENT)
        .order_by(Event.starts_at, Event.id, ClassWork.module_key, ClassWork.exercise_key)
    )
    if module_key is not None:
        wanted = wanted.where(ClassWork.module_key == module_key)
    found: dict[int, list[ClassroomEvidence]] = {person_id: [] for person_id in person_ids}
    for who, module, exercise, held_at, facilitator, name, recorded_at in session.execute(wanted):
        led_by = (facilitator or name).strip()
        found[who].append(ClassroomEvidence(who, module, exercise, held_at, led_by, recorded_at))
    return found


def _write_states(
    session: Session, by: Json, news: Mapping[int, AttendanceState], corrected: Sequence[Correction]
) -> None:
    taken_back = [one.person_id for one in corrected if one.became is None]
    of_event = Attendance.event_id == by["event_id"]
    session.execute(delete(Attendance).where(of_event, Attendance.person_id.in_(taken_back)))
    for state in AttendanceState:
        people = [one.person_id for one in corrected if one.became is state]
        session.execute(update(Attendance).where(of_event, Attendance.person_id.in_(people)).values(**by, state=state))
    rows = [by | {"person_id": person_id, "state": state} for person_id, state in news.items()]
    add_rows(session, Attendance, rows, Attendance.person_id)


def _write_work(session: Session, by: Json, news: Collection[Work], gone: Collection[Work]) -> None:
    for module_key, exercise_key in gone:
        keys = {"event_id": by["event_id"], "module_key": module_key, "exercise_key": exercise_key}
        session.execute(delete(ClassWork).filter_by(**keys))
    rows = [by | {"module_key": module_key, "exercise_key": exercise_key} for module_key, exercise_key in sorted(news)]
    add_rows(session, ClassWork, rows, ClassWork.module_key)


def _keep_history(
    session: Session, by: Json, corrected: Sequence[Correction], gone: Collection[Work], reason: str
) -> None:
    made = {"event_id": by["event_id"], "changed_by_id": by["recorded_by_id"], "changed_at": by["recorded_at"]}
    of_people = [(one.person_id, one.was.value, one.became.value if one.became else "") for one in corrected]
    of_group = [(None, f"{module_key}/{exercise_key}", "") for module_key, exercise_key in sorted(gone)]
    rows = [
        made | {"person_id": person_id, "was": was, "became": became, "reason": reason}
        for person_id, was, became in [*of_people, *of_group]
    ]
    add_rows(session, AttendanceChange, rows, AttendanceChange.id)
