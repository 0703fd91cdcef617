"""Attendance: entered once for all, corrected with a reason, and evidence of what was done in class."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

from service import journey, standing
from service.completion.operations import find_completion
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.events.attendance_operations import (
    Entry,
    list_attendance,
    list_attended,
    list_changes,
    list_classroom_evidence,
    record_attendance,
)
from service.events.models import AttendanceState, Event, EventKind
from service.events.operations import cancel_event
from service.people.models import Membership, Role
from service.readiness.models import Standing
from tests.features.events.events import DAY, make_event
from tests.features.readiness.test_operations import hand_in_all
from tests.makers import AT, make_catalogue, make_member

PRESENT, EXCUSED, ABSENT = AttendanceState
HELD = AT + 2 * DAY
LATER = HELD + timedelta(hours=1)
CATALOGUE = make_catalogue()
BOTH = (("roles", "first"), ("roles", "second"))


@pytest.fixture
def staff(session: Session) -> Membership:
    return make_member(session, "coordinator-1", Role.COORDINATOR)


@pytest.fixture
def mentee(session: Session) -> Membership:
    return make_member(session, "mentee-1", Role.MENTEE)


@pytest.fixture
def lesson(session: Session, staff: Membership) -> Event:
    return make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"], facilitator="Ada Example")


def enter(session: Session, staff: Membership, event: Event, states, work=None, reason="", seen=None, at=HELD):
    entry = Entry(states, work, reason, event.attendance_revision if seen is None else seen)
    return journey.record_attendance(session, CATALOGUE, staff, event.public_id, entry, at=at)


def test_entered_once_for_all_with_those_who_never_came_to_the_tool(session: Session, staff, lesson) -> None:
    people = [make_member(session, name) for name in "abc"]
    people[2].last_seen_at = None
    states = dict(zip([one.person_id for one in people], AttendanceState, strict=True))
    recorded = enter(session, staff, lesson, states)
    assert (recorded.changed, list_attendance(session, lesson)) == (3, states)
    assert list_changes(session, lesson) == []
    again = enter(session, staff, lesson, states, seen=0)
    assert (again.changed, lesson.attendance_revision) == (0, 1)


def test_who_was_present_has_what_the_group_did_as_evidence_and_completes_the_module(
    session: Session, staff, mentee, lesson
) -> None:
    absent = make_member(session, "mentee-2", Role.MENTEE)
    enter(session, staff, lesson, {mentee.person_id: PRESENT, absent.person_id: ABSENT}, BOTH)
    [first, second] = list_classroom_evidence(session, [mentee.person_id])[mentee.person_id]
    assert (first.module_key, first.exercise_key, second.exercise_key) == ("roles", "first", "second")
    assert (first.held_at, first.facilitator, first.recorded_at) == (lesson.starts_at, "Ada Example", HELD)
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, done.passed_exercises, done.points) == (HELD, 2, 2)
    assert find_completion(session, absent.person_id, "roles") is None
    met = {result["key"]: result["state"] for result in session.get_one(Standing, mentee.id).results}
    assert met == {"roles": "met", "confidentiality": "not_met"}


def test_without_a_name_of_who_led_it_is_that_of_who_entered_it(session: Session, staff, mentee) -> None:
    lesson = make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"])
    enter(session, staff, lesson, {mentee.person_id: PRESENT}, BOTH[:1])
    [evidence] = list_classroom_evidence(session, [mentee.person_id], "roles")[mentee.person_id]
    assert evidence.facilitator == "Name of coordinator-1"


def test_class_and_tries_together_complete_a_module(session: Session, staff, mentee, lesson) -> None:
    enter(session, staff, lesson, {mentee.person_id: PRESENT}, BOTH[:1])
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.passed_exercises, done.completed_at) == (1, None)
    journey.hand_in(session, CATALOGUE, mentee, "roles", "second", {"choice": "ask"}, "k", at=LATER)
    session.refresh(done)
    assert (done.passed_exercises, done.completed_at) == (2, LATER)


def test_a_correction_needs_a_reason_and_takes_back_what_nothing_else_carries(
    session: Session, staff, mentee, lesson
) -> None:
    enter(session, staff, lesson, {mentee.person_id: PRESENT}, BOTH)
    standing.give_commitment(session, CATALOGUE, mentee, "confidentiality", 1, "en", at=HELD)
    assert session.get_one(Standing, mentee.id).ready_since == HELD
    with pytest.raises(InvalidInputError):
        enter(session, staff, lesson, {mentee.person_id: ABSENT})
    enter(session, staff, lesson, {mentee.person_id: ABSENT}, reason="Someone else signed", at=LATER)
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, done.passed_exercises, done.points) == (None, 0, 0)
    session.expire_all()
    assert session.get_one(Standing, mentee.id).ready_since is None
    [change] = list_changes(session, lesson)
    assert (change.person_id, change.was, change.became) == (mentee.person_id, "present", "absent")
    assert (change.reason, change.changed_by_id, change.changed_at) == ("Someone else signed", staff.id, LATER)


def test_what_was_also_done_online_stays_complete(session: Session, staff, mentee, lesson) -> None:
    enter(session, staff, lesson, {mentee.person_id: PRESENT}, BOTH)
    hand_in_all(session, CATALOGUE, mentee, "roles", at=LATER)
    enter(session, staff, lesson, {mentee.person_id: None}, reason="Wrong list")
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, list_attendance(session, lesson)) == (HELD, {})


def test_a_second_session_carries_what_the_first_no_longer_does(session: Session, staff, mentee, lesson) -> None:
    other = make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"])
    for one in (lesson, other):
        enter(session, staff, one, {mentee.person_id: PRESENT}, BOTH)
    enter(session, staff, lesson, {mentee.person_id: EXCUSED}, reason="Wrong day")
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert done.completed_at == HELD


def test_work_that_is_taken_back_needs_a_reason_and_concerns_all_who_were_present(
    session: Session, staff, mentee, lesson
) -> None:
    enter(session, staff, lesson, {mentee.person_id: PRESENT}, BOTH)
    with pytest.raises(InvalidInputError):
        enter(session, staff, lesson, {}, BOTH[:1])
    recorded = enter(session, staff, lesson, {}, BOTH[:1], reason="No time for it")
    assert recorded.person_ids == {mentee.person_id}
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, done.passed_exercises) == (None, 1)
    [change] = list_changes(session, lesson)
    assert (change.was, change.became, change.person_id) == ("roles/second", "", None)


def test_who_has_not_seen_the_last_entry_overwrites_nothing(session: Session, staff, mentee, lesson) -> None:
    enter(session, staff, lesson, {mentee.person_id: PRESENT})
    with pytest.raises(ConflictError) as caught:
        enter(session, staff, lesson, {mentee.person_id: ABSENT}, reason="Other", seen=0)
    assert caught.value.code == "attendance.changed"


def test_attendance_is_for_events_of_the_course_that_have_begun_and_were_not_cancelled(
    session: Session, staff, mentee, lesson
) -> None:
    with pytest.raises(ConflictError) as caught:
        enter(session, staff, lesson, {mentee.person_id: PRESENT}, at=AT)
    assert caught.value.code == "event.has_not_begun"
    elsewhere = make_member(session, "coordinator-2", Role.COORDINATOR, context_id="course-2")
    with pytest.raises(NotFoundError):
        enter(session, elsewhere, lesson, {mentee.person_id: PRESENT})
    enter(session, staff, lesson, {mentee.person_id: PRESENT})
    with pytest.raises(ConflictError):
        cancel_event(session, lesson, "Too late", at=LATER)
    enter(session, staff, lesson, {mentee.person_id: None}, reason="Not held")
    cancel_event(session, lesson, "Not held", at=LATER)
    with pytest.raises(ConflictError):
        enter(session, staff, lesson, {mentee.person_id: PRESENT})


def test_where_people_were_present_costs_one_statement_however_many_they_are(
    session: Session, engine: Engine, staff, lesson
) -> None:
    people = [make_member(session, f"m{number}").person_id for number in range(30)]
    recorded = record_attendance(session, lesson, staff, Entry(dict.fromkeys(people, PRESENT), BOTH, "", 0), at=HELD)
    assert recorded.changed == 30
    statements: list[str] = []
    sqlalchemy_event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    attended = list_attended(session, people)
    assert len(statements) == 1
    [once] = attended[people[-1]]
    assert (once.kind, once.module_keys, once.held_at) == (EventKind.CLASSROOM, ("roles",), lesson.starts_at)
    assert (once.recorded_by, once.recorded_at) == ("Name of coordinator-1", HELD)
    assert list_attended(session, [staff.person_id]) == {staff.person_id: []}
    list_classroom_evidence(session, people)
    assert len(statements) == 3
