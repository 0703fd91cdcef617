"""The figures of an item against values that were computed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.item_check.rules import LEAST, Finding, Tally, figures, interval


def counted(pairs: list[tuple[float, float]]) -> Tally:
    tally = Tally()
    for share, rest in pairs:
        tally.add(share, is_right=share == 1)
        tally.add_pair(share, rest)
    return tally


# Five right with 6, 7, 8, 9, 10 elsewhere, five wrong with 1, 2, 3, 4, 5. Deviations: item 0.5 and -0.5, rest from
# -4.5 to 4.5. Product 2 * 0.5 * (0.5+1.5+2.5+3.5+4.5) = 12.5; squares 10 * 0.25 = 2.5 and 82.5; 12.5 / sqrt(206.25).
APART = [(1.0, rest) for rest in (6, 7, 8, 9, 10)] + [(0.0, rest) for rest in (1, 2, 3, 4, 5)]


def test_facility_and_discrimination_by_hand() -> None:
    found = figures(counted(APART))
    assert found
    assert (found.count, found.right, found.facility) == (10, 5, 0.5)
    assert found.discrimination == pytest.approx(0.8703883, abs=1e-6)
    assert found.finding is Finding.FINE


def test_half_earned_counts_half() -> None:
    tally = counted([(0.5, 1)] * 6 + [(1, 1)] * 4)
    assert tally.facility() == pytest.approx(0.7)
    assert tally.right == 4
    # All are alike in the rest: no correlation.
    assert tally.discrimination() is None


def test_wilson_by_hand() -> None:
    # 9 of 10: square 2.706025; middle (0.9 + 0.13530125) / 1.2706025 = 0.814811;
    # half 1.645 * sqrt(0.09 / 10 + 2.706025 / 400) / 1.2706025 = 1.645 * 0.125559 / 1.2706025 = 0.162556
    assert interval(0.9, 10) == pytest.approx((0.652255, 0.977367), abs=2e-6)
    assert interval(0, 10)[0] == 0
    assert interval(1, 10)[1] == 1


def test_below_ten_nothing_is_said() -> None:
    assert figures(counted(APART[:9])) is None
    alone = Tally()
    for _ in range(LEAST):
        alone.add(1, is_right=True)
    found = figures(alone)
    assert found
    assert found.discrimination is None


@pytest.mark.parametrize(
    ("pairs", "finding"),
    [
        ([(1 - share, rest) for share, rest in APART], Finding.MISLEADING),
        ([(0.0, 3), (0.0, 4)] * 4 + [(0.0, 3), (1.0, 4)], Finding.HARD),
        ([(1.0, 3), (1.0, 4)] * 20, Finding.EASY),
        # All of ten may be chance.
        ([(1.0, 3), (1.0, 4)] * 5, Finding.FINE),
        # Right and wrong equally often, whatever the rest is: 0 in 100 people is not chance.
        ([(1.0, 3), (0.0, 3), (1.0, 4), (0.0, 4)] * 25, Finding.FLAT),
        # The same in 12 people may be.
        ([(1.0, 3), (0.0, 3), (1.0, 4), (0.0, 4)] * 3, Finding.FINE),
    ],
)
def test_what_stands_out(pairs: list[tuple[float, float]], finding: Finding) -> None:
    found = figures(counted(pairs))
    assert found
    assert found.finding is finding


shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@given(st.lists(st.tuples(shares, st.floats(0, 50)), min_size=LEAST, max_size=40))
def test_figures_stay_in_their_bounds(pairs: list[tuple[float, float]]) -> None:
    found = figures(counted(pairs))
    assert found
    assert 0 <= found.low <= found.facility + 1e-9
    assert found.facility - 1e-9 <= found.high <= 1
    assert found.discrimination is None or -1 <= found.discrimination <= 1
    turned = figures(counted(pairs[::-1]))
    assert turned
    assert (turned.discrimination is None) == (found.discrimination is None)
    assert turned.discrimination == pytest.approx(found.discrimination, abs=1e-6)
