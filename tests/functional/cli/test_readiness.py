"""`mentorready readiness replay`: pairs of any age, evaluated again."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.pairing.models import Relation, RelationMember
from service.people.models import Role
from tests.functional.cli.conftest import Run
from tests.makers import AT, make_member
from tests.unit.readiness.test_snapshots import SNAPSHOTS


@pytest.fixture
def sides(sessions: sessionmaker[Session]) -> list[str]:
    """A pair for each snapshot that was ever frozen, and one from before; the public ids of the relations."""
    ids = []
    with transaction(sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR)
        for number, path in enumerate([*SNAPSHOTS, None]):
            relation = Relation(course_id=staff.course_id, paired_by_id=staff.id, paired_at=AT)
            mentor = make_member(session, f"mentor-{number}")
            kept = json.loads(path.read_text()) if path else {"results": [], "snapshot": None}
            side = {"membership_id": mentor.id, "role": Role.MENTOR, "policy_version": 3}
            relation.members = [RelationMember(**side, **kept)]
            session.add(relation)
            session.flush()
            ids.append(relation.public_id)
    return ids


def test_what_was_frozen_in_an_older_shape_is_evaluated_to_the_same(run: Run, sides: list[str]) -> None:
    result = run("readiness", "replay")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == sides
    assert all("policy 3  the same: " in line for line in lines[:-1])
    assert "made before snapshots were kept" in lines[-1]
    assert len(run("readiness", "replay", "--relation", sides[0]).output.splitlines()) == 1


def test_what_differs_is_named_and_ends_with_an_error(
    run: Run, sides: list[str], sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        side = session.scalars(select(RelationMember).order_by(RelationMember.id).limit(1)).one()
        first, *others = side.results
        side.results = [{**first, "state": "not_met"}, *others]
    result = run("readiness", "replay")
    assert result.exit_code == 1
    assert f"{sides[0]}  mentor  policy 3  DIFFERS: module_complete:roles" in result.output
    assert "1 differ." in result.output
