"""What the gradebook says beside a score: in the language in which the learner uses the tool."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.scores import SCORE_SCOPE
from service import journey
from service.grades.models import Score
from service.grades.operations import note_line_item
from service.modules.tries import TryRule
from tests.makers import AT, RIGHT, make_catalogue, make_member, make_module


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


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "1 of 1 points, 1 needed, tries left: 2"),
        ("he", "1 מתוך 1 נקודות, נדרשות 1, ניסיונות שנותרו: 2"),
        ("pl", "Punkty: 1 z\u00a01, potrzebne: 1, pozostałe próby: 2"),
    ],
)
def test_where_tries_end_the_comment_says_what_is_needed_and_left(session: Session, language: str, words: str) -> None:
    module = make_module("roles", ("mentor",))
    limited = replace(module, exercises=tuple(replace(one, rule=TryRule(3)) for one in module.exercises))
    mentor = make_member(session, "mentor-1", grade_scopes=(SCORE_SCOPE,))
    mentor.person.chosen_language = language
    url = "https://lms.example/items/1"
    note_line_item(session, mentor.course_id, "exercise:roles/first", "link-1", "First", 100.0, url, at=AT)
    journey.hand_in(session, make_catalogue(limited), mentor, "roles", "first", RIGHT, "key", at=AT)
    assert session.scalars(select(Score.comment)).one() == words
