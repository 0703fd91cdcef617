"""Collects from the tables all that the gate may know of some people: a few statements, however many people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.completion.models import Completion
from service.completion.operations import list_completions
from service.completion.recognition_rules import StepKind
from service.completion.rules import Result, list_asked_again, list_open, score_of
from service.modules.content import Catalogue, Module
from service.modules.requirements import Kind
from service.people.models import Membership
from service.readiness.conditions import DECIDED, DECLARED
from service.readiness.evidence import CommitmentEvidence, DecisionEvidence, Evidence, ModuleEvidence, WaiverEvidence
from service.readiness.models import Commitment, Decision, Declaration, Waiver

ByMember = dict[int, dict[str, CommitmentEvidence]]
ROUNDING = 1e-6
"""Shares that are a whole percent may be a hair less in binary."""


def gather_evidence(
    session: Session, catalogue: Catalogue, members: Sequence[Membership], kinds: Collection[str], *, at: datetime
) -> dict[int, Evidence]:
    """Return the evidence by membership id, for policies that ask for these `kinds` of conditions.

    Three statements, one more for declarations, one more for decisions.
    """
    ids = [member.id for member in members]
    modules = _modules(session, catalogue, [member.person_id for member in members])
    commitments = _commitments(session, ids)
    declarations = _declarations(session, ids) if DECLARED in kinds else {}
    decisions = _decisions(session, ids) if DECIDED in kinds else {}
    waivers = _waivers(session, ids, at)
    versions = {text.kind: text.version for text in catalogue.commitments}
    return {
        member.id: Evidence(
            modules=modules.get(member.person_id, {}),
            commitments=commitments.get(member.id, {}),
            current_versions=versions,
            declarations=declarations.get(member.id, {}),
            decisions=decisions.get(member.id, {}),
            waivers=waivers.get(member.id, {}),
        )
        for member in members
    }


def _modules(
    session: Session, catalogue: Catalogue, person_ids: Sequence[int]
) -> Mapping[int, Mapping[str, ModuleEvidence]]:
    known = {module.key: module for module in catalogue.modules}
    return {
        person_id: {key: _module_evidence(done, known.get(key)) for key, done in completions.items()}
        for person_id, completions in list_completions(session, person_ids).items()
    }


def _module_evidence(done: Completion, module: Module | None) -> ModuleEvidence:
    step = done.recognition if done.earned_at is None else None
    result = Result.from_data(done.results) if done.results else None
    asks_for_more = result is not None and result.kind != Kind.PASSED
    return ModuleEvidence(
        done.passed_exercises,
        done.all_exercises,
        done.completed_at,
        percent=100 if step else int(score_of(done) * 100 + ROUNDING),
        recognised_by=(step.member.person.name or step.member.person.public_id[:4].upper()) if step else "",
        is_recorded=step is not None and step.kind is StepKind.RECORDED,
        until=done.expires_at,
        asked_again=list_asked_again(module, done.done_in) if module else (),
        asked_in=module.asked_in if module else 0,
        missing=[found.as_data() for found in list_open(result)] if result and asks_for_more else (),
    )


def _commitments(session: Session, ids: Sequence[int]) -> ByMember:
    found: ByMember = {}
    standing = select(Commitment).where(Commitment.membership_id.in_(ids), Commitment.withdrawn_at.is_(None))
    for row in session.scalars(standing.order_by(Commitment.version)):
        found.setdefault(row.membership_id, {})[row.kind] = CommitmentEvidence(row.version, row.given_at)
    return found


def _declarations(session: Session, ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = {}
    standing = select(Declaration).where(Declaration.membership_id.in_(ids), Declaration.withdrawn_at.is_(None))
    for row in session.scalars(standing):
        found.setdefault(row.membership_id, {})[row.key] = row.given_at
    return found


def _decisions(session: Session, ids: Sequence[int]) -> dict[int, dict[str, DecisionEvidence]]:
    """Return what staff have decided: one no is a no, whoever else has said yes."""
    found: dict[int, dict[str, DecisionEvidence]] = {}
    standing = (
        select(Decision, Membership.public_id)
        .join(Membership, Membership.id == Decision.decided_by_id)
        .where(Decision.membership_id.in_(ids), Decision.withdrawn_at.is_(None))
        .order_by(Decision.decided_at, Decision.id)
    )
    for row, by in session.execute(standing):
        before = found.setdefault(row.membership_id, {}).get(row.key)
        is_yes, names = (before.is_yes, before.by) if before else (True, ())
        evidence = DecisionEvidence(is_yes and row.is_yes, (*names, by), row.decided_at)
        found[row.membership_id][row.key] = evidence
    return found


def _waivers(session: Session, ids: Sequence[int], at: datetime) -> dict[int, dict[str, WaiverEvidence]]:
    found: dict[int, dict[str, WaiverEvidence]] = {}
    first, second = aliased(Membership), aliased(Membership)
    standing = (
        select(Waiver, first.public_id, second.public_id)
        .join(first, first.id == Waiver.granted_by_id)
        .outerjoin(second, second.id == Waiver.approved_by_id)
        .where(Waiver.membership_id.in_(ids), Waiver.withdrawn_at.is_(None))
    )
    for row, *by in session.execute(standing):
        if row.until is None or row.until > at:
            names = tuple(name for name in by if name)
            evidence = WaiverEvidence(names, row.approved_at or row.granted_at, row.until)
            found.setdefault(row.membership_id, {})[row.condition] = evidence
    return found
