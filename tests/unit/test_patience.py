"""When a receiver is left alone, and for how long."""

from datetime import timedelta

import pytest

from service.patience import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MANY,
    Meeting,
    Trouble,
    failures_after,
    is_on_trial,
    pause_after,
)

FINE = Meeting(Trouble.NONE)
CHANCE = Meeting(Trouble.CHANCE, "timeout")
SURE = Meeting(Trouble.SURE, "401")


@pytest.mark.parametrize(
    ("before", "meetings", "after"),
    [
        (0, [FINE], 0),
        (0, [CHANCE], 1),
        (3, [CHANCE, CHANCE], 5),
        (4, [FINE, CHANCE], 1),
        (4, [CHANCE, FINE], 0),
        (0, [SURE], MANY),
        (7, [SURE], 8),
        (7, [], 7),
        (0, [CHANCE] * 10, MANY),
        (7, [CHANCE] * 10, 8),
        (7, [FINE, *[CHANCE] * 10], MANY),
    ],
)
def test_troubles_are_counted_in_a_row(before: int, meetings: list[Meeting], after: int) -> None:
    assert failures_after(before, meetings) == after
    assert is_on_trial(after) == (after >= MANY)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, None), (MANY - 1, None), (MANY, 10), (MANY + 1, 20), (MANY + 4, 160), (5000, 900)]
)
def test_pauses_begin_with_many_troubles_and_double(failures: int, seconds: float | None) -> None:
    assert pause_after(failures, [CHANCE], jitter=0.0) == (timedelta(seconds=seconds) if seconds else None)


def test_pauses_differ_a_little_so_that_not_all_come_back_at_once() -> None:
    assert pause_after(MANY, [CHANCE], jitter=1.0) == FIRST_PAUSE * 1.5
    assert pause_after(5000, [CHANCE], jitter=1.0) == LONGEST_PAUSE * 1.5


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"), [(1, 30.0, 30), (MANY, 3.0, 10), (MANY, 3600.0, 3600), (1, 1e9, 86400)]
)
def test_a_rest_that_the_lms_asks_for_is_kept(failures: int, asked: float, seconds: float) -> None:
    meetings = [Meeting(Trouble.CHANCE, "429", asked), CHANCE]
    assert pause_after(failures, meetings, jitter=0.0) == timedelta(seconds=seconds)
