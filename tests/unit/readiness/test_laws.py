"""Laws of the gate, for any policy and any evidence of every kind of condition."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.readiness.conditions import GROUPS, NOT, Condition, ConditionResult, ConditionState
from service.readiness.evidence import Evidence
from service.readiness.policy_edits import without_condition
from service.readiness.rules import EVALUATORS, evaluate, is_ready, next_change
from service.readiness.shortest import Actor, shortest_way
from tests.unit.readiness.drawing import ANY, AT, BEST, EVIDENCE, KEYS, LEAVES, MONOTONE, PIECES, act, take_back

KINDS = st.sampled_from(sorted(PIECES))


def test_every_kind_of_condition_is_drawn() -> None:
    assert set(PIECES) == set(EVALUATORS)


@given(st.lists(MONOTONE, max_size=4), EVIDENCE, KINDS, KEYS)
def test_more_evidence_never_takes_readiness_away(
    policy: list[Condition], evidence: Evidence, kind: str, key: str
) -> None:
    better = act(evidence, Condition(kind, key))
    assert is_ready(evaluate(policy, better, at=AT)) >= is_ready(evaluate(policy, evidence, at=AT))


@given(st.lists(MONOTONE, min_size=1, max_size=4), st.none() | LEAVES, EVIDENCE)
def test_following_the_way_step_by_step_ends_in_ready(
    policy: list[Condition], excluded: Condition | None, evidence: Evidence
) -> None:
    """Each step is done by whom it names; one that asks for what is gone is taken out of the policy by staff."""
    asked = tuple(policy)
    if excluded and excluded.name not in {part.name for one in policy for part in one.walk()}:
        asked = (*asked, Condition(NOT, "not", title="Not", parts=(excluded,)))
    for _ in range(40):
        steps = shortest_way(evaluate(asked, evidence, at=AT))
        if not steps or not asked:
            break
        condition = steps[0].result.condition
        if "is_gone" in steps[0].result.facts:
            assert steps[0].actor is Actor.STAFF
            asked = without_condition(asked, condition.name)
        elif steps[0].undoes:
            evidence = take_back(evidence, condition.parts[0] if condition.parts else condition)
        else:
            evidence = act(evidence, condition)
    results = evaluate(asked, evidence, at=AT)
    assert all(result.is_satisfied for result in results)


@given(st.lists(MONOTONE, min_size=1, max_size=4), EVIDENCE)
def test_the_way_is_no_longer_than_doing_all_that_is_unmet(policy: list[Condition], evidence: Evidence) -> None:
    results = evaluate(policy, evidence, at=AT)
    steps = shortest_way(results)
    unmet = {leaf.condition for leaf in _unmet_leaves(results)}
    assert {step.result.condition for step in steps} <= unmet
    assert bool(steps) == any(not result.is_satisfied for result in results)


@given(st.lists(ANY, min_size=1, max_size=4), EVIDENCE)
def test_what_is_unmet_names_an_act_and_who_does_it(policy: list[Condition], evidence: Evidence) -> None:
    """A group that holds someone up has a part that does, or one to undo; every leaf is somebody's to act on."""
    for result in evaluate(policy, evidence, at=AT):
        steps = shortest_way([result])
        assert bool(steps) != result.is_satisfied
        for step in steps:
            assert step.undoes or step.result.condition.kind not in GROUPS
            assert step.actor is Actor.LEARNER or step.result.state is not ConditionState.MET or step.undoes


@given(st.lists(ANY, max_size=4), EVIDENCE, st.lists(st.tuples(KINDS, KEYS), max_size=4), st.randoms())
def test_the_order_of_acts_changes_nothing(policy: list[Condition], evidence: Evidence, acts, random) -> None:
    shuffled = list(acts)
    random.shuffle(shuffled)
    outcomes = []
    for order in (acts, shuffled):
        after = evidence
        for kind, key in order:
            after = act(after, Condition(kind, key))
        outcomes.append(evaluate(policy, after, at=AT))
    assert outcomes[0] == outcomes[1]


@given(st.lists(ANY, max_size=4), EVIDENCE)
def test_evidence_frozen_and_read_again_gives_the_same_results(policy: list[Condition], evidence: Evidence) -> None:
    results = evaluate(policy, evidence, at=AT)
    thawed = [Condition.from_data(json.loads(json.dumps(one.as_data()))) for one in policy]
    assert thawed == policy
    assert evaluate(thawed, Evidence.from_data(json.loads(json.dumps(evidence.as_data()))), at=AT) == results
    assert [ConditionResult.from_data(result.as_data()) for result in results] == results


@given(st.lists(ANY, max_size=4), EVIDENCE)
def test_nothing_changes_before_the_next_change(policy: list[Condition], evidence: Evidence) -> None:
    """Time alone takes nothing away before the moment that is said."""
    results = evaluate(policy, evidence, at=AT)
    change = next_change(results)
    later = AT + timedelta(days=20_000) if change is None else change - timedelta(microseconds=1)
    states = [result.state for result in results]
    assert [result.state for result in evaluate(policy, evidence, at=later)] == states


@given(st.lists(MONOTONE, max_size=4), EVIDENCE, LEAVES)
def test_what_is_no_longer_taught_makes_nobody_ready(
    policy: list[Condition], evidence: Evidence, leaf: Condition
) -> None:
    gone = replace(evidence, gone=(*evidence.gone, leaf.name))
    assert is_ready(evaluate(policy, gone, at=AT)) <= is_ready(evaluate(policy, evidence, at=AT))


@pytest.mark.parametrize("kind", sorted(PIECES))
def test_each_kind_is_met_by_its_act_and_by_nothing_else(kind: str) -> None:
    asked = Condition(kind, "trust")
    assert not evaluate([asked], Evidence(current_versions=BEST.current_versions), at=AT)[0].is_satisfied
    others = take_back(BEST, asked)
    assert not evaluate([asked], others, at=AT)[0].is_satisfied
    assert evaluate([asked], act(others, asked), at=AT)[0].is_met


def _unmet_leaves(results: list[ConditionResult] | tuple[ConditionResult, ...]) -> list[ConditionResult]:
    found = []
    for result in results:
        if result.parts:
            found += _unmet_leaves(result.parts)
        elif not result.is_satisfied:
            found.append(result)
    return found
