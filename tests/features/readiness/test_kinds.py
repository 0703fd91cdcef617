"""Every kind of condition with its evidence from the tables: met by its act, and no longer when that is taken back."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session, sessionmaker

from service import journey, standing
from service.completion.operations import find_completion
from service.db import transaction
from service.errors import ConflictError, InvalidInputError
from service.events.attendance_operations import Entry
from service.events.models import AttendanceState, Event, EventKind
from service.modules.content import Catalogue
from service.pairing.operations import record_pair
from service.people.models import Membership, Role, RosterProblem, RosterRead
from service.profiles.rules import Told
from service.readiness.conditions import (
    ANY_OF,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    ON_ROSTER,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    Condition,
    ConditionResult,
    ConditionState,
)
from service.readiness.models import Standing
from service.readiness.months import add_months
from service.readiness.operations import list_verdicts, replay
from service.readiness.policies import look_again_at_listed, policies_in_force, set_own_conditions
from service.readiness.shortest import Actor, shortest_way
from service.readiness.what_if import try_out
from tests.features.events.events import make_event
from tests.features.readiness.test_gate import make_ready
from tests.features.readiness.test_operations import hand_in_all
from tests.makers import AT, WRONG, make_catalogue, make_member, make_module, with_outcome

CATALOGUE = with_outcome(make_catalogue())
DAY = timedelta(days=1)
HELD = AT + 2 * DAY
RENEWED = Condition(MODULE_COMPLETE, "roles", valid_months=12)
TRAINING_DAY = Condition(EVENT_ATTENDED, "training_day")
OPENING = Condition(EVENT_ATTENDED, "opening")
ASKS = Condition(OUTCOME_REACHED, "basics.asks")
ROOM = Condition(DECLARED, "capacity", least=2)
LISTED = Condition(ON_ROSTER, "roster")
GUARDIAN = Condition(DECIDED, "guardian_consent")
PROFILE = Condition(PROFILE_COMPLETE, "profile")
EVERY_KIND = (RENEWED, TRAINING_DAY, ASKS, ROOM, LISTED, PROFILE, GUARDIAN)


@pytest.fixture
def staff(session: Session) -> Membership:
    return make_staff(session)


@pytest.fixture
def mentee(session: Session) -> Membership:
    return make_member(session, "mentee-1", Role.MENTEE)


def make_staff(session: Session) -> Membership:
    return make_member(session, "staff-1", Role.COORDINATOR)


def ask(session: Session, staff: Membership, *own: Condition) -> None:
    staff.course.memberships_url = "https://lms.example/members"
    version = policies_in_force(session, CATALOGUE, [staff.course_id])[staff.course_id, Role.MENTEE].version
    set_own_conditions(session, CATALOGUE, staff, Role.MENTEE, own, shown_version=version, at=AT)


def look(
    session: Session, member: Membership, condition: Condition, at: datetime = HELD, catalogue: Catalogue = CATALOGUE
) -> ConditionResult:
    results = list_verdicts(session, catalogue, [member], at=at)[member.id].results
    return next(result for result in results if result.condition == condition)


def attend(session: Session, staff: Membership, event: Event, who: Membership, state: AttendanceState | None) -> None:
    entry = Entry({who.person_id: state}, None, "Corrected", event.attendance_revision)
    journey.record_attendance(session, CATALOGUE, staff, event.public_id, entry, at=HELD)


def test_a_module_runs_out_without_an_event_and_is_renewed_by_its_exercises(
    sessions: sessionmaker[Session],
) -> None:
    end = add_months(AT, 12)
    with transaction(sessions) as session:
        mentee = make_member(session, "mentee-1", Role.MENTEE)
        ask(session, make_staff(session), RENEWED)
        make_ready(session, CATALOGUE, mentee)
        assert session.get_one(Standing, mentee.id).due_at == end
        early, soon = (look(session, mentee, RENEWED, end - days * DAY).facts for days in (31, 30))
        assert ("is_ending" in early, soon["refresh"]) == (False, ["first", "second"])
    assert standing.refresh_due_standings(sessions, lambda: CATALOGUE, clock=lambda: end) >= 1
    with transaction(sessions) as session:
        assert session.get_one(Standing, mentee.id).ready_since is None
        hand_in_all(session, CATALOGUE, mentee, "roles", WRONG, at=end)
        assert look(session, mentee, RENEWED, end).state is ConditionState.EXPIRED
        journey.hand_in(session, CATALOGUE, mentee, "roles", "first", {"choice": "ask"}, "again-1", at=end)
        assert look(session, mentee, RENEWED, end).facts["refresh"] == ["second"]
        journey.hand_in(session, CATALOGUE, mentee, "roles", "second", {"choice": "ask"}, "again-2", at=end + DAY)
        renewed = look(session, mentee, RENEWED, end + DAY)
        assert (renewed.state, renewed.facts["at"]) == (ConditionState.MET, end.isoformat())
        assert session.get_one(Standing, mentee.id).ready_since == end + DAY
        done = find_completion(session, mentee.person_id, "roles")
        assert done
        assert done.completed_at == AT


def test_an_author_says_which_exercises_renew_a_module(session: Session, staff, mentee) -> None:
    content = make_catalogue(replace(make_module("roles", ("mentee",)), refresher=("second",)))
    ask(session, staff, RENEWED)
    hand_in_all(session, CATALOGUE, mentee, "roles")
    late = add_months(AT, 13)
    assert look(session, mentee, RENEWED, late, content).facts["refresh"] == ["second"]
    journey.hand_in(session, content, mentee, "roles", "second", {"choice": "ask"}, "again", at=late)
    assert look(session, mentee, RENEWED, late, content).is_met


def test_a_meeting_counts_while_attendance_stands_where_it_should(session: Session, staff, mentee) -> None:
    ask(session, staff, OPENING, replace(TRAINING_DAY, valid_months=6))
    there = make_member(session, "staff-2", Role.COORDINATOR, context_id="course-2")
    elsewhere = make_member(session, "mentee-1", Role.MENTEE, context_id="course-2")
    for kind in (EventKind.OPENING, EventKind.TRAINING_DAY):
        attend(session, there, make_event(session, there, kind=kind), elsewhere, AttendanceState.PRESENT)
    assert not look(session, mentee, OPENING).is_met
    day = look(session, mentee, replace(TRAINING_DAY, valid_months=6))
    assert day.facts["until"] == add_months(AT + DAY, 6).isoformat()
    opening = make_event(session, staff)
    for state in (AttendanceState.EXCUSED, AttendanceState.PRESENT, AttendanceState.ABSENT, None):
        attend(session, staff, opening, mentee, state)
        assert look(session, mentee, OPENING).is_met is (state is AttendanceState.PRESENT)
        kept = {one["key"]: one["state"] for one in session.get_one(Standing, mentee.id).results}
        assert kept["opening"] == ("met" if state is AttendanceState.PRESENT else "not_met")


def test_a_session_of_the_professional_forum_counts_for_a_quarter(session: Session, staff, mentee) -> None:
    session_of_the_quarter = replace(TRAINING_DAY, key=EventKind.FORUM_SESSION.value, valid_months=3)
    ask(session, staff, session_of_the_quarter)
    assert not look(session, mentee, session_of_the_quarter).is_met
    event = make_event(session, staff, kind=EventKind.FORUM_SESSION, roles=["mentee"])
    attend(session, staff, event, mentee, AttendanceState.PRESENT)
    found = look(session, mentee, session_of_the_quarter)
    assert (found.is_met, found.facts["until"]) == (True, add_months(AT + DAY, 3).isoformat())
    assert not look(session, mentee, session_of_the_quarter, add_months(AT, 4)).is_met


def test_an_outcome_counts_with_its_evidence(session: Session, staff, mentee) -> None:
    ask(session, staff, ASKS)
    before = look(session, mentee, ASKS)
    assert (before.state, before.facts["passed"], before.facts["all"]) == (ConditionState.NOT_MET, 0, 1)
    journey.hand_in(session, CATALOGUE, mentee, "roles", "first", {"choice": "ask"}, "one", at=AT)
    assert look(session, mentee, ASKS).facts == {"at": AT.isoformat()}
    assert session.get_one(Standing, mentee.id).results[-1]["state"] == "met"


def test_room_is_a_number_and_a_plain_yes_of_before_is_one(session: Session, staff, mentee) -> None:
    ask(session, staff, ROOM)
    for number, is_enough in ((None, False), (1, False), (2, True), (0, False)):
        standing.declare(session, CATALOGUE, mentee, "capacity", is_given=True, number=number, at=AT)
        found = look(session, mentee, ROOM)
        assert (found.is_met, found.facts["number"]) == (is_enough, 1 if number is None else number)
    for wrong in (-1, 21):
        with pytest.raises(InvalidInputError):
            standing.declare(session, CATALOGUE, mentee, "capacity", is_given=True, number=wrong, at=AT)


def test_a_profile_counts_when_nothing_lacks_and_no_longer_when_something_does(session: Session, staff, mentee) -> None:
    ask(session, staff, PROFILE)
    whole = Told(("pl", "en"), "both", ("evenings",), "Baking", "To price my bread.")
    save = (session, CATALOGUE, mentee)
    for seen, told, lacks in (
        (0, replace(whole, matter="", times=()), ["times", "matter"]),
        (1, whole, None),
        (2, replace(whole, languages=()), ["languages"]),
    ):
        standing.save_profile(*save, told, seen=seen, at=AT)
        found = look(session, mentee, PROFILE)
        assert (found.is_met, found.facts.get("lacks")) == (lacks is None, lacks)
    with pytest.raises(ConflictError):
        standing.save_profile(*save, replace(whole, field="Tea"), seen=1, at=AT)
    for wrong in (
        replace(whole, setting="by night"),
        replace(whole, wishes="x" * 2001),
        replace(whole, times=("never",)),
    ):
        with pytest.raises(InvalidInputError):
            standing.save_profile(*save, wrong, seen=3, at=AT)


def test_who_is_of_age_needs_no_guardian_and_staff_say_why(session: Session, staff, mentee) -> None:
    interview = Condition(DECIDED, "interview")
    ask(session, staff, GUARDIAN, interview)
    rule_out = (session, CATALOGUE, staff, mentee.public_id)
    with pytest.raises(InvalidInputError, match="reason"):
        standing.rule_out(*rule_out, "guardian_consent", reason="", at=AT)
    with pytest.raises(InvalidInputError):
        standing.rule_out(*rule_out, "interview", reason="Not needed.", at=AT)
    standing.rule_out(*rule_out, "guardian_consent", reason="Is 24.", at=AT)
    found = look(session, mentee, GUARDIAN)
    assert (found.state, found.is_satisfied) == (ConditionState.NOT_APPLICABLE, True)


def test_the_list_of_the_course_names_people_or_waits_for_staff(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        staff, mentee = make_staff(session), make_member(session, "mentee-1", Role.MENTEE)
        ask(session, staff, LISTED)
        make_ready(session, CATALOGUE, mentee)
        assert look(session, mentee, LISTED).state is ConditionState.WAITING
        session.add(RosterRead(course_id=staff.course_id, read_at=AT))
        assert look(session, mentee, LISTED).facts["is_absent"]
        session.get_one(Membership, mentee.id).is_listed = True
        look_again_at_listed(session, staff.course_id, HELD)
    assert standing.refresh_due_standings(sessions, lambda: CATALOGUE, clock=lambda: HELD) >= 1
    with transaction(sessions) as session:
        assert session.get_one(Standing, mentee.id).ready_since == HELD
        session.get_one(RosterRead, mentee.course_id).problem = RosterProblem.GONE
        lost = look(session, mentee, LISTED)
        assert (lost.is_met, lost.facts["problem"]) == (True, "gone")
        ask(session, session.get_one(Membership, staff.id), replace(LISTED, valid_months=2))
        end = add_months(AT, 2)
        assert look(session, mentee, replace(LISTED, valid_months=2), end).state is ConditionState.EXPIRED


def test_a_module_that_was_withdrawn_waits_for_staff_and_lets_nobody_through_silently(
    sessions: sessionmaker[Session],
) -> None:
    stages = Condition(MODULE_COMPLETE, "stages")
    without = make_catalogue(make_module("roles", ("mentee",)))
    with transaction(sessions) as session:
        ask(session, make_staff(session), stages)
        done, begun = (make_member(session, name, Role.MENTEE) for name in ("mentee-1", "mentee-2"))
        for mentee in (done, begun):
            make_ready(session, CATALOGUE, mentee)
        hand_in_all(session, CATALOGUE, done, "stages")
    assert standing.refresh_due_standings(sessions, lambda: without, clock=lambda: HELD) == 2
    with transaction(sessions) as session:
        met, lacking = (look(session, mentee, stages, HELD, without) for mentee in (done, begun))
        assert (met.state, met.facts["is_gone"]) == (ConditionState.MET, True)
        assert lacking.state is ConditionState.WAITING
        assert [step.actor for step in shortest_way([lacking])] == [Actor.STAFF]
        assert not session.get_one(Standing, begun.id).ready_since


@pytest.mark.parametrize("own", [*((one,) for one in EVERY_KIND), EVERY_KIND])
def test_what_if_says_for_every_kind_what_saving_does(
    session: Session, staff: Membership, own: Sequence[Condition]
) -> None:
    mentees = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(2)]
    make_ready(session, CATALOGUE, mentees[0])
    late = add_months(AT, 13)
    some = (Condition(ANY_OF, "some", title="Some", parts=(*own, Condition(DECLARED, "yes_now"))),)
    for asked in (own, some):
        promised = try_out(session, CATALOGUE, staff.course_id, Role.MENTEE, asked, at=late)
        ask(session, staff, *asked)
        verdicts = list_verdicts(session, CATALOGUE, mentees, at=late)
        assert promised.ready_then == sum(verdict.is_ready for verdict in verdicts.values())
        for verdict in verdicts.values():
            assert replay(verdict.snapshot()) == verdict.results


def test_the_number_of_statements_does_not_grow_with_the_people(session: Session, staff, engine: Engine) -> None:
    ask(session, staff, *EVERY_KIND)
    mentees = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(6)]
    counts = []
    for some in (mentees[:1], mentees):
        for mentee in some:
            hand_in_all(session, CATALOGUE, mentee, "roles")
        session.flush()
        statements: list[str] = []
        sqlalchemy_event.listen(engine, "before_cursor_execute", listener := lambda *call: statements.append(call[2]))  # noqa: B023
        list_verdicts(session, CATALOGUE, some, at=HELD)
        sqlalchemy_event.remove(engine, "before_cursor_execute", listener)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 16


@pytest.mark.postgres
def test_nobody_is_paired_on_attendance_that_is_taken_back_at_that_moment(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        staff, mentor = make_staff(session), make_member(session, "mentor-1", Role.MENTOR)
        ask(session, staff, OPENING)
        opening = make_event(session, staff)
        make_ready(session, CATALOGUE, mentor)
        mentees = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(4)]
        for mentee in mentees:
            make_ready(session, CATALOGUE, mentee)
            attend(session, staff, opening, mentee, AttendanceState.PRESENT)
    for mentee in mentees:
        start = Barrier(2)

        def pair(mentee: Membership = mentee, start: Barrier = start) -> datetime | None:
            start.wait()
            try:
                with transaction(sessions) as session:
                    record_pair(session, CATALOGUE, staff, mentor.public_id, mentee.public_id, at=HELD)
            except ConflictError:
                return None
            return HELD

        def take_back(mentee: Membership = mentee, start: Barrier = start) -> None:
            start.wait()
            with transaction(sessions) as session:
                event = session.scalars(select(Event)).one()
                attend(session, session.get_one(Membership, staff.id), event, mentee, None)

        with ThreadPoolExecutor(2) as threads:
            paired, done = threads.submit(pair), threads.submit(take_back)
            done.result()
            paired.result()
        with transaction(sessions) as session:
            assert session.get_one(Standing, mentee.id).ready_since is None
            with pytest.raises(ConflictError):
                record_pair(session, CATALOGUE, staff, mentor.public_id, mentee.public_id, at=HELD)
