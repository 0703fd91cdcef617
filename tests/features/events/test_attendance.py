"""Attendance: entered once for all, corrected with a reason, and evidence of what was done in class."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session, sessionmaker

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service import journey, standing
from service.completion.operations import find_completion, list_completions
from service.db import transaction
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
from service.grades.operations import list_scores_of
from service.modules.requirements import Kind, Requirement
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


def test_all_that_follows_costs_as_many_statements_for_sixty_people_as_for_three(
    session: Session, engine: Engine, staff
) -> None:
    """The first entry of a course makes its policy and its columns, and is not counted."""
    asked: list[str] = []
    sqlalchemy_event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    counts = []
    for group, size in enumerate((1, 3, 60)):
        scopes = (SCORE_SCOPE, LINE_ITEM_SCOPE)
        people = [make_member(session, f"g{group}-{number}", grade_scopes=scopes) for number in range(size)]
        meeting = make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"])
        session.flush()
        asked.clear()
        enter(session, staff, meeting, dict.fromkeys([one.person_id for one in people], PRESENT), BOTH)
        counts.append(len(asked))
        done = list_completions(session, [one.person_id for one in people])
        assert all(of_person["roles"].completed_at == HELD for of_person in done.values())
        assert [score.score_given for score in list_scores_of(session, people[-1].person_id, people[-1].course_id)]
    assert counts[1] == counts[2] <= 30


def test_a_module_that_asks_for_an_opening_is_complete_for_who_was_there(session: Session, staff, mentee) -> None:
    roles = CATALOGUE.module("roles")
    asked = replace(roles, complete=Requirement(Kind.ATTENDED, "roles", ("opening",)))
    catalogue = make_catalogue(asked)
    opening = make_event(session, staff)
    for state, reason in ((PRESENT, ""), (ABSENT, "Someone else")):
        entry = Entry({mentee.person_id: state}, None, reason, opening.attendance_revision)
        journey.record_attendance(session, catalogue, staff, opening.public_id, entry, at=HELD)
        done = find_completion(session, mentee.person_id, "roles")
        assert done
        assert bool(done.completed_at) is (state is PRESENT)


def test_a_score_that_was_queued_falls_when_what_it_rested_on_is_taken_back(session: Session, staff, lesson) -> None:
    mentor = make_member(session, "mentor-9", grade_scopes=(SCORE_SCOPE, LINE_ITEM_SCOPE))
    enter(session, staff, lesson, {mentor.person_id: PRESENT}, BOTH)
    [score] = list_scores_of(session, mentor.person_id, mentor.course_id)
    assert (score.line_item.subject, score.score_given) == ("module:roles", 100)
    enter(session, staff, lesson, {mentor.person_id: ABSENT}, reason="Someone else")
    session.refresh(score)
    assert score.score_given == 0


def test_two_who_enter_at_once_do_so_one_after_another(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        staff = make_member(session, "coordinator-1", Role.COORDINATOR)
        lesson = make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"])
        people = [make_member(session, f"m{number}", Role.MENTEE).person_id for number in range(4)]
        staff_id, lesson_id = staff.id, lesson.id
    together = threading.Barrier(2, timeout=20)

    def act(order: list[int]) -> str:
        together.wait()
        with transaction(sessions) as session:
            staff, lesson = session.get_one(Membership, staff_id), session.get_one(Event, lesson_id)
            try:
                enter(session, staff, lesson, dict.fromkeys(order, PRESENT), BOTH, seen=0)
            except ConflictError as error:
                return error.code
        return "entered"

    with ThreadPoolExecutor(2) as threads:
        tries = [threads.submit(act, order) for order in (people[:3], people[:0:-1])]
        assert sorted(one.result(30) for one in tries) == ["attendance.changed", "entered"]
    with transaction(sessions) as session:
        lesson = session.get_one(Event, lesson_id)
        assert len(list_attendance(session, lesson)) == 3
        done = list_completions(session, list(list_attendance(session, lesson)))
        assert all(found["roles"].completed_at for found in done.values())
