"""The published schema of policies says what the rules say."""

import json

import pytest
from jsonschema import Draft202012Validator

from service.events.models import EventKind
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
from service.readiness.leaf_rules import DECISIONS, DECLARATIONS
from service.readiness.policy_rules import find_faults
from tests.demo.stage import ROOT
from tests.makers import make_catalogue, with_outcome

SCHEMA = json.loads((ROOT / "docs/schemas/policy.schema.json").read_text(encoding="utf-8"))
ROLES = Condition(MODULE_COMPLETE, "roles", min_percent=80)
YES_NOW = Condition(DECLARED, "yes_now", valid_months=6)
INTERVIEW = Condition(DECIDED, "interview", approvers=2, waived_by=2)
OWN = Condition(DECIDED, "speaks-arabic", title="Speaks Arabic", waived_by=0)


def _is_valid(own: list[Condition]) -> bool:
    return Draft202012Validator(SCHEMA).is_valid([condition.as_data() for condition in own])


@pytest.mark.parametrize(
    "own",
    [
        [ROLES, YES_NOW, INTERVIEW, OWN],
        [Condition(kind, "some", title="Some", parts=(YES_NOW, INTERVIEW)) for kind in (ANY_OF,)],
        [Condition(AT_LEAST, "two", title="Two of three", count=2, parts=(YES_NOW, INTERVIEW, OWN))],
        [Condition(ALL_OF, "all", title="All", parts=(Condition(NOT, "not", title="Not this", parts=(OWN,)),))],
        [Condition(MODULE_COMPLETE, "stages", valid_months=12), Condition(COMMITMENT_GIVEN, "confidentiality")],
        [Condition(OUTCOME_REACHED, "basics.asks"), Condition(ON_ROSTER, "roster", valid_months=2)],
        [Condition(PROFILE_COMPLETE, "profile")],
        [Condition(DECLARED, "capacity", least=2), Condition(DECLARED, "time", least=8)],
        *([Condition(EVENT_ATTENDED, kind.value, valid_months=12)] for kind in EventKind),
        *([Condition(DECLARED, key)] for key in DECLARATIONS),
        *([Condition(DECIDED, key)] for key in DECISIONS),
    ],
)
def test_what_the_rules_take_the_schema_takes(own: list[Condition]) -> None:
    assert not list(find_faults([], own, with_outcome(make_catalogue())))
    assert _is_valid(own)


@pytest.mark.parametrize(
    "own",
    [
        [Condition("gold", "x")],
        [Condition(MODULE_COMPLETE, "roles", min_percent=101)],
        [Condition(ON_ROSTER, "list")],
        [Condition(EVENT_ATTENDED, "dinner")],
        [Condition(OUTCOME_REACHED, "terms")],
        [Condition(DECLARED, "time", least=201)],
        [Condition(DECLARED, "Own Words", title="Own words")],
        [Condition(ANY_OF, "some", title="Some")],
        [Condition(ANY_OF, "some", parts=(YES_NOW,))],
        [Condition(DECIDED, "interview", approvers=4)],
        [Condition(DECIDED, "interview", waived_by=-1)],
    ],
)
def test_what_the_schema_refuses_the_rules_refuse(own: list[Condition]) -> None:
    assert not _is_valid(own)
    assert list(find_faults([], own, make_catalogue()))
