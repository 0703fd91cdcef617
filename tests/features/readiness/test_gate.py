"""Policies of a course, what staff decide and waive, what people declare, and what time ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import journey, standing
from service.db import transaction
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.modules.content import Catalogue
from service.modules.tries import TryRule
from service.pairing.models import RelationMember
from service.pairing.operations import record_pair
from service.people.models import Membership, Role
from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    AT_LEAST,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    NOT,
    ON_ROSTER,
    OUTCOME_REACHED,
    Condition,
)
from service.readiness.deciding import list_history, list_waivers
from service.readiness.models import Policy, Standing, Waiver
from service.readiness.operations import list_verdicts, replay
from service.readiness.policies import policies_in_force, set_own_conditions
from service.readiness.policy_rules import find_faults
from service.readiness.what_if import try_out
from tests.makers import AT, RIGHT, make_catalogue, make_member, make_module, with_outcome

LATER = AT + timedelta(hours=1)
YES_NOW = Condition(DECLARED, "yes_now")
INTERVIEW = Condition(DECIDED, "interview", approvers=2)
MODULE = f"{MODULE_COMPLETE}:roles"
ROLES = Condition(MODULE_COMPLETE, "roles")
NO_ROLES = Condition(NOT, "none", title="Not", parts=(Condition(ALL_OF, "all", title="All", parts=(ROLES,)),))


@pytest.fixture
def catalogue() -> Catalogue:
    return make_catalogue()


def make_ready(session: Session, catalogue: Catalogue, member: Membership) -> None:
    for module in catalogue.modules_required_for(member.role):
        for exercise in module.exercises:
            key = f"{member.id}-{module.key}-{exercise.key}"
            journey.hand_in(session, catalogue, member, module.key, exercise.key, RIGHT, key, at=AT)
    standing.give_commitment(session, catalogue, member, "confidentiality", 1, "en", at=AT)


def ask(
    session: Session, catalogue: Catalogue, staff: Membership, own: Sequence[Condition], role: Role = Role.MENTEE
) -> int:
    version = policies_in_force(session, catalogue, [staff.course_id])[staff.course_id, role].version
    after = set_own_conditions(session, catalogue, staff, role, own, shown_version=version, at=AT)
    return after.version


def is_ready(session: Session, catalogue: Catalogue, member: Membership, at=AT) -> bool:
    return list_verdicts(session, catalogue, [member], at=at)[member.id].is_ready


def test_a_course_asks_for_more_and_everyone_is_looked_at_again(
    sessions: sessionmaker[Session], catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        staff, mentee = make_member(session, "staff-1", Role.COORDINATOR), make_member(session, "m-1", Role.MENTEE)
        make_ready(session, catalogue, mentee)
        before = session.get_one(Standing, mentee.id).ready_since
        ask(session, catalogue, staff, [YES_NOW])
    assert before
    assert standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: LATER) == 1
    with transaction(sessions) as session:
        assert session.get_one(Standing, mentee.id).ready_since is None
        verdict = standing.declare(session, catalogue, mentee, "yes_now", is_given=True, at=LATER)
        assert verdict.ready_since == LATER
        assert not standing.declare(session, catalogue, mentee, "yes_now", is_given=False, at=LATER).is_ready
    assert standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: LATER) == 0


def test_a_decision_needs_as_many_people_as_the_policy_says(session: Session, catalogue: Catalogue) -> None:
    staff, other = (make_member(session, name, Role.COORDINATOR) for name in ("staff-1", "staff-2"))
    mentee = make_member(session, "mentee-1", Role.MENTEE)
    make_ready(session, catalogue, mentee)
    ask(session, catalogue, staff, [INTERVIEW])
    decide = {"member_id": mentee.public_id, "key": "interview", "at": LATER}
    for _ in range(2):
        verdict = standing.decide(session, catalogue, staff, **decide, is_yes=True)
        assert [result.state for result in verdict.missing] == ["waiting"]
    assert standing.decide(session, catalogue, other, **decide, is_yes=True).is_ready
    with pytest.raises(InvalidInputError, match="reason"):
        standing.decide(session, catalogue, other, **decide, is_yes=False)
    refused = standing.decide(session, catalogue, other, **decide, is_yes=False, reason="No time before May.")
    assert [result.state for result in refused.missing] == ["not_met"]
    assert standing.decide(session, catalogue, other, **decide, is_yes=None).missing[0].state == "waiting"
    assert len(list_history(session, mentee)) == 4


def test_nobody_decides_about_themselves(session: Session, catalogue: Catalogue) -> None:
    staff = make_member(session, "staff-1", Role.COORDINATOR)
    ask(session, catalogue, staff, [INTERVIEW], Role.COORDINATOR)
    with pytest.raises(ConflictError):
        standing.decide(session, catalogue, staff, staff.public_id, "interview", is_yes=True, at=AT)
    with pytest.raises(ConflictError):
        standing.waive(session, catalogue, staff, staff.public_id, INTERVIEW.name, reason="Me.", until=None, at=AT)


def test_a_waiver_counts_until_its_end_and_says_who_and_why(sessions: sessionmaker[Session], catalogue) -> None:
    until = AT + timedelta(days=30)
    with transaction(sessions) as session:
        staff, mentee = make_member(session, "staff-1", Role.COORDINATOR), make_member(session, "m-1", Role.MENTEE)
        standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: AT)
    with transaction(sessions) as session:
        waive = {"member_id": mentee.public_id, "condition": MODULE, "until": until, "at": AT}
        with pytest.raises(InvalidInputError):
            standing.waive(session, catalogue, staff, **waive, reason="  ")
        verdict = standing.waive(session, catalogue, staff, **waive, reason="Taught this course.")
        assert verdict.is_ready
        [waived] = [result for result in verdict.results if result.state == "waived"]
        assert waived.facts["by"] == [staff.public_id]
        with pytest.raises(ConflictError):
            standing.waive(session, catalogue, staff, **waive, reason="Once more.")
        assert session.get_one(Standing, mentee.id).due_at == until
    for at, expected in ((until - timedelta(seconds=1), 0), (until, 1)):
        assert standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda at=at: at) == expected
    with transaction(sessions) as session:
        assert session.get_one(Standing, mentee.id).ready_since is None
        again = standing.waive(
            session, catalogue, staff, mentee.public_id, MODULE, reason="Still.", until=None, at=until
        )
        assert again.is_ready
        [waiver] = list_waivers(session, [mentee.id], at=until)
        ended = standing.withdraw_waiver(session, catalogue, staff, mentee.public_id, waiver.public_id, at=until)
        assert not ended.is_ready
        assert len(session.scalars(select(Waiver)).all()) == 2


def test_a_waiver_may_need_two_people_or_be_nobodys(session: Session, catalogue: Catalogue) -> None:
    staff, other = (make_member(session, name, Role.COORDINATOR) for name in ("staff-1", "staff-2"))
    mentee = make_member(session, "mentee-1", Role.MENTEE)
    make_ready(session, catalogue, mentee)
    own = [Condition(DECLARED, "yes_now", waived_by=2), Condition(DECLARED, "time", waived_by=0)]
    ask(session, catalogue, staff, own)
    with pytest.raises(NotFoundError):
        standing.waive(session, catalogue, staff, mentee.public_id, own[1].name, reason="No.", until=None, at=AT)
    standing.declare(session, catalogue, mentee, "time", is_given=True, at=AT)
    first = standing.waive(session, catalogue, staff, mentee.public_id, own[0].name, reason="Ill.", until=None, at=AT)
    assert dict(first.missing[0].facts["waiver"]) == {"passed": 1, "needed": 2}
    [waiver] = list_waivers(session, [mentee.id], at=AT)
    with pytest.raises(ConflictError):
        standing.approve_waiver(session, catalogue, staff, mentee.public_id, waiver.public_id, at=AT)
    assert standing.approve_waiver(session, catalogue, other, mentee.public_id, waiver.public_id, at=AT).is_ready


@pytest.mark.parametrize(
    ("own", "codes"),
    [
        ([Condition(MODULE_COMPLETE, "none")], ["unknown_module"]),
        ([Condition("gold", "x")], ["unknown_kind"]),
        ([Condition(DECLARED, "own-words")], ["no_title"]),
        ([Condition(DECLARED, "own-words", title="A\0bicycle")], ["no_title"]),
        ([Condition(MODULE_COMPLETE, "roles", title="A\nbicycle")], ["no_title"]),
        ([Condition(ANY_OF, "some", title="\0", parts=(YES_NOW,))], ["no_title"]),
        ([Condition(DECLARED, "own-words", title="\u05d9\u05e9\u200f\xa0\u05dc\u05d9")], []),
        ([Condition(ANY_OF, "some", title="Some")], ["empty"]),
        ([Condition(AT_LEAST, "some", title="Some", count=2, parts=(YES_NOW,))], ["never_enough"]),
        ([YES_NOW, Condition(NOT, "no", title="Not", parts=(YES_NOW,))], ["twice", "contradiction", "twice"]),
        ([Condition(MODULE_COMPLETE, "roles", min_percent=101)], ["bad_number"]),
        ([Condition(MODULE_COMPLETE, "counted", valid_months=12)], ["no_renewal"]),
        ([Condition(OUTCOME_REACHED, "basics.none")], ["unknown_outcome"]),
        ([Condition(OUTCOME_REACHED, "basics.asks", valid_months=12)], ["no_end"]),
        ([Condition(COMMITMENT_GIVEN, "loyalty")], ["unknown_text"]),
        ([Condition(EVENT_ATTENDED, "dinner")], ["unknown_event"]),
        ([Condition(ON_ROSTER, "roster")], ["no_roster"]),
        ([Condition(DECLARED, "capacity", least=21)], ["bad_number"]),
        ([Condition(DECIDED, "interview", least=1)], ["bad_number"]),
        ([Condition(ALL_OF, "x", title="X", parts=(Condition(ALL_OF, "x", title="X"),))], ["circle", "twice", "empty"]),
        ([Condition(ANY_OF, "x", title="X", parts=(NO_ROLES,))], ["impossible"]),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(own: list[Condition], codes: list[str]) -> None:
    counted = make_module("counted", ())
    exercises = tuple(replace(one, rule=TryRule(limit=2)) for one in counted.exercises)
    modules = (make_module("roles", ("mentee",)), replace(counted, exercises=exercises))
    content = with_outcome(make_catalogue(*modules))
    assert [fault.code for fault in find_faults([ROLES], own, content, has_roster=False)] == codes


def test_what_if_says_what_saving_does(session: Session, catalogue: Catalogue) -> None:
    staff = make_member(session, "staff-1", Role.COORDINATOR)
    mentees = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(3)]
    for mentee in mentees[:2]:
        make_ready(session, catalogue, mentee)
    promised = try_out(session, catalogue, staff.course_id, Role.MENTEE, [YES_NOW], at=AT)
    assert (promised.all, promised.ready_now, promised.ready_then) == (3, 2, 0)
    assert set(promised.losing) == set(mentees[:2])
    ask(session, catalogue, staff, [YES_NOW])
    assert [is_ready(session, catalogue, one) for one in mentees] == [False] * 3
    back = try_out(session, catalogue, staff.course_id, Role.MENTEE, [], at=AT)
    assert set(back.gaining) == set(mentees[:2])


def test_a_policy_changed_meanwhile_is_not_overwritten(session: Session, catalogue: Catalogue) -> None:
    staff = make_member(session, "staff-1", Role.COORDINATOR)
    assert ask(session, catalogue, staff, [YES_NOW]) == 2
    with pytest.raises(ConflictError):
        set_own_conditions(session, catalogue, staff, Role.MENTEE, [], shown_version=1, at=AT)
    assert ask(session, catalogue, staff, [YES_NOW]) == 2
    assert session.scalars(select(Policy.version).where(Policy.role == Role.MENTEE)).all() == [2]


def test_a_pair_can_be_evaluated_again_after_the_policy_has_changed(session: Session, catalogue: Catalogue) -> None:
    staff = make_member(session, "staff-1", Role.COORDINATOR)
    mentor, mentee = make_member(session, "mentor-1", Role.MENTOR), make_member(session, "mentee-1", Role.MENTEE)
    for member in (mentor, mentee):
        make_ready(session, catalogue, member)
    relation = record_pair(session, catalogue, staff, mentor.public_id, mentee.public_id, at=AT)
    ask(session, catalogue, staff, [YES_NOW])
    standing.withdraw_commitment(session, catalogue, mentee, "confidentiality", at=LATER)
    session.expire_all()
    for side in relation.members:
        assert side.snapshot
        assert [result.as_data() for result in replay(side.snapshot)] == side.results


@pytest.mark.postgres
def test_nobody_is_paired_on_a_decision_that_is_taken_back_at_that_moment(
    sessions: sessionmaker[Session], catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        staff = make_member(session, "staff-1", Role.COORDINATOR)
        ask(session, catalogue, staff, [Condition(DECIDED, "interview")])
        mentor = make_member(session, "mentor-1", Role.MENTOR)
        make_ready(session, catalogue, mentor)
        mentees = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(6)]
        for mentee in mentees:
            make_ready(session, catalogue, mentee)
            standing.decide(session, catalogue, staff, mentee.public_id, "interview", is_yes=True, at=AT)
    for mentee in mentees[:5]:
        start = Barrier(2)

        def pair(mentee: Membership = mentee, start: Barrier = start) -> bool:
            start.wait()
            try:
                with transaction(sessions) as session:
                    record_pair(session, catalogue, staff, mentor.public_id, mentee.public_id, at=LATER)
            except ConflictError:
                return False
            return True

        def take_back(mentee: Membership = mentee, start: Barrier = start) -> None:
            start.wait()
            with transaction(sessions) as session:
                standing.decide(session, catalogue, staff, mentee.public_id, "interview", is_yes=None, at=LATER)

        with ThreadPoolExecutor(2) as threads:
            paired, done = threads.submit(pair), threads.submit(take_back)
            done.result()
            was_paired = paired.result()
        with transaction(sessions) as session:
            row = session.get_one(Standing, mentee.id)
            assert row.ready_since is None
            members = [one for one in _sides(session) if one.membership_id == mentee.id]
            assert len(members) == was_paired
            for side in members:
                assert all(result.is_satisfied for result in replay(side.snapshot))


def _sides(session: Session):
    return session.scalars(select(RelationMember)).all()
