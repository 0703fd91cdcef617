"""Where a person stands, brought up to date with each event."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service import journey, standing
from service.errors import ConflictError, NotFoundError
from service.people.models import Role
from service.readiness.models import Commitment, Policy, Standing
from service.readiness.operations import bring_up_to_date, list_verdicts, record_commitment
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member, make_module

LATER = AT + timedelta(hours=1)


def hand_in_all(session: Session, catalogue, member, module_key: str, answer=RIGHT, at=AT) -> None:
    for exercise in catalogue.module(module_key).exercises:
        key = f"{member.id}-{module_key}-{exercise.key}-{answer['choice']}"
        journey.hand_in(session, catalogue, member, module_key, exercise.key, answer, key, at=at)


def test_a_newcomer_lacks_everything(session: Session) -> None:
    catalogue, mentor = make_catalogue(), make_member(session, "mentor-1")
    verdict = bring_up_to_date(session, catalogue, mentor, at=AT)
    assert [result.condition.key for result in verdict.missing] == ["roles", "stages", "confidentiality"]
    assert not verdict.is_ready


def test_readiness_follows_the_last_answer_and_the_commitment_at_once(session: Session) -> None:
    catalogue, mentor = make_catalogue(), make_member(session, "mentor-1")
    hand_in_all(session, catalogue, mentor, "roles")
    hand_in_all(session, catalogue, mentor, "stages")
    assert not session.get_one(Standing, mentor.id).ready_since
    verdict = standing.give_commitment(session, catalogue, mentor, "confidentiality", 1, "pl", at=LATER)
    assert verdict.ready_since == LATER
    assert session.get_one(Standing, mentor.id).ready_since == LATER


def test_wrong_answers_do_not_count(session: Session) -> None:
    catalogue, mentee = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    hand_in_all(session, catalogue, mentee, "roles", WRONG)
    standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    [missing] = list_verdicts(session, catalogue, [mentee], at=AT)[mentee.id].missing
    assert (missing.condition.key, dict(missing.facts)) == ("roles", {"passed": 0, "all": 2})


def test_ready_since_stays_when_evaluated_again(session: Session) -> None:
    catalogue, mentee = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    hand_in_all(session, catalogue, mentee, "roles")
    standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    assert bring_up_to_date(session, catalogue, mentee, at=LATER).ready_since == AT
    assert list_verdicts(session, catalogue, [mentee], at=LATER)[mentee.id].ready_since == AT


def test_training_done_in_one_course_counts_in_another(session: Session) -> None:
    catalogue, here = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    there = make_member(session, "mentee-1", Role.MENTEE, context_id="course-2")
    hand_in_all(session, catalogue, here, "roles")
    [missing] = list_verdicts(session, catalogue, [there], at=AT)[there.id].missing
    assert missing.condition.key == "confidentiality"
    assert session.get_one(Standing, there.id).results[0]["state"] == "met"


def test_withdrawing_a_commitment_ends_readiness_and_keeps_the_row(session: Session) -> None:
    catalogue, mentee = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    hand_in_all(session, catalogue, mentee, "roles")
    standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    verdict = standing.withdraw_commitment(session, catalogue, mentee, "confidentiality", at=LATER)
    assert not verdict.is_ready
    row = session.scalars(select(Commitment)).one()
    assert (row.given_at, row.withdrawn_at) == (AT, LATER)
    assert standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "he", at=LATER).is_ready


def test_a_commitment_twice_is_one(session: Session) -> None:
    catalogue, mentee = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    for at in (AT, LATER):
        record_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=at)
    assert session.scalars(select(Commitment)).one().given_at == AT


def test_a_text_that_changed_since_it_was_shown_is_not_agreed_to(session: Session) -> None:
    catalogue, mentee = make_catalogue(commitment_version=2), make_member(session, "mentee-1", Role.MENTEE)
    with pytest.raises(ConflictError) as refusal:
        record_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    assert refusal.value.code == "commitment.text_changed"
    with pytest.raises(NotFoundError):
        record_commitment(session, catalogue, mentee, "loyalty", 1, "en", at=AT)
    assert not session.scalars(select(Commitment)).all()


def test_a_new_text_must_be_agreed_to_again(session: Session) -> None:
    catalogue, mentee = make_catalogue(), make_member(session, "mentee-1", Role.MENTEE)
    hand_in_all(session, catalogue, mentee, "roles")
    standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
    renewed = make_catalogue(commitment_version=2)
    assert not list_verdicts(session, renewed, [mentee], at=LATER)[mentee.id].is_ready
    assert standing.give_commitment(session, renewed, mentee, "confidentiality", 2, "en", at=LATER).is_ready


def test_a_module_more_is_a_new_version_of_the_policy(session: Session) -> None:
    mentee = make_member(session, "mentee-1", Role.MENTEE)
    bring_up_to_date(session, make_catalogue(), mentee, at=AT)
    grown = make_catalogue(make_module("roles", ("mentee",)), make_module("trust", ("mentee",)))
    assert list_verdicts(session, grown, [mentee], at=AT)[mentee.id].policy_version == 2
    for _ in range(2):
        bring_up_to_date(session, grown, mentee, at=LATER)
    versions = session.scalars(select(Policy.version).where(Policy.role == Role.MENTEE).order_by(Policy.version))
    assert list(versions) == [1, 2]


def test_another_role_is_asked_for_other_things(session: Session) -> None:
    catalogue, member = make_catalogue(), make_member(session, "learner-1", Role.MENTEE)
    hand_in_all(session, catalogue, member, "roles")
    standing.give_commitment(session, catalogue, member, "confidentiality", 1, "en", at=AT)
    standing.give_role(session, catalogue, member.course_id, member.public_id, Role.MENTOR, at=LATER)
    assert session.get_one(Standing, member.id).ready_since is None
    assert [result["state"] for result in session.get_one(Standing, member.id).results] == ["met", "not_met", "met"]
