"""What the gate can do: say where people stand, keep their standing, take and take back commitments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from service.completion.operations import Completions, list_completions
from service.db import add_or_get, set_rows
from service.errors import ConflictError, NotFoundError
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import LEARNING_ROLES, Membership, Role
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.evidence import Evidence
from service.readiness.gathering import gather_evidence, read_standings
from service.readiness.keeping import Kept, content_mark, letters_of
from service.readiness.models import Commitment, Standing, WayOn
from service.readiness.policies import InForce, policies_in_force, record_in_force
from service.readiness.rules import evaluate, is_ready, next_change
from service.readiness.spans import keep_spans

_FIND_RESULTS = select(Standing.results).where(Standing.membership_id == bindparam("member_id"))


@dataclass(frozen=True)
class Verdict:
    """An evaluation of one member: which policy was asked, a result per condition, ready since when."""

    policy: InForce
    results: list[ConditionResult]
    ready_since: datetime | None
    evidence: Evidence = field(default_factory=Evidence, repr=False)
    at: datetime | None = None
    """When it was evaluated."""
    before: Kept | None = field(default=None, repr=False)

    @property
    def policy_version(self) -> int:
        return self.policy.version

    @property
    def is_ready(self) -> bool:
        return self.ready_since is not None

    @property
    def missing(self) -> list[ConditionResult]:
        """What holds the member up."""
        return [result for result in self.results if not result.is_satisfied]

    def snapshot(self) -> dict[str, Any]:
        """Return all that went in, frozen, so that anyone can evaluate it again years later (FEATURES N4)."""
        return {
            "policy_version": self.policy.version,
            "conditions": [condition.as_data() for condition in self.policy.conditions],
            "evidence": self.evidence.as_data(),
            "at": self.at.isoformat() if self.at else None,
        }


def replay(snapshot: Mapping[str, Any]) -> list[ConditionResult]:
    """Return what the gate says today of a snapshot: the same as then, or the gate itself has changed."""
    conditions = [Condition.from_data(data) for data in snapshot["conditions"]]
    return evaluate(conditions, Evidence.from_data(snapshot["evidence"]), at=datetime.fromisoformat(snapshot["at"]))


def list_verdicts(
    session: Session,
    catalogue: Catalogue,
    members: Sequence[Member],
    *,
    at: datetime,
    policies: Mapping[Any, InForce] | None = None,
    known: Completions | None = None,
) -> Mapping[int, Verdict]:
    """Return where members stand now, by membership id. Writes nothing; a fixed number of statements.

    `policies`, by course id and role, are asked instead of those in force: what would be if they were saved. `known`:
    the completions of these people, where they were just read.
    """
    before, commitments = read_standings(session, [member.id for member in members])
    if policies is None:
        policies = policies_in_force(session, catalogue, {member.course_id for member in members})
    asked = {policies[member.course_id, member.role] for member in members}
    conditions = {part for policy in asked for condition in policy.conditions for part in condition.walk()}
    completions = list_completions(session, [member.person_id for member in members]) if known is None else known
    evidence = gather_evidence(session, catalogue, members, conditions, completions, commitments, at=at)
    verdicts = {}
    for member in members:
        policy = policies[member.course_id, member.role]
        results = evaluate(policy.conditions, evidence[member.id], at=at)
        kept = before.get(member.id)
        since = ((kept and kept.ready_since) or at) if is_ready(results) else None
        verdicts[member.id] = Verdict(policy, results, since, evidence[member.id], at, kept)
    return verdicts


def bring_up_to_date(session: Session, catalogue: Catalogue, member: Member, *, at: datetime) -> Verdict:
    """Evaluate one member now, keep the result as their standing, and return it.

    Called in the transaction of every event that may change it, so a standing is never older than its evidence.
    """
    return bring_all_up_to_date(session, catalogue, [member], at=at)[member.id]


def bring_all_up_to_date(
    session: Session,
    catalogue: Catalogue,
    members: Sequence[Member],
    *,
    at: datetime,
    known: Completions | None = None,
) -> Mapping[int, Verdict]:
    """Do so for several members, by their ids, in as many statements; `known` as in `list_verdicts`."""
    verdicts = list_verdicts(session, catalogue, members, at=at, known=known)
    kept: dict[tuple[int, Role], int] = {}
    for member in members:
        policy, place = verdicts[member.id].policy, (member.course_id, member.role)
        if place not in kept:
            kept[place] = policy.kept_as or record_in_force(session, member, policy, at=at).id
    mark = content_mark(catalogue)
    rows = [_as_row(one, verdicts[one.id], kept[one.course_id, one.role], mark, at) for one in members]
    set_rows(session, Standing, ["membership_id"], rows, "first_at")
    was = {one: bool(verdict.before and verdict.before.ready_since) for one, verdict in verdicts.items()}
    begun = [one for one, verdict in verdicts.items() if verdict.is_ready and not was[one]]
    ended = [one for one, verdict in verdicts.items() if was[one] and not verdict.is_ready]
    keep_spans(session, begun, ended, at=at)
    return verdicts


def _as_row(member: Member, verdict: Verdict, policy_id: int, mark: str, at: datetime) -> dict[str, Any]:
    states, before = letters_of(verdict.results), verdict.before
    is_same = before is not None and (before.policy_id != policy_id or before.states == states)
    return {
        "membership_id": member.id,
        "policy_id": policy_id,
        "results": [result.as_data() for result in verdict.results],
        "ready_since": verdict.ready_since,
        "evaluated_at": at,
        "due_at": next_change(verdict.results),
        "states": states,
        "content": mark,
        "first_at": at,
        "changed_at": before.changed_at if before and is_same else at,
    }


def find_results(session: Session, member: Member) -> list[ConditionResult] | None:
    """Return how the member's conditions stood after the last event, None before the first; one statement."""
    kept = session.execute(_FIND_RESULTS, {"member_id": member.id}).one_or_none()
    return [ConditionResult.from_data(data) for data in kept.results] if kept else None


def get_condition(
    session: Session, catalogue: Catalogue, member: Member, name: str, *, only_waivable: bool = False
) -> Condition:
    """Return the condition with this `name` that is asked of the member, in their role or on a way on.

    Raise NotFoundError if there is none.
    """
    policies = policies_in_force(session, catalogue, [member.course_id])
    for asked_of in (member.role, *_ways_of(member)):
        for condition in policies[member.course_id, asked_of].conditions:
            for part in condition.walk():
                if part.name == name and (part.waived_by or not only_waivable):
                    return part
    raise NotFoundError("condition.unknown", f"Nothing of this name is asked of the member: {name!r}.")


def list_ways_on(session: Session, catalogue: Catalogue, member: Member, *, at: datetime) -> Mapping[WayOn, Verdict]:
    """Return where a mentor stands on the ways on that their course offers: those for which it asks something.

    Nothing is kept of it, so `ready_since` says nothing here.
    """
    if not _ways_of(member):
        return {}
    policies = policies_in_force(session, catalogue, [member.course_id])
    offered = {way: policy for way in WayOn if (policy := policies[member.course_id, way]).own}
    role = (member.course_id, member.role)
    return {
        way: list_verdicts(session, catalogue, [member], at=at, policies={role: policy})[member.id]
        for way, policy in offered.items()
    }


def _ways_of(member: Member) -> Sequence[WayOn]:
    return tuple(WayOn) if member.role is Role.MENTOR else ()


def list_due(
    session: Session, catalogue: Catalogue, *, at: datetime, after: int, limit: int, locked: bool = False
) -> list[Membership]:
    """Return members, with ids after `after`, whose standing is old, and learners who have none yet; by id.

    Old by time, by a new policy, or by what the content asks. `locked`: until the transaction ends, without those whom
    another transaction holds.
    """
    due = (
        select(Membership)
        .outerjoin(Standing, Standing.membership_id == Membership.id)
        .where(Membership.id > after, Membership.left_at.is_(None))
        .where(or_(is_due(catalogue, at), and_(Standing.membership_id.is_(None), Membership.role.in_(LEARNING_ROLES))))
        .order_by(Membership.id)
        .limit(limit)
    )
    if locked:
        due = due.with_for_update(of=Membership, skip_locked=True).execution_options(populate_existing=True)
    return list(session.scalars(due))


def is_due(catalogue: Catalogue, at: datetime) -> ColumnElement[bool]:
    """Return the condition that a standing is old."""
    return or_(Standing.due_at <= at, Standing.content != content_mark(catalogue))


def record_commitment(
    session: Session, catalogue: Catalogue, member: Member, kind: str, version: int, language: str, *, at: datetime
) -> Commitment:
    """Record that a member agrees to the text of `version` as shown in `language`; twice is once.

    Raises NotFoundError for an unknown kind, and ConflictError if the text has changed since it was shown.
    """
    if catalogue.commitment(kind).version != version:
        raise ConflictError("commitment.text_changed", "The text has changed since it was shown.")
    keys = {"membership_id": member.id, "kind": kind, "version": version}
    commitment = add_or_get(session, Commitment, keys, {"language": language, "given_at": at})
    if commitment.withdrawn_at is not None:
        commitment.given_at, commitment.withdrawn_at, commitment.language = at, None, language
    return commitment


def withdraw_commitment(session: Session, member: Member, kind: str, *, at: datetime) -> None:
    """Take back a commitment in all its versions; the rows stay as history."""
    for row in session.scalars(
        select(Commitment).where(
            Commitment.membership_id == member.id, Commitment.kind == kind, Commitment.withdrawn_at.is_(None)
        )
    ):
        row.withdrawn_at = at
