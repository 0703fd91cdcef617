"""The rules of sending, as tables that name every case."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from lti.scores import PostKind, Result
from service.grades import rules
from service.grades.models import ScoreState
from service.grades.rules import Failure, Pace, Seen, Verdict
from service.patience import Trouble

AT = datetime(2026, 11, 21, 16, 41, 8, 250_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def verdict(state: str, pace: str) -> Verdict:
    return Verdict(ScoreState(state), Pace(pace))


ANY = tuple(Seen)
UNSEEN = (Seen.OLDER, Seen.NOTHING, Seen.UNREADABLE, Seen.NOT_ASKED)
# Post, what the gradebook showed, number of the try, whether its timestamp was sent before, and what follows.
TABLE = [
    ([PostKind.ACCEPTED], [Seen.OURS], (1, 2, 3, 9), (False, True), verdict("confirmed", "never")),
    ([PostKind.ACCEPTED], [Seen.FOREIGN], (1, 2, 3, 9), (False, True), verdict("overridden", "never")),
    ([PostKind.ACCEPTED], [Seen.OLDER, Seen.NOTHING], (1, 2), (False, True), verdict("sent", "soon")),
    ([PostKind.ACCEPTED], [Seen.OLDER, Seen.NOTHING], (3, 9), (False, True), verdict("differs", "never")),
    ([PostKind.ACCEPTED], [Seen.UNREADABLE], (1, 2, 3, 9), (False, True), verdict("sent", "soon")),
    ([PostKind.ACCEPTED], [Seen.NOT_ASKED], (1, 2, 3, 9), (False, True), verdict("sent", "never")),
    ([PostKind.DOUBTFUL], [Seen.OURS], (1, 2, 3, 9), (False, True), verdict("confirmed", "never")),
    ([PostKind.DOUBTFUL], [Seen.FOREIGN], (1, 2, 3, 9), (False, True), verdict("overridden", "never")),
    ([PostKind.DOUBTFUL], [Seen.UNREADABLE], (1, 2, 3, 9), (False, True), verdict("waiting", "soon")),
    (
        [PostKind.DOUBTFUL],
        [Seen.OLDER, Seen.NOTHING, Seen.NOT_ASKED],
        (1, 2, 3, 9),
        (False, True),
        verdict("refused", "slow"),
    ),
    ([PostKind.NEWER_THERE], [Seen.OURS], (1, 2, 3, 9), (False, True), verdict("confirmed", "never")),
    ([PostKind.NEWER_THERE], [Seen.FOREIGN], (1, 2, 3, 9), (False, True), verdict("overridden", "never")),
    ([PostKind.NEWER_THERE], [Seen.NOT_ASKED], (1, 2, 3, 9), (True,), verdict("sent", "never")),
    ([PostKind.NEWER_THERE], [Seen.NOT_ASKED], (1, 2), (False,), verdict("clock_conflict", "soon")),
    ([PostKind.NEWER_THERE], [Seen.NOT_ASKED], (3, 9), (False,), verdict("clock_conflict", "slow")),
    (
        [PostKind.NEWER_THERE],
        [Seen.OLDER, Seen.NOTHING],
        (1, 2),
        (False, True),
        verdict("clock_conflict", "soon"),
    ),
    (
        [PostKind.NEWER_THERE],
        [Seen.OLDER, Seen.NOTHING],
        (3, 9),
        (False, True),
        verdict("clock_conflict", "slow"),
    ),
    ([PostKind.NEWER_THERE], [Seen.UNREADABLE], (1, 2), (False,), verdict("clock_conflict", "soon")),
    ([PostKind.NEWER_THERE], [Seen.UNREADABLE], (3, 9), (False,), verdict("clock_conflict", "slow")),
    ([PostKind.NEWER_THERE], [Seen.UNREADABLE], (1, 2, 3, 9), (True,), verdict("waiting", "soon")),
    ([PostKind.LOCKED], ANY, (1, 2), (False, True), verdict("locked", "soon")),
    ([PostKind.LOCKED], ANY, (3, 9), (False, True), verdict("locked", "slow")),
    ([PostKind.NOT_GRADABLE], ANY, (1, 2, 3, 9), (False, True), verdict("not_gradable", "slow")),
    ([PostKind.ITEM_GONE], ANY, (1, 2, 3, 9), (False, True), verdict("line_item_gone", "slow")),
    ([PostKind.UNAUTHORIZED], ANY, (1, 2, 3, 9), (False, True), verdict("refused", "soon")),
    ([PostKind.REFUSED], ANY, (1, 2, 3, 9), (False, True), verdict("refused", "slow")),
    ([PostKind.BUSY, PostKind.UNAVAILABLE], ANY, (1, 2, 3, 9), (False, True), verdict("waiting", "soon")),
]
CASES = {case: row[4] for row in TABLE for case in product(*row[:4])}


def test_the_table_has_every_case_once() -> None:
    assert sum(len(list(product(*row[:4]))) for row in TABLE) == len(CASES)
    assert set(CASES) == set(product(PostKind, Seen, (1, 2, 3, 9), (False, True)))


@pytest.mark.parametrize("post", PostKind)
def test_what_follows_a_post(post: PostKind) -> None:
    for (kind, seen, tries, is_repeat), expected in CASES.items():
        if kind is post:
            found = rules.state_after(kind, seen, tries=tries, is_repeat=is_repeat)
            assert found == expected, (kind, seen, tries, is_repeat)


@pytest.mark.parametrize(
    ("seen", "is_coupled", "is_repeat", "expected"),
    [
        (seen, is_coupled, is_repeat, None)
        for seen in (Seen.OLDER, Seen.NOTHING, Seen.UNREADABLE, Seen.NOT_ASKED)
        for is_coupled in (False, True)
        for is_repeat in (False, True)
    ]
    + [
        (Seen.OURS, False, False, None),  # the value may be there, but not its comment
        (Seen.OURS, True, False, None),
        (Seen.OURS, False, True, "confirmed"),
        (Seen.OURS, True, True, "confirmed"),
        (Seen.FOREIGN, False, False, "overridden"),
        (Seen.FOREIGN, False, True, "overridden"),
        (Seen.FOREIGN, True, False, None),  # there the LMS itself keeps what a teacher set
        (Seen.FOREIGN, True, True, None),
    ],
)
def test_what_a_look_before_the_post_decides(
    seen: Seen, is_coupled: bool, is_repeat: bool, expected: str | None
) -> None:
    found = rules.state_before(seen, is_coupled=is_coupled, is_repeat=is_repeat)
    assert found == (verdict(expected, "never") if expected else None)


def test_who_chose_to_replace_a_teachers_grade_does() -> None:
    assert rules.state_before(Seen.FOREIGN, is_coupled=False, is_repeat=False, overrules=True) is None


@pytest.mark.parametrize("state", ScoreState)
@pytest.mark.parametrize("seen", [Seen.OURS, Seen.OLDER, Seen.FOREIGN, Seen.NOTHING])
def test_what_a_comparison_makes_of_a_row(state: ScoreState, seen: Seen) -> None:
    found = rules.state_on_check(state, seen)
    if state in {"waiting", "sending"}:
        assert found is state
    elif seen is Seen.OURS:
        assert found is ScoreState.CONFIRMED
    else:
        assert found == ("differs" if state in {"confirmed", "sent"} else state)


def test_what_the_next_score_would_meet_as_well_is_told_from_chance() -> None:
    kinds = {trouble: {met for met in (*Failure, *PostKind) if rules.trouble_of(met) is trouble} for trouble in Trouble}
    assert kinds[Trouble.CHANCE] == {Failure.UNREACHABLE, PostKind.BUSY, PostKind.UNAVAILABLE}
    assert kinds[Trouble.SURE] == {
        Failure.UNAUTHORIZED,
        Failure.SERVICE_OFF,
        Failure.NO_CLIENT,
        PostKind.UNAUTHORIZED,
    }


@pytest.mark.parametrize(("seconds", "limit"), [(0.0, 100), (0.1, 100), (0.101, 250), (30.0, 30_000), (31, 10**9)])
def test_a_duration_counts_below_the_first_limit_that_it_keeps_to(seconds: float, limit: int) -> None:
    assert rules.limit_kept(seconds) == limit


def test_every_failure_has_a_state_and_is_tried_again() -> None:
    assert set(rules.AFTER_FAILURE) == set(Failure)
    assert all(verdict.pace is not Pace.NEVER for verdict in rules.AFTER_FAILURE.values())


@pytest.mark.row("A17")
@pytest.mark.parametrize(
    ("fraction", "maximum", "expected"), [(0, 100, 0), (1, 100, 100), (2 / 3, 100, 66.6667), (0.5, 1, 0.5)]
)
def test_a_fraction_is_brought_to_the_scale_of_the_column(fraction: float, maximum: float, expected: float) -> None:
    assert rules.score_given(fraction, maximum) == expected


@pytest.mark.parametrize("fraction", [-0.01, 1.01, float("nan"), float("inf")])
def test_what_is_no_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction"):
        rules.score_given(fraction, 100)


@pytest.mark.parametrize("state", ScoreState)
@pytest.mark.parametrize("next_try_at", [None, AT])
def test_the_same_value_is_news_only_where_we_gave_up(state: ScoreState, next_try_at: datetime | None) -> None:
    old = (80.0, "4/5")
    assert rules.is_news(state, next_try_at, old, (81.0, "4/5"))
    assert rules.is_news(state, next_try_at, old, (80.0, "5/5"))
    stuck = {"not_gradable", "locked", "line_item_gone", "clock_conflict", "refused", "paused"}
    assert rules.is_news(state, next_try_at, old, (80.0, "4/5")) == (next_try_at is None and state in stuck)


def test_a_value_is_dated_by_the_whole_second_of_the_work() -> None:
    assert rules.timestamp_for(None, AT) == AT.replace(microsecond=0)
    assert rules.timestamp_for(AT - 5 * SECOND, AT) == AT.replace(microsecond=0)


@pytest.mark.row("A09")
@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(milliseconds=400), SECOND, 3600 * SECOND])
def test_a_later_value_is_dated_later_even_within_a_second_or_after_a_clock_went_back(ahead: timedelta) -> None:
    previous = AT.replace(microsecond=0) + ahead
    assert rules.timestamp_for(previous, AT) == previous + SECOND


@pytest.mark.parametrize(
    ("pace", "tries", "seconds"),
    [
        ("soon", 1, 5),
        ("soon", 2, 10),
        ("soon", 3, 20),
        ("soon", 8, 640),
        ("soon", 9, 900),
        ("soon", 5000, 900),
        ("slow", 1, 3600),
        ("slow", 2, 7200),
        ("slow", 6, 86400),
        ("slow", 500, 86400),
        ("paused", 1, 3600),
        ("paused", 500, 86400),
    ],
)
def test_waits_double_up_to_a_longest(pace: str, tries: int, seconds: float) -> None:
    for jitter, factor in ((0.0, 1.0), (1.0, 1.5)):
        found = rules.next_try_at(Pace(pace), tries, at=AT, asked_at=AT, jitter=jitter)
        assert found == AT + timedelta(seconds=seconds * factor)


@pytest.mark.parametrize(("asked", "waited"), [(None, 5), (1.0, 5), (120.0, 120), (10.0**9, 86400)])
def test_a_wait_that_the_lms_asks_for_is_kept(asked: float | None, waited: float) -> None:
    found = rules.next_try_at(Pace.SOON, 1, at=AT, asked_at=AT, jitter=0, retry_after=asked)
    assert found == AT + timedelta(seconds=waited)


def test_what_needs_no_more_is_never_tried_again() -> None:
    assert rules.next_try_at(Pace.NEVER, 1, at=AT, asked_at=AT, jitter=0, retry_after=5) is None


@pytest.mark.parametrize("pace", [Pace.SOON, Pace.SLOW])
def test_after_seven_days_we_give_up(pace: Pace) -> None:
    last = AT + timedelta(days=7)
    assert rules.next_try_at(pace, 1, at=last - timedelta(hours=2), asked_at=AT, jitter=0) is not None
    assert rules.next_try_at(pace, 1, at=last - timedelta(seconds=4), asked_at=AT, jitter=0) is None


def test_a_course_that_is_paused_is_asked_for_a_season() -> None:
    for days, is_asked in ((8, True), (88, True), (90, False)):
        found = rules.next_try_at(Pace.PAUSED, 500, at=AT + timedelta(days=days), asked_at=AT, jitter=0)
        assert (found is not None) == is_asked


@pytest.mark.parametrize("state", ScoreState)
def test_what_was_given_up_does_not_look_as_if_it_waited(state: ScoreState) -> None:
    given_up = rules.when_given_up(state)
    assert given_up == (ScoreState.REFUSED if state is ScoreState.WAITING else state)


@pytest.mark.parametrize(
    ("shown", "maximum", "expected"),
    [
        (66.6667, 100, Seen.OURS),
        (66.67, 100, Seen.OURS),
        (6.667, 10, Seen.OURS),
        (66.69, 100, Seen.FOREIGN),
        (40, 100, Seen.OLDER),
        (4, 10, Seen.OLDER),
        (0, 100, Seen.OLDER),
        (88, 100, Seen.FOREIGN),
    ],
)
def test_whose_value_the_gradebook_shows(shown: float, maximum: float, expected: Seen) -> None:
    found = rules.seen_as(Result(shown, maximum), 66.6667, 100.0, (40.0, 0.0))
    assert found is expected


def test_an_empty_cell_shows_nothing() -> None:
    assert rules.seen_as(None, 50.0, 100.0, ()) is Seen.NOTHING


@pytest.mark.parametrize(
    ("hour", "days", "share", "expected"),
    [(0, 1, 0.0, 1), (1, 1, 0.5, 3), (5, 1, 1.0, 5), (18, 1, 0.0, 1), (19, 1, 0.0, 1), (20, 2, 0.0, 1)],
)
def test_the_next_night_is_not_this_one(hour: int, days: int, share: float, expected: int) -> None:
    at = AT.replace(hour=hour, minute=0, second=0, microsecond=0)
    found = rules.next_night(at, share)
    assert found == at.replace(hour=expected) + timedelta(days=days)
