"""Puts into words what a new version of a module asks again: for the learner with the reason, for staff by person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext

from service.modules.content import Module
from service.people.models import Membership
from service.readiness.conditions import ConditionResult
from service.readiness.operations import Verdict
from service.web.access import catalogue


@dataclass(frozen=True)
class AskedAgain:
    """Exercises, as key and title, that one version of a module asks again, and why."""

    why: str
    exercises: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ToDoAgain:
    """What is asked again of whom, for staff."""

    title: str
    """Of the module."""
    words: str
    members: Sequence[Membership]


def group_asked_again(module: Module, keys: Iterable[str]) -> list[AskedAgain]:
    """Return these exercises of a module with the reasons for asking again, the newest reason first."""
    words, found = module.words[g.lang], dict[int, list[tuple[str, str]]]()
    for key in keys:
        if key in module.asked_again:
            found.setdefault(module.asked_again[key], []).append((key, words.exercises[key].title))
    return [AskedAgain(words.redo[version], found[version]) for version in sorted(found, reverse=True)]


def again_sentence(module: Module, keys: Iterable[str]) -> str:
    """Return what is to be done again and why, in one line."""
    return " ".join(
        gettext("To be done again: %(exercises)s.", exercises=", ".join(title for _, title in asked.exercises))
        + f" {asked.why}"
        for asked in group_asked_again(module, keys)
    )


def list_to_do_again(members: Sequence[Membership], verdicts: Mapping[int, Verdict]) -> list[ToDoAgain]:
    """Return what is asked again of the members, module by module in the order of learning."""
    found: dict[str, dict[str, list[Membership]]] = {}
    for member in members:
        for key, exercises in _asked_of(verdicts[member.id].results):
            sentence = again_sentence(catalogue().module(key), exercises)
            found.setdefault(key, {}).setdefault(sentence, []).append(member)
    return [
        ToDoAgain(module.words[g.lang].title, words, who)
        for module in catalogue().modules
        for words, who in found.get(module.key, {}).items()
    ]


def _asked_of(results: Iterable[ConditionResult]) -> Iterator[tuple[str, Sequence[str]]]:
    for result in results:
        if "again" in result.facts:
            yield result.condition.key, result.facts["again"]
        yield from _asked_of(result.parts)
