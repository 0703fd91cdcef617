"""Taking rows: each by one sender, back by itself when that dies, and never the old value over the new."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.scores import SCORE_SCOPE
from service.db import transaction
from service.grades import rules
from service.grades.columns import COLUMN_LEASE, claim_column, settle_column
from service.grades.models import LineItem, Score, ScoreState, ScoreTry
from service.grades.outbox import Claim, Report, finish, release
from service.grades.rules import CONFIRMED, WAITING, Pace, Verdict
from tests.features.grades.makers import URL, make_learner, note_column, queue, take, take_one, the_score
from tests.makers import AT

SECOND = timedelta(seconds=1)
LEASE_OVER = AT + rules.LEASE


def waiting(session: Session, fraction: float = 0.5) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, fraction)


def tries(session: Session) -> list[tuple[float, str]]:
    rows = session.scalars(select(ScoreTry).order_by(ScoreTry.id), execution_options={"populate_existing": True})
    return [(row.score_given, row.outcome.value) for row in rows]


def done(session: Session, claim: Claim, report: Report, *, at=AT) -> ScoreState | None:
    [state] = finish(session, [(claim, report)], at=at, jitter=0.0)
    return state


def test_a_claim_has_all_that_is_needed_to_send(session: Session) -> None:
    waiting(session)
    claim = take_one(session, at=AT + SECOND)
    assert (claim.user_id, claim.score_given, claim.comment, claim.column.url) == ("10", 50.0, "3/3", URL)
    assert (claim.timestamp, claim.tries, claim.is_repeat, claim.sent_values) == (AT, 1, False, ())
    assert claim.column.is_coupled
    assert claim.column.may_read_results
    score = the_score(session)
    assert (score.state, score.next_try_at) == (ScoreState.SENDING, AT + SECOND + rules.LEASE)
    assert tries(session) == [(50.0, "sending")]


def test_what_the_lms_does_not_grant_is_not_done(session: Session) -> None:
    learner = make_learner(session, grade_scopes=(SCORE_SCOPE,))
    note_column(session, learner)
    queue(session, learner, 1.0)
    column = take_one(session, at=AT).column
    assert not column.may_read_results
    assert column.search_scopes == ()


def test_nothing_is_taken_before_its_time_or_twice(session: Session) -> None:
    waiting(session)
    assert take(session, limit=10, at=AT - SECOND) == []
    assert len(take(session, limit=10, at=AT)) == 1
    assert take(session, limit=10, at=LEASE_OVER - SECOND) == []


def test_a_dead_senders_row_is_due_again_by_itself_with_the_same_timestamp(session: Session) -> None:
    waiting(session)
    first = take_one(session, at=AT)
    again = take_one(session, at=LEASE_OVER)
    assert (again.timestamp, again.is_repeat, again.tries) == (first.timestamp, True, 2)
    assert again.sent_values == (50.0,)
    assert tries(session) == [(50.0, "sending"), (50.0, "sending")]


def test_the_outcome_is_written_down(session: Session) -> None:
    waiting(session)
    claim = take_one(session, at=AT)
    report = Report(CONFIRMED, "200 OK", status=200, shown=50.0, was_asked=True)
    assert done(session, claim, report, at=AT + SECOND) is ScoreState.CONFIRMED
    score = the_score(session)
    assert (score.state, score.next_try_at, score.reason) == (ScoreState.CONFIRMED, None, "200 OK")
    assert (score.lms_score, score.last_checked_at, score.sent_timestamp) == (50.0, AT + SECOND, AT)
    [attempt] = session.scalars(select(ScoreTry))
    assert (attempt.outcome, attempt.status, attempt.detail) == (ScoreState.CONFIRMED, 200, "200 OK")


def test_what_was_not_looked_at_is_not_said_to_have_been(session: Session) -> None:
    waiting(session)
    done(session, take_one(session, at=AT), Report(Verdict(ScoreState.SENT, Pace.NEVER)))
    assert the_score(session).last_checked_at is None


def test_a_failed_try_is_due_again_later_and_in_the_end_given_up(session: Session) -> None:
    waiting(session)
    done(session, take_one(session, at=AT), Report(WAITING, "503"))
    score = the_score(session)
    assert (score.state, score.next_try_at) == (ScoreState.WAITING, AT + timedelta(seconds=5))
    late = AT + rules.GIVE_UP_AFTER
    assert done(session, take_one(session, at=late), Report(WAITING, "503"), at=late) is ScoreState.REFUSED
    assert (the_score(session).next_try_at, the_score(session).reason) == (None, "503")


def test_a_value_queued_in_the_meantime_is_sent_next_and_dated_later(session: Session) -> None:
    waiting(session, 0.5)
    learner = make_learner(session)
    claim = take_one(session, at=AT)
    queue(session, learner, 0.9, at=AT)
    assert done(session, claim, Report(CONFIRMED, shown=50.0, was_asked=True)) is ScoreState.WAITING
    assert the_score(session).next_try_at == AT + SECOND
    after = take_one(session, at=AT + SECOND)
    assert (after.score_given, after.timestamp, after.is_repeat, after.tries) == (90.0, AT + SECOND, False, 1)
    assert after.sent_values == (50.0,)


def test_who_lost_the_lease_cannot_write_over_who_has_it(session: Session) -> None:
    waiting(session)
    slow = take_one(session, at=AT)
    fast = take_one(session, at=LEASE_OVER)
    assert done(session, slow, Report(WAITING, "late"), at=LEASE_OVER) is None
    assert the_score(session).state is ScoreState.SENDING
    assert done(session, fast, Report(CONFIRMED), at=LEASE_OVER) is ScoreState.CONFIRMED
    assert tries(session) == [(50.0, "waiting"), (50.0, "confirmed")]


def test_a_row_that_was_not_begun_goes_back_as_it_was(session: Session) -> None:
    waiting(session)
    session.execute(update(Score).values(state=ScoreState.LOCKED, tries=3, sent_timestamp=AT - SECOND))
    session.expire_all()
    release(session, [take_one(session, at=AT)])
    score = the_score(session)
    assert (score.state, score.tries, score.next_try_at) == (ScoreState.LOCKED, 3, AT)
    assert score.sent_timestamp == AT - SECOND
    assert tries(session) == []


def test_a_row_that_was_not_begun_and_has_a_new_value_waits_with_it(session: Session) -> None:
    waiting(session)
    claim = take_one(session, at=AT)
    queue(session, make_learner(session), 0.9, at=AT)
    release(session, [claim])
    score = the_score(session)
    assert (score.state, score.tries, score.score_given) == (ScoreState.WAITING, 0, 90.0)
    assert len(take(session, limit=10, at=AT + SECOND)) == 1


def test_a_timestamp_is_never_in_the_future(session: Session) -> None:
    waiting(session)
    session.execute(update(Score).values(sent_timestamp=AT))
    session.expire_all()
    assert take(session, limit=10, at=AT) == []
    assert the_score(session).next_try_at == AT + SECOND
    assert take_one(session, at=AT + SECOND).timestamp == AT + SECOND


def test_after_a_clock_conflict_the_score_is_dated_anew(session: Session) -> None:
    waiting(session)
    done(session, take_one(session, at=AT), Report(Verdict(ScoreState.CLOCK_CONFLICT, Pace.SOON)))
    claim = take_one(session, at=AT + timedelta(minutes=1))
    assert (claim.timestamp, claim.is_repeat, claim.tries) == (AT + timedelta(minutes=1), False, 2)


def test_what_the_gradebook_may_show_of_ours_begins_with_the_last_confirmed_value(session: Session) -> None:
    waiting(session, 0.1)
    learner = make_learner(session)
    for step, (fraction, verdict) in enumerate([(0.2, WAITING), (0.3, CONFIRMED), (0.4, WAITING), (0.5, WAITING)]):
        at = AT + timedelta(hours=step + 1)
        queue(session, learner, fraction, at=at)
        done(session, take_one(session, at=at), Report(verdict), at=at)
    assert take_one(session, at=AT + timedelta(hours=9)).sent_values == (30.0, 40.0, 50.0)


def test_the_history_is_bounded(session: Session) -> None:
    waiting(session)
    for day in range(rules.KEPT_TRIES + 5):
        at = AT + timedelta(hours=day)
        done(session, take_one(session, at=at), Report(WAITING, str(day)), at=at)
    details = session.scalars(select(ScoreTry.detail).order_by(ScoreTry.id)).all()
    assert details == [str(day) for day in range(5, rules.KEPT_TRIES + 5)]


def test_what_a_course_closes_is_not_tried_one_by_one(session: Session) -> None:
    first, second = make_learner(session, "1"), make_learner(session, "2")
    note_column(session, first)
    for learner in (first, second, make_learner(session, "3", context_id="course-2")):
        queue(session, learner, 1.0)
    [claim, *others] = take(session, at=AT)
    release(session, others)
    report = Report(rules.PAUSED, "404 Not Found: Course 2 doesn't exist", closes_course=True)
    done(session, claim, report)
    rows = session.scalars(select(Score).order_by(Score.id), execution_options={"populate_existing": True}).all()
    assert [row.state for row in rows] == [ScoreState.PAUSED, ScoreState.PAUSED, ScoreState.WAITING]
    assert rows[1].reason == report.detail
    assert rows[1].next_try_at == AT + timedelta(hours=1)


def test_a_new_link_in_a_course_that_was_paused_lets_its_scores_go_again(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 1.0)
    session.execute(update(Score).values(state=ScoreState.PAUSED, next_try_at=None))
    note_column(session, learner, link="6")
    score = session.scalars(select(Score), execution_options={"populate_existing": True}).one()
    assert (score.state, score.next_try_at, score.asked_at) == (ScoreState.WAITING, AT, AT)


def test_what_someone_chose_to_send_over_a_teachers_grade_is_dated_now(session: Session) -> None:
    waiting(session)
    session.execute(update(Score).values(overrules=True))
    claim = take_one(session, at=AT + timedelta(days=1))
    assert (claim.timestamp, claim.overrules) == (AT + timedelta(days=1), True)
    done(session, claim, Report(CONFIRMED))
    assert not the_score(session).overrules


def test_a_try_keeps_the_hash_of_what_was_sent_and_what_was_decided(session: Session) -> None:
    waiting(session)
    claim = take_one(session, at=AT)
    done(session, claim, Report(WAITING, "503", payload_hash=claim.payload.digest))
    [attempt] = session.scalars(select(ScoreTry), execution_options={"populate_existing": True})
    assert (attempt.payload_hash, attempt.next_try_at) == (claim.payload.digest, AT + timedelta(seconds=5))
    assert len(attempt.payload_hash) == 64


def test_the_longest_due_go_first(session: Session) -> None:
    for number in (3, 1, 2):
        queue(session, make_learner(session, str(number)), 1.0, at=AT - number * SECOND)
    assert [claim.user_id for claim in take(session, limit=2, at=AT)] == ["3", "2"]


def test_a_course_column_that_is_gone_is_looked_for_again_once(session: Session) -> None:
    queue(session, make_learner(session), 1.0)
    column = session.scalars(select(LineItem)).one()
    column.url = URL
    gone = Report(Verdict(ScoreState.LINE_ITEM_GONE, Pace.SLOW), "404")
    done(session, take_one(session, at=AT), gone)
    assert (the_score(session).next_try_at, column.url) == (AT, "")
    column.url = URL + "&new"
    done(session, take_one(session, at=AT), gone)
    assert (the_score(session).next_try_at, column.url) == (AT + timedelta(hours=2), URL + "&new")


def test_the_column_of_a_link_that_is_gone_is_not_replaced(session: Session) -> None:
    waiting(session)
    done(session, take_one(session, at=AT), Report(Verdict(ScoreState.LINE_ITEM_GONE, Pace.SLOW), "404"))
    assert session.scalars(select(LineItem)).one().url == URL
    assert the_score(session).next_try_at == AT + timedelta(hours=1)


def test_one_sender_at_a_time_looks_for_a_column(session: Session) -> None:
    queue(session, make_learner(session), 1.0)
    column_id = session.scalars(select(LineItem.id)).one()
    assert claim_column(session, column_id, at=AT) == ("", True)
    assert claim_column(session, column_id, at=AT + SECOND) == ("", False)
    assert claim_column(session, column_id, at=AT + COLUMN_LEASE) == ("", True)
    settle_column(session, column_id, URL)
    assert claim_column(session, column_id, at=AT) == (URL, False)
    settle_column(session, column_id, URL + "&second")
    assert claim_column(session, column_id, at=AT) == (URL, False)


@pytest.fixture
def many(sessions: sessionmaker[Session]) -> int:
    """Queue scores of many learners and return how many."""
    with transaction(sessions) as session:
        for number in range(40):
            queue(session, make_learner(session, str(number)), 1.0)
    return 40


def test_senders_at_the_same_time_share_the_rows(sessions: sessionmaker[Session], many: int) -> None:
    taken: list[str] = []
    start = threading.Barrier(4)

    def take_all() -> None:
        start.wait()
        while True:
            with transaction(sessions) as session:
                claims = take(session, limit=3, at=AT)
            if not claims:
                return
            taken.extend(claim.user_id for claim in claims)

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(number) for number in range(many)]


def test_answers_at_the_same_time_are_all_counted(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        learner = make_learner(session)
        note_column(session, learner)
    start = threading.Barrier(4)

    def answer(number: int) -> None:
        start.wait()
        with transaction(sessions) as session:
            queue(session, learner, 0.1, comment=str(number), at=AT + number * SECOND)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Score)) == 1
        assert the_score(session).revision == 4
