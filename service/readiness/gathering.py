"""Collects from the tables all that the gate may know of some people: a few statements, however many people."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from service.completion.operations import Completions
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import Membership
from service.people.roster_operations import list_roster_reads
from service.profiles.models import Profile
from service.profiles.operations import list_profiles, told_in
from service.profiles.rules import list_missing
from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    ON_ROSTER,
    ON_ROSTER_KEY,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    PROFILE_KEY,
    Condition,
)
from service.readiness.evidence import (
    CommitmentEvidence,
    DecisionEvidence,
    Evidence,
    ProfileEvidence,
    RosterEvidence,
    WaiverEvidence,
)
from service.readiness.keeping import Kept
from service.readiness.models import Commitment, Decision, Declaration, Standing, Waiver
from service.readiness.training_evidence import gather_attended, gather_modules, gather_outcomes

ByMember = dict[int, dict[str, CommitmentEvidence]]


def gather_evidence(
    session: Session,
    catalogue: Catalogue,
    members: Sequence[Member],
    asked: Collection[Condition],
    completions: Completions,
    commitments: ByMember,
    *,
    at: datetime,
) -> dict[int, Evidence]:
    """Return the evidence by membership id, for policies that ask these conditions, which include those in groups.

    `completions` are those of the people, `commitments` those of the members. One statement, and a few for each
    further kind of condition that is asked.
    """
    ids, person_ids = [member.id for member in members], [member.person_id for member in members]
    kinds = {condition.kind for condition in asked}
    modules = gather_modules(session, catalogue, completions, asked)
    outcomes = gather_outcomes(session, catalogue, person_ids, asked, at=at)
    attended = gather_attended(session, members) if EVENT_ATTENDED in kinds else {}
    roster = _roster(session, members) if ON_ROSTER in kinds else {}
    profiles = list_profiles(session, ids) if PROFILE_COMPLETE in kinds else {}
    declarations = _declarations(session, ids) if DECLARED in kinds else {}
    decisions = _decisions(session, ids) if DECIDED in kinds else {}
    waivers = _waivers(session, ids, at)
    versions = {text.kind: text.version for text in catalogue.commitments}
    gone = list_gone(catalogue, asked)
    return {
        member.id: Evidence(
            modules=modules.get(member.person_id, {}),
            commitments=commitments.get(member.id, {}),
            current_versions=versions,
            declarations={key: said.given_at for key, said in declarations.get(member.id, {}).items()},
            numbers={
                key: said.number for key, said in declarations.get(member.id, {}).items() if said.number is not None
            },
            decisions=decisions.get(member.id, {}),
            outcomes=outcomes.get(member.person_id, {}),
            attended=attended.get(member.id, {}),
            profile=_profile(profiles.get(member.id)),
            roster=roster.get(member.id, {}),
            waivers=waivers.get(member.id, {}),
            gone=gone,
        )
        for member in members
    }


def list_gone(catalogue: Catalogue, asked: Collection[Condition]) -> tuple[str, ...]:
    """Return the names of conditions that ask for what the content no longer has."""
    there = {
        MODULE_COMPLETE: {module.key for module in catalogue.modules},
        COMMITMENT_GIVEN: {text.kind for text in catalogue.commitments},
        OUTCOME_REACHED: {f"{course.key}.{one.key}" for course in catalogue.courses for one in course.outcomes},
    }
    return tuple(sorted({one.name for one in asked if one.kind in there and one.key not in there[one.kind]}))


def _profile(profile: Profile | None) -> dict[str, ProfileEvidence]:
    if profile is None:
        return {}
    return {PROFILE_KEY: ProfileEvidence(list_missing(told_in(profile)), profile.changed_at)}


def _roster(session: Session, members: Sequence[Member]) -> dict[int, dict[str, RosterEvidence]]:
    """Return what the lists of the courses say of these members; one statement."""
    reads = list_roster_reads(session, {member.course_id for member in members})
    found = {}
    for member in members:
        read = reads.get(member.course_id)
        problem = read.problem.value if read and read.problem else ""
        is_listed = member.is_listed and member.left_at is None
        found[member.id] = {ON_ROSTER_KEY: RosterEvidence(is_listed, read.read_at if read else None, problem)}
    return found


def read_standings(session: Session, ids: Sequence[int]) -> tuple[dict[int, Kept], ByMember]:
    """Return, by membership id, how these members stood, and what they have committed to; one statement."""
    kept: dict[int, Kept] = {}
    found: ByMember = {}
    given = and_(Commitment.membership_id == Membership.id, Commitment.withdrawn_at.is_(None))
    columns = (Standing.policy_id, Standing.states, Standing.ready_since, Standing.changed_at)
    rows = session.execute(
        select(Membership.id, Commitment.kind, Commitment.version, Commitment.given_at, *columns)
        .outerjoin(Standing, Standing.membership_id == Membership.id)
        .outerjoin(Commitment, given)
        .where(Membership.id.in_(ids))
        .order_by(Commitment.version)
    )
    for member_id, kind, version, given_at, policy_id, states, ready_since, changed_at in rows:
        if policy_id is not None:
            kept[member_id] = Kept(policy_id, states, ready_since, changed_at)
        if kind:
            found.setdefault(member_id, {})[kind] = CommitmentEvidence(version, given_at)
    return kept, found


def _declarations(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Declaration]]:
    found: dict[int, dict[str, Declaration]] = {}
    standing = select(Declaration).where(Declaration.membership_id.in_(ids), Declaration.withdrawn_at.is_(None))
    for row in session.scalars(standing):
        found.setdefault(row.membership_id, {})[row.key] = row
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
        is_yes, names, is_applicable = (before.is_yes, before.by, before.is_applicable) if before else (True, (), False)
        evidence = DecisionEvidence(
            is_yes and row.is_yes, (*names, by), row.decided_at, is_applicable or row.is_applicable
        )
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
