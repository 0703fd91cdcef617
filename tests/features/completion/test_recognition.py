"""What someone knows already counts when a person says so: at once, everywhere, and not a moment longer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service import journey, standing
from service.completion.models import Completion, RecognitionStep
from service.completion.operations import find_completion
from service.completion.recognition_operations import NewStep, count_waiting, list_recognised, list_steps, list_waiting
from service.completion.recognition_rules import StepKind
from service.db import transaction
from service.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from service.expiring import end_expired
from service.grades.operations import list_scores_of
from service.pairing.models import Relation
from service.pairing.operations import NotReadyError, record_pair
from service.people.models import Membership, Role
from service.platforms.models import AuditEvent
from service.readiness.models import Standing
from service.readiness.operations import list_verdicts
from tests.makers import AT, RIGHT, make_catalogue, make_member

CATALOGUE = make_catalogue()
LATER = AT + timedelta(days=1)


def take(
    session: Session, actor: Membership, learner: Membership, kind: StepKind, seen: int, *, at=AT, text="So.", **more
) -> RecognitionStep:
    step = NewStep(kind, text, seen, **more)
    return journey.take_step(session, CATALOGUE, actor, learner.person_id, "roles", step, at=at)


@pytest.fixture
def mentee(session: Session) -> Membership:
    return make_member(session, "mentee-1", Role.MENTEE, grade_scopes=(SCORE_SCOPE, LINE_ITEM_SCOPE))


@pytest.fixture
def staff(session: Session) -> Membership:
    return make_member(session, "staff-1", Role.COORDINATOR, grade_scopes=(SCORE_SCOPE, LINE_ITEM_SCOPE))


def missing(session: Session, member: Membership, at=AT) -> list[str]:
    verdict = list_verdicts(session, CATALOGUE, [member], at=at)[member.id]
    return [result.condition.key for result in verdict.missing]


def test_asked_asked_back_answered_recognised(session: Session, mentee: Membership, staff: Membership) -> None:
    take(session, mentee, mentee, StepKind.ASKED, 0)
    assert [step.person_id for step in list_waiting(session, mentee.course_id)] == [mentee.person_id]
    take(session, staff, mentee, StepKind.MORE_ASKED, 1)
    assert count_waiting(session, mentee.course_id) == 0
    take(session, mentee, mentee, StepKind.ANSWERED, 2)
    assert count_waiting(session, mentee.course_id) == 1
    assert missing(session, mentee) == ["roles", "confidentiality"]
    take(session, staff, mentee, StepKind.RECOGNISED, 3)
    assert missing(session, mentee) == ["confidentiality"]
    [first, *_] = session.get_one(Standing, mentee.id).results
    assert first["facts"] == {"at": AT.isoformat(), "by": "Name of staff-1", "is_recorded": False}
    assert [step.kind.value for step in list_steps(session, mentee.person_id)["roles"]] == [
        "asked",
        "more_asked",
        "answered",
        "recognised",
    ]
    kinds = session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id))
    assert list(kinds) == ["recognition.more_asked", "recognition.recognised"]


def test_the_gradebook_gets_the_full_score_and_no_name_and_after_an_undoing_what_is_left(
    session: Session, mentee: Membership, staff: Membership
) -> None:
    journey.hand_in(session, CATALOGUE, mentee, "roles", "first", RIGHT, "k1", at=AT)
    assert list_scores_of(session, mentee.person_id, mentee.course_id) == []
    take(session, staff, mentee, StepKind.RECORDED, 0, done_at=AT - timedelta(days=30))
    [score] = list_scores_of(session, mentee.person_id, mentee.course_id)
    assert (score.score_given, score.comment) == (score.line_item.score_maximum, "Recognised on January 30, 2026")
    take(session, staff, mentee, StepKind.UNDONE, 1)
    [score] = list_scores_of(session, mentee.person_id, mentee.course_id)
    assert (score.score_given, score.comment) == (score.line_item.score_maximum / 2, "1 of 2 exercises passed")
    assert "roles" in missing(session, mentee)


def test_what_was_recorded_counts_from_its_day_and_as_own_work_does_once_that_is_done(
    session: Session, mentee: Membership, staff: Membership
) -> None:
    day = AT - timedelta(days=30)
    take(session, staff, mentee, StepKind.RECORDED, 0, done_at=day, valid_until=LATER)
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, done.earned_at, done.expires_at, done.passed_exercises) == (day, None, LATER, 0)
    for key in ("first", "second"):
        journey.hand_in(session, CATALOGUE, mentee, "roles", key, RIGHT, key, at=AT)
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.earned_at, done.expires_at) == (AT, None)
    take(session, staff, mentee, StepKind.UNDONE, 1)
    done = find_completion(session, mentee.person_id, "roles")
    assert done
    assert (done.completed_at, done.recognition_id) == (AT, None)


def test_after_its_last_day_it_no_longer_counts_and_may_be_asked_anew(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        mentee, staff = (make_member(session, role, role) for role in (Role.MENTEE, Role.COORDINATOR))
        take(session, staff, mentee, StepKind.RECORDED, 0, done_at=AT, valid_until=LATER)
        assert missing(session, mentee) == ["confidentiality"]
        assert missing(session, mentee, at=LATER) == ["roles", "confidentiality"]
        assert list_recognised(session, [mentee.person_id], at=LATER) == {}
    assert end_expired(sessions, lambda: CATALOGUE, clock=lambda: AT) == 0
    assert end_expired(sessions, lambda: CATALOGUE, clock=lambda: LATER) == 1
    assert end_expired(sessions, lambda: CATALOGUE, clock=lambda: LATER) == 0
    with transaction(sessions) as session:
        assert session.get_one(Standing, mentee.id).results[0]["state"] == "not_met"
        done = find_completion(session, mentee.person_id, "roles")
        assert done
        assert (done.completed_at, done.recognition_id) == (None, None)
        mentee = session.merge(mentee)
        take(session, mentee, mentee, StepKind.ASKED, 1, at=LATER)
        assert count_waiting(session, mentee.course_id) == 1


def test_recognitions_of_modules_that_are_gone_do_not_stand_before_the_others(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        mentee, staff = (make_member(session, role, role) for role in (Role.MENTEE, Role.COORDINATOR))
        take(session, staff, mentee, StepKind.RECORDED, 0, done_at=AT, valid_until=LATER)
        done = find_completion(session, mentee.person_id, "roles")
        assert done
        names = {column.key for column in Completion.__table__.columns} - {"id", "module_key"}
        gone = {name: getattr(done, name) for name in names} | {"expires_at": AT}
        session.add_all(Completion(**gone, module_key=f"gone-{number}") for number in range(100))
    assert end_expired(sessions, lambda: CATALOGUE, clock=lambda: LATER) == 1


def test_the_same_step_twice_is_one_and_what_was_not_seen_is_not_decided(
    session: Session, mentee: Membership, staff: Membership
) -> None:
    first = take(session, mentee, mentee, StepKind.ASKED, 0)
    assert take(session, mentee, mentee, StepKind.ASKED, 0) is first
    take(session, staff, mentee, StepKind.DECLINED, 1)
    with pytest.raises(ConflictError):
        take(session, staff, mentee, StepKind.RECOGNISED, 1)
    with pytest.raises(ConflictError):
        take(session, staff, mentee, StepKind.UNDONE, 2)
    assert len(list_steps(session, mentee.person_id)["roles"]) == 2


def test_nobody_decides_for_themselves_or_asks_for_another(
    session: Session, mentee: Membership, staff: Membership
) -> None:
    other = make_member(session, "mentor-1", Role.MENTOR)
    for actor, learner, kind in [
        (mentee, mentee, StepKind.RECOGNISED),
        (staff, staff, StepKind.RECORDED),
        (other, mentee, StepKind.RECOGNISED),
        (staff, mentee, StepKind.ASKED),
    ]:
        with pytest.raises(NotAllowedError):
            take(session, actor, learner, kind, 0, done_at=AT if kind is StepKind.RECORDED else None)
    step = NewStep(StepKind.ASKED, "x", 0)
    with pytest.raises(NotFoundError):
        journey.take_step(session, CATALOGUE, mentee, mentee.person_id, "nothing", step, at=AT)


def test_only_the_course_that_recognised_it_takes_it_back(
    session: Session, mentee: Membership, staff: Membership
) -> None:
    take(session, staff, mentee, StepKind.RECORDED, 0, done_at=AT)
    elsewhere = make_member(session, "staff-2", Role.COORDINATOR, context_id="course-2")
    with pytest.raises(NotAllowedError):
        take(session, elsewhere, mentee, StepKind.UNDONE, 1)


@pytest.mark.parametrize(
    ("kind", "more", "fields"),
    [
        (StepKind.RECORDED, {"text": " ", "done_at": AT}, {"text": "recognition.text_missing"}),
        (StepKind.RECORDED, {"text": "x" * 4001, "done_at": AT}, {"text": "recognition.text_too_long"}),
        (StepKind.RECORDED, {"text": "a\0b", "done_at": AT}, {"text": "recognition.text_too_long"}),
        (StepKind.RECORDED, {}, {"done_on": "recognition.day_missing"}),
        (StepKind.RECORDED, {"done_at": LATER}, {"done_on": "recognition.day_in_future"}),
        (StepKind.RECOGNISED, {"valid_until": AT}, {"valid_until": "recognition.valid_until_past"}),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(
    session: Session, mentee: Membership, staff: Membership, kind: StepKind, more: dict, fields: dict[str, str]
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        take(session, staff, mentee, kind, 0, **more)
    assert refusal.value.details["fields"] == fields
    assert list_steps(session, mentee.person_id) == {}


def test_evidence_taken_back_while_a_pair_is_made_is_seen_or_waits(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        staff = make_member(session, "staff-1", Role.COORDINATOR)
        mentor, mentee = (make_member(session, f"{role}-1", role) for role in (Role.MENTOR, Role.MENTEE))
        for member, keys in ((mentor, ("roles", "stages")), (mentee, ("roles",))):
            for key in keys:
                step = NewStep(StepKind.RECORDED, "Seen in class.", 0, AT)
                journey.take_step(session, CATALOGUE, staff, member.person_id, key, step, at=AT)
            standing.give_commitment(session, CATALOGUE, member, "confidentiality", 1, "en", at=AT)
    start = threading.Barrier(2)

    def pair() -> bool:
        start.wait()
        try:
            with transaction(sessions) as session:
                record_pair(session, CATALOGUE, staff, mentor.public_id, mentee.public_id, at=LATER)
        except NotReadyError:
            return False
        return True

    def take_back() -> None:
        start.wait()
        with transaction(sessions) as session:
            take(session, session.merge(staff), mentee, StepKind.UNDONE, 1, at=LATER)

    with ThreadPoolExecutor(2) as threads:
        paired, undone = threads.submit(pair), threads.submit(take_back)
        undone.result()
    with transaction(sessions, reads_only=True) as session:
        relations = session.scalars(select(Relation)).all()
        assert len(relations) == paired.result()
        frozen = [result for relation in relations for side in relation.members for result in side.results]
        assert all(result["state"] == "met" for result in frozen), "a pair stands on what was so when it was made"
        assert session.get_one(Standing, mentee.id).ready_since is None
        done = find_completion(session, mentee.person_id, "roles")
        assert done
        assert done.completed_at is None


def test_two_who_decide_at_the_same_instant_make_one_decision(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        mentee = make_member(session, "mentee-1", Role.MENTEE)
        staff = [make_member(session, f"staff-{number}", Role.COORDINATOR) for number in range(4)]
        take(session, mentee, mentee, StepKind.ASKED, 0)
    start = threading.Barrier(len(staff))

    def decide(number: int) -> bool:
        start.wait()
        kind = StepKind.RECOGNISED if number % 2 else StepKind.DECLINED
        try:
            with transaction(sessions) as session:
                take(session, session.merge(staff[number]), mentee, kind, 1)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(len(staff)) as threads:
        assert sum(threads.map(decide, range(len(staff)))) == 1
    with transaction(sessions, reads_only=True) as session:
        assert len(list_steps(session, mentee.person_id)["roles"]) == 2
