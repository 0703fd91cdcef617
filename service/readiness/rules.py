"""The gate as a pure function: policy, evidence and time give one result per condition; all satisfied means ready."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    GROUPS,
    MODULE_COMPLETE,
    NOT,
    ON_ROSTER,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    Condition,
    ConditionResult,
    ConditionState,
)
from service.readiness.evidence import Evidence, WaiverEvidence
from service.readiness.months import add_months

WARNED_BEFORE = timedelta(days=30)
"""How long before it runs out a condition says so, and offers what renews it."""


def evaluate(conditions: Sequence[Condition], evidence: Evidence, *, at: datetime) -> list[ConditionResult]:
    """Return one result per condition, in the order of the policy."""
    return [_evaluate(condition, evidence, at) for condition in conditions]


def is_ready(results: Sequence[ConditionResult]) -> bool:
    """Tell whether all conditions are satisfied; with no condition nobody is ready, since nothing was asked."""
    return bool(results) and all(result.is_satisfied for result in results)


def next_change(results: Sequence[ConditionResult]) -> datetime | None:
    """Return when time alone will next change a result, None if it never will."""
    ends = [result.facts["until"] for result in _walk(results) if result.is_satisfied and result.facts.get("until")]
    return min((datetime.fromisoformat(end) for end in ends), default=None)


def _walk(results: Sequence[ConditionResult]) -> Iterator[ConditionResult]:
    for result in results:
        yield result
        yield from _walk(result.parts)


def _evaluate(condition: Condition, evidence: Evidence, at: datetime) -> ConditionResult:
    if condition.kind in GROUPS:
        result = _group(condition, evidence, at)
    else:
        result = _expire(_leaf(condition, evidence), at)
        if condition.kind == MODULE_COMPLETE and condition.valid_months:
            result = _with_refreshers(result, evidence, at)
    waiver = evidence.waivers.get(condition.name)
    if waiver is None or result.is_satisfied or (waiver.until is not None and waiver.until <= at):
        return result
    return _waive(result, waiver)


def _leaf(condition: Condition, evidence: Evidence) -> ConditionResult:
    """Return how it stands; what the content no longer has waits for staff, unless it was met before."""
    result = EVALUATORS[condition.kind](condition, evidence)
    if condition.name not in evidence.gone:
        return result
    state = result.state if result.is_met else ConditionState.WAITING
    return replace(result, state=state, facts={**result.facts, "is_gone": True})


def _with_refreshers(result: ConditionResult, evidence: Evidence, at: datetime) -> ConditionResult:
    """Say which exercises renew a module that has run out or soon will: those last passed too long ago."""
    if result.state is not ConditionState.EXPIRED and "is_ending" not in result.facts:
        return result
    months = result.condition.valid_months
    times = evidence.modules[result.condition.key].refreshers
    due = [key for key, on in times.items() if on is None or add_months(on, months) <= at + WARNED_BEFORE]
    return replace(result, facts={**result.facts, "refresh": due}) if due else result


def _waive(result: ConditionResult, waiver: WaiverEvidence) -> ConditionResult:
    """Return the result as waived, or as it is while someone else still has to agree to that."""
    asked = result.condition.waived_by
    if asked == 0:
        return result
    if len(waiver.by) < asked:
        return replace(result, facts={**result.facts, "waiver": {"passed": len(waiver.by), "needed": asked}})
    facts: dict[str, Any] = {"at": waiver.at.isoformat(), "by": list(waiver.by)}
    if waiver.until:
        facts["until"] = waiver.until.isoformat()
    return replace(result, state=ConditionState.WAIVED, facts=facts)


def _expire(result: ConditionResult, at: datetime) -> ConditionResult:
    """Return the result with the end of what met it, where the evidence or the policy sets one; the earlier counts."""
    if not result.is_met:
        return result
    ends = [datetime.fromisoformat(result.facts["until"])] if "until" in result.facts else []
    if result.condition.valid_months:
        ends.append(add_months(datetime.fromisoformat(result.facts["at"]), result.condition.valid_months))
    if not ends:
        return result
    until = min(ends)
    facts: dict[str, Any] = {**result.facts, "until": until.isoformat()}
    if at < until <= at + WARNED_BEFORE:
        facts["is_ending"] = True
    return replace(result, state=result.state if at < until else ConditionState.EXPIRED, facts=facts)


def _group(condition: Condition, evidence: Evidence, at: datetime) -> ConditionResult:
    parts = tuple(_evaluate(part, evidence, at) for part in condition.parts)
    satisfied = sum(part.is_satisfied for part in parts)
    if condition.kind == NOT:
        state = ConditionState.MET if satisfied == 0 else ConditionState.NOT_MET
        return ConditionResult(condition, state, {}, parts)
    needed = {ALL_OF: len(parts), ANY_OF: 1}.get(condition.kind, condition.count)
    waiting = sum(part.state is ConditionState.WAITING for part in parts)
    if satisfied >= needed:
        state = ConditionState.MET
    else:
        state = ConditionState.WAITING if satisfied + waiting >= needed else ConditionState.NOT_MET
    return ConditionResult(condition, state, {"passed": satisfied, "needed": needed, "all": len(parts)}, parts)


def _module_complete(condition: Condition, evidence: Evidence) -> ConditionResult:
    module = evidence.modules.get(condition.key)
    if module is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {"passed": 0})
    if module.completed_at is None:
        facts: dict[str, Any] = {"passed": module.passed_exercises, "all": module.all_exercises}
        if module.missing:
            facts["missing"] = list(module.missing)
        return ConditionResult(condition, ConditionState.NOT_MET, facts)
    if module.percent < condition.min_percent:
        facts = {"percent": module.percent, "needed": condition.min_percent}
        return ConditionResult(condition, ConditionState.NOT_MET, facts)
    counts_from = module.counts_from or module.completed_at
    facts = {"at": counts_from.isoformat()} | ({"asked_in": module.asked_in} if module.asked_in else {})
    if module.asked_again:
        return ConditionResult(condition, ConditionState.NOT_MET, facts | {"again": list(module.asked_again)})
    if module.recognised_by:
        facts |= {"by": module.recognised_by, "is_recorded": module.is_recorded}
    if module.until:
        facts["until"] = module.until.isoformat()
    return ConditionResult(condition, ConditionState.MET, facts)


def _commitment_given(condition: Condition, evidence: Evidence) -> ConditionResult:
    given = evidence.commitments.get(condition.key)
    current = evidence.current_versions.get(condition.key)
    if given is None or current is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {})
    if given.version != current:
        return ConditionResult(condition, ConditionState.NOT_MET, {"given_version": given.version, "version": current})
    return ConditionResult(condition, ConditionState.MET, {"at": given.given_at.isoformat(), "version": current})


def _declared(condition: Condition, evidence: Evidence) -> ConditionResult:
    said = evidence.declarations.get(condition.key)
    if said is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {"least": condition.least} if condition.least else {})
    facts: dict[str, Any] = {"at": said.isoformat()}
    if condition.key in evidence.numbers or condition.least:
        # Who said yes before numbers were asked has said that there is room for one.
        number = evidence.numbers.get(condition.key, 1)
        facts |= {"number": number, "least": max(condition.least, 1)}
        if number < facts["least"]:
            return ConditionResult(condition, ConditionState.NOT_MET, facts)
    return ConditionResult(condition, ConditionState.MET, facts)


def _outcome_reached(condition: Condition, evidence: Evidence) -> ConditionResult:
    outcome = evidence.outcomes.get(condition.key)
    if outcome is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {})
    if outcome.at is None:
        facts = {"passed": outcome.have, "all": outcome.need, "missing": list(outcome.missing)}
        return ConditionResult(condition, ConditionState.NOT_MET, facts)
    return ConditionResult(condition, ConditionState.MET, {"at": outcome.at.isoformat()})


def _event_attended(condition: Condition, evidence: Evidence) -> ConditionResult:
    at = evidence.attended.get(condition.key)
    if at is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {})
    return ConditionResult(condition, ConditionState.MET, {"at": at.isoformat()})


def _profile_complete(condition: Condition, evidence: Evidence) -> ConditionResult:
    profile = evidence.profile.get(condition.key)
    if profile is None:
        return ConditionResult(condition, ConditionState.NOT_MET, {})
    if profile.missing:
        return ConditionResult(condition, ConditionState.NOT_MET, {"lacks": list(profile.missing)})
    return ConditionResult(condition, ConditionState.MET, {"at": profile.at.isoformat()})


def _on_roster(condition: Condition, evidence: Evidence) -> ConditionResult:
    """Return whether the list names the person; who is not on it, and a list that is lost, wait for staff."""
    roster = evidence.roster.get(condition.key)
    if roster is None or roster.read_at is None:
        return ConditionResult(condition, ConditionState.WAITING, {})
    facts: dict[str, Any] = {"at": roster.read_at.isoformat()}
    if roster.problem:
        facts["problem"] = roster.problem
    if not roster.is_listed:
        return ConditionResult(condition, ConditionState.WAITING, facts | {"is_absent": True})
    return ConditionResult(condition, ConditionState.MET, facts)


def _decided(condition: Condition, evidence: Evidence) -> ConditionResult:
    decision = evidence.decisions.get(condition.key)
    if decision is None:
        return ConditionResult(condition, ConditionState.WAITING, {"passed": 0, "needed": condition.approvers})
    facts = {"at": decision.at.isoformat(), "by": list(decision.by)}
    if not decision.is_yes:
        return ConditionResult(condition, ConditionState.NOT_MET, facts)
    if len(decision.by) < condition.approvers:
        counts = {"passed": len(decision.by), "needed": condition.approvers}
        return ConditionResult(condition, ConditionState.WAITING, facts | counts)
    state = ConditionState.MET if decision.is_applicable else ConditionState.NOT_APPLICABLE
    return ConditionResult(condition, state, facts)


EVALUATORS = {
    MODULE_COMPLETE: _module_complete,
    COMMITMENT_GIVEN: _commitment_given,
    DECLARED: _declared,
    DECIDED: _decided,
    OUTCOME_REACHED: _outcome_reached,
    EVENT_ATTENDED: _event_attended,
    PROFILE_COMPLETE: _profile_complete,
    ON_ROSTER: _on_roster,
}
"""How each kind that is no group is evaluated, before time and waivers."""
