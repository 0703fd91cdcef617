"""Queueing: one waiting row per person and column, the newest value wins, and nothing is sent without need."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service.grades.models import LineItem, Score, ScoreState
from service.grades.operations import count_waiting, list_scores_of
from tests.features.grades.makers import SUBJECT, URL, make_learner, note_column, queue, the_score
from tests.makers import AT

LATER = AT + timedelta(minutes=5)


def test_a_score_waits_for_the_column_of_its_link(session: Session) -> None:
    learner = make_learner(session)
    column = note_column(session, learner)
    assert queue(session, learner, 0.8) == 1
    score = the_score(session)
    assert (score.line_item_id, score.person_id, score.score_given) == (column.id, learner.person_id, 80.0)
    assert (score.state, score.next_try_at, score.queued_at, score.revision) == (ScoreState.WAITING, AT, AT, 1)
    assert session.info["wake"] == {"send_scores"}
    assert count_waiting(session) == 1


@pytest.mark.row("A23")
def test_every_column_of_the_subject_gets_the_score_on_its_own_scale(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner, link="5")
    note_column(session, learner, link="6", url=URL + "&other").score_maximum = 10.0
    assert queue(session, learner, 0.8) == 2
    assert [score.score_given for score in list_scores_of(session, learner.person_id, learner.course_id)] == [80.0, 8.0]


def test_a_course_without_a_column_gets_one_to_be_made_once_for_all_learners(session: Session) -> None:
    first, second = make_learner(session, "10"), make_learner(session, "11")
    assert queue(session, first, 1.0, subject="readiness", label="Readiness") == 1
    assert queue(session, second, 1.0, subject="readiness", label="Readiness") == 1
    column = session.scalars(select(LineItem)).one()
    assert (column.resource_link_id, column.url, column.label, column.score_maximum) == ("", "", "Readiness", 100.0)


@pytest.mark.parametrize("scopes", [(), (LINE_ITEM_SCOPE,), (SCORE_SCOPE,)])
def test_where_the_lms_takes_no_score_nothing_waits(session: Session, scopes: tuple[str, ...]) -> None:
    learner = make_learner(session, grade_scopes=scopes)
    assert queue(session, learner, 1.0) == 0
    assert count_waiting(session) == 0
    assert session.scalar(select(func.count()).select_from(LineItem)) == 0
    assert "wake" not in session.info


def test_the_right_to_make_columns_is_not_needed_where_there_is_one(session: Session) -> None:
    learner = make_learner(session, grade_scopes=(SCORE_SCOPE,))
    note_column(session, learner)
    assert queue(session, learner, 1.0) == 1


def test_the_newest_value_wins(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 0.4)
    session.execute(update(Score).values(tries=4, reason="500"))
    session.expire_all()
    assert queue(session, learner, 0.9, at=LATER) == 1
    score = the_score(session)
    assert (score.score_given, score.revision, score.tries, score.reason) == (90.0, 2, 0, "")
    assert (score.state, score.queued_at, score.next_try_at) == (ScoreState.WAITING, LATER, LATER)


def test_a_new_comment_is_news(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 0.0, comment="1/3")
    assert queue(session, learner, 0.0, comment="2/3", at=LATER) == 1
    assert the_score(session).comment == "2/3"


def test_a_value_within_the_second_of_the_last_post_waits_for_the_next_second(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 0.4)
    session.execute(update(Score).values(sent_timestamp=AT))
    session.expire_all()
    queue(session, learner, 0.9, at=AT + timedelta(milliseconds=300))
    assert the_score(session).next_try_at == AT + timedelta(seconds=1)


@pytest.mark.parametrize("state", [ScoreState.CONFIRMED, ScoreState.SENT, ScoreState.OVERRIDDEN])
def test_the_same_value_is_not_sent_again_once_it_arrived(session: Session, state: ScoreState) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 2 / 3)
    session.execute(update(Score).values(state=state, next_try_at=None))
    session.info.clear()
    session.expire_all()
    assert queue(session, learner, 2 / 3, at=LATER) == 0
    assert (the_score(session).revision, count_waiting(session), session.info) == (1, 0, {})


def test_the_same_value_is_tried_anew_where_we_had_given_up(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 1.0)
    session.execute(update(Score).values(state=ScoreState.NOT_GRADABLE, next_try_at=None))
    session.expire_all()
    assert queue(session, learner, 1.0, at=LATER) == 1
    assert the_score(session).next_try_at == LATER


def test_what_is_being_sent_stays_with_its_sender_and_counts_the_change(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 0.4)
    lease = AT + timedelta(seconds=60)
    session.execute(update(Score).values(state=ScoreState.SENDING, next_try_at=lease))
    session.expire_all()
    assert queue(session, learner, 0.9, at=AT + timedelta(seconds=5)) == 1
    score = the_score(session)
    assert (score.state, score.next_try_at, score.revision) == (ScoreState.SENDING, lease, 2)


@pytest.mark.row("A16")
def test_a_fall_is_queued_for_who_was_queued_before_and_for_nobody_else(session: Session) -> None:
    learner, newcomer = make_learner(session, "10"), make_learner(session, "11")
    assert queue(session, newcomer, 0.0, only_if_present=True) == 0
    assert session.scalar(select(func.count()).select_from(LineItem)) == 0
    queue(session, learner, 1.0)
    assert queue(session, newcomer, 0.0, only_if_present=True) == 0
    assert queue(session, learner, 0.0, at=LATER, only_if_present=True) == 1
    assert the_score(session).score_given == 0.0


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_what_is_no_fraction_is_refused(session: Session, fraction: float) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    with pytest.raises(ValueError, match="fraction"):
        queue(session, learner, fraction)


def test_a_long_comment_is_cut(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 1.0, comment="x" * 2000)
    assert len(the_score(session).comment) == 1024


def test_a_second_launch_of_a_link_changes_its_label_and_makes_no_second_column(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    column = note_column(session, learner)
    column = session.get_one(LineItem, column.id)
    assert session.scalar(select(func.count()).select_from(LineItem)) == 1
    assert column.url == URL


def test_a_link_whose_column_has_a_new_address_is_sent_what_could_not_be_sent(session: Session) -> None:
    learner = make_learner(session)
    note_column(session, learner)
    queue(session, learner, 1.0)
    session.execute(update(Score).values(state=ScoreState.LINE_ITEM_GONE, next_try_at=None))
    session.info.clear()
    note_column(session, learner)
    assert count_waiting(session) == 0
    note_column(session, learner, url=URL + "&new")
    score = the_score(session)
    assert (score.state, score.next_try_at) == (ScoreState.WAITING, AT)
    assert session.info["wake"] == {"send_scores"}


def test_a_column_found_by_its_marks_becomes_the_one_of_the_link_that_launches(session: Session) -> None:
    learner = make_learner(session)
    queue(session, learner, 1.0)
    found = session.scalars(select(LineItem)).one()
    found.url = URL
    column = note_column(session, learner, link="5", url=URL)
    assert (column.id, column.resource_link_id) == (found.id, "5")
    assert queue(session, learner, 1.0, at=LATER) == 0
    assert session.scalar(select(func.count()).select_from(Score)) == 1


def test_scores_of_others_and_of_other_courses_are_not_listed(session: Session) -> None:
    learner, other = make_learner(session, "10"), make_learner(session, "11")
    elsewhere = make_learner(session, "10", context_id="course-2")
    for member in (learner, other, elsewhere):
        queue(session, member, 1.0)
    [score] = list_scores_of(session, learner.person_id, learner.course_id)
    assert (score.person_id, score.line_item.course_id) == (learner.person_id, learner.course_id)
    assert score.line_item.subject == SUBJECT


def test_a_score_that_is_confirmed_waits_no_more(session: Session) -> None:
    learner = make_learner(session)
    queue(session, learner, 1.0)
    queue(session, learner, 1.0, subject="module:stages")
    queue(session, learner, 1.0, subject="readiness")
    first = list_scores_of(session, learner.person_id, learner.course_id)[0]
    first.state, first.next_try_at = ScoreState.CONFIRMED, None
    session.flush()
    assert count_waiting(session) == 2
