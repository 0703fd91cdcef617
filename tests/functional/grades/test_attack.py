"""A small form of the attack of bench/grades_attack.py: everything fails, everybody is killed, and nothing is lost."""

import pytest

from bench.databases import new_database
from bench.grades_attack import Plan, attack


@pytest.mark.row("A22")
def test_scores_arrive_in_order_whatever_is_killed_and_whatever_fails() -> None:
    plan = Plan(
        scores=120,
        patience=0.5,
        kill_every=0.7,
        longest_wait=0.5,
        ends_leases=True,
        outage=0.5,
        lms_down=0.3,
        within=300,
    )
    with new_database("sqlite") as (url, folder):
        findings, under_way = attack(plan, url, "", folder)
    assert findings.wrongs == []
    assert (findings.states.total(), under_way.restarts) == (plan.people, 2)
    assert under_way.workers.kills > 2
    assert len(findings.faults) > 3
