"""What counts among tries, and how many are left: laws that hold for any rule and any row of tries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.exercises.rules import Counted, count, tries_left
from service.modules.tries import Counts, FeedbackWhen, TryRule
from tests.makers import AT

settings.register_profile("patient", deadline=None, max_examples=50)
settings.load_profile("patient")

Try = tuple[float, int | None, Counts]
"""Its share of the full marks, the version of the module in which it was passed, and the rule of its day."""

tries = st.lists(
    st.tuples(st.floats(0, 1), st.none() | st.integers(1, 5), st.sampled_from(Counts)), min_size=1, max_size=12
)


def counted_after(row: list[Try]) -> list[Counted]:
    """Return what counts after each try."""
    found: list[Counted] = []
    for share, passed_version, counts in row:
        found.append(count(found[-1] if found else None, share, passed_version, counts))
    return found


@given(tries)
def test_what_counts_is_some_try_and_lies_between_nothing_and_full_marks(row: list[Try]) -> None:
    for number, counted in enumerate(counted_after(row), start=1):
        assert 0 <= counted.share <= 1
        assert counted.share in {share for share, _, _ in row[:number]}
    assert counted_after(row) == counted_after(row), "marked twice, the same"


@given(tries)
def test_the_best_never_falls_the_first_never_changes_and_the_last_is_the_last(row: list[Try]) -> None:
    shares = [share for share, _, _ in row]
    best = [counted.share for counted in counted_after([(share, None, Counts.BEST) for share in shares])]
    first = [counted.share for counted in counted_after([(share, None, Counts.FIRST) for share in shares])]
    last = [counted.share for counted in counted_after([(share, None, Counts.LAST) for share in shares])]
    assert best == sorted(best)
    assert best[-1] == max(shares)
    assert set(first) == {shares[0]}
    assert last == shares


@given(tries, tries)
def test_more_tries_take_nothing_where_the_best_counts_and_never_what_was_passed(
    row: list[Try], more: list[Try]
) -> None:
    before = counted_after(row)[-1]
    of_best = counted_after([*row, *((share, passed, Counts.BEST) for share, passed, _ in more)])[-1]
    assert of_best.share >= before.share
    after = counted_after([*row, *more])[-1]
    assert (after.passed_version or 0) >= (before.passed_version or 0)


@given(tries, st.sampled_from(Counts))
def test_a_new_rule_changes_nothing_before_the_next_try(row: list[Try], counts: Counts) -> None:
    after = counted_after([*row, (0.0, None, counts)])
    assert after[:-1] == counted_after(row)


@dataclass(frozen=True)
class Given:
    tries: int
    given_at: datetime


@dataclass(frozen=True)
class Ended:
    after_number: int
    done_at: datetime


extra = st.lists(st.builds(Given, st.integers(1, 10), st.sampled_from([AT, AT + timedelta(days=2)])), max_size=3)
endings = st.none() | st.builds(Ended, st.integers(1, 12), st.just(AT + timedelta(days=1)))
some_rules = st.builds(TryRule, st.none() | st.integers(1, 20), st.sampled_from(Counts), st.sampled_from(FeedbackWhen))


@given(some_rules, st.integers(0, 12), st.integers(0, 12), extra, endings)
def test_tries_left_are_never_below_nothing_and_more_never_make_fewer(
    rule: TryRule, made: int, anew: int, given_: list[Given], done: Ended | None
) -> None:
    anew = min(made, anew)
    left = tries_left(rule, made, anew, given_, done)
    assert left is None or left >= 0
    more = tries_left(rule, made, anew, [*given_, Given(1, AT + timedelta(days=3))], done)
    assert (left is None) == (more is None)
    assert left is None or more is None or more >= left
    if left:
        assert tries_left(rule, made + 1, anew + 1, given_, done) in {left - 1, None}


@pytest.mark.parametrize(
    ("limit", "made", "anew", "given_", "done", "left"),
    [
        (None, 9, 9, [], None, None),
        (3, 0, 0, [], None, 3),
        (3, 3, 3, [], None, 0),
        (2, 3, 3, [], None, 0),
        (2, 2, 2, [Given(1, AT)], None, 1),
        (2, 5, 1, [], None, 1),
        (3, 1, 1, [], Ended(1, AT), 0),
        (None, 1, 1, [], Ended(1, AT), 0),
        (3, 1, 1, [Given(1, AT)], Ended(1, AT), 0),
        (3, 1, 1, [Given(1, AT + timedelta(days=1))], Ended(1, AT), 1),
        (3, 2, 2, [Given(1, AT + timedelta(days=1))], Ended(1, AT), 0),
        (3, 1, 0, [], Ended(1, AT), 3),
    ],
)
def test_how_many_are_left(
    limit: int | None, made: int, anew: int, given_: list[Given], done: Ended | None, left: int | None
) -> None:
    assert tries_left(TryRule(limit, feedback_when=FeedbackWhen.AT_END), made, anew, given_, done) == left


def test_who_was_done_may_go_on_where_marks_are_no_longer_held_back() -> None:
    assert tries_left(TryRule(3), 1, 1, [], Ended(1, AT)) == 2
