"""Completion: one row for person and module, at once, and never taken away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from service.completion.models import Completion
from service.completion.operations import bring_up_to_date, find_completion, list_completions
from service.completion.rules import score_of
from service.db import transaction
from service.errors import NotFoundError
from service.exercises.operations import record_attempt
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from tests.small_content import RIGHT_ANSWERS, SmallContent, add_person

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(SmallContent(tmp_path / "content").write())


@pytest.fixture
def harder(tmp_path: Path) -> Catalogue:
    """The content after its author has added an exercise of many points."""
    content = SmallContent(tmp_path / "harder")
    content.module["exercises"].append(content.module["exercises"][0] | {"key": "new", "points": 20})
    for language in ("en", "he"):
        exercises = content.files[f"module-i/roles/{language}.yaml"]["exercises"]
        exercises["new"] = exercises["who-leads"]
    return load_catalogue(content.write())


def hand_in(
    session: Session, catalogue: Catalogue, person_id: int, key: str, answer: dict[str, Any], at: datetime = AT
) -> Completion:
    record_attempt(session, catalogue, person_id, "roles", key, answer, uuid4().hex, at=at)
    return bring_up_to_date(session, catalogue, person_id, "roles", at=at)


def complete(session: Session, catalogue: Catalogue, person_id: int) -> Completion:
    for key, answer in RIGHT_ANSWERS.items():
        completion = hand_in(session, catalogue, person_id, key, answer)
    return completion


def test_a_module_is_complete_when_each_exercise_was_passed_in_some_try(session: Session, catalogue: Catalogue) -> None:
    person_id = add_person(session)
    assert find_completion(session, person_id, "roles") is None
    hand_in(session, catalogue, person_id, "who-leads", {"choice": "ask"})
    hand_in(session, catalogue, person_id, "who-leads", {"choice": "tell"})
    one_wrong = {"listens": "mentee", "sets-goals": "mentee", "gives-feedback": "mentor"}
    hand_in(session, catalogue, person_id, "whose-duty", {"groups": one_wrong})
    completion = hand_in(session, catalogue, person_id, "stages", {"order": ["agree", "meet", "work", "part"]})
    assert (completion.passed_exercises, completion.all_exercises, completion.completed_at) == (2, 3, None)
    assert (completion.points, completion.max_points) == (6, 8)
    completion = hand_in(session, catalogue, person_id, "stages", RIGHT_ANSWERS["stages"])
    assert (completion.passed_exercises, completion.completed_at) == (3, AT)
    assert score_of(completion) == 7 / 8
    assert session.scalar(select(func.count()).select_from(Completion)) == 1


def test_once_complete_always_complete(session: Session, catalogue: Catalogue, harder: Catalogue) -> None:
    person_id = add_person(session)
    complete(session, catalogue, person_id)
    completion = hand_in(session, harder, person_id, "who-leads", {"choice": "tell"}, LATER)
    assert completion.completed_at == AT
    assert score_of(completion) == 1, "a new exercise takes nothing from those who were done"
    completion = hand_in(session, harder, person_id, "new", {"choice": "ask"}, LATER)
    assert (completion.completed_at, completion.updated_at) == (AT, LATER)
    assert (completion.passed_exercises, completion.all_exercises, score_of(completion)) == (4, 4, 1)


def test_a_new_exercise_is_asked_of_those_who_were_not_done(
    session: Session, catalogue: Catalogue, harder: Catalogue
) -> None:
    person_id = add_person(session)
    hand_in(session, catalogue, person_id, "who-leads", {"choice": "ask"})
    completion = complete(session, harder, person_id)
    assert (completion.passed_exercises, completion.all_exercises, completion.completed_at) == (3, 4, None)


def test_what_is_unknown_is_not_found(session: Session, catalogue: Catalogue) -> None:
    with pytest.raises(NotFoundError):
        bring_up_to_date(session, catalogue, add_person(session), "nothing", at=AT)
    with pytest.raises(NotFoundError):
        bring_up_to_date(session, catalogue, 999, "roles", at=AT)


def test_completions_of_many_people_take_one_statement(session: Session, catalogue: Catalogue, engine: Engine) -> None:
    people = [add_person(session, str(number)) for number in range(5)]
    for person_id in people[:2]:
        complete(session, catalogue, person_id)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *event_: statements.append(event_[2]))
    found = list_completions(session, people)
    assert len(statements) == 1
    assert [set(found[person_id]) for person_id in people] == [{"roles"}, {"roles"}, set(), set(), set()]
    assert list_completions(session, []) == {}


def test_the_last_exercises_handed_in_at_the_same_instant_complete_the_module(
    sessions: sessionmaker[Session], catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        person_id = add_person(session)

    def tab(key: str) -> None:
        with transaction(sessions) as session:
            hand_in(session, catalogue, person_id, key, RIGHT_ANSWERS[key])

    with ThreadPoolExecutor(len(RIGHT_ANSWERS)) as tabs:
        list(tabs.map(tab, RIGHT_ANSWERS))
    with transaction(sessions, reads_only=True) as session:
        completion = find_completion(session, person_id, "roles")
        assert completion is not None
        assert completion.completed_at == AT
