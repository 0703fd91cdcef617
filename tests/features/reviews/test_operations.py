"""Reviews: what waits, what holds back, who decides, and that nothing is decided twice or lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service import journey, standing
from service.completion.operations import find_completion
from service.completion.page_work import read_page_work
from service.db import transaction
from service.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from service.modules.content import Catalogue
from service.modules.review import ReviewPlan
from service.modules.tries import TryRule
from service.people.models import Membership, Role
from service.readiness.operations import list_verdicts
from service.reviews.models import Decision, Review, ReviewEntry, ReviewState
from service.reviews.operations import claim
from service.reviews.rules import Opinion, Ruling
from service.reviews.standings import (
    list_accepted,
    list_passed,
    list_review_standings,
)
from tests.features.reviews.makers import (
    OPTIONAL,
    REQUIRED,
    answer,
    decide,
    make_coordinator,
    reviewed_catalogue,
    ruling,
)
from tests.makers import AT, WRONG, make_catalogue, make_member, make_platform

LATER = AT + timedelta(days=2)


@pytest.fixture
def catalogue() -> Catalogue:
    return reviewed_catalogue()


@pytest.fixture
def learner(session: Session) -> Membership:
    return make_member(session, "mentor-1")


@pytest.fixture
def reviewer(session: Session) -> Membership:
    return make_coordinator(session)


def entries(session: Session) -> list[ReviewEntry]:
    return list(session.scalars(select(ReviewEntry).order_by(ReviewEntry.id)))


def completed_at(session: Session, learner: Membership):
    done = find_completion(session, learner.person_id, "roles")
    return done.completed_at if done else None


def test_a_module_waits_for_the_reviewer_and_is_complete_at_once(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    answer(session, catalogue, learner, "second")
    [entry] = entries(session)
    assert (entry.state, entry.is_required, entry.waiting_since) == (ReviewState.WAITING, True, AT)
    assert read_page_work(session, learner.person_id, catalogue.module("roles")).held_back == {"first"}
    assert completed_at(session, learner) is None
    decide(session, catalogue, reviewer, entry, at=LATER)
    assert completed_at(session, learner) == LATER
    assert read_page_work(session, learner.person_id, catalogue.module("roles")).held_back == frozenset()
    passed = list_passed(session, [learner.person_id, 0])
    assert passed == {learner.person_id: {("roles", "first"): LATER, ("roles", "second"): AT}, 0: {}}
    assert list_accepted(session, [learner.person_id])[learner.person_id] == {("roles", "first"): LATER}


def test_acceptance_makes_ready_in_the_same_transaction(session, catalogue, learner, reviewer) -> None:
    for exercise in ("first", "second"):
        answer(session, catalogue, learner, exercise)
    standing.give_commitment(session, catalogue, learner, "confidentiality", 1, "en", at=AT)
    assert not list_verdicts(session, catalogue, [learner], at=AT)[learner.id].is_ready
    decide(session, catalogue, reviewer, entries(session)[0], at=LATER)
    assert list_verdicts(session, catalogue, [learner], at=LATER)[learner.id].ready_since == LATER
    decide(session, catalogue, reviewer, entries(session)[0], Decision.REOPEN, seen=1, at=LATER)
    assert not list_verdicts(session, catalogue, [learner], at=LATER)[learner.id].is_ready
    assert completed_at(session, learner) is None


def test_what_only_may_be_reviewed_holds_nobody_back(session, learner, reviewer) -> None:
    catalogue = reviewed_catalogue(OPTIONAL)
    answer(session, catalogue, learner)
    answer(session, catalogue, learner, "second")
    assert completed_at(session, learner) == AT
    decide(session, catalogue, reviewer, entries(session)[0], Decision.RETURN, at=LATER)
    assert completed_at(session, learner) == AT


def test_a_wrong_answer_and_an_exercise_without_review_reach_nobody(session, catalogue, learner) -> None:
    answer(session, catalogue, learner, given=WRONG)
    answer(session, catalogue, learner, "second")
    assert entries(session) == []


def test_staff_and_test_users_are_left_out(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, reviewer)
    learner.is_test_user = True
    answer(session, catalogue, learner)
    assert entries(session) == []
    assert read_page_work(session, learner.person_id, catalogue.module("roles")).held_back == frozenset()


def test_a_newer_answer_replaces_the_one_that_waits(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    answer(session, catalogue, learner, at=LATER)
    old, new = entries(session)
    assert (old.state, new.state) == (ReviewState.REPLACED, ReviewState.WAITING)
    with pytest.raises(ConflictError, match="newer"):
        decide(session, catalogue, reviewer, old)
    assert list_review_standings(session, learner.person_id, "roles")["first"].latest.entry is new


def test_a_returned_answer_leaves_a_try_and_its_remarks(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    decide(session, catalogue, reviewer, entries(session)[0], Decision.RETURN)
    answer(session, catalogue, learner, at=LATER)
    standing = list_review_standings(session, learner.person_id, "roles")["first"]
    assert [answer.entry.state for answer in standing.answers] == [ReviewState.WAITING, ReviewState.RETURNED]
    [review] = standing.answers[1].reviews
    assert (review.remark, review.reviewer.name) == ("Say more.", reviewer.person.name)
    assert review.criteria == {"clear": {"level": "partly", "remark": ""}}
    assert read_page_work(session, learner.person_id, catalogue.module("roles")).held_back == {"first"}


def test_who_had_passed_before_a_review_was_asked_has_passed(session, catalogue, learner) -> None:
    answer(session, reviewed_catalogue(None), learner)
    answer(session, catalogue, learner)
    assert read_page_work(session, learner.person_id, catalogue.module("roles")).held_back == frozenset()


def test_two_people_must_accept_where_four_eyes_are_asked(session, learner, reviewer) -> None:
    catalogue = reviewed_catalogue(ReviewPlan(is_required=True, reviewers=2))
    answer(session, catalogue, learner)
    [entry] = entries(session)
    assert decide(session, catalogue, reviewer, entry).missing_acceptances == 1
    decide(session, catalogue, reviewer, entry, seen=1)
    assert entry.state is ReviewState.WAITING, "the same person twice is one"
    decide(session, catalogue, make_coordinator(session, "staff-2"), entry, seen=2)
    assert entry.state is ReviewState.ACCEPTED


def test_a_decision_is_taken_back_and_changed_with_its_history(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    [entry] = entries(session)
    decide(session, catalogue, reviewer, entry)
    decide(session, catalogue, reviewer, entry, Decision.REOPEN, seen=1)
    assert (entry.state, entry.decided_at) == (ReviewState.WAITING, None)
    with pytest.raises(ConflictError):
        decide(session, catalogue, reviewer, entry, Decision.REOPEN, seen=2)
    decide(session, catalogue, reviewer, entry, Decision.RETURN, seen=2, at=LATER)
    decide(session, catalogue, reviewer, entry, seen=3, at=LATER)
    kept = [review.decision for review in session.scalars(select(Review).order_by(Review.number))]
    assert kept == [Decision.ACCEPT, Decision.REOPEN, Decision.RETURN, Decision.ACCEPT]
    assert entry.state is ReviewState.ACCEPTED


def test_an_acceptance_taken_back_leaves_what_was_complete_before_a_review_was_asked(
    session, catalogue, learner, reviewer
) -> None:
    for exercise in ("first", "second"):
        answer(session, reviewed_catalogue(None), learner, exercise)
    answer(session, catalogue, learner, at=LATER)
    decide(session, catalogue, reviewer, entries(session)[0], Decision.RETURN, at=LATER)
    assert completed_at(session, learner) == AT


def test_who_may_not_decide(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    [entry] = entries(session)
    learner.role = Role.COORDINATOR
    with pytest.raises(NotAllowedError):
        decide(session, catalogue, learner, entry)
    administrator = make_member(session, "admin", Role.ADMINISTRATOR)
    only_coordinators = reviewed_catalogue(ReviewPlan(is_required=True, roles=(Role.COORDINATOR,)))
    with pytest.raises(NotAllowedError):
        decide(session, only_coordinators, administrator, entry)
    elsewhere = make_platform(session, "https://other.example")
    with pytest.raises(NotFoundError):
        decide(session, catalogue, make_member(session, "x", Role.COORDINATOR, platform=elsewhere), entry)
    assert session.scalar(select(func.count()).select_from(Review)) == 0


def test_returning_says_why_and_a_double_click_is_one_decision(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    [entry] = entries(session)
    sent = ruling(key="once-only-key")
    for _ in range(2):
        journey.decide_review(session, catalogue, reviewer, entry.public_id, sent, at=AT)
    with pytest.raises(ConflictError, match="Someone else"):
        decide(session, catalogue, reviewer, entry)
    bare = Ruling(Decision.RETURN, Opinion(), 1, "another-key")
    with pytest.raises(InvalidInputError):
        journey.decide_review(session, catalogue, reviewer, entry.public_id, bare, at=AT)
    assert session.scalar(select(func.count()).select_from(Review)) == 1


def test_what_is_claimed_is_left_to_who_claimed_it_for_a_while(session, catalogue, learner, reviewer) -> None:
    answer(session, catalogue, learner)
    [entry] = entries(session)
    other = make_coordinator(session, "staff-2")
    claim(session, reviewer, entry.public_id, at=AT)
    claim(session, reviewer, entry.public_id, at=AT)
    with pytest.raises(ConflictError):
        claim(session, other, entry.public_id, at=AT)
    assert claim(session, other, entry.public_id, at=AT + timedelta(minutes=15)).claimed_by_id == other.person_id


def test_of_two_reviewers_at_the_same_instant_one_decides(sessions: sessionmaker[Session]) -> None:
    catalogue = reviewed_catalogue(REQUIRED)
    with transaction(sessions) as session:
        learner = make_member(session, "mentor-1")
        people = [make_coordinator(session, f"staff-{number}") for number in range(4)]
        for exercise in ("first", "second"):
            answer(session, catalogue, learner, exercise)
        [entry] = entries(session)
    start = Barrier(len(people))

    def review(reviewer: Membership) -> str:
        decision = Decision.ACCEPT if reviewer.id % 2 else Decision.RETURN
        start.wait()
        try:
            with transaction(sessions) as session:
                decide(session, catalogue, reviewer, entry, decision)
        except ConflictError as error:
            return error.code
        return decision

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = list(pool.map(review, people))
    [won] = [outcome for outcome in outcomes if outcome in set(Decision)]
    assert outcomes.count("review.decided_meanwhile") == len(people) - 1
    with transaction(sessions, reads_only=True) as session:
        assert session.scalars(select(Review.decision)).all() == [won]
        assert (completed_at(session, learner) == AT) is (won == Decision.ACCEPT)


def test_a_returned_answer_costs_no_try_where_tries_are_counted(session, learner, reviewer) -> None:
    module = reviewed_catalogue().module("roles")
    first = replace(module.exercises[0], rule=TryRule(limit=1))
    catalogue = make_catalogue(replace(module, exercises=(first, *module.exercises[1:])))
    answer(session, catalogue, learner)
    with pytest.raises(ConflictError, match="No try"):
        answer(session, catalogue, learner)
    [entry] = entries(session)
    for seen in range(2):
        decide(session, catalogue, reviewer, entry, Decision.RETURN, seen)
    answer(session, catalogue, learner)
    with pytest.raises(ConflictError, match="No try"):
        answer(session, catalogue, learner)
