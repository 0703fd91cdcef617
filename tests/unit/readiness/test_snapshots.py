"""Snapshots frozen by earlier versions of the gate: whatever it learns, of these it says the same.

Each file holds a snapshot and the results that the gate of its time gave. One is added when the shape of the evidence
changes; none is ever rewritten.
"""

import json
from pathlib import Path

import pytest

from service.readiness.operations import replay
from service.readiness.rules import EVALUATORS

SNAPSHOTS = sorted((Path(__file__).parent / "snapshots").glob("*.json"))


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_what_was_frozen_then_is_evaluated_to_the_same_today(path: Path) -> None:
    kept = json.loads(path.read_text())
    assert [result.as_data() for result in replay(kept["snapshot"])] == kept["results"]


def test_every_kind_of_condition_was_frozen_once() -> None:
    def kinds(conditions):
        return {one["kind"] for one in conditions} | {
            kind for one in conditions for kind in kinds(one.get("parts", ()))
        }

    frozen = set().union(*(kinds(json.loads(path.read_text())["results"]) for path in SNAPSHOTS))
    assert set(EVALUATORS) <= frozen
