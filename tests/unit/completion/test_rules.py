"""How far someone is in a module, as pure figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.completion.rules import Progress, progress_in, score_of
from service.exercise_types import Mark
from service.exercises.rules import Best
from service.modules.content import Module
from service.modules.loader import load_catalogue
from tests.makers import AT
from tests.small_content import SmallContent


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Module:
    return load_catalogue(SmallContent(tmp_path_factory.mktemp("content")).write()).module("roles")


def best(points: float, is_passed: bool) -> Best:
    mark = Mark(points, points, ())
    return Best(points, 1, is_passed, last_key="k1", last_at=AT, last_answer={}, last_mark=mark, is_current=True)


def test_nothing_done_is_nothing_reached(module: Module) -> None:
    progress = progress_in(module, {})
    assert progress == Progress(passed_exercises=0, all_exercises=3, points=0, max_points=8)
    assert not progress.is_complete
    assert score_of(progress) == 0


def test_all_points_are_not_needed_to_be_complete_but_every_pass_is(module: Module) -> None:
    passed = {"who-leads": best(1, True), "whose-duty": best(2, True), "stages": best(4, True)}
    assert progress_in(module, passed).is_complete
    assert score_of(progress_in(module, passed)) == 7 / 8
    assert not progress_in(module, passed | {"stages": best(3, False)}).is_complete


@given(st.integers(0, 50), st.integers(1, 50), st.floats(0, 1000), st.floats(0, 1000))
def test_a_score_is_a_share(passed: int, exercises: int, points: float, max_points: float) -> None:
    assert 0 <= score_of(Progress(passed, exercises, points, max_points)) <= 1
