"""The alert rules of docs/OPERATIONS.md speak of metrics and states that exist."""

import re
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.grades.models import ScoreState
from tests.makers import make_platform

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "OPERATIONS.md"
KEYS = {"alert", "expr", "for", "labels", "annotations"}


def rules() -> list[dict[str, Any]]:
    """Return the rules of the rule file in the page."""
    [block] = re.findall(r"```yaml\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    return [rule for group in yaml.safe_load(block)["groups"] for rule in group["rules"]]


def test_rules_have_the_form_of_prometheus() -> None:
    assert len(rules()) >= 3
    for rule in rules():
        assert set(rule) == KEYS
        assert re.fullmatch(r"\d+[smhd]", rule["for"])
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert all(isinstance(text, str) for text in (*rule["labels"].values(), *rule["annotations"].values()))


def test_rules_speak_of_metrics_and_states_that_exist(app, database: sessionmaker[Session]) -> None:
    with transaction(database) as session:
        make_platform(session)
    told = app.test_client().get("/metrics").text
    for rule in rules():
        names = re.findall(r"mentorready_\w+", rule["expr"])
        assert names
        for name in names:
            assert re.search(rf"^{name}\{{platform=", told, re.MULTILINE), name
        for states in re.findall(r'state=~?"([^"]*)"', rule["expr"]):
            assert set(states.split("|")) <= {state.value for state in ScoreState}


def test_every_state_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", OPERATIONS.read_text(), re.MULTILINE)
    assert explained == [state.value for state in ScoreState]
