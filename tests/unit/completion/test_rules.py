"""How far someone is in a module, as pure figures, and what its rule still asks for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.completion.rules import Attended, Facts, Progress, Result, evaluate, list_open, progress_in, score_of
from service.exercise_types import Mark
from service.exercises.rules import Best
from service.modules.content import Module
from service.modules.loader import load_catalogue
from service.modules.requirements import Group, Kind, Requirement, Rule, list_requirements
from tests.makers import AT
from tests.small_content import SmallContent

LATER = AT + timedelta(days=1)
READ = Requirement(Kind.READ, "roles", ("first", "second"))
PASSED = Requirement(Kind.PASSED, "roles", ("who-leads", "stages"))
REVIEWED = Requirement(Kind.REVIEWED, "roles", ("essay",))
POSTED = Requirement(Kind.POSTED, "roles", count=2)
ATTENDED = Requirement(Kind.ATTENDED, "roles")
TRAINING_DAY = Requirement(Kind.ATTENDED, "roles", ("training_day",))
COMPLETED = Requirement(Kind.COMPLETED, "roles")
ENOUGH: list[tuple[Rule, Facts]] = [
    (READ, Facts(read={("roles", "first"): AT, ("roles", "second"): LATER})),
    (PASSED, Facts(passed={("roles", "who-leads"): LATER, ("roles", "stages"): AT})),
    (REVIEWED, Facts(reviewed={("roles", "essay"): LATER})),
    (POSTED, Facts(posted=(LATER, AT, LATER + timedelta(hours=1)))),
    (ATTENDED, Facts(attended=(Attended("opening", ("trust", "roles"), LATER),))),
    (TRAINING_DAY, Facts(attended=(Attended("training_day", (), LATER),))),
    (COMPLETED, Facts(completed={"roles": LATER})),
]
Lacking = tuple[int, int, tuple[str, ...]]
NEARLY: list[tuple[Rule, Facts, Lacking]] = [
    (READ, Facts(read={("roles", "first"): AT, ("other", "second"): AT}), (1, 2, ("second",))),
    (PASSED, Facts(passed={("roles", "stages"): AT}), (1, 2, ("who-leads",))),
    (REVIEWED, Facts(passed={("roles", "essay"): AT}), (0, 1, ("essay",))),
    (POSTED, Facts(posted=(AT,)), (1, 2, ())),
    (ATTENDED, Facts(attended=(Attended("training_day", ("other",), AT),)), (0, 1, ())),
    (TRAINING_DAY, Facts(attended=(Attended("opening", ("roles",), AT),)), (0, 1, ())),
    (COMPLETED, Facts(completed={"other": AT}), (0, 1, ())),
]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Module:
    return load_catalogue(SmallContent(tmp_path_factory.mktemp("content")).write()).module("roles")


def best(points: float, is_passed: bool) -> Best:
    mark = Mark(points, points, ())
    return Best(points, 1, is_passed, last_key="k1", last_at=AT, last_answer={}, last_mark=mark, is_current=True)


@pytest.mark.parametrize(("rule", "facts"), ENOUGH, ids=str)
def test_a_requirement_is_met_since_its_last_piece_came(rule: Rule, facts: Facts) -> None:
    result = evaluate(rule, facts)
    assert (result.at, result.have, result.missing) == (LATER, result.need, ())


@pytest.mark.parametrize(("rule", "facts", "expected"), NEARLY, ids=str)
def test_a_requirement_says_what_is_missing(
    rule: Rule, facts: Facts, expected: tuple[int, int, tuple[str, ...]]
) -> None:
    result = evaluate(rule, facts)
    assert not result.is_met
    assert (result.have, result.need, result.missing) == expected


@pytest.mark.parametrize(("rule", "_facts"), ENOUGH, ids=str)
def test_what_is_recognised_counts_wherever_its_work_is_asked_for(rule: Rule, _facts: Facts) -> None:
    result = evaluate(rule, Facts(recognised={"roles": AT}))
    assert (result.at, result.is_recognised) == (AT, True)
    assert not evaluate(rule, Facts(recognised={"other": AT})).is_met


def test_own_work_is_no_recognition() -> None:
    result = evaluate(COMPLETED, Facts(completed={"roles": LATER}, recognised={"roles": AT}))
    assert (result.at, result.is_recognised) == (LATER, False)


def test_any_of_needs_one_and_all_of_needs_each() -> None:
    facts = Facts(completed={"roles": LATER}, passed={("roles", "who-leads"): AT, ("roles", "stages"): AT})
    assert evaluate(Group(1, (POSTED, PASSED, COMPLETED)), facts).at == AT
    assert evaluate(Group(2, (POSTED, PASSED, COMPLETED)), facts).at == LATER
    everything = evaluate(Group(3, (POSTED, PASSED, COMPLETED)), facts)
    assert (everything.at, everything.have, everything.need) == (None, 2, 3)


def test_what_is_open_leaves_out_what_is_met_and_keeps_a_choice_whole() -> None:
    choice = Group(1, (REVIEWED, ATTENDED))
    result = evaluate(Group(3, (READ, choice, Group(2, (PASSED, POSTED)))), ENOUGH[1][1])
    assert [(found.kind, found.need) for found in list_open(result)] == [("read", 2), ("group", 1), ("posted", 2)]
    assert list_open(evaluate(PASSED, ENOUGH[1][1])) == []


FACTS = st.sampled_from([facts for _, facts in ENOUGH])
LEAVES: st.SearchStrategy[Rule] = st.sampled_from([rule for rule, _ in ENOUGH])
RULES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.integers(1, len(parts)).map(lambda least: Group(least, tuple(parts)))
    ),
    max_leaves=12,
)


@given(RULES, FACTS)
def test_a_result_survives_being_stored_and_counts_within_its_bounds(rule: Rule, facts: Facts) -> None:
    result = evaluate(rule, facts)
    assert Result.from_data(result.as_data()) == result
    assert result.have <= max(result.need, len(result.parts))
    assert result.is_met == (result.have >= result.need)
    assert bool(list_open(result)) == (not result.is_met)


@given(RULES)
def test_no_rule_is_beyond_reach_and_none_is_met_by_nothing(rule: Rule) -> None:
    modules = {requirement.module_key for requirement in list_requirements(rule)}
    assert evaluate(rule, Facts(recognised=dict.fromkeys(modules, AT))).is_met
    assert not evaluate(rule, Facts()).is_met


def test_nothing_done_is_nothing_reached(module: Module) -> None:
    progress = progress_in(module, {})
    assert progress == Progress(passed_exercises=0, all_exercises=3, points=0, max_points=8)
    assert score_of(progress) == 0


def test_all_points_are_not_needed_to_be_complete_but_every_pass_is(module: Module) -> None:
    passed = {"who-leads": best(1, True), "whose-duty": best(2, True), "stages": best(4, True)}
    assert score_of(progress_in(module, passed)) == 7 / 8
    assert progress_in(module, passed).passed_exercises == 3
    assert progress_in(module, passed | {"stages": best(3, False)}).passed_exercises == 2
    assert module.completion_rule == Requirement(Kind.PASSED, "roles", ("who-leads", "whose-duty", "stages"))


@given(st.integers(0, 50), st.integers(1, 50), st.floats(0, 1000), st.floats(0, 1000))
def test_a_score_is_a_share(passed: int, exercises: int, points: float, max_points: float) -> None:
    assert 0 <= score_of(Progress(passed, exercises, points, max_points)) <= 1
