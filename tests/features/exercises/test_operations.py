"""Attempts: kept for ever, once for each submission, and marked by what was asked when they were made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import InvalidInputError, NotFoundError
from service.exercises.best_tries import best_marks
from service.exercises.models import Attempt
from service.exercises.operations import AttemptResult, list_attempts, record_attempt
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from service.modules.models import ModuleVersion
from tests.small_content import RIGHT_ANSWERS, SmallContent, add_person

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_SORTED = {"group.listens": "mentee", "group.sets-goals": "mentee", "group.gives-feedback": "mentor"}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(SmallContent(tmp_path / "content").write())


@pytest.fixture
def changed(tmp_path: Path) -> Catalogue:
    """The content after its author has turned the answer of one exercise round and given another more points."""
    content = SmallContent(tmp_path / "changed")
    content.module["exercises"][0]["answer"] = "tell"
    content.module["exercises"][1] |= {"points": 6, "pass": 6}
    return load_catalogue(content.write())


@pytest.fixture
def person_id(session: Session) -> int:
    return add_person(session)


@pytest.fixture
def hand_in(session: Session, catalogue: Catalogue, person_id: int) -> Callable[..., AttemptResult]:
    def hand_in(exercise_key: str, answer: dict[str, Any], key: str, content: Catalogue = catalogue) -> AttemptResult:
        return record_attempt(session, content, person_id, "roles", exercise_key, answer, key, at=AT)

    return hand_in


def test_an_attempt_is_kept_with_its_mark(session: Session, hand_in: Callable[..., AttemptResult]) -> None:
    result = hand_in("whose-duty", HALF_SORTED, "k1")
    assert result.is_new
    assert (result.mark.points, result.mark.max_points) == (2, 3)
    session.expire_all()
    attempt = session.get_one(Attempt, result.attempt.id)
    assert (attempt.number, attempt.points, attempt.max_points, attempt.is_passed) == (1, 2, 3, True)
    assert attempt.answer == {"groups": {"listens": "mentee", "sets-goals": "mentee", "gives-feedback": "mentor"}}
    assert attempt.handed_in_at == AT
    assert session.get_one(ModuleVersion, attempt.module_version_id).module_key == "roles"


def test_tries_are_counted_for_each_exercise(hand_in: Callable[..., AttemptResult]) -> None:
    numbers = [
        hand_in(key, RIGHT_ANSWERS[key], str(n)).attempt.number
        for n, key in enumerate(["who-leads", "who-leads", "stages", "who-leads"])
    ]
    assert numbers == [1, 2, 1, 3]


def test_the_same_submission_finds_the_attempt_that_is_there(
    session: Session, hand_in: Callable[..., AttemptResult]
) -> None:
    first = hand_in("who-leads", {"choice": "tell"}, "k1")
    again = hand_in("who-leads", {"choice": "ask"}, "k1")
    assert not again.is_new
    assert again.attempt is first.attempt
    assert again.mark == first.mark
    assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_submission_key_serves_one_exercise_and_one_person(
    session: Session, catalogue: Catalogue, hand_in: Callable[..., AttemptResult]
) -> None:
    hand_in("who-leads", {"choice": "tell"}, "k1")
    with pytest.raises(InvalidInputError, match="used elsewhere"):
        hand_in("stages", RIGHT_ANSWERS["stages"], "k1")
    other = add_person(session, "2")
    assert record_attempt(session, catalogue, other, "roles", "who-leads", {"choice": "ask"}, "k1", at=AT).is_new


@pytest.mark.parametrize(
    ("module_key", "exercise_key", "answer", "key", "error"),
    [
        ("nothing", "who-leads", {"choice": "ask"}, "k", NotFoundError),
        ("roles", "nothing", {"choice": "ask"}, "k", NotFoundError),
        ("roles", "who-leads", {"choice": "z"}, "k", InvalidInputError),
        ("roles", "who-leads", {}, "k", InvalidInputError),
        ("roles", "who-leads", {"choice": "ask"}, "", InvalidInputError),
        ("roles", "who-leads", {"choice": "ask"}, "k" * 65, InvalidInputError),
        ("roles", "who-leads", {"choice": "ask"}, "k\0", InvalidInputError),
    ],
)
def test_what_cannot_be_taken_leaves_no_row(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    exercise_key: str,
    answer: dict[str, Any],
    key: str,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        record_attempt(session, catalogue, person_id, module_key, exercise_key, answer, key, at=AT)
    for table in (Attempt, ModuleVersion):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_nobody_hands_in_for_someone_who_is_not_there(session: Session, catalogue: Catalogue) -> None:
    with pytest.raises(NotFoundError):
        record_attempt(session, catalogue, 999, "roles", "who-leads", {"choice": "ask"}, "k", at=AT)


def test_the_best_try_counts_and_the_last_one_is_shown(
    session: Session, catalogue: Catalogue, person_id: int, hand_in: Callable[..., AttemptResult]
) -> None:
    hand_in("who-leads", {"choice": "ask"}, "1")
    hand_in("who-leads", {"choice": "tell"}, "2")
    hand_in("stages", {"order": ["part", "work", "agree", "meet"]}, "3")
    best = best_marks(session, person_id, catalogue.module("roles"))
    assert best.keys() == {"who-leads", "stages"}
    leads = best["who-leads"]
    assert (leads.points, leads.tries, leads.is_passed, leads.last_answer) == (1, 2, True, {"choice": "tell"})
    assert (leads.last_mark.points, leads.last_mark.parts[0].is_right, leads.is_current) == (0, False, True)
    assert (best["stages"].points, best["stages"].is_passed) == (0, False)
    assert best_marks(session, add_person(session, "2"), catalogue.module("roles")) == {}


def test_best_marks_take_one_statement_however_many_tries_there_are(
    session: Session, catalogue: Catalogue, person_id: int, engine: Engine, hand_in: Callable[..., AttemptResult]
) -> None:
    for number in range(20):
        hand_in("who-leads", {"choice": "tell"}, str(number))
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *event_: statements.append(event_[2]))
    assert best_marks(session, person_id, catalogue.module("roles"))["who-leads"].tries == 20
    assert len(statements) == 1


def test_changed_content_changes_no_old_mark(
    session: Session,
    catalogue: Catalogue,
    changed: Catalogue,
    person_id: int,
    hand_in: Callable[..., AttemptResult],
) -> None:
    hand_in("who-leads", {"choice": "ask"}, "1")
    hand_in("whose-duty", HALF_SORTED, "2")
    best = best_marks(session, person_id, changed.module("roles"))
    assert (best["who-leads"].points, best["who-leads"].is_passed) == (1, True)
    assert best["who-leads"].last_mark.parts[0].is_right
    assert not best["who-leads"].is_current
    assert best["whose-duty"].points == 4, "two of three points, on the new scale of six"
    assert best["whose-duty"].is_passed, "by the pass mark of its day"
    hand_in("who-leads", {"choice": "ask"}, "3", changed)
    attempts = [result for result in list_attempts(session, person_id, "roles") if result.mark.max_points == 1]
    assert [(result.attempt.number, result.mark.points) for result in attempts] == [(1, 1), (2, 0)]
    assert best_marks(session, person_id, changed.module("roles"))["who-leads"].is_current


def test_an_exercise_that_was_taken_out_no_longer_counts(
    session: Session, tmp_path: Path, person_id: int, hand_in: Callable[..., AttemptResult]
) -> None:
    hand_in("who-leads", {"choice": "ask"}, "1")
    content = SmallContent(tmp_path / "shorter")
    del content.module["exercises"][0]
    for language in ("en", "he"):
        del content.files[f"module-i/roles/{language}.yaml"]["exercises"]["who-leads"]
    shorter = load_catalogue(content.write())
    assert best_marks(session, person_id, shorter.module("roles")) == {}
    assert len(list_attempts(session, person_id, "roles")) == 1


@pytest.mark.parametrize("keys", [["a", "b", "c", "d", "e", "f"], ["a"] * 6, ["a", "b", "a", "b", "a", "b"]])
def test_tabs_at_the_same_instant_lose_nothing_and_double_nothing(
    sessions: sessionmaker[Session], catalogue: Catalogue, keys: list[str]
) -> None:
    with transaction(sessions) as session:
        person_id = add_person(session)

    def hand_in(key: str) -> tuple[int, bool]:
        with transaction(sessions) as session:
            result = record_attempt(session, catalogue, person_id, "roles", "who-leads", {"choice": "ask"}, key, at=AT)
            return result.attempt.number, result.is_new

    with ThreadPoolExecutor(len(keys)) as tabs:
        results = list(tabs.map(hand_in, keys))
    different = len(set(keys))
    assert sorted(number for number, is_new in results if is_new) == list(range(1, different + 1))
    with transaction(sessions, reads_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == different
