"""What is done with completions: bring one up to date after an event, and list them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion import rules
from service.completion.facts import gather_facts
from service.completion.models import Completion, RecognitionStep
from service.completion.page_work import PageWork, read_page_works
from service.completion.recognition_rules import is_in_force
from service.completion.rules import Facts, Progress, Result
from service.db import set_rows
from service.exercises.models import Attempt
from service.exercises.operations import MARK_IS_KNOWN, lock_learners
from service.exercises.rules import Best
from service.modules.content import Catalogue, Module
from service.modules.models import ModuleVersion
from service.modules.operations import find_first_seen, record_version
from service.modules.requirements import Kind, list_requirements
from service.reviews.models import ReviewEntry
from service.reviews.standings import is_released

Completions = Mapping[int, Mapping[str, Completion]]
"""By person id and module key."""


@dataclass(frozen=True)
class Occasion:
    """What has happened in a module, as far as its completion does not see that for itself."""

    is_evidence_withdrawn: bool = False
    may_fall: bool = False
    """Whether what was complete may be so no longer, as when evidence is withdrawn; its score follows."""
    step: RecognitionStep | None = None
    """A step of recognition that was just taken."""
    version_id: int | None = None
    """The row of the module's version, where it is known."""


NOTHING_ELSE = Occasion()


def bring_up_to_date(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    *,
    at: datetime,
    occasion: Occasion = NOTHING_ELSE,
) -> Completion:
    """Return the person's one row for the module, computed anew from all that is known; see `bring_all_up_to_date`."""
    return bring_all_up_to_date(session, catalogue, [person_id], module_key, at=at, occasion=occasion)[person_id]


def bring_all_up_to_date(
    session: Session,
    catalogue: Catalogue,
    person_ids: Sequence[int],
    module_key: str,
    *,
    at: datetime,
    occasion: Occasion = NOTHING_ELSE,
    known: Completions | None = None,
) -> Mapping[int, Completion]:
    """Return one row for each of these people and the module, by person id, computed anew from all that is known.

    Once complete by own work it stays complete, and then no later version of the module takes anything from the score;
    unless evidence was withdrawn, and what is left carries no version of the module. What a later version asks again
    is not asked for here: `rules.list_asked_again` says it of the content as it is. A module that is recognised is
    complete while that is in force. `known` are all completions of these people, read since they were locked. Raise
    NotFoundError for an unknown module or person.

    As many statements for one as for a hundred people.
    """
    module = catalogue.module(module_key)
    lock_learners(session, person_ids)
    before = list_completions(session, person_ids) if known is None else known
    works = _gather(session, module, person_ids)
    carried = _list_carried(session, module_key, works) if occasion.is_evidence_withdrawn else frozenset()
    version_id = occasion.version_id or record_version(session, module, at=at).id
    rows = []
    for person_id, work in works.items():
        earlier = before[person_id].get(module_key)
        is_kept = not occasion.is_evidence_withdrawn or work.result.is_met or person_id in carried
        earned_at = earlier.earned_at if earlier and is_kept else None
        values = _values(module, work, earlier, earned_at, occasion.step, at)
        rows.append({"person_id": person_id, "module_key": module_key, "module_version_id": version_id} | values)
    done = set_rows(session, Completion, ("person_id", "module_key"), rows)
    return {row.person_id: row for row in done}


@dataclass(frozen=True)
class _Work:
    """What of one person's work counts in a module, and how far that meets its rule."""

    best: Mapping[str, Best]
    in_class: Mapping[str, datetime]
    result: Result


def _gather(session: Session, module: Module, person_ids: Sequence[int]) -> Mapping[int, _Work]:
    """Return what counts of these people's work; only what the rule of the module names is asked for."""
    asked = list(list_requirements(module.completion_rule))
    kinds = {one.kind for one in asked} - {Kind.PASSED}
    if all(one.module_key == module.key for one in asked if one.kind is Kind.READ):
        kinds -= {Kind.READ}
    facts = gather_facts(session, person_ids, kinds)
    works = read_page_works(session, person_ids, module)
    has_class_work = any(work.in_class for work in works.values())
    seen_at = _find_first_asked(session, module) if has_class_work and module.asked_again else None
    return {person_id: _count(module, work, facts[person_id], seen_at) for person_id, work in works.items()}


def _count(module: Module, work: PageWork, facts: Facts, seen_at: datetime | None) -> _Work:
    """Return what counts. What is asked again counts in class if that was held after somebody met the version."""
    best = rules.released(work.best, work.held_back)
    in_class: dict[str, datetime] = {}
    for key, held_at in work.in_class:
        if key not in module.asked_again or (seen_at is not None and held_at >= seen_at):
            in_class.setdefault(key, held_at)
    passed = {key: found.last_at for key, found in best.items() if found.is_passed} | in_class
    read = {(module.key, key): read_at for key, read_at in work.read.items()}
    known = replace(facts, passed={(module.key, key): at for key, at in passed.items()}, read={**read, **facts.read})
    return _Work(best, in_class, rules.evaluate(module.completion_rule, known))


def _find_first_asked(session: Session, module: Module) -> datetime | None:
    """Return when somebody first met a version that asks for something again."""
    return find_first_seen(session, module.key, min(module.asked_again.values()))


def _values(
    module: Module,
    work: _Work,
    earlier: Completion | None,
    earned_at: datetime | None,
    step: RecognitionStep | None,
    at: datetime,
) -> dict[str, Any]:
    """Return the columns of a completion. The version is left out where the figures are those of this one."""
    progress = rules.progress_in(module, work.best, work.in_class)
    figures = asdict(progress)
    if earlier and earned_at and _is_taken_by_version(progress, earlier):
        figures = {name: getattr(earlier, name) for name in (*figures, "module_version_id")}
    earned_at = earned_at or (at if work.result.is_met else None)
    recognised = _recognised(step or (earlier.recognition if earlier else None), earned_at, at)
    passed = {key: found.passed_version or 0 for key, found in work.best.items() if found.is_passed}
    done_in = rules.done_in(
        module,
        earlier.done_in if earlier else {},
        passed | dict.fromkeys(work.in_class, module.version),
        is_met=work.result.is_met,
        is_recognised_anew=recognised["recognition_id"] not in {None, earlier.recognition_id if earlier else None},
    )
    figures |= {"results": work.result.as_data(), "earned_at": earned_at, "done_in": done_in, "updated_at": at}
    return figures | recognised


def _recognised(
    step: RecognitionStep | None, earned_at: datetime | None, at: datetime
) -> dict[str, datetime | int | None]:
    """Return the columns that depend on whether the module is recognised; `step` is the last one that changed it."""
    if step is None or not is_in_force(step.kind, step.valid_until, at):
        return {"recognition_id": None, "expires_at": None, "completed_at": earned_at}
    recognised_at = step.done_at or step.at
    return {
        "recognition_id": step.id,
        "expires_at": None if earned_at else step.valid_until,
        "completed_at": min(earned_at, recognised_at) if earned_at else recognised_at,
    }


def _is_taken_by_version(progress: Progress, earlier: Completion) -> bool:
    """Tell whether the score falls by what a new version asks or is worth, and not by a try that counts instead."""
    worth = progress.all_exercises, progress.max_points
    is_by_tries = progress.passed_exercises == worth[0] and worth == (earlier.all_exercises, earlier.max_points)
    return not is_by_tries and rules.score_of(progress) < rules.score_of(earlier)


def find_completion(session: Session, person_id: int, module_key: str) -> Completion | None:
    """Return how far the person is in the module, None before the first answer."""
    return session.scalars(select(Completion).filter_by(person_id=person_id, module_key=module_key)).one_or_none()


def list_open_modules(session: Session, person_id: int, module_keys: Collection[str]) -> set[str]:
    """Return those of the modules that the person has not completed."""
    wanted = select(Completion.module_key).where(
        Completion.person_id == person_id,
        Completion.module_key.in_(module_keys),
        Completion.completed_at.is_not(None),
    )
    return set(module_keys).difference(session.scalars(wanted))


def list_completions(session: Session, person_ids: Sequence[int]) -> Completions:
    """Return the completions of these people by person id and module key, in one statement; nobody is left out."""
    found: dict[int, dict[str, Completion]] = {person_id: {} for person_id in person_ids}
    wanted = select(Completion).where(Completion.person_id.in_(person_ids))
    for completion in session.scalars(wanted, execution_options={"populate_existing": True}):
        found[completion.person_id][completion.module_key] = completion
    return found


def list_complete(session: Session, person_id: int, *, at: datetime) -> list[Completion]:
    """Return the modules that are complete for a person now, first completed first."""
    done = list_completions(session, [person_id])[person_id].values()
    complete = [one for one in done if one.completed_at and (one.expires_at is None or one.expires_at > at)]
    return sorted(complete, key=lambda one: (one.completed_at, one.module_key))


def list_expired(
    session: Session, module_keys: Collection[str], *, at: datetime, most: int = 100
) -> Sequence[tuple[int, str]]:
    """Return person and module of completions of these modules whose recognition has ended, and do not say so yet."""
    ended = (Completion.expires_at <= at, Completion.module_key.in_(module_keys))
    wanted = select(Completion.person_id, Completion.module_key).where(*ended).limit(most)
    return [(row.person_id, row.module_key) for row in session.execute(wanted)]


def _list_carried(session: Session, module_key: str, works: Mapping[int, _Work]) -> frozenset[int]:
    """Return those whose tries, with what is left in class, made some version complete when it was answered."""
    unmet = [person_id for person_id, work in works.items() if not work.result.is_met]
    if not unmet:
        return frozenset()
    rows = session.execute(
        select(Attempt.person_id, Attempt.exercise_key, Attempt.is_passed, ModuleVersion.structure)
        .join(ModuleVersion, ModuleVersion.id == Attempt.module_version_id)
        .outerjoin(ReviewEntry, ReviewEntry.attempt_id == Attempt.id)
        .where(Attempt.person_id.in_(unmet), Attempt.module_key == module_key, MARK_IS_KNOWN, is_released())
        .order_by(Attempt.handed_in_at, Attempt.id)
    )
    passed = {person_id: set(works[person_id].in_class) for person_id in unmet}
    carried = set()
    for person_id, exercise_key, is_passed, structure in rows:
        passed[person_id] |= {exercise_key} if is_passed else set()
        asks_for_more = "complete" in structure
        if not asks_for_more and passed[person_id].issuperset(one["key"] for one in structure["exercises"]):
            carried.add(person_id)
    return frozenset(carried)
