"""The gate as a pure function, with the laws it keeps."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    MODULE_COMPLETE,
    Condition,
    ConditionResult,
    ConditionState,
)
from service.readiness.evidence import CommitmentEvidence, Evidence, ModuleEvidence
from service.readiness.rules import evaluate, is_ready

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
POLICY = [Condition(MODULE_COMPLETE, "roles"), Condition(COMMITMENT_GIVEN, "confidentiality")]

keys = st.sampled_from(["roles", "stages", "benefits"])
modules = st.dictionaries(
    keys,
    st.builds(ModuleEvidence, st.integers(0, 5), st.integers(1, 5), st.none() | st.just(AT)),
)
commitments = st.dictionaries(
    st.just("confidentiality"), st.builds(CommitmentEvidence, st.integers(1, 3), st.just(AT)), max_size=1
)
evidences = st.builds(Evidence, modules, commitments, st.just({"confidentiality": 2}))
policies = st.lists(
    st.one_of(
        st.builds(Condition, st.just(MODULE_COMPLETE), keys),
        st.just(Condition(COMMITMENT_GIVEN, "confidentiality")),
    ),
    max_size=5,
)


def test_everything_met_is_ready_and_says_since_when() -> None:
    evidence = Evidence(
        {"roles": ModuleEvidence(4, 4, AT)}, {"confidentiality": CommitmentEvidence(2, AT)}, {"confidentiality": 2}
    )
    results = evaluate(POLICY, evidence, at=AT)
    assert is_ready(results)
    assert [result.facts["at"] for result in results] == ["2026-03-01T09:30:00+00:00"] * 2


def test_an_unfinished_module_says_how_much_is_there() -> None:
    results = evaluate(POLICY, Evidence({"roles": ModuleEvidence(1, 4, None)}, {}, {"confidentiality": 2}), at=AT)
    assert results[0] == ConditionResult(POLICY[0], ConditionState.NOT_MET, {"passed": 1, "all": 4})
    assert not is_ready(results)


def test_a_commitment_to_an_older_text_does_not_count() -> None:
    evidence = Evidence({}, {"confidentiality": CommitmentEvidence(1, AT)}, {"confidentiality": 2})
    result = evaluate(POLICY, evidence, at=AT)[1]
    assert result.state is ConditionState.NOT_MET
    assert result.facts == {"given_version": 1, "version": 2}


def test_a_commitment_whose_text_is_gone_does_not_count() -> None:
    evidence = Evidence({}, {"confidentiality": CommitmentEvidence(1, AT)}, {})
    assert evaluate(POLICY, evidence, at=AT)[1].state is ConditionState.NOT_MET


def test_a_policy_that_asks_nothing_lets_nobody_through() -> None:
    assert not is_ready(evaluate([], Evidence(), at=AT))


@given(policies, evidences)
def test_ready_means_every_condition_is_met(policy: list[Condition], evidence: Evidence) -> None:
    results = evaluate(policy, evidence, at=AT)
    assert [result.condition for result in results] == policy
    assert is_ready(results) == (bool(policy) and all(result.state is ConditionState.MET for result in results))


@given(policies, evidences, keys)
def test_more_evidence_never_takes_readiness_away(policy: list[Condition], evidence: Evidence, key: str) -> None:
    more = Evidence(
        {**evidence.modules, key: ModuleEvidence(5, 5, AT)}, evidence.commitments, evidence.current_versions
    )
    assert is_ready(evaluate(policy, more, at=AT)) >= is_ready(evaluate(policy, evidence, at=AT))


@given(policies, evidences)
def test_a_result_stored_and_read_is_the_same(policy: list[Condition], evidence: Evidence) -> None:
    for result in evaluate(policy, evidence, at=AT):
        assert ConditionResult.from_data(result.as_data()) == result
