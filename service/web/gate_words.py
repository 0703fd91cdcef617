"""Words for what a course adds to the gate: declarations, decisions of staff, groups, waivers, and what has run out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext, ngettext

from service.events.models import EventKind
from service.people.models import STAFF_ROLES
from service.people.operations import list_members
from service.readiness.conditions import (
    ALL_OF,
    ANY_OF,
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    NOT,
    ON_ROSTER,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    Condition,
    ConditionResult,
    ConditionState,
)
from service.web import access
from service.web.event_words import kind_name
from service.web.formats import day, isolated, number, person_name


@dataclass(frozen=True)
class Criterion:
    """Something that people declare or staff decide, in words of ours."""

    title: str
    hint: str
    """What it means: for whoever declares, or decides."""
    number: str = ""
    """What the number is called, where one is asked."""


def declaration(condition: Condition) -> Criterion:
    """Return the words of a declaration: ours for the keys that we know, else those of the policy."""
    ours = {
        "yes_now": Criterion(
            gettext("“Yes, now”: the wish to begin"),
            gettext("I want this mentoring for myself, and I want to begin now. Nobody has decided it for me."),
        ),
        "capacity": Criterion(
            gettext("Room for mentees"),
            gettext("I have room for so many mentees now, and for the meetings that we agree on."),
            gettext("For how many mentees"),
        ),
        "time": Criterion(
            gettext("Time for the programme"),
            gettext("I know how many hours the training and the meetings take, and I have them."),
            gettext("How many hours in a month"),
        ),
    }
    own = Criterion(isolated(condition.title), gettext("This is so, and I stand by it."))
    return ours.get(condition.key, own)


def decision(condition: Condition) -> Criterion:
    """Return the words of a decision: ours for the keys that we know, else those of the policy."""
    ours = {
        "interview": Criterion(
            gettext("Interview"),
            gettext(
                "There was a personal talk about experience, skills and expectations, and it speaks for this person."
            ),
        ),
        "experience": Criterion(
            gettext("Experience"),
            gettext("Years and kind of experience fit what the programme asks of its mentors. Age is no criterion."),
        ),
        "references": Criterion(
            gettext("CV and references"), gettext("The CV and what others say fit the part this person will have.")
        ),
        "role_model": Criterion(
            gettext("An example to others"),
            gettext("This person is good at their work and someone to learn from."),
        ),
        "guardian_consent": Criterion(
            gettext("A guardian's consent"),
            gettext("For minors: a parent or guardian has agreed in writing, and the paper is kept by the programme."),
        ),
    }
    own = Criterion(isolated(condition.title), gettext("This condition is met by this person."))
    return ours.get(condition.key, own)


def title_of(condition: Condition) -> str:
    """Return the name of any condition."""
    find = _TITLES.get(condition.kind)
    return find(condition) if find else isolated(condition.title)


def _title_of_module(condition: Condition) -> str:
    modules = {module.key: module for module in access.catalogue().modules}
    known = modules.get(condition.key)
    title = known.words[g.lang].title if known else condition.key
    return gettext("Module: %(title)s", title=title)


def _title_of_text(condition: Condition) -> str:
    texts = {text.kind: text for text in access.catalogue().commitments}
    return texts[condition.key].words[g.lang].title if condition.key in texts else isolated(condition.key)


def _title_of_outcome(condition: Condition) -> str:
    courses = access.catalogue().courses
    words = {f"{course.key}.{one.key}": one.words[g.lang] for course in courses for one in course.outcomes}
    return gettext("Outcome: %(outcome)s", outcome=words.get(condition.key, isolated(condition.key)))


def _title_of_event(condition: Condition) -> str:
    return gettext("Taken part: %(meeting)s", meeting=kind_name(EventKind(condition.key)))


_TITLES: dict[str, Callable[[Condition], str]] = {
    MODULE_COMPLETE: _title_of_module,
    COMMITMENT_GIVEN: _title_of_text,
    OUTCOME_REACHED: _title_of_outcome,
    EVENT_ATTENDED: _title_of_event,
    PROFILE_COMPLETE: lambda _: gettext("Profile for matching"),
    ON_ROSTER: lambda _: gettext("On the list of the course"),
    DECLARED: lambda condition: declaration(condition).title,
    DECIDED: lambda condition: decision(condition).title,
}


def may_waive(condition: Condition) -> str:
    """Return who may waive a condition."""
    if condition.waived_by == 0:
        return gettext("Nobody may waive it.")
    return ngettext(
        "One person of the staff may waive it.",
        "%(num)d people of the staff together may waive it.",
        condition.waived_by,
    )


def group_sentence(condition: Condition) -> str:
    """Return how many parts of a group are asked for."""
    if condition.kind == ALL_OF:
        return gettext("All of these are asked for.")
    if condition.kind == ANY_OF:
        return gettext("One of these is enough.")
    if condition.kind == NOT:
        return gettext("This must not be so.")
    return ngettext(
        "At least %(num)d of these is asked for.", "At least %(num)d of these are asked for.", condition.count
    )


def declared_evidence(result: ConditionResult) -> str:
    """Return when something was declared, and how much of it where a number is asked."""
    facts = result.facts
    needed = gettext("Needed: %(number)s.", number=number(facts["least"])) if facts.get("least", 0) > 1 else ""
    if "at" not in facts:
        return " ".join(filter(None, (gettext("Not said yet."), needed)))
    said = gettext("Said on %(day)s.", day=_day(facts["at"]))
    if "number" not in facts:
        return said
    how_many = gettext("Said on %(day)s: %(number)s.", day=_day(facts["at"]), number=number(facts["number"]))
    return how_many if result.is_met else f"{how_many} {needed}".strip()


def decided_evidence(result: ConditionResult) -> str:
    """Return what staff have decided, and who."""
    facts = result.facts
    if "at" not in facts:
        return gettext("Nobody has decided yet.")
    names = {"who": _names(facts["by"]), "day": _day(facts["at"])}
    if result.state is ConditionState.NOT_APPLICABLE:
        return gettext("Does not apply, says %(who)s, %(day)s.", **names)
    if result.is_met or "needed" in facts:
        said = gettext("Yes by %(who)s, %(day)s.", **names)
    else:
        said = gettext("No by %(who)s, %(day)s.", **names)
    missing = facts.get("needed", 0) - facts.get("passed", 0)
    if missing > 0:
        more = ngettext("One more person has to agree.", "%(num)d more people have to agree.", missing)
        return f"{said} {more}"
    return said


def group_evidence(result: ConditionResult) -> str:
    """Return how far a group is."""
    if result.condition.kind == NOT:
        return gettext("As asked for.") if result.is_met else gettext("It is so, and must not be.")
    facts = {"passed": number(result.facts["passed"]), "needed": number(result.facts["needed"])}
    return gettext("%(passed)s of %(needed)s that are needed.", **facts)


def waived_evidence(facts: Mapping[str, Any]) -> str:
    """Return who has waived a condition, and until when."""
    names = {"who": _names(facts["by"]), "day": _day(facts["at"])}
    said = gettext("Waived by %(who)s on %(day)s.", **names)
    if "until" in facts:
        return f"{said} {gettext('Until %(day)s.', day=_day(facts['until']))}"
    return said


def until_evidence(result: ConditionResult) -> str:
    """Return when what met the condition runs out, or ran out; "" for never."""
    if "until" not in result.facts:
        return ""
    until = _day(result.facts["until"])
    if not result.is_met:
        return gettext("Valid until %(day)s, now over.", day=until)
    if "is_ending" in result.facts:
        return gettext("It soon runs out: on %(day)s.", day=until)
    return gettext("Valid until %(day)s.", day=until)


def _names(members: list[str]) -> str:
    """Return the names of members of staff, in one statement for the whole page."""
    if "staff_names" not in g:
        staff = list_members(g.db, access.me().course_id, STAFF_ROLES)
        g.staff_names = {member.public_id: person_name(member.person) for member in staff}
    former = gettext("someone who has left the course")
    return ", ".join(isolated(g.staff_names[one]) if one in g.staff_names else former for one in members)


def _day(at: str) -> str:
    return day(datetime.fromisoformat(at))
