"""What the gate may know of people's training: modules and what renews them, outcomes, meetings."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.completion.facts import list_last_passed
from service.completion.models import Completion
from service.completion.operations import Completions
from service.completion.outcome_operations import Reached, list_reached
from service.completion.recognition_rules import StepKind
from service.completion.rules import Result, list_asked_again, list_leaves, list_open, score_of
from service.events.attendance_operations import list_attended
from service.events.models import EventKind
from service.modules.content import Catalogue, Module
from service.modules.requirements import Kind
from service.people.known import Member
from service.readiness.conditions import MODULE_COMPLETE, OUTCOME_REACHED, Condition
from service.readiness.evidence import ModuleEvidence, OutcomeEvidence

ROUNDING = 1e-6
"""Shares that are a whole percent may be a hair less in binary."""
OF_ONE_COURSE = frozenset({EventKind.OPENING, EventKind.MID_MEETING, EventKind.CLOSING})
"""Meetings that frame the processes of one course (S0-39); the others teach, and count wherever they were held."""


def gather_modules(
    session: Session, catalogue: Catalogue, completions: Completions, asked: Collection[Condition]
) -> Mapping[int, Mapping[str, ModuleEvidence]]:
    """Return how far people are in each module that they have begun; two statements where a module runs out."""
    known = {module.key: module for module in catalogue.modules}
    running_out = {one.key for one in asked if one.kind == MODULE_COMPLETE and one.valid_months} & known.keys()
    passed = list_last_passed(session, list(completions)) if running_out else {}
    found: dict[int, dict[str, ModuleEvidence]] = {}
    for person_id, of_person in completions.items():
        times = passed.get(person_id, {})
        found[person_id] = {
            key: _module_evidence(
                done,
                known.get(key),
                {one: times.get((key, one)) for one in known[key].refreshers} if key in running_out else {},
            )
            for key, done in of_person.items()
        }
    return found


def _module_evidence(
    done: Completion, module: Module | None, refreshers: Mapping[str, datetime | None]
) -> ModuleEvidence:
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
        refreshers=refreshers,
        recognised_at=(done.recognition.done_at or done.recognition.at) if done.recognition and refreshers else None,
    )


def gather_outcomes(
    session: Session,
    catalogue: Catalogue,
    person_ids: Sequence[int],
    asked: Collection[Condition],
    *,
    at: datetime,
) -> Mapping[int, Mapping[str, OutcomeEvidence]]:
    """Return how far people are with the outcomes that are asked for, by `course.outcome`; no statement for none."""
    wanted = {one.key for one in asked if one.kind == OUTCOME_REACHED}
    courses = [one for one in catalogue.courses if any(f"{one.key}.{out.key}" in wanted for out in one.outcomes)]
    if not courses:
        return {}
    return {
        person_id: {key: _outcome_evidence(one) for one in reached if (key := outcome_key(one)) in wanted}
        for person_id, reached in list_reached(session, courses, person_ids, at=at).items()
    }


def outcome_key(reached: Reached) -> str:
    """Return what conditions call an outcome: outcomes of two courses may have the same key."""
    return f"{reached.course.key}.{reached.outcome.key}"


def _outcome_evidence(reached: Reached) -> OutcomeEvidence:
    leaves = list_leaves(reached.result)
    missing = [one.as_data() for one in list_open(reached.result)]
    return OutcomeEvidence(sum(one.is_met for one in leaves), len(leaves), reached.result.at, missing)


def gather_attended(session: Session, members: Sequence[Member]) -> Mapping[int, Mapping[str, datetime]]:
    """Return by membership id when each was last at a meeting, by kind; one statement."""
    attended = list_attended(session, [member.person_id for member in members])
    return {
        member.id: {
            one.kind.value: one.held_at  # earliest first, so that the last one stays
            for one in attended[member.person_id]
            if one.kind not in OF_ONE_COURSE or one.course_id == member.course_id
        }
        for member in members
    }
