"""Laws of the gate, for any policy and any evidence."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    AT_LEAST,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    MODULE_COMPLETE,
    NOT,
    Condition,
    ConditionResult,
    ConditionState,
)
from service.readiness.evidence import CommitmentEvidence, DecisionEvidence, Evidence, ModuleEvidence, WaiverEvidence
from service.readiness.rules import evaluate, is_ready, next_change

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEYS = st.sampled_from(["roles", "stages", "trust"])
TIMES = st.integers(-2000, 0).map(lambda days: AT + timedelta(days=days))
STAFF = st.lists(st.sampled_from(["ada", "ben", "cyd"]), unique=True, min_size=1).map(tuple)

LEAVES = st.one_of(
    st.builds(
        Condition,
        st.just(MODULE_COMPLETE),
        KEYS,
        min_percent=st.sampled_from([0, 70]),
        valid_months=st.sampled_from([0, 12]),
        waived_by=st.integers(0, 2),
    ),
    st.builds(Condition, st.just(COMMITMENT_GIVEN), KEYS),
    st.builds(Condition, st.just(DECLARED), KEYS, valid_months=st.sampled_from([0, 3])),
    st.builds(Condition, st.just(DECIDED), KEYS, approvers=st.integers(1, 2)),
)


def _groups(parts: st.SearchStrategy[Condition], kinds: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    return st.builds(
        Condition,
        st.sampled_from(kinds),
        KEYS,
        count=st.integers(1, 3),
        parts=st.lists(parts, min_size=1, max_size=3).map(tuple),
    )


MONOTONE = st.recursive(LEAVES, lambda parts: _groups(parts, (ALL_OF, ANY_OF, AT_LEAST)), max_leaves=6)
ANY = st.recursive(LEAVES, lambda parts: _groups(parts, (ALL_OF, ANY_OF, AT_LEAST, NOT)), max_leaves=6)
EVIDENCE = st.builds(
    Evidence,
    modules=st.dictionaries(
        KEYS, st.builds(ModuleEvidence, st.integers(0, 4), st.just(4), st.none() | TIMES, st.integers(0, 100))
    ),
    commitments=st.dictionaries(KEYS, st.builds(CommitmentEvidence, st.integers(1, 2), TIMES)),
    current_versions=st.just({"roles": 1, "stages": 2, "trust": 2}),
    declarations=st.dictionaries(KEYS, TIMES),
    decisions=st.dictionaries(KEYS, st.builds(DecisionEvidence, st.booleans(), STAFF, TIMES)),
    waivers=st.dictionaries(
        st.builds(lambda kind, key: f"{kind}:{key}", st.sampled_from([MODULE_COMPLETE, DECIDED, ANY_OF]), KEYS),
        st.builds(WaiverEvidence, STAFF, TIMES, st.none() | st.just(AT + timedelta(days=30)) | TIMES),
    ),
)
BEST = Evidence(
    modules={key: ModuleEvidence(4, 4, AT, 100) for key in ("roles", "stages", "trust")},
    commitments={"roles": CommitmentEvidence(1, AT), "stages": CommitmentEvidence(2, AT)},
    current_versions={"roles": 1, "stages": 2, "trust": 2},
    declarations=dict.fromkeys(("roles", "stages", "trust"), AT),
    decisions={key: DecisionEvidence(True, ("ada", "ben", "cyd"), AT) for key in ("roles", "stages", "trust")},
)
PIECES = ("modules", "commitments", "declarations", "decisions")


@given(st.lists(MONOTONE, max_size=4), EVIDENCE, st.sampled_from(PIECES), KEYS)
def test_better_evidence_never_takes_readiness_away(
    policy: list[Condition], evidence: Evidence, piece: str, key: str
) -> None:
    better = getattr(BEST, piece).get(key)
    values = dict(vars(evidence))
    if better is not None:
        values[piece] = {**values[piece], key: better}
    assert is_ready(evaluate(policy, Evidence(**values), at=AT)) >= is_ready(evaluate(policy, evidence, at=AT))


@given(st.lists(MONOTONE, max_size=4), EVIDENCE)
def test_whoever_does_all_that_is_missing_is_ready(policy: list[Condition], evidence: Evidence) -> None:
    """The explanation leads to the end: what is unmet names what to do, and that done, the gate is open."""
    results = evaluate(policy, evidence, at=AT)
    values = {name: dict(getattr(evidence, name)) for name in PIECES}
    kinds = dict(zip((MODULE_COMPLETE, COMMITMENT_GIVEN, DECLARED, DECIDED), PIECES, strict=True))
    for leaf in _unmet_leaves(results):
        best = getattr(BEST, kinds[leaf.kind]).get(leaf.key) or CommitmentEvidence(2, AT)
        values[kinds[leaf.kind]][leaf.key] = best
    satisfiable = [one for one in policy if all(part.count <= len(part.parts) for part in one.walk() if part.parts)]
    done = Evidence(**values, current_versions=evidence.current_versions, waivers=evidence.waivers)
    assert all(result.is_satisfied for result in evaluate(satisfiable, done, at=AT))


def _unmet_leaves(results: list[ConditionResult] | tuple[ConditionResult, ...]) -> list[Condition]:
    found = []
    for result in results:
        if result.parts:
            found += _unmet_leaves(result.parts)
        elif not result.is_satisfied:
            found.append(result.condition)
    return found


@given(st.lists(ANY, max_size=4), EVIDENCE)
def test_evidence_frozen_and_read_again_gives_the_same_results(policy: list[Condition], evidence: Evidence) -> None:
    results = evaluate(policy, evidence, at=AT)
    thawed = [Condition.from_data(one.as_data()) for one in policy]
    assert thawed == policy
    assert evaluate(thawed, Evidence.from_data(evidence.as_data()), at=AT) == results
    assert [ConditionResult.from_data(result.as_data()) for result in results] == results


@given(st.lists(ANY, max_size=4), EVIDENCE)
def test_nothing_changes_before_the_next_change(policy: list[Condition], evidence: Evidence) -> None:
    """Time alone takes nothing away before the moment that is said."""
    results = evaluate(policy, evidence, at=AT)
    change = next_change(results)
    later = AT + timedelta(days=20_000) if change is None else change - timedelta(microseconds=1)
    states = [result.state for result in results]
    assert [result.state for result in evaluate(policy, evidence, at=later)] == states


@given(st.lists(MONOTONE, min_size=1, max_size=4), EVIDENCE)
def test_what_is_unmet_says_who_can_do_something(policy: list[Condition], evidence: Evidence) -> None:
    for result in evaluate(policy, evidence, at=AT):
        if not result.is_satisfied and result.parts:
            assert any(not part.is_satisfied for part in result.parts) or result.condition.count > len(result.parts)
        if result.state is ConditionState.WAITING and not result.parts:
            assert result.condition.kind == DECIDED
