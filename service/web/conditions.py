"""Puts the results of the gate into words: the same list for the person and for the coordinator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import url_for
from flask_babel import gettext, ngettext

from service.completion.rules import Result
from service.people.models import Membership
from service.readiness.conditions import (
    COMMITMENT_GIVEN,
    DECIDED,
    DECLARED,
    GROUPS,
    MODULE_COMPLETE,
    ConditionResult,
    ConditionState,
)
from service.web import access, gate_words
from service.web.again import again_sentence
from service.web.formats import day, isolated, number
from service.web.requirement_words import describe_open


@dataclass(frozen=True)
class ConditionWords:
    """A condition as a page shows it; `href` leads to the act, for whoever can do it."""

    state: str
    title: str
    evidence: str
    href: str
    act: str
    who: str = ""
    parts: tuple["ConditionWords", ...] = ()
    """What a group is made of."""


def describe(results: Sequence[ConditionResult], member: Membership) -> list[ConditionWords]:
    """Return the words for each result; only the member themself gets the links, for only they can act."""
    is_own = member.id == access.me().id
    return [_describe(result, member.course.public_id if is_own else "") for result in results]


def _describe(result: ConditionResult, course_id: str) -> ConditionWords:
    if result.condition.kind in GROUPS:
        words = _describe_group(result, course_id)
    else:
        kinds = {
            MODULE_COMPLETE: _describe_module,
            COMMITMENT_GIVEN: _describe_commitment,
            DECLARED: _describe_declaration,
            DECIDED: _describe_decision,
        }
        words = kinds[result.condition.kind](result, course_id)
    if result.state is ConditionState.WAIVED:
        return replace(words, state="waived", evidence=gate_words.waived_evidence(result.facts), act=gettext("Open"))
    notes = [words.evidence, gate_words.until_evidence(result)]
    if "waiver" in result.facts:
        notes.append(gettext("Staff want to waive this; one more person has to agree."))
    state = "expired" if result.state is ConditionState.EXPIRED else words.state
    return replace(words, state=state, evidence=" ".join(filter(None, notes)))


def _describe_group(result: ConditionResult, course_id: str) -> ConditionWords:
    is_begun = result.facts.get("passed", 0) > 0
    state = "met" if result.is_met else "waiting" if result.state is ConditionState.WAITING else "part"
    return ConditionWords(
        state=state if is_begun or state != "part" else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=f"{gate_words.group_sentence(result.condition)} {gate_words.group_evidence(result)}",
        href="",
        act="",
        parts=tuple(_describe(part, course_id) for part in result.parts),
    )


def _describe_declaration(result: ConditionResult, course_id: str) -> ConditionWords:
    key = result.condition.key
    return ConditionWords(
        state="met" if result.is_met else "not_met",
        title=gate_words.title_of(result.condition),
        evidence=gate_words.declared_evidence(result),
        href=url_for("gate.show_declaration", course_id=course_id, key=key) if course_id else "",
        act=gettext("Look again") if result.is_met else gettext("Read and decide"),
    )


def _describe_decision(result: ConditionResult, _course_id: str) -> ConditionWords:
    states = {ConditionState.MET: "met", ConditionState.WAITING: "waiting"}
    return ConditionWords(
        state=states.get(result.state, "not_met"),
        title=gate_words.title_of(result.condition),
        evidence=gate_words.decided_evidence(result),
        href="",
        act="",
        who=gettext("The coordinators of the course decide this."),
    )


def _describe_module(result: ConditionResult, course_id: str) -> ConditionWords:
    key = result.condition.key
    if "again" in result.facts:
        return _describe_again(result, course_id)
    is_there = any(module.key == key for module in access.catalogue().modules)
    passed, count = result.facts.get("passed", 0), result.facts.get("all")
    if result.is_met:
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
        href=url_for("modules.show", course_id=course_id, module_key=key) if course_id and is_there else "",
        act=gettext("Open") if result.is_met else gettext("Go on") if count else gettext("Begin"),
    )


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
    href = url_for("readiness.show_commitment", course_id=course_id, kind=result.condition.key) if course_id else ""
    return ConditionWords(
        state="met" if result.is_met else "not_met",
        title=gettext("Commitment to confidentiality"),
        evidence=evidence,
        href=href,
        act=gettext("Read again") if result.is_met else gettext("Read and decide"),
    )
