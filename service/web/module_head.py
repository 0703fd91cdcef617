"""What stands at the head of a module's page: how far the learner is, where to go on, what finishing it changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g

from service.completion.operations import find_completion
from service.completion.page_work import PageWork
from service.completion.recognition_operations import find_last_step
from service.completion.resuming import find_resume
from service.completion.rules import Facts, Result, evaluate
from service.db import utc_now
from service.exercises.rules import Best
from service.modules.content import Module
from service.modules.requirements import Kind, list_requirements
from service.people.models import LEARNING_ROLES
from service.readiness.conditions import MODULE_COMPLETE, ConditionResult
from service.readiness.operations import find_results
from service.web.access import me
from service.web.recognition_words import StepWords, describe_step
from service.web.requirement_words import RequirementWords, describe_rule


@dataclass(frozen=True)
class Effect:
    """What finishing a module changes before the gate: how many conditions there are, and remain after it."""

    all: int
    remaining: int
    is_counted: bool
    """Whether the module is among those that are met already."""


@dataclass(frozen=True)
class ModuleHead:
    """How far a learner is in a module. `rule` is empty where passing all exercises is all that is asked."""

    read: Mapping[str, datetime]
    asked_sections: frozenset[str]
    """Those that the rule asks to be read."""
    resume: tuple[str, str] | None
    """Address on the page, and the title of what is there."""
    effect: Effect | None
    rule: Sequence[RequirementWords]
    recognition: StepWords | None


NOTHING = ModuleHead({}, frozenset(), None, None, (), None)


def module_head(module: Module, work: PageWork, done: Collection[str]) -> ModuleHead:
    """Return the head for the member who asks; of staff nothing is kept. `done`: exercises that need no answer now."""
    if me().role not in LEARNING_ROLES:
        return NOTHING
    person_id = me().person_id
    step = find_last_step(g.db, person_id, module.key) if work.has_recognition else None
    asked = [one for one in list_requirements(module.completion_rule) if one.kind is Kind.READ]
    return ModuleHead(
        read=work.read,
        asked_sections=frozenset(key for requirement in asked for key in requirement.keys),
        resume=_resume(module, work.read, work.best, done),
        effect=_effect(module, find_results(g.db, me())) if me().role in module.required_for else None,
        rule=describe_rule(_result(module)) if module.complete else (),
        recognition=describe_step(step, at=utc_now(), is_own=True) if step else None,
    )


def _result(module: Module) -> Result:
    """Return how far the rule is met, as it was after the last event."""
    completion = find_completion(g.db, me().person_id, module.key)
    if completion is None or completion.results is None:
        return evaluate(module.completion_rule, Facts())
    return Result.from_data(completion.results)


def _resume(
    module: Module, read: Mapping[str, datetime], best: Mapping[str, Best], done: Collection[str]
) -> tuple[str, str] | None:
    tried = {key: found.last_at for key, found in best.items()}
    stop = find_resume(module, read, tried, done)
    if stop is None:
        return None
    words = module.words[g.lang]
    if stop.is_exercise:
        return f"#exercise-{stop.key}", words.exercises[stop.key].title
    return f"#{stop.key}", next(section.heading for section in words.sections if section.key == stop.key)


def _effect(module: Module, results: Sequence[ConditionResult] | None) -> Effect | None:
    own = [
        result
        for result in results or ()
        if (result.condition.kind, result.condition.key) == (MODULE_COMPLETE, module.key)
    ]
    if not results or not own:
        return None
    missing = sum(not result.is_satisfied for result in results)
    return Effect(len(results), missing - (not own[0].is_satisfied), own[0].is_satisfied)
