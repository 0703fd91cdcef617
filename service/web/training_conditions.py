"""Puts results of the gate about training into words: modules, outcomes, texts that people agree to, meetings."""

from collections.abc import Callable
from datetime import datetime

from flask import g, url_for
from flask_babel import gettext, ngettext

from service.completion.rules import Result
from service.modules.content import Module
from service.people.models import LEARNING_ROLES
from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    EVENT_ATTENDED,
    MODULE_COMPLETE,
    ON_ROSTER,
    OUTCOME_REACHED,
    PROFILE_COMPLETE,
    ConditionResult,
    ConditionState,
)
from service.web import access, gate_words
from service.web.again import again_sentence
from service.web.condition_words import ConditionWords
from service.web.formats import day, isolated, number
from service.web.meeting_links import meeting_address
from service.web.requirement_words import describe_open


def _describe_module(result: ConditionResult, course_id: str) -> ConditionWords:
    key = result.condition.key
    modules = {module.key: module for module in access.catalogue().modules}
    if "again" in result.facts and key in modules:
        return _describe_again(result, course_id)
    if "refresh" in result.facts and key in modules:
        return _describe_refresher(result, modules[key], course_id)
    passed, count = result.facts.get("passed", 0), result.facts.get("all")
    if "at" in result.facts:
        evidence = _describe_completed(result)
    elif result.facts.get("missing"):
        evidence = gettext("So far: %(list)s.", list=describe_open(map(Result.from_data, result.facts["missing"])))
    elif "needed" in result.facts:
        evidence = gettext(
            "Completed with %(percent)s%% of the points; %(needed)s%% are needed. Exercises can be tried again.",
            percent=number(result.facts["percent"]),
            needed=number(result.facts["needed"]),
        )
    elif count:
        evidence = ngettext(
            "%(passed)s of %(num)d exercise passed.", "%(passed)s of %(num)d exercises passed.", count, passed=passed
        )
    else:
        evidence = gettext("Not begun.")
    return ConditionWords(
        state="met" if result.is_met else "part" if count and passed else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href=url_for("modules.show", course_id=course_id, module_key=key) if course_id and key in modules else "",
        act=gettext("Open") if result.is_met else gettext("Go on") if count else gettext("Begin"),
        known_href="" if result.is_met or key not in modules else _known_href(course_id, key),
    )


def _known_href(course_id: str, module_key: str) -> str:
    is_offered = course_id and access.me().role in LEARNING_ROLES
    return url_for("training.show_prior", course_id=course_id, module_key=module_key) if is_offered else ""


def _describe_again(result: ConditionResult, course_id: str) -> ConditionWords:
    key, exercises = result.condition.key, result.facts["again"]
    module = access.catalogue().module(key)
    anchor = f"exercise-{exercises[0]}"
    return ConditionWords(
        state="part",
        title=gate_words.title_of(result.condition),
        evidence=again_sentence(module, exercises),
        href=url_for("modules.show", course_id=course_id, module_key=key, _anchor=anchor) if course_id else "",
        act=gettext("Do it again"),
    )


def _describe_refresher(result: ConditionResult, module: Module, course_id: str) -> ConditionWords:
    """Return the words for a module that has run out or soon will: what renews it, and where that is."""
    titles = module.words[g.lang].exercises
    exercises = [key for key in result.facts["refresh"] if key in titles]
    again = gettext(
        "To renew it, do these exercises again: %(exercises)s.",
        exercises=", ".join(titles[one].title for one in exercises),
    )
    anchor = f"exercise-{exercises[0]}" if exercises else None
    return ConditionWords(
        state="met" if result.is_met else "expired",
        title=gate_words.title_of(result.condition),
        evidence=f"{_describe_completed(result)} {again}",
        href=url_for("modules.show", course_id=course_id, module_key=module.key, _anchor=anchor) if course_id else "",
        act=gettext("Renew it"),
    )


def _describe_completed(result: ConditionResult) -> str:
    when, who = day(datetime.fromisoformat(result.facts["at"])), result.facts.get("by")
    if not who:
        return gettext("Completed on %(day)s.", day=when)
    names = {"day": when, "name": isolated(who)}
    if result.facts["is_recorded"]:
        return gettext("Done in another way on %(day)s; recorded by %(name)s.", **names)
    return gettext("Recognised by %(name)s, %(day)s.", **names)


def _describe_commitment(result: ConditionResult, course_id: str) -> ConditionWords:
    if result.is_met:
        evidence = gettext("Given on %(day)s.", day=day(datetime.fromisoformat(result.facts["at"])))
    elif "given_version" in result.facts:
        evidence = gettext("The text has changed since it was agreed to. It needs a new look.")
    else:
        evidence = gettext("Not given.")
    is_there = any(text.kind == result.condition.key for text in access.catalogue().commitments)
    kind, may_open = result.condition.key, course_id and is_there
    href = url_for("readiness.show_commitment", course_id=course_id, kind=kind) if may_open else ""
    return ConditionWords(
        state="met" if result.is_met else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href=href,
        act=gettext("Read again") if result.is_met else gettext("Read and decide"),
    )


def _describe_outcome(result: ConditionResult, course_id: str) -> ConditionWords:
    facts = result.facts
    if result.is_met:
        evidence = gettext("Shown on %(day)s.", day=day(datetime.fromisoformat(facts["at"])))
    elif facts.get("missing"):
        evidence = gettext("So far: %(list)s.", list=describe_open(map(Result.from_data, facts["missing"])))
    else:
        evidence = gettext("Not begun.")
    return ConditionWords(
        state="met" if result.is_met else "part" if facts.get("passed") else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href=url_for("training.show_outcomes", course_id=course_id) if course_id else "",
        act=gettext("Open") if result.is_met else gettext("Go on"),
    )


def _describe_event(result: ConditionResult, course_id: str) -> ConditionWords:
    if "at" in result.facts:
        evidence = gettext("Taken part on %(day)s.", day=day(datetime.fromisoformat(result.facts["at"])))
    else:
        evidence = gettext("Not attended yet.")
    return ConditionWords(
        state="met" if result.is_met else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href=meeting_address([result.condition.key]) if course_id else "",
        act=gettext("See the meetings"),
        who=gettext("The coordinators plan these meetings, and enter who was there."),
    )


def _describe_profile(result: ConditionResult, course_id: str) -> ConditionWords:
    if result.is_met:
        evidence = gettext("Complete since %(day)s.", day=day(datetime.fromisoformat(result.facts["at"])))
    elif "lacks" in result.facts:
        count = len(result.facts["lacks"])
        evidence = ngettext("One answer is missing.", "%(num)d answers are missing.", count)
    else:
        evidence = gettext("Not begun.")
    return ConditionWords(
        state="met" if result.is_met else "part" if "lacks" in result.facts else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href=url_for("profile.show_own", course_id=course_id) if course_id else "",
        act=gettext("Open") if result.is_met else gettext("Write the profile"),
    )


def _describe_roster(result: ConditionResult, _course_id: str) -> ConditionWords:
    facts = result.facts
    if "at" not in facts:
        evidence = gettext("The list of the course has not been read yet.")
    else:
        names = {"day": day(datetime.fromisoformat(facts["at"]))}
        if "is_absent" in facts:
            evidence = gettext("Not on the list of the course, as it was read on %(day)s.", **names)
        else:
            evidence = gettext("On the list of the course, as it was read on %(day)s.", **names)
    if "problem" in facts:
        evidence = " ".join((evidence, gettext("It could not be read since.")))
    return ConditionWords(
        state="met" if result.is_met else "expired" if result.state is ConditionState.EXPIRED else "waiting",
        title=gate_words.title_of(result.condition),
        evidence=evidence,
        href="",
        act="",
        who=gettext("Whoever runs the course in the LMS keeps its list; the coordinators can have it read again."),
    )


DESCRIBED: dict[str, Callable[[ConditionResult, str], ConditionWords]] = {
    MODULE_COMPLETE: _describe_module,
    COMMITMENT_GIVEN: _describe_commitment,
    OUTCOME_REACHED: _describe_outcome,
    EVENT_ATTENDED: _describe_event,
    PROFILE_COMPLETE: _describe_profile,
    ON_ROSTER: _describe_roster,
}
"""Each takes a result and the id of the course, "" where no links are wanted."""
