"""What events are held to: hours that clocks show, seats in order, whose evidence an entry changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.events.models import AttendanceState
from service.events.rules import ZONES, corrections, moment_in, seat, touched_people

PRESENT, EXCUSED, ABSENT = AttendanceState


def test_a_local_hour_is_the_moment_at_which_clocks_there_show_it() -> None:
    assert moment_in("Europe/Warsaw", datetime.fromisoformat("2026-11-24T17:00")) == datetime(
        2026, 11, 24, 16, tzinfo=UTC
    )
    assert moment_in("Asia/Jerusalem", datetime.fromisoformat("2026-07-01T17:00")) == datetime(
        2026, 7, 1, 14, tzinfo=UTC
    )


def test_an_hour_that_clocks_leave_out_is_refused_and_one_that_comes_twice_is_the_first() -> None:
    with pytest.raises(InvalidInputError, match="leave out"):
        moment_in("Europe/Warsaw", datetime.fromisoformat("2026-03-29T02:30"))
    assert moment_in("Europe/Warsaw", datetime.fromisoformat("2026-10-25T02:30")) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_is_known_here(zone: str) -> None:
    assert ZoneInfo(zone).key == zone


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 50), st.integers(1, 1000)), st.none() | st.integers(1, 20))
def test_seats_go_to_the_lowest_numbers(numbers: dict[int, int], seats: int | None) -> None:
    seating = seat(numbers, seats)
    assert len(seating.seated) == min(len(numbers), seats or len(numbers))
    assert {*seating.seated, *seating.waiting} == set(numbers)
    order = [numbers[one] for one in (*seating.seated, *seating.waiting)]
    assert order == sorted(order)


def test_what_is_new_is_no_correction_and_what_is_left_out_stays() -> None:
    found = corrections({1: PRESENT, 2: ABSENT, 3: EXCUSED}, {1: None, 2: ABSENT, 4: PRESENT})
    assert [(one.person_id, one.was, one.became) for one in found] == [(1, PRESENT, None)]


def test_an_entry_touches_who_is_no_longer_or_newly_present_and_with_other_work_all() -> None:
    before, after = {1: PRESENT, 2: PRESENT, 3: ABSENT}, {1: PRESENT, 2: EXCUSED, 3: PRESENT, 4: ABSENT}
    assert touched_people(before, after, is_work_changed=False) == {2, 3}
    assert touched_people(before, after, is_work_changed=True) == {1, 2, 3}
