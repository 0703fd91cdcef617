"""Which LMSs are sent to: each for itself, with rests that all senders share, and only so many at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.grades.models import PlatformSending, Score, ScoreState, SendTally
from service.grades.outbox import Report
from service.grades.pausing import lock_sending, note_clock, note_meetings, resume, set_limits
from service.grades.queues import list_queues, pause_disabled
from service.grades.rules import CONFIRMED, WAITING
from service.grades.slots import take_slot
from service.grades.tally import count_tries
from service.patience import MANY, Meeting, Trouble
from service.platforms.models import Platform
from tests.features.grades.makers import make_learner, queue, the_score
from tests.makers import AT, make_platform

SECOND = timedelta(seconds=1)
FINE = Meeting(Trouble.NONE)
TROUBLE = Meeting(Trouble.CHANCE, "timeout")


@pytest.fixture
def platform(session: Session) -> Platform:
    """An LMS with one score due at AT."""
    queue(session, make_learner(session), 1.0)
    return make_platform(session)


def numbers(session: Session, at=AT) -> list[tuple[int, int, bool]]:
    return [(each.platform_id, each.most_at_once, each.is_on_trial) for each in list_queues(session, at=at)]


def note(session: Session, platform: Platform, *meetings: Meeting, at=AT) -> bool:
    return note_meetings(session, platform.id, meetings, at=at, jitter=0.0)


def test_an_lms_is_sent_to_when_something_is_due(session: Session, platform: Platform) -> None:
    assert numbers(session, at=AT - SECOND) == []
    assert numbers(session) == [(platform.id, 4, False)]
    make_platform(session, "https://idle.example")
    assert numbers(session) == [(platform.id, 4, False)]


def test_an_lms_that_fails_many_times_rests_and_is_then_tried_with_one(session: Session, platform: Platform) -> None:
    assert not note(session, platform, *[TROUBLE] * (MANY - 1))
    assert numbers(session) == [(platform.id, 4, False)]
    assert note(session, platform, TROUBLE)
    assert numbers(session, at=AT + 9 * SECOND) == []
    assert numbers(session, at=AT + 10 * SECOND) == [(platform.id, 1, True)]
    assert note(session, platform, TROUBLE, at=AT + 10 * SECOND)
    assert numbers(session, at=AT + 29 * SECOND) == []
    assert not note(session, platform, FINE, at=AT + 30 * SECOND)
    assert numbers(session, at=AT + 30 * SECOND) == [(platform.id, 4, False)]
    row = session.get_one(PlatformSending, platform.id)
    assert (row.reason, row.last_answer_at) == ("timeout", AT + 30 * SECOND)


def test_a_rest_that_was_asked_for_is_not_cut_short_by_another_sender(session: Session, platform: Platform) -> None:
    assert note(session, platform, Meeting(Trouble.CHANCE, "429", 600.0))
    note(session, platform, FINE)
    assert numbers(session, at=AT + 599 * SECOND) == []
    resume(session, platform.id)
    assert numbers(session) == [(platform.id, 4, False)]


def test_many_that_meet_one_outage_do_not_prolong_the_rest(session: Session, platform: Platform) -> None:
    for _ in range(4):  # senders at the same moment
        assert note(session, platform, *[Meeting(Trouble.CHANCE, "connection")] * MANY)
    assert len(numbers(session, at=AT + 15 * SECOND)) == 1
    note(session, platform, FINE)
    assert lock_sending(session, platform.id).failures == 0


def test_the_trouble_of_one_lms_stops_no_other(session: Session, platform: Platform) -> None:
    other = make_platform(session, "https://other.example")
    session.execute(update(Score).values(platform_id=other.id))
    queue(session, make_learner(session, "11"), 1.0)
    note(session, platform, Meeting(Trouble.SURE, "401"))
    assert numbers(session) == [(other.id, 4, False)]


def test_what_an_lms_can_bear_is_kept(session: Session, platform: Platform) -> None:
    set_limits(session, platform.id, 2, 5.0)
    [found] = list_queues(session, at=AT)
    assert (found.most_at_once, found.most_per_second) == (2, 5.0)


def test_what_is_due_at_an_lms_that_is_switched_off_is_paused_without_a_try(
    session: Session, platform: Platform
) -> None:
    platform.disabled_at = AT
    session.flush()
    assert list_queues(session, at=AT) == []
    assert pause_disabled(session, at=AT) == 1
    score = the_score(session)
    assert (score.state, score.tries, score.next_try_at) == (ScoreState.PAUSED, 0, AT + timedelta(hours=1))
    assert "switched off" in score.reason
    assert pause_disabled(session, at=AT) == 0


def test_the_clock_of_an_lms_is_remembered_to_the_second(session: Session, platform: Platform) -> None:
    for seen, kept in ((0.0, 0.0), (0.4, 0.0), (90.2, 90.2), (89.9, 90.2), (-5.0, -5.0)):
        note_clock(session, platform.id, seen)
        assert lock_sending(session, platform.id).clock_difference == kept


def test_tries_are_counted_by_outcome_and_duration(session: Session, platform: Platform) -> None:
    reports = [Report(CONFIRMED, seconds=0.05), Report(CONFIRMED, seconds=0.25), Report(WAITING, seconds=60.0)]
    for _ in range(2):
        count_tries(session, platform.id, reports)
    wanted = select(SendTally).order_by(SendTally.outcome, SendTally.within)
    rows = session.scalars(wanted, execution_options={"populate_existing": True})
    found = [(row.outcome.value, row.within, row.tries, round(row.seconds, 2)) for row in rows]
    assert found == [("confirmed", 100, 2, 0.1), ("confirmed", 250, 2, 0.5), ("waiting", 10**9, 2, 120.0)]


def test_only_so_many_hold_a_slot_of_an_lms_and_who_ends_gives_it_back(sessions: sessionmaker[Session]) -> None:
    with (
        take_slot(sessions, 1, 2) as first,
        take_slot(sessions, 1, 2) as second,
        take_slot(sessions, 1, 2) as third,
        take_slot(sessions, 2, 2) as elsewhere,
    ):
        assert (first, second, third, elsewhere) == (True, True, False, True)
    with take_slot(sessions, 1, 1) as again:
        assert again


def test_threads_at_once_do_not_share_a_slot(sessions: sessionmaker[Session]) -> None:
    inside: list[bool] = []
    start, end = threading.Barrier(6), threading.Barrier(6)

    def enter() -> None:
        start.wait()
        with take_slot(sessions, 1, 3) as is_ours:
            inside.append(is_ours)
            end.wait()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(inside) == [False] * 3 + [True] * 3


def test_senders_at_once_lose_no_count(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        platform_id = make_platform(session).id

    def write() -> None:
        for _ in range(5):
            with transaction(sessions) as session:
                note_meetings(session, platform_id, [FINE], at=AT, jitter=0.0)
                count_tries(session, platform_id, [Report(CONFIRMED)])

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(sessions) as session:
        assert session.scalars(select(SendTally.tries)).all() == [20]
