"""Where a learner goes on in a module."""

from datetime import datetime, timedelta

import pytest

from service.completion.resuming import Stop, find_resume
from tests.makers import AT, make_module

MODULE = make_module("roles", ("mentor",), ("first", "second", "third"))
"""One section, and three exercises after it."""


def times(**minutes: int) -> dict[str, datetime]:
    return {key: AT + timedelta(minutes=minute) for key, minute in minutes.items()}


@pytest.mark.parametrize(
    ("read", "tried", "passed", "expected"),
    [
        ({}, {}, (), None),
        (times(start=1), {}, (), "first"),
        ({}, times(first=1), ("first",), "second"),
        ({}, times(first=1), (), "first"),
        ({}, times(first=1, third=2), ("first", "third"), "second"),
        ({}, times(third=1), ("third",), "first"),
        (times(start=5), times(second=3), (), "first"),
        (times(start=1), times(first=2, second=3, third=4), ("first", "second", "third"), None),
    ],
    ids=["new", "read", "passed", "failed", "skipped-one", "began-at-the-end", "read-last", "done"],
)
def test_one_goes_on_after_what_was_done_last(read, tried, passed, expected: str | None) -> None:
    found = find_resume(MODULE, read, tried, passed)
    assert found == (Stop(expected, is_exercise=True) if expected else None)
