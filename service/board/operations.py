"""Reads the board: three statements, however many people and conditions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, String, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from service.board.rules import STILL_DAYS, Board, BoardRow, Presence
from service.modules.content import Catalogue
from service.people.models import LEARNING_ROLES, Membership, Person
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.evidence import Evidence
from service.readiness.models import Policy, ReadySpan, Standing
from service.readiness.operations import is_due
from service.readiness.policies import InForce, policies_in_force
from service.readiness.rules import evaluate

WEEKS = 12
"""How far back the flow is told."""


def read_board(
    session: Session,
    catalogue: Catalogue,
    course_id: int,
    nameless: str,
    *,
    at: datetime,
    by_waiting: bool = False,
    with_former: bool = False,
) -> Board:
    """Return all learners of a course as they stood after the last event that concerned them.

    `nameless` is what someone without a name is called, with `%(code)s`. `by_waiting`: in the order in which nothing
    has changed for them, the longest first. `with_former`: those too who have left.
    """
    in_force = policies_in_force(session, catalogue, [course_id])
    kept: dict[int | str, tuple[Condition, ...]] = {
        policy.kept_as: policy.conditions for policy in in_force.values() if policy.kept_as
    }
    untouched = {role.value: _nothing_done(catalogue, in_force[course_id, role], at) for role in LEARNING_ROLES}
    statement = _rows(catalogue, course_id, at, by_waiting=by_waiting, with_former=with_former)
    session.flush()
    # Neither through the session nor as rows of SQLAlchemy: to make thousands of them takes longer than to read them.
    rows = list(map(BoardRow._make, session.connection().execute(statement).cursor.fetchall()))
    policies = kept | {role.value: in_force[course_id, role].conditions for role in LEARNING_ROLES}
    former = {row.policy for row in rows} - kept.keys() - {None}
    policies |= _conditions(session, cast(set[int], former)) if former else {}
    return Board(rows, policies, untouched, nameless)


def _nothing_done(catalogue: Catalogue, policy: InForce, at: datetime) -> list[ConditionResult]:
    versions = {text.kind: text.version for text in catalogue.commitments}
    return evaluate(policy.conditions, Evidence(current_versions=versions), at=at)


def _rows(
    catalogue: Catalogue, course_id: int, at: datetime, *, by_waiting: bool, with_former: bool
) -> Select[tuple[Any, ...]]:
    """Return the statement. Enumerations come as text: to read thousands as objects would take most of the time."""
    reached = [(Standing.changed_at <= at - timedelta(days=days), days) for days in reversed(STILL_DAYS)]
    is_known = func.coalesce(Standing.states, "") != ""
    is_old = or_(Standing.membership_id.is_(None), is_due(catalogue, at))
    presence = case(
        (Standing.ready_since.is_not(None), Presence.READY.value),
        (Membership.last_seen_at.is_not(None), Presence.NOT_READY.value),
        else_=Presence.NOT_COME.value,
    )
    statement = (
        select(
            Membership.id,
            Membership.public_id,
            type_coerce(Membership.role, String),
            Person.name,
            Person.public_id,
            case((Person.chosen_language != "", Person.chosen_language), else_=Person.launch_language),
            case((Membership.is_test_user, 1), else_=0),
            case((Membership.left_at.is_not(None), 1), else_=0),
            presence,
            case((is_known, Standing.policy_id), else_=None),
            func.coalesce(Standing.states, ""),
            case(*reached, else_=0),
            case((is_old, 1), else_=0),
        )
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(Standing, Standing.membership_id == Membership.id)
        .where(Membership.course_id == course_id, Membership.role.in_(LEARNING_ROLES))
    )
    if not with_former:
        statement = statement.where(Membership.left_at.is_(None))
    return statement.order_by(Standing.changed_at, Membership.id) if by_waiting else statement


def _conditions(session: Session, ids: set[int]) -> Mapping[int | str, tuple[Condition, ...]]:
    """Return policies that are no longer in force, which people are still to be looked at by."""
    rows = session.execute(select(Policy.id, Policy.conditions).where(Policy.id.in_(ids)))
    return {policy_id: tuple(Condition.from_data(data) for data in conditions) for policy_id, conditions in rows}


def list_standings(session: Session, course_id: int, ids: Sequence[int] | None = None) -> dict[int, Standing]:
    """Return the standings in a course, of all or only of these members, by membership id; one statement."""
    here = select(Standing).join(Membership, Membership.id == Standing.membership_id)
    here = here.where(Membership.course_id == course_id, Membership.left_at.is_(None))
    rows = session.scalars(here if ids is None else here.where(Standing.membership_id.in_(ids)))
    return {row.membership_id: row for row in rows}


def count_by_week(session: Session, course_id: int, *, at: datetime) -> list[tuple[datetime, int, int]]:
    """Return for the ends of the last weeks how many people were ready and how many not; two statements.

    Of those who are in the course today, each from when they were first looked at; without test users.
    """
    ends = [at - timedelta(weeks=weeks) for weeks in reversed(range(WEEKS))]
    learns = (Membership.role.in_(LEARNING_ROLES), ~Membership.is_test_user)
    here = (Membership.course_id == course_id, Membership.left_at.is_(None), *learns)
    known = (
        select(*(_count(Standing.first_at <= end) for end in ends))
        .select_from(Standing)
        .join(Membership, Membership.id == Standing.membership_id)
    )
    ready = select(
        *(
            _count((ReadySpan.began_at <= end) & (ReadySpan.ended_at.is_(None) | (ReadySpan.ended_at > end)))
            for end in ends
        )
    ).join(Membership, Membership.id == ReadySpan.membership_id)
    all_known = session.execute(known.where(*here)).one()
    all_ready = session.execute(ready.select_from(ReadySpan).where(*here)).one()
    return [
        (end, is_ready, max(is_known - is_ready, 0))
        for end, is_known, is_ready in zip(ends, all_known, all_ready, strict=True)
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
