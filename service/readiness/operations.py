"""What the gate can do: keep its policy, take and take back commitments, say where a person stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.completion.models import Completion
from service.completion.operations import list_completions
from service.completion.recognition_rules import StepKind
from service.completion.rules import Result, list_open
from service.db import add_or_get, set_row
from service.errors import ConflictError
from service.modules.content import Catalogue
from service.modules.requirements import Kind
from service.people.models import Membership, Role
from service.readiness.models import Commitment, Policy, Standing
from service.readiness.rules import (
    COMMITMENT_GIVEN,
    MODULE_COMPLETE,
    CommitmentEvidence,
    Condition,
    ConditionResult,
    Evidence,
    ModuleEvidence,
    evaluate,
    is_ready,
)

CONFIDENTIALITY = "confidentiality"
_FIND_STANDING = select(Standing, Policy).join(Policy).where(Standing.membership_id == bindparam("member_id"))


@dataclass(frozen=True)
class Verdict:
    """An evaluation of one member: which version of the policy was asked, a result per condition, ready since when."""

    policy_version: int
    results: list[ConditionResult]
    ready_since: datetime | None

    @property
    def is_ready(self) -> bool:
        return self.ready_since is not None

    @property
    def missing(self) -> list[ConditionResult]:
        return [result for result in self.results if not result.is_met]


def list_verdicts(
    session: Session, catalogue: Catalogue, members: Sequence[Membership], *, at: datetime
) -> Mapping[int, Verdict]:
    """Return where members of one course stand now, by membership id. Writes nothing, and asks four statements."""
    evidence = _gather_evidence(session, catalogue, members, at)
    ready_since = dict(
        session.execute(
            select(Standing.membership_id, Standing.ready_since).where(Standing.membership_id.in_(evidence))
        ).all()
    )
    policies = _policies_in_force(session, catalogue, {member.course_id for member in members})
    verdicts = {}
    for member in members:
        version, conditions = policies[member.course_id, member.role]
        results = evaluate(conditions, evidence[member.id])
        since = (ready_since.get(member.id) or at) if is_ready(results) else None
        verdicts[member.id] = Verdict(version, results, since)
    return verdicts


def is_up_to_date(session: Session, catalogue: Catalogue, member: Membership) -> bool:
    """Tell in one statement whether a member's standing answers what is asked today of their role.

    Events keep a standing in step with the evidence; only a new role, policy or text makes it old by itself.
    """
    row = session.execute(_FIND_STANDING, {"member_id": member.id}).one_or_none()
    if row is None:
        return False
    standing, policy = row
    conditions = [asdict(condition) for condition in _conditions_of(catalogue, member.role)]
    versions = {text.kind: text.version for text in catalogue.commitments}
    agreed = [result for result in standing.results if result["kind"] == COMMITMENT_GIVEN and "at" in result["facts"]]
    return (
        policy.role is member.role
        and policy.conditions == conditions
        and all(result["facts"]["version"] == versions.get(result["key"]) for result in agreed)
    )


def bring_up_to_date(session: Session, catalogue: Catalogue, member: Membership, *, at: datetime) -> Verdict:
    """Evaluate one member now, keep the result as their standing, and return it.

    Called in the transaction of every event that may change it, so a standing is never older than its evidence.
    """
    verdict = list_verdicts(session, catalogue, [member], at=at)[member.id]
    policy = _record_policy(session, catalogue, member, verdict.policy_version, at)
    values = {
        "policy_id": policy.id,
        "results": [result.as_data() for result in verdict.results],
        "ready_since": verdict.ready_since,
        "evaluated_at": at,
    }
    set_row(session, Standing, {"membership_id": member.id}, values)
    return verdict


def find_results(session: Session, member: Membership) -> list[ConditionResult] | None:
    """Return how the member's conditions stood after the last event, None before the first; one statement."""
    row = session.execute(_FIND_STANDING, {"member_id": member.id}).one_or_none()
    return [ConditionResult.from_data(data) for data in row[0].results] if row else None


def _policies_in_force(
    session: Session, catalogue: Catalogue, course_ids: Collection[int]
) -> dict[tuple[int, Role], tuple[int, list[Condition]]]:
    """Return version and conditions by course and role: where the content now asks for more, that is a new version."""
    newest: dict[tuple[int, Role], Policy] = {}
    for policy in session.scalars(select(Policy).where(Policy.course_id.in_(course_ids)).order_by(Policy.version)):
        newest[policy.course_id, policy.role] = policy
    in_force = {}
    for course_id in course_ids:
        for role in Role:
            conditions = _conditions_of(catalogue, role)
            last = newest.get((course_id, role))
            if last is None:
                version = 1
            else:
                version = last.version + (last.conditions != [asdict(condition) for condition in conditions])
            in_force[course_id, role] = (version, conditions)
    return in_force


def _conditions_of(catalogue: Catalogue, role: Role) -> list[Condition]:
    modules = [Condition(MODULE_COMPLETE, module.key) for module in catalogue.modules_required_for(role)]
    return [*modules, Condition(COMMITMENT_GIVEN, CONFIDENTIALITY)]


def _record_policy(session: Session, catalogue: Catalogue, member: Membership, version: int, at: datetime) -> Policy:
    conditions = [asdict(condition) for condition in _conditions_of(catalogue, member.role)]
    keys = {"course_id": member.course_id, "role": member.role, "version": version}
    return add_or_get(session, Policy, keys, {"conditions": conditions, "created_at": at})


def _gather_evidence(
    session: Session, catalogue: Catalogue, members: Sequence[Membership], at: datetime
) -> dict[int, Evidence]:
    completions = list_completions(session, [member.person_id for member in members])
    given: dict[int, dict[str, CommitmentEvidence]] = {member.id: {} for member in members}
    rows = session.scalars(
        select(Commitment)
        .where(Commitment.membership_id.in_(given), Commitment.withdrawn_at.is_(None))
        .order_by(Commitment.version)
    )
    for row in rows:
        given[row.membership_id][row.kind] = CommitmentEvidence(row.version, row.given_at)
    versions = {text.kind: text.version for text in catalogue.commitments}
    return {
        member.id: Evidence(
            modules={key: _module_evidence(done, at) for key, done in completions.get(member.person_id, {}).items()},
            commitments=given[member.id],
            current_versions=versions,
        )
        for member in members
    }


def _module_evidence(done: Completion, at: datetime) -> ModuleEvidence:
    step = done.recognition if done.earned_at is None else None
    result = Result.from_data(done.results) if done.results else None
    asks_for_more = result is not None and result.kind != Kind.PASSED
    return ModuleEvidence(
        done.passed_exercises,
        done.all_exercises,
        done.completed_at if done.expires_at is None or at < done.expires_at else None,
        recognised_by=(step.member.person.name or step.member.person.public_id[:4].upper()) if step else "",
        is_recorded=step is not None and step.kind is StepKind.RECORDED,
        missing=[found.as_data() for found in list_open(result)] if result and asks_for_more else (),
    )


def record_commitment(
    session: Session, catalogue: Catalogue, member: Membership, kind: str, version: int, language: str, *, at: datetime
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


def withdraw_commitment(session: Session, member: Membership, kind: str, *, at: datetime) -> None:
    """Take back a commitment in all its versions; the rows stay as history."""
    for row in session.scalars(
        select(Commitment).where(
            Commitment.membership_id == member.id, Commitment.kind == kind, Commitment.withdrawn_at.is_(None)
        )
    ):
        row.withdrawn_at = at
