"""Which policy is in force: what the content asks of a role, and what a course adds to it or makes stricter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.db import add_or_get
from service.errors import ConflictError
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from service.readiness.conditions import COMMITMENT_GIVEN, MODULE_COMPLETE, Condition
from service.readiness.models import Policy, Standing
from service.readiness.policy_rules import check_own

CONFIDENTIALITY = "confidentiality"
REFRESH_STANDINGS = "mentorready.refresh_standings"


@dataclass(frozen=True)
class InForce:
    """The policy of a role in a course, as it is asked now."""

    version: int
    conditions: tuple[Condition, ...]
    own: tuple[Condition, ...] = ()
    kept_as: int | None = None
    """The id of its row, None while it has none."""


def conditions_from_content(catalogue: Catalogue, role: Role) -> tuple[Condition, ...]:
    """Return what the content asks of everyone in this role: its modules, and confidentiality (S0-09)."""
    modules = [Condition(MODULE_COMPLETE, module.key) for module in catalogue.modules_required_for(role)]
    return (*modules, Condition(COMMITMENT_GIVEN, CONFIDENTIALITY))


def with_own(asked: Sequence[Condition], own: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return all conditions: one of the course's own takes the place of the one with its name, the others follow."""
    replaced = {condition.name: condition for condition in own}
    kept = tuple(replaced.pop(condition.name, condition) for condition in asked)
    return (*kept, *replaced.values())


def policies_in_force(
    session: Session, catalogue: Catalogue, course_ids: Collection[int]
) -> Mapping[tuple[int, Role], InForce]:
    """Return the policies by course and role, in one statement; where the content now asks for more, a new version."""
    newest: dict[tuple[int, Role], Policy] = {}
    for policy in session.scalars(select(Policy).where(Policy.course_id.in_(course_ids)).order_by(Policy.version)):
        newest[policy.course_id, policy.role] = policy
    return {
        (course_id, role): _in_force(catalogue, role, newest.get((course_id, role)))
        for course_id in course_ids
        for role in Role
    }


def _in_force(catalogue: Catalogue, role: Role, last: Policy | None) -> InForce:
    own = tuple(Condition.from_data(data) for data in last.own) if last else ()
    conditions = with_own(conditions_from_content(catalogue, role), own)
    if last is None:
        return InForce(1, conditions)
    is_changed = last.conditions != [condition.as_data() for condition in conditions]
    return InForce(last.version + is_changed, conditions, own, None if is_changed else last.id)


def record_in_force(session: Session, member: Membership, policy: InForce, *, at: datetime) -> Policy:
    """Return the row of the policy that is in force for this member, added if it is the first to be asked."""
    keys = {"course_id": member.course_id, "role": member.role, "version": policy.version}
    return add_or_get(session, Policy, keys, {**_as_data(policy), "created_at": at})


def set_own_conditions(
    session: Session,
    catalogue: Catalogue,
    coordinator: Membership,
    role: Role,
    own: Sequence[Condition],
    *,
    shown_version: int,
    at: datetime,
) -> InForce:
    """Save what a course asks of a role beside the content; everyone in it is looked at anew by the worker.

    Raise InvalidInputError with the place and the reason for a policy that nobody could meet, and ConflictError if it
    was changed since version `shown_version` was shown.
    """
    before = policies_in_force(session, catalogue, [coordinator.course_id])[coordinator.course_id, role]
    if before.version != shown_version:
        raise ConflictError("policy.changed", "The policy was changed since it was shown.")
    asked = conditions_from_content(catalogue, role)
    check_own(asked, own, catalogue)
    after = InForce(before.version + 1, with_own(asked, own), tuple(own))
    if after.conditions == before.conditions:
        return before
    keys = {"course_id": coordinator.course_id, "role": role, "version": after.version}
    row = add_or_get(session, Policy, keys, {**_as_data(after), "created_at": at, "created_by_id": coordinator.id})
    if row.created_by_id != coordinator.id or row.conditions != _as_data(after)["conditions"]:
        raise ConflictError("policy.changed", "Someone else has changed the policy at the same moment.")
    _look_again(session, coordinator.course_id, role, at)
    return after


def _as_data(policy: InForce) -> dict[str, list[dict[str, object]]]:
    return {
        "conditions": [condition.as_data() for condition in policy.conditions],
        "own": [condition.as_data() for condition in policy.own],
    }


def _look_again(session: Session, course_id: int, role: Role, at: datetime) -> None:
    members = select(Membership.id).where(Membership.course_id == course_id, Membership.role == role)
    session.execute(update(Standing).where(Standing.membership_id.in_(members)).values(due_at=at))
    session.info.setdefault("wake", set()).add(REFRESH_STANDINGS)
