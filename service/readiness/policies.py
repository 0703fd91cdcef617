"""Which policy is in force: what the content asks of a role, and what a course adds to it or makes stricter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.db import add_new_or_get, add_or_get
from service.errors import ConflictError
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership, Role
from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    ON_ROSTER,
    PROFILE_COMPLETE,
    Condition,
)
from service.readiness.models import Policy, Standing, WayOn
from service.readiness.policy_rules import check_own

CONFIDENTIALITY = "confidentiality"
REFRESH_STANDINGS = "mentorready.refresh_standings"


@dataclass(frozen=True)
class InForce:
    """The policy of a role in a course, or of a way on there, as it is asked now."""

    version: int
    conditions: tuple[Condition, ...]
    own: tuple[Condition, ...] = ()
    kept_as: int | None = None
    """The id of its row, None while it has none."""


def role_asked(asked_of: str) -> Role:
    """Return the role of those of whom a policy asks something: a way on is one of mentors (S0-51)."""
    return Role.MENTOR if asked_of in set(WayOn) else Role(asked_of)


def out_of_reach(asked_of: str) -> frozenset[str]:
    """Return the kinds of conditions that nobody in this role could meet: staff have no profile and no attendance."""
    return frozenset({EVENT_ATTENDED, PROFILE_COMPLETE}) if asked_of in set(STAFF_ROLES) else frozenset()


def conditions_from_content(catalogue: Catalogue, asked_of: str) -> tuple[Condition, ...]:
    """Return what the content asks in this role, or on this way on: modules, and confidentiality (S0-09)."""
    required = catalogue.modules_required_for(role_asked(asked_of))
    modules = [Condition(MODULE_COMPLETE, module.key) for module in required]
    return (*modules, Condition(COMMITMENT_GIVEN, CONFIDENTIALITY))


def with_own(asked: Sequence[Condition], own: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return all conditions: one of the course's own takes the place of the one with its name, the others follow."""
    replaced = {condition.name: condition for condition in own}
    kept = tuple(replaced.pop(condition.name, condition) for condition in asked)
    return (*kept, *replaced.values())


def policies_in_force(
    session: Session, catalogue: Catalogue, course_ids: Collection[int]
) -> Mapping[tuple[int, str], InForce]:
    """Return the policies by course and role or way on, in one statement.

    Where the content now asks for more, it is a new version.
    """
    newest: dict[tuple[int, str], Policy] = {}
    for policy in session.scalars(select(Policy).where(Policy.course_id.in_(course_ids)).order_by(Policy.version)):
        newest[policy.course_id, policy.role] = policy
    return {
        (course_id, role): _in_force(catalogue, role, newest.get((course_id, role)))
        for course_id in course_ids
        for role in (*Role, *WayOn)
    }


def _in_force(catalogue: Catalogue, role: str, last: Policy | None) -> InForce:
    own = tuple(Condition.from_data(data) for data in last.own) if last else ()
    conditions = with_own(conditions_from_content(catalogue, role), own)
    if last is None:
        return InForce(1, conditions)
    is_changed = last.conditions != [condition.as_data() for condition in conditions]
    return InForce(last.version + is_changed, conditions, own, None if is_changed else last.id)


def record_in_force(session: Session, member: Member, policy: InForce, *, at: datetime) -> Policy:
    """Return the row of the policy that is in force for this member, which has none yet."""
    keys = {"course_id": member.course_id, "role": member.role, "version": policy.version}
    return add_new_or_get(session, Policy, keys, {**_as_data(policy), "created_at": at})


def set_own_conditions(
    session: Session,
    catalogue: Catalogue,
    coordinator: Member,
    role: str,
    own: Sequence[Condition],
    *,
    shown_version: int,
    at: datetime,
) -> InForce:
    """Save what a course asks of a role or on a way on beside the content; the worker looks anew at everyone in a role.

    Raise InvalidInputError with the place and the reason for a policy that nobody could meet, and ConflictError if it
    was changed since version `shown_version` was shown.
    """
    before = policies_in_force(session, catalogue, [coordinator.course_id])[coordinator.course_id, role]
    if before.version != shown_version:
        raise ConflictError("policy.changed", "The policy was changed since it was shown.")
    asked = conditions_from_content(catalogue, role)
    has_roster, unreachable = bool(coordinator.course.memberships_url), out_of_reach(role)
    check_own(asked, own, catalogue, has_roster=has_roster, unreachable=unreachable)
    after = InForce(before.version + 1, with_own(asked, own), tuple(own))
    if after.conditions == before.conditions:
        return before
    keys = {"course_id": coordinator.course_id, "role": role, "version": after.version}
    row = add_or_get(session, Policy, keys, {**_as_data(after), "created_at": at, "created_by_id": coordinator.id})
    if row.created_by_id != coordinator.id or row.conditions != _as_data(after)["conditions"]:
        raise ConflictError("policy.changed", "Someone else has changed the policy at the same moment.")
    _look_again(session, coordinator.course_id, role, at)
    return after


def look_again_at_listed(session: Session, course_id: int, at: datetime) -> None:
    """Have those looked at anew whose role is asked to be on the list of the course, which was just read."""
    newest: dict[str, Policy] = {}
    for policy in session.scalars(select(Policy).where(Policy.course_id == course_id).order_by(Policy.version)):
        newest[policy.role] = policy
    for role, policy in newest.items():
        asked = (part for data in policy.own for part in Condition.from_data(data).walk())
        if any(part.kind == ON_ROSTER for part in asked):
            _look_again(session, course_id, role, at)


def _as_data(policy: InForce) -> dict[str, list[dict[str, object]]]:
    return {
        "conditions": [condition.as_data() for condition in policy.conditions],
        "own": [condition.as_data() for condition in policy.own],
    }


def list_ever_asked(session: Session, course_id: int) -> list[Condition]:
    """Return all conditions that a course has ever asked beside the content, of anyone, with those in groups."""
    kept = session.scalars(select(Policy.own).where(Policy.course_id == course_id).order_by(Policy.id))
    return [part for own in kept for data in own for part in Condition.from_data(data).walk()]


def _look_again(session: Session, course_id: int, role: str, at: datetime) -> None:
    if role in set(WayOn):
        return  # nothing is kept of where someone stands there
    members = select(Membership.id).where(Membership.course_id == course_id, Membership.role == role)
    session.execute(update(Standing).where(Standing.membership_id.in_(members)).values(due_at=at))
    session.info.setdefault("wake", set()).add(REFRESH_STANDINGS)
