"""What the decisions of reviewers amount to, whose opinion is kept, and how long it usually takes."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from service.errors import InvalidInputError
from service.exercise_types import Mark
from service.modules.content import Exercise
from service.modules.review import ReviewPlan
from service.people.models import Role
from service.reviews import rules
from service.reviews.models import Decision, ReviewState
from service.reviews.rules import Level, Opinion
from tests.makers import AT

A, R, U = Decision.ACCEPT, Decision.RETURN, Decision.REOPEN


@dataclass(frozen=True)
class Vote:
    reviewer_id: int
    decision: Decision


def votes(*said: tuple[int, Decision]) -> list[Vote]:
    return [Vote(who, decision) for who, decision in said]


@pytest.mark.parametrize(
    ("said", "reviewers", "state"),
    [
        ([], 1, "waiting"),
        ([(1, A)], 1, "accepted"),
        ([(1, R)], 1, "returned"),
        ([(1, R), (2, A)], 1, "accepted"),
        ([(1, A), (2, R)], 1, "returned"),
        ([(1, A), (1, R)], 1, "returned"),
        ([(1, A), (1, U)], 1, "waiting"),
        ([(1, A), (2, U), (1, R)], 1, "returned"),
        ([(1, A)], 2, "waiting"),
        ([(1, A), (1, A)], 2, "waiting"),
        ([(1, A), (2, A)], 2, "accepted"),
        ([(1, A), (2, R)], 2, "returned"),
        ([(1, R), (2, A)], 2, "waiting"),
        ([(1, A), (2, R), (2, A)], 2, "accepted"),
        ([(1, A), (2, A), (3, U), (1, A)], 2, "waiting"),
    ],
)
def test_the_latest_counts_and_acceptance_takes_so_many_people(said, reviewers: int, state: str) -> None:
    assert rules.state_after(votes(*said), reviewers) == ReviewState(state)


def test_no_row_of_decisions_accepts_with_fewer_people_than_asked() -> None:
    for said in product(product((1, 2), (A, R, U)), repeat=4):
        state = rules.state_after(votes(*said), 2)
        accepting = {vote.reviewer_id for vote in rules.counting(votes(*said)) if vote.decision is A}
        assert (state is ReviewState.ACCEPTED) == (accepting == {1, 2})
        assert (state is ReviewState.RETURNED) == (said[-1][1] is R)


def test_what_goes_to_people() -> None:
    enough, asks = Mark(1, 1, ()), Mark(1, 1, (), needs_review=True)
    plain = Exercise("a", "one-answer", "first", 1, 1, {})
    reviewed = Exercise("a", "one-answer", "first", 1, 1, {}, review=ReviewPlan(is_required=True))
    assert not rules.goes_to_review(plain, enough, is_passed=True)
    assert rules.goes_to_review(plain, asks, is_passed=True)
    assert rules.goes_to_review(reviewed, enough, is_passed=True)
    assert not rules.goes_to_review(reviewed, enough, is_passed=False)
    assert not rules.plan_of(plain).is_required


def test_nobody_reviews_their_own_answer_or_in_another_role() -> None:
    plan = ReviewPlan(is_required=True, roles=(Role.COORDINATOR,))
    assert rules.may_review(plan, Role.COORDINATOR, is_own=False)
    assert not rules.may_review(plan, Role.COORDINATOR, is_own=True)
    assert not rules.may_review(plan, Role.ADMINISTRATOR, is_own=False)


@pytest.mark.parametrize(
    ("opinion", "decision", "fault"),
    [
        (Opinion(), R, "remark"),
        (Opinion("x" * (rules.LONGEST_REMARK + 1)), A, "remark"),
        (Opinion(remarks={"clear": "x" * (rules.LONGEST_CRITERION_REMARK + 1)}), A, "remark.clear"),
        (Opinion(levels={"other": Level.MET}), A, "level.other"),
        (Opinion(remarks={"other": "?"}), A, "remark.other"),
        (Opinion(), None, "remark"),
    ],
)
def test_what_cannot_be_kept_is_told_by_field(opinion: Opinion, decision: Decision | None, fault: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        rules.check_opinion(opinion, decision, ["clear"])
    assert list(raised.value.details["fields"]) == [fault]  # type: ignore[call-overload]


def test_an_opinion_is_kept_by_criterion() -> None:
    opinion = Opinion("Good", {"clear": Level.PARTLY}, {"kind": "Very", "clear": "Half"})
    rules.check_opinion(opinion, A, ["clear", "kind"])
    rules.check_opinion(Opinion(), A, [])
    assert opinion.as_data() == {
        "clear": {"level": "partly", "remark": "Half"},
        "kind": {"level": "", "remark": "Very"},
    }


def test_a_claim_is_of_others_and_ends() -> None:
    until = AT + rules.CLAIM
    assert rules.is_claimed_by_other(1, until, 2, at=AT)
    assert not rules.is_claimed_by_other(1, until, 1, at=AT)
    assert not rules.is_claimed_by_other(1, until, 2, at=until)
    assert not rules.is_claimed_by_other(None, None, 2, at=AT)


def test_little_is_no_habit() -> None:
    days = [timedelta(days=number) for number in (1, 9, 2)]
    assert rules.usual_wait(days[:2]) is None
    assert rules.usual_wait(days) == timedelta(days=2)
