"""The figures of classical test theory for an item: facility, and discrimination as a corrected item-total correlation.

An item is an exercise, or a part of one. Shares go from 0 (nothing earned) to 1 (all of it).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

LEAST = 10
"""So many answers there must be before anything is shown: fewer say nothing, and might tell whose they are."""
STEP = 5
"""Figures change when so many more have answered: the difference of two pages then tells of nobody."""
_HARD, _EASY, _FLAT = 0.3, 0.9, 0.3
_ONE_SIDED = 1.645
"""Of the normal distribution: 95 of 100 lie below it."""


class Finding(StrEnum):
    """What an author should think about first; FINE if nothing."""

    MISLEADING = "misleading"
    """Whoever does well elsewhere does badly here."""
    HARD = "hard"
    EASY = "easy"
    FLAT = "flat"
    """It hardly tells who knows the matter."""
    FINE = "fine"


@dataclass
class Tally:
    """Counts answers to an item one after another, in memory that does not grow (Welford)."""

    count: int = 0
    right: int = 0
    """Answers that earn all of it; of an exercise, those that pass."""
    total: float = 0.0
    """The sum of the shares."""
    pairs: int = 0
    """Answers of people who answered everything else too."""
    _mean_item: float = 0.0
    _mean_rest: float = 0.0
    _square_item: float = 0.0
    _square_rest: float = 0.0
    _product: float = 0.0

    def add(self, share: float, *, is_right: bool) -> None:
        """Count an answer."""
        self.count += 1
        self.right += is_right
        self.total += share

    def add_pair(self, share: float, rest: float) -> None:
        """Count what someone earned here, and in everything else."""
        self.pairs += 1
        from_item, from_rest = share - self._mean_item, rest - self._mean_rest
        self._mean_item += from_item / self.pairs
        self._mean_rest += from_rest / self.pairs
        self._square_item += from_item * (share - self._mean_item)
        self._square_rest += from_rest * (rest - self._mean_rest)
        self._product += from_item * (rest - self._mean_rest)

    def facility(self) -> float:
        """Return the mean share, 0..1; a high one is an easy item. There must be answers."""
        return min(max(self.total / self.count, 0.0), 1.0)

    def discrimination(self) -> float | None:
        """Return the correlation of the item with everything else, -1..1.

        None below `LEAST` pairs, and where all are alike, in the item or in the rest.
        """
        spread = self._square_item * self._square_rest
        if self.pairs < LEAST or self._square_item < 1e-9 or self._square_rest < 1e-9:
            return None
        return min(max(self._product / sqrt(spread), -1.0), 1.0)


@dataclass(frozen=True)
class Figures:
    """What is shown of an item."""

    count: int
    right: int
    facility: float
    low: float
    """Facility lies between here and `high`, with 90 percent confidence."""
    high: float
    discrimination: float | None
    finding: Finding


def figures(tally: Tally) -> Figures | None:
    """Return the figures of an item, None if there are too few answers."""
    if tally.count < LEAST:
        return None
    facility = tally.facility()
    low, high = interval(facility, tally.count)
    discrimination = tally.discrimination()
    return Figures(
        tally.count,
        tally.right,
        facility,
        low,
        high,
        discrimination,
        _finding(facility, low, discrimination, tally.pairs),
    )


def interval(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's interval of a share, with 90 percent confidence; a little wide for marks in parts."""
    square = _ONE_SIDED**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _ONE_SIDED * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _finding(facility: float, low: float, discrimination: float | None, pairs: int) -> Finding:
    """Tell what stands out. Of ease and discrimination only what chance would hardly give: few people say little."""
    chance = _ONE_SIDED / sqrt(pairs - 1) if discrimination is not None else 0.0
    if discrimination is not None and discrimination + chance < 0:
        return Finding.MISLEADING
    if facility < _HARD:
        return Finding.HARD
    if low > _EASY:
        return Finding.EASY
    if discrimination is not None and discrimination + chance < _FLAT:
        return Finding.FLAT
    return Finding.FINE
