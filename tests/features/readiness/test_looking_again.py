"""Everyone is looked at again after a change of policy or content: some at a time, and on from where it was ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Role
from service.readiness.conditions import DECLARED, Condition
from service.readiness.models import ReadySpan, Standing
from service.readiness.policies import policies_in_force, set_own_conditions
from tests.makers import AT, make_catalogue, make_member

LATER = AT + timedelta(days=1)
AT_ONCE, PEOPLE = 3, 7


def look(sessions: sessionmaker[Session], catalogue: Catalogue, at=AT, batches: int = 99) -> int:
    """Run the job, which a worker that is ended stops after so many transactions."""
    asked = iter(range(99))
    return standing.refresh_due_standings(
        sessions, lambda: catalogue, clock=lambda: at, is_stopping=lambda: next(asked) >= batches
    )


def test_whoever_is_new_is_looked_at_and_a_job_that_was_ended_goes_on(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "AT_ONCE", AT_ONCE)
    catalogue = make_catalogue()
    with transaction(sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR)
        for number in range(PEOPLE):
            make_member(session, f"m-{number}", Role.MENTEE)
    assert [look(sessions, catalogue, batches=1), look(sessions, catalogue)] == [3, 4]
    with transaction(sessions) as session:
        assert {row.states for row in session.scalars(select(Standing))} == {"nn"}
        version = policies_in_force(session, catalogue, [staff.course_id])[staff.course_id, Role.MENTEE].version
        own = [Condition(DECLARED, "yes_now")]
        set_own_conditions(session, catalogue, staff, Role.MENTEE, own, shown_version=version, at=LATER)
    assert [look(sessions, catalogue, LATER, batches=2), look(sessions, catalogue, LATER)] == [6, 1]
    with transaction(sessions) as session:
        rows = session.scalars(select(Standing)).all()
        assert {(row.states, row.first_at, row.changed_at) for row in rows} == {("nnn", AT, AT)}
    newer = make_catalogue(commitment_version=2)
    assert [look(sessions, newer, LATER), look(sessions, newer, LATER)] == [PEOPLE, 0]


def test_times_of_being_ready_are_kept(session: Session) -> None:
    catalogue = make_catalogue()
    mentee = make_member(session, "m", Role.MENTEE)
    ask = {"kind": "confidentiality", "version": 1, "language": "en"}
    staff = make_member(session, "staff", Role.COORDINATOR)
    waive = {"reason": "Known.", "until": None}
    standing.waive(session, catalogue, staff, mentee.public_id, "module_complete:roles", **waive, at=AT)
    assert standing.give_commitment(session, catalogue, mentee, **ask, at=AT).is_ready
    standing.withdraw_commitment(session, catalogue, mentee, "confidentiality", at=LATER)
    standing.give_commitment(session, catalogue, mentee, **ask, at=LATER)
    spans = session.scalars(select(ReadySpan).order_by(ReadySpan.id)).all()
    assert [(span.began_at, span.ended_at) for span in spans] == [(AT, LATER), (LATER, None)]
    assert session.get_one(Standing, mentee.id).states == "vm"
