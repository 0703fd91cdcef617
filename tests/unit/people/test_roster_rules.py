"""When a roster is read, whom it takes away, and when it is not believed at once."""

from datetime import UTC, datetime, timedelta

import pytest

from service.people.models import LmsRole, Role, RosterProblem
from service.people.roster_rules import (
    MOST_TRIES,
    Occasion,
    has_vanished,
    is_doubtful,
    is_due,
    next_read_after,
    problem_of_status,
    told_after_roster,
)
from service.people.rules import Known

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LEARNER, STAFF, REQUEST = Occasion.LEARNER_LAUNCH, Occasion.STAFF_LAUNCH, Occasion.REQUEST
GONE, UNREACHABLE = RosterProblem.GONE, RosterProblem.UNREACHABLE


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("occasion", "started", "next_read", "problem", "due"),
    [
        (LEARNER, None, None, None, True),
        (LEARNER, minutes(29), None, None, False),
        (LEARNER, minutes(30), None, None, True),
        (STAFF, minutes(4), None, None, False),
        (STAFF, minutes(5), None, None, True),
        (REQUEST, minutes(0.2), None, None, False),
        (REQUEST, minutes(0.25), None, None, True),
        # Waiting already.
        (REQUEST, minutes(60), minutes(0), None, False),
        (STAFF, minutes(60), minutes(-1), None, False),
        # The next try after a problem, or the second look at a doubtful roster: a person may hasten it.
        (LEARNER, minutes(60), minutes(20), GONE, False),
        (STAFF, minutes(60), minutes(20), GONE, False),
        (REQUEST, minutes(60), minutes(20), GONE, True),
        (REQUEST, minutes(0.1), minutes(20), GONE, False),
        (STAFF, minutes(8), minutes(2), None, False),
        # Given up: launches try again, but not each of them.
        (STAFF, minutes(6), None, GONE, False),
        (STAFF, minutes(24 * 60), None, GONE, True),
        (STAFF, minutes(59), None, UNREACHABLE, False),
        (STAFF, minutes(60), None, UNREACHABLE, True),
    ],
)
def test_is_due(
    occasion: Occasion,
    started: timedelta | None,
    next_read: timedelta | None,
    problem: RosterProblem | None,
    due: bool,
) -> None:
    state = {
        "at": AT,
        "started_at": None if started is None else AT - started,
        "next_read_at": None if next_read is None else AT + next_read,
        "problem": problem,
    }
    assert is_due(occasion, **state, is_being_read=False) is due
    assert not is_due(occasion, **state, is_being_read=True)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (401, RosterProblem.REFUSED),
        (403, RosterProblem.REFUSED),
        (404, RosterProblem.GONE),
        (429, RosterProblem.UNREACHABLE),
        (500, RosterProblem.UNREACHABLE),
        (503, RosterProblem.UNREACHABLE),
        (400, RosterProblem.UNREADABLE),
        (302, RosterProblem.UNREADABLE),
        (200, RosterProblem.UNREADABLE),
    ],
)
def test_problem_of_status(status: int, problem: RosterProblem) -> None:
    assert problem_of_status(status) is problem


def test_waits_grow_up_to_a_limit_and_end() -> None:
    soon = [next_read_after(UNREACHABLE, tries, at=AT, jitter=0.0) - AT for tries in range(1, MOST_TRIES)]
    assert soon[:3] == [minutes(1), minutes(2), minutes(4)]
    assert soon[-1] == timedelta(hours=1)
    slow = [next_read_after(GONE, tries, at=AT, jitter=0.0) - AT for tries in range(1, MOST_TRIES)]
    assert slow[:2] == [timedelta(hours=1), timedelta(hours=2)]
    assert slow[-1] == timedelta(days=1)
    assert next_read_after(UNREACHABLE, MOST_TRIES, at=AT, jitter=0.0) is None


def test_t06_the_wait_that_the_lms_asks_for_is_kept_within_a_day() -> None:
    assert next_read_after(UNREACHABLE, 1, at=AT, jitter=0.0, retry_after=600.0) == AT + minutes(10)
    assert next_read_after(UNREACHABLE, 1, at=AT, jitter=0.0, retry_after=1e12) == AT + timedelta(days=1)
    assert next_read_after(UNREACHABLE, 1, at=AT, jitter=1.0) == AT + minutes(1.5)


DAYS_AGO, HOURS_AGO, SINCE = AT - timedelta(days=3), AT - timedelta(hours=3), AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("lms_role", "seen_at", "is_listed", "gone"),
    [
        (LmsRole.LEARNER, None, True, True),
        (LmsRole.LEARNER, HOURS_AGO, True, True),
        (LmsRole.STAFF, HOURS_AGO, True, True),
        # The launch came while the roster was read.
        (LmsRole.LEARNER, SINCE, True, False),
        (LmsRole.LEARNER, AT, True, False),
        # Never on a roster: let in all the same. A learner is believed for a day.
        (LmsRole.STAFF, DAYS_AGO, False, False),
        (LmsRole.ADMINISTRATOR, DAYS_AGO, False, False),
        (LmsRole.LEARNER, HOURS_AGO, False, False),
        (LmsRole.LEARNER, DAYS_AGO, False, True),
    ],
)
def test_who_is_gone(lms_role: LmsRole, seen_at: datetime | None, is_listed: bool, gone: bool) -> None:
    known = Known(lms_role, Role.MENTOR, seen_at, is_listed=is_listed)
    assert has_vanished(known, started_at=AT) is gone


@pytest.mark.parametrize("known", [{"has_left": True}, {"is_test_user": True}])
def test_who_has_left_leaves_once_and_a_test_user_never(known: dict[str, bool]) -> None:
    member = Known(LmsRole.LEARNER, Role.MENTOR, DAYS_AGO, is_listed=True, **known)
    assert not has_vanished(member, started_at=AT)


@pytest.mark.parametrize(
    ("present", "vanished", "doubt"),
    [(12, 10, False), (12, 11, True), (22, 11, False), (21, 11, True), (8, 8, False), (5000, 2500, False)],
)
def test_a_doubt_needs_more_than_ten_and_more_than_half(present: int, vanished: int, doubt: bool) -> None:
    assert is_doubtful(present, vanished) is doubt


@pytest.mark.parametrize(
    ("listed", "known", "has_launched", "name"),
    [
        ("Ada", "", False, "Ada"),
        ("Ada", "", True, "Ada"),
        ("Ada", "Ada Example", True, "Ada Example"),
        ("Ada", "Old", False, "Ada"),
        ("", "Old", False, ""),
        ("", "Ada", True, "Ada"),
        ("", "", True, ""),
    ],
)
def test_a_launch_names_better_than_the_roster(listed: str, known: str, has_launched: bool, name: str) -> None:
    assert told_after_roster(listed, known, has_launched=has_launched) == name
