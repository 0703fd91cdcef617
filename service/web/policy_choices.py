"""What the editor of a policy offers: kinds of conditions, each with its choices and the fields that go with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask_babel import gettext

from service.events.models import EventKind
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
from service.readiness.leaf_rules import DECISIONS, DECLARATIONS, MAY_NOT_APPLY, RUNS_OUT
from service.readiness.policies import out_of_reach
from service.web import gate_words
from service.web.access import catalogue, me
from service.web.ways_on import blocks_pairing

OWN_WORDS = "own"
"""The choice of a declaration or decision that is none of ours."""


@dataclass(frozen=True)
class Addable:
    """A kind of condition that can be added: what it is called, and what can be chosen, as key and title."""

    kind: str
    legend: str
    options: tuple[tuple[str, str], ...]

    @property
    def has_own_words(self) -> bool:
        return self.kind in {DECLARED, DECIDED}

    @property
    def runs_out(self) -> bool:
        return self.kind in RUNS_OUT

    @property
    def has_number(self) -> bool:
        return self.kind == DECLARED

    @property
    def has_percent(self) -> bool:
        return self.kind == MODULE_COMPLETE

    @property
    def has_approvers(self) -> bool:
        return self.kind == DECIDED


def offered(asked: Collection[str], asked_of: str) -> list[Addable]:
    """Return what can be added to a policy that asks for conditions of these names already."""
    return [
        Addable(kind, legend, found)
        for kind, legend, keys in _kinds(asked_of)
        if kind not in out_of_reach(asked_of) and (found := tuple(_options(kind, keys, asked)))
    ]


def _kinds(asked_of: str) -> list[tuple[str, str, list[str]]]:
    """Return what can be asked; of those who are not paired by it, nothing that is said or decided of a pair."""
    content, is_paired = catalogue(), blocks_pairing(asked_of)
    declarations = [key for key in DECLARATIONS if is_paired or key == "time"]
    decisions = [key for key in DECISIONS if is_paired or key not in MAY_NOT_APPLY]
    outcomes = [f"{course.key}.{one.key}" for course in content.courses for one in course.outcomes]
    return [
        (DECLARED, gettext("Something that people say of themselves"), declarations),
        (DECIDED, gettext("Something that staff decide about each person"), decisions),
        (EVENT_ATTENDED, gettext("A meeting that people take part in"), [kind.value for kind in EventKind]),
        (COMMITMENT_GIVEN, gettext("A text that people agree to"), [text.kind for text in content.commitments]),
        (MODULE_COMPLETE, gettext("One more module"), [module.key for module in content.modules]),
        (OUTCOME_REACHED, gettext("Something that people can show"), outcomes),
        (PROFILE_COMPLETE, gettext("A profile to match by"), [PROFILE_KEY]),
        (
            ON_ROSTER,
            gettext("Being on the list that the LMS gives of the course"),
            [ON_ROSTER_KEY] if me().course.memberships_url else [],
        ),
    ]


def _options(kind: str, keys: Iterable[str], asked: Collection[str]) -> Iterable[tuple[str, str]]:
    for condition in (Condition(kind, key) for key in keys):
        if condition.name not in asked:
            yield condition.key, gate_words.title_of(condition)
    if kind in {DECLARED, DECIDED}:
        yield OWN_WORDS, gettext("In words of our own")
