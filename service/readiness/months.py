"""Months on the calendar: how long a completion counts."""

from calendar import monthrange
from datetime import datetime


def add_months(at: datetime, months: int) -> datetime:
    """Return the same day so many months later, the last day of a month that is too short for it."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
