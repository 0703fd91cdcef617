"""What the gradebook says beside a score: in the language in which the learner uses the tool."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.scores import SCORE_SCOPE
from service import journey
from service.grades.models import Score
from service.grades.operations import note_line_item
from tests.makers import AT, RIGHT, make_catalogue, make_member


@pytest.mark.parametrize(
    ("chosen", "launch", "words"),
    [
        ("", "", "2 of 2 exercises passed"),
        ("", "he", "2 מתוך 2 תרגילים הושלמו בהצלחה"),
        ("pl", "he", "Zaliczone ćwiczenia: 2 z\u00a02"),
    ],
)
def test_the_comment_is_in_the_language_of_the_learner(session: Session, chosen: str, launch: str, words: str) -> None:
    catalogue, mentor = make_catalogue(), make_member(session, "mentor-1", grade_scopes=(SCORE_SCOPE,))
    mentor.person.chosen_language, mentor.person.launch_language = chosen, launch
    url = "https://lms.example/items/1"
    note_line_item(session, mentor.course_id, "module:roles", "link-1", "Roles", 100.0, url, at=AT)
    for exercise in catalogue.module("roles").exercises:
        journey.hand_in(session, catalogue, mentor, "roles", exercise.key, RIGHT, exercise.key, at=AT)
    assert session.scalars(select(Score.comment)).one() == words
