"""Draws policies and evidence of every kind of condition, for the laws of the gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    AT_LEAST,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    NOT,
    ON_ROSTER,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    Condition,
)
from service.readiness.evidence import (
    CommitmentEvidence,
    DecisionEvidence,
    Evidence,
    ModuleEvidence,
    OutcomeEvidence,
    ProfileEvidence,
    RosterEvidence,
    WaiverEvidence,
)

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NAMES = ("roles", "stages", "trust")
KEYS = st.sampled_from(NAMES)
TIMES = st.integers(-2000, 0).map(lambda days: AT + timedelta(days=days))
STAFF = st.lists(st.sampled_from(["ada", "ben", "cyd"]), unique=True, min_size=1).map(tuple)
MONTHS = st.sampled_from([0, 3, 12])
WAIVED_BY = st.integers(0, 2)

LEAVES = st.one_of(
    st.builds(
        Condition,
        st.just(MODULE_COMPLETE),
        KEYS,
        min_percent=st.sampled_from([0, 70]),
        valid_months=MONTHS,
        waived_by=WAIVED_BY,
    ),
    st.builds(Condition, st.sampled_from([COMMITMENT_GIVEN, OUTCOME_REACHED, PROFILE_COMPLETE]), KEYS),
    st.builds(Condition, st.just(DECLARED), KEYS, valid_months=MONTHS, least=st.integers(0, 3)),
    st.builds(Condition, st.sampled_from([EVENT_ATTENDED, ON_ROSTER]), KEYS, valid_months=MONTHS),
    st.builds(Condition, st.just(DECIDED), KEYS, approvers=st.integers(1, 2), valid_months=MONTHS),
)


def groups(parts: st.SearchStrategy[Condition], kinds: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Draw groups that could be met: none asks for more parts than it has."""

    def with_count(group: Condition, count: int) -> Condition:
        return replace(group, count=min(count, len(group.parts)))

    drawn = st.builds(Condition, st.sampled_from(kinds), KEYS, parts=st.lists(parts, min_size=1, max_size=3).map(tuple))
    return st.builds(with_count, drawn, st.integers(1, 3))


MONOTONE = st.recursive(LEAVES, lambda parts: groups(parts, (ALL_OF, ANY_OF, AT_LEAST)), max_leaves=6)
ANY = st.recursive(LEAVES, lambda parts: groups(parts, (ALL_OF, ANY_OF, AT_LEAST, NOT)), max_leaves=6)
VERSIONS = {"roles": 1, "stages": 2, "trust": 2}
EVIDENCE = st.builds(
    Evidence,
    modules=st.dictionaries(
        KEYS,
        st.builds(
            ModuleEvidence,
            st.integers(0, 4),
            st.just(4),
            st.none() | TIMES,
            st.integers(0, 100),
            refreshers=st.fixed_dictionaries({"first": st.none() | TIMES, "second": st.none() | TIMES}),
            recognised_at=st.none() | TIMES,
        ),
    ),
    commitments=st.dictionaries(KEYS, st.builds(CommitmentEvidence, st.integers(1, 2), TIMES)),
    current_versions=st.just(VERSIONS),
    declarations=st.dictionaries(KEYS, TIMES),
    numbers=st.dictionaries(KEYS, st.integers(0, 3)),
    decisions=st.dictionaries(KEYS, st.builds(DecisionEvidence, st.booleans(), STAFF, TIMES, st.booleans())),
    outcomes=st.dictionaries(KEYS, st.builds(OutcomeEvidence, st.integers(0, 2), st.just(2), st.none() | TIMES)),
    attended=st.dictionaries(KEYS, TIMES),
    profile=st.dictionaries(KEYS, st.builds(ProfileEvidence, st.just(()) | st.just(("field",)), TIMES)),
    roster=st.dictionaries(
        KEYS, st.builds(RosterEvidence, st.booleans(), st.none() | TIMES, st.sampled_from(["", "gone"]))
    ),
    waivers=st.dictionaries(
        st.builds(lambda kind, key: f"{kind}:{key}", st.sampled_from([MODULE_COMPLETE, DECIDED, ANY_OF]), KEYS),
        st.builds(WaiverEvidence, STAFF, TIMES, st.none() | st.just(AT + timedelta(days=30)) | TIMES),
    ),
    gone=st.lists(KEYS.map(lambda key: f"{MODULE_COMPLETE}:{key}"), max_size=1).map(tuple),
)
BEST = Evidence(
    modules={key: ModuleEvidence(4, 4, AT, 100, refreshers={"first": AT, "second": AT}) for key in NAMES},
    commitments={key: CommitmentEvidence(version, AT) for key, version in VERSIONS.items()},
    current_versions=VERSIONS,
    declarations=dict.fromkeys(NAMES, AT),
    numbers=dict.fromkeys(NAMES, 3),
    decisions={key: DecisionEvidence(True, ("ada", "ben", "cyd"), AT) for key in NAMES},
    outcomes={key: OutcomeEvidence(2, 2, AT) for key in NAMES},
    attended=dict.fromkeys(NAMES, AT),
    profile={key: ProfileEvidence((), AT) for key in NAMES},
    roster={key: RosterEvidence(is_listed=True, read_at=AT) for key in NAMES},
)
"""All that anyone could do, done now."""
PIECES = {
    MODULE_COMPLETE: ("modules",),
    COMMITMENT_GIVEN: ("commitments",),
    DECLARED: ("declarations", "numbers"),
    DECIDED: ("decisions",),
    OUTCOME_REACHED: ("outcomes",),
    EVENT_ATTENDED: ("attended",),
    PROFILE_COMPLETE: ("profile",),
    ON_ROSTER: ("roster",),
}
"""The fields of the evidence that each kind looks at."""


def act(evidence: Evidence, condition: Condition) -> Evidence:
    """Return the evidence after whoever can has done what a condition asks for."""
    values = {
        piece: {**getattr(evidence, piece), condition.key: getattr(BEST, piece)[condition.key]}
        for piece in PIECES[condition.kind]
    }
    return replace(evidence, **values)


def take_back(evidence: Evidence, condition: Condition) -> Evidence:
    """Return the evidence with what meets a condition gone: withdrawn, undone, or no longer so."""
    without = {
        piece: {key: value for key, value in getattr(evidence, piece).items() if key != condition.key}
        for piece in PIECES[condition.kind]
    }
    waivers = {name: waiver for name, waiver in evidence.waivers.items() if name != condition.name}
    return replace(evidence, **without, waivers=waivers)
