"""Nobody is paired before both sides are ready, at that moment, in that transaction."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.db import transaction
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.pairing.models import Relation
from service.pairing.operations import (
    MOST_MENTEES,
    NotReadyError,
    end_relation,
    list_relations,
    list_relations_of,
    record_pair,
)
from service.people.models import Membership, Role
from service.people.operations import get_member
from tests.features.readiness.test_operations import hand_in_all
from tests.makers import AT, make_catalogue, make_member

CATALOGUE = make_catalogue()
LATER = AT + timedelta(days=1)


def make_ready(session: Session, subject: str, role: Role, context_id: str = "course-1") -> Membership:
    member = make_member(session, subject, role, context_id=context_id)
    for module in CATALOGUE.modules_required_for(role):
        hand_in_all(session, CATALOGUE, member, module.key)
    standing.give_commitment(session, CATALOGUE, member, "confidentiality", 1, "en", at=AT)
    return member


def test_two_who_are_ready_are_paired_and_the_reasons_are_kept(session: Session) -> None:
    coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
    mentor, mentee = make_ready(session, "mentor-1", Role.MENTOR), make_ready(session, "mentee-1", Role.MENTEE)
    relation = record_pair(session, CATALOGUE, coordinator, mentor.public_id, mentee.public_id, at=LATER)
    assert {member.membership_id: member.role for member in relation.members} == {
        mentor.id: Role.MENTOR,
        mentee.id: Role.MENTEE,
    }
    assert all(result["state"] == "met" for member in relation.members for result in member.results)
    assert list_relations(session, coordinator.course_id) == [relation]
    assert list_relations_of(session, mentee.id) == [relation]


@pytest.mark.parametrize("unready", [Role.MENTOR, Role.MENTEE])
def test_one_who_is_not_ready_is_not_paired_and_it_is_said_what_is_missing(session: Session, unready: Role) -> None:
    coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
    members = {
        role: (make_member if role is unready else make_ready)(session, f"{role}-1", role)
        for role in (Role.MENTOR, Role.MENTEE)
    }
    with pytest.raises(NotReadyError) as refusal:
        record_pair(
            session,
            CATALOGUE,
            coordinator,
            members[Role.MENTOR].public_id,
            members[Role.MENTEE].public_id,
            at=LATER,
        )
    assert list(refusal.value.verdicts) == [members[unready].public_id]
    assert refusal.value.verdicts[members[unready].public_id].missing
    assert not session.scalars(select(Relation)).all()


def test_a_mentee_has_one_mentor_until_the_relation_ends(session: Session) -> None:
    coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
    first, second = (make_ready(session, f"mentor-{n}", Role.MENTOR) for n in (1, 2))
    mentee = make_ready(session, "mentee-1", Role.MENTEE)
    relation = record_pair(session, CATALOGUE, coordinator, first.public_id, mentee.public_id, at=LATER)
    with pytest.raises(ConflictError) as refusal:
        record_pair(session, CATALOGUE, coordinator, second.public_id, mentee.public_id, at=LATER)
    assert refusal.value.code == "pairing.mentee_has_mentor"
    for _ in range(2):
        end_relation(session, coordinator.course_id, relation.public_id, at=LATER)
    assert relation.ended_at == LATER
    assert record_pair(session, CATALOGUE, coordinator, second.public_id, mentee.public_id, at=LATER).members


def test_a_mentor_takes_no_more_than_a_small_group(session: Session) -> None:
    coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
    mentor = make_ready(session, "mentor-1", Role.MENTOR)
    mentees = [make_ready(session, f"mentee-{n}", Role.MENTEE) for n in range(MOST_MENTEES + 1)]
    for mentee in mentees[:-1]:
        record_pair(session, CATALOGUE, coordinator, mentor.public_id, mentee.public_id, at=LATER)
    with pytest.raises(ConflictError) as refusal:
        record_pair(session, CATALOGUE, coordinator, mentor.public_id, mentees[-1].public_id, at=LATER)
    assert refusal.value.code == "pairing.mentor_is_full"


def test_only_a_mentor_and_a_mentee_of_this_course_make_a_pair(session: Session) -> None:
    coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
    mentor, mentee = make_ready(session, "mentor-1", Role.MENTOR), make_ready(session, "mentee-1", Role.MENTEE)
    elsewhere = make_ready(session, "mentee-2", Role.MENTEE, context_id="course-2")
    for first, second in [(mentor, mentor), (mentee, mentor), (mentor, coordinator)]:
        with pytest.raises(InvalidInputError):
            record_pair(session, CATALOGUE, coordinator, first.public_id, second.public_id, at=LATER)
    for stranger in (elsewhere.public_id, "nobody", ""):
        with pytest.raises(NotFoundError):
            record_pair(session, CATALOGUE, coordinator, mentor.public_id, stranger, at=LATER)
    with pytest.raises(NotFoundError):
        end_relation(session, coordinator.course_id, "nothing", at=LATER)


def test_a_commitment_withdrawn_at_the_same_moment_never_slips_through(sessions: sessionmaker[Session]) -> None:
    """Whoever gets the lock decides: paired and then withdrawn, or withdrawn and then refused. Never both."""
    with transaction(sessions) as session:
        coordinator = make_member(session, "coordinator-1", Role.COORDINATOR)
        mentor = make_ready(session, "mentor-1", Role.MENTOR)
        mentees = [make_ready(session, f"mentee-{n}", Role.MENTEE).public_id for n in range(MOST_MENTEES)]

    def is_paired(mentee: str, both_here: threading.Barrier) -> bool:
        both_here.wait()
        try:
            with transaction(sessions) as session:
                record_pair(session, CATALOGUE, coordinator, mentor.public_id, mentee, at=LATER)
        except NotReadyError:
            return False
        return True

    def was_paired_when_withdrawn(mentee: str, both_here: threading.Barrier) -> bool:
        both_here.wait()
        with transaction(sessions) as session:
            member = get_member(session, coordinator.course_id, mentee)
            standing.withdraw_commitment(session, CATALOGUE, member, "confidentiality", at=LATER)
            return bool(list_relations_of(session, member.id))

    with ThreadPoolExecutor(2) as threads:
        for mentee in mentees:
            both_here = threading.Barrier(2, timeout=10)
            tries = [threads.submit(act, mentee, both_here) for act in (is_paired, was_paired_when_withdrawn)]
            paired, paired_when_withdrawn = (one.result(30) for one in tries)
            assert paired == paired_when_withdrawn
