"""What staff see of the scores of a course, and what choosing does; nothing of another course."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.grades import attention
from service.grades.attention import Choice, Group
from service.grades.models import LineItem, Score, ScoreState, ScoreTry
from service.grades.numbers import list_numbers, numbers_of, rate_of_last_day
from service.grades.outbox import Report, finish
from service.grades.rules import CONFIRMED, WAITING
from tests.features.grades.makers import URL, make_learner, note_column, queue, take_one, the_score
from tests.makers import AT, make_platform

NOW = AT + timedelta(hours=2)


def in_state(session: Session, state: ScoreState, *, next_try_at=None, tries: int = 3, link: str = "5") -> Score:
    """Return a score of "10" that has been tried before and is in this state."""
    learner = make_learner(session)
    note_column(session, learner, link=link)
    queue(session, learner, 0.8)
    values = {"state": state, "next_try_at": next_try_at, "tries": tries, "sent_timestamp": AT}
    session.execute(update(Score).values(**values))
    return the_score(session)


def choice(session: Session, **which) -> Choice:
    return Choice(make_learner(session).course_id, **which)


@pytest.mark.parametrize(
    ("state", "group"),
    [
        ("confirmed", "arrived"),
        ("sent", "arrived"),
        ("overridden", "teacher"),
        ("not_gradable", "not_graded"),
        ("waiting", "attention"),  # for two hours
        ("sending", "attention"),
        *((state, "attention") for state in ("differs", "locked", "line_item_gone", "clock_conflict", "refused")),
        ("paused", "attention"),
    ],
)
def test_each_state_is_in_one_group(session: Session, state: str, group: str) -> None:
    score = in_state(session, ScoreState(state))
    counts = attention.count_groups(session, choice(session), at=NOW)
    assert {name.value for name, count in counts.items() if count} == {group}
    for name in Group:
        found = attention.list_standings(session, choice(session, group=name), at=NOW)
        assert [each.score.id for each in found] == ([score.id] if name == group else [])


def test_what_is_on_its_way_needs_no_attention_in_its_first_hour(session: Session) -> None:
    score = in_state(session, ScoreState.WAITING)
    soon = AT + timedelta(minutes=59)
    assert attention.count_groups(session, choice(session), at=soon)[Group.ON_THE_WAY] == 1
    assert not attention.is_late(score, at=soon)
    assert attention.is_late(score, at=NOW)


def test_a_column_can_be_looked_at_alone_and_other_courses_never(session: Session) -> None:
    score = in_state(session, ScoreState.REFUSED)
    column = score.line_item.public_id
    elsewhere = make_learner(session, "10", context_id="course-2")
    queue(session, elsewhere, 1.0)
    [found] = attention.list_standings(session, choice(session, column=column), at=NOW)
    assert (found.score.id, found.person.subject) == (score.id, "10")
    assert attention.list_standings(session, Choice(elsewhere.course_id, column=column), at=NOW) == []
    assert [item.public_id for item in attention.list_columns(session, score.line_item.course_id)] == [column]
    person = found.person.public_id
    assert attention.get_score(session, score.line_item.course_id, column, person).id == score.id
    for course_id, name in ((elsewhere.course_id, column), (score.line_item.course_id, "nothing")):
        with pytest.raises(NotFoundError):
            attention.get_score(session, course_id, name, person)
        with pytest.raises(NotFoundError):
            attention.get_column(session, course_id, name)


@pytest.mark.parametrize("state", ["locked", "line_item_gone", "refused", "paused", "not_gradable"])
def test_what_stands_still_is_tried_at_once_and_for_another_week(session: Session, state: str) -> None:
    in_state(session, ScoreState(state), next_try_at=NOW + timedelta(hours=9), tries=9)
    assert attention.send_again(session, choice(session), at=NOW) == 1
    score = the_score(session)
    assert (score.state, score.next_try_at, score.asked_at) == (ScoreState.WAITING, NOW, NOW)
    assert (score.queued_at, score.tries) == (AT, 0 if state == "line_item_gone" else 1)
    assert session.info["wake"] == {"send_scores"}
    assert attention.send_again(session, choice(session), at=NOW + timedelta(seconds=1)) == 0


def test_a_score_that_waits_for_its_next_try_is_tried_at_once(session: Session) -> None:
    in_state(session, ScoreState.WAITING, next_try_at=NOW + timedelta(minutes=9))
    assert attention.send_again(session, choice(session), at=NOW) == 1


@pytest.mark.parametrize("state", ["confirmed", "sent", "overridden", "differs", "sending"])
def test_what_has_arrived_or_is_a_choice_is_not_sent_again_in_bulk(session: Session, state: str) -> None:
    in_state(session, ScoreState(state))
    assert attention.send_again(session, choice(session), at=NOW) == 0
    assert the_score(session).state == state


def test_a_score_that_is_to_be_dated_anew_still_is(session: Session) -> None:
    in_state(session, ScoreState.CLOCK_CONFLICT, next_try_at=NOW + timedelta(hours=9))
    attention.send_again(session, choice(session), at=NOW)
    assert take_one(session, at=NOW).timestamp == NOW


@pytest.mark.parametrize("state", ["differs", "overridden"])
def test_who_chooses_ours_sends_it_over_theirs_dated_now(session: Session, state: str) -> None:
    score = in_state(session, ScoreState(state))
    assert attention.send_one_again(session, score, at=NOW)
    assert not attention.send_one_again(session, score, at=NOW)
    session.flush()
    claim = take_one(session, at=NOW)
    assert (claim.overrules, claim.is_repeat, claim.timestamp) == (True, False, NOW)


def test_who_keeps_theirs_ends_the_matter(session: Session) -> None:
    score = in_state(session, ScoreState.DIFFERS)
    assert attention.keep_theirs(score)
    assert score.state is ScoreState.OVERRIDDEN
    assert not attention.keep_theirs(score)


def test_a_column_of_the_course_that_is_gone_is_made_again_when_asked(session: Session) -> None:
    queue(session, make_learner(session), 1.0)
    column = session.scalars(select(LineItem)).one()
    column.url = URL
    session.execute(update(Score).values(state=ScoreState.LINE_ITEM_GONE, next_try_at=None, tries=2))
    session.expire_all()
    attention.send_again(session, choice(session), at=NOW)
    claim = take_one(session, at=NOW)
    assert (claim.tries, claim.column.is_coupled) == (1, False)


def test_a_learner_asks_for_the_own_scores_once_a_minute(session: Session) -> None:
    score = in_state(session, ScoreState.LOCKED, next_try_at=NOW + timedelta(hours=1))
    other = make_learner(session, "11")
    person, course = score.person_id, score.line_item.course_id
    assert attention.send_own_again(session, other.person_id, course, at=NOW) == 0
    session.add(ScoreTry(score_id=score.id, at=NOW, score_given=80.0, outcome=ScoreState.LOCKED))
    session.flush()
    assert attention.send_own_again(session, person, course, at=NOW + timedelta(seconds=59)) == 0
    assert attention.send_own_again(session, person, course, at=NOW + timedelta(seconds=61)) == 1


def test_the_numbers_of_an_lms_are_its_own(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 0.8)
    for verdict in (WAITING, CONFIRMED):
        claim = take_one(session, at=NOW)
        finish(session, [(claim, Report(verdict))], at=AT, jitter=0.0)
    queue(session, make_learner(session, "11"), 0.8)
    [numbers] = list_numbers(session)
    assert numbers.states == {ScoreState.WAITING: 1, ScoreState.CONFIRMED: 1}
    assert (numbers.queue_length, numbers.oldest_asked_at, numbers.oldest_seconds(at=NOW)) == (1, AT, 7200.0)
    assert not numbers.is_paused(at=NOW)
    rate = rate_of_last_day(session, learner.course.platform_id, at=NOW)
    assert (rate.tries, rate.taken) == (2, 1)
    assert rate_of_last_day(session, learner.course.platform_id, at=NOW + timedelta(days=2)).tries == 0
    elsewhere = make_learner(session, "10", context_id="course-2")
    here = numbers_of(session, make_platform(session), course_id=elsewhere.course_id)
    assert (here.states, here.queue_length, here.oldest_asked_at) == ({}, 0, None)
    assert rate_of_last_day(session, elsewhere.course.platform_id, at=NOW, course_id=elsewhere.course_id).tries == 0
    assert numbers_of(session, make_platform(session), course_id=learner.course_id).queue_length == 1
