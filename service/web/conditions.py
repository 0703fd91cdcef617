"""Puts the results of the gate into words: the same list for the person and for the coordinator."""

from collections.abc import Sequence
from dataclasses import replace

from flask import url_for
from flask_babel import gettext

from service.people.known import Member
from service.readiness.conditions import DECIDED, DECLARED, GROUPS, ConditionResult, ConditionState
from service.readiness.shortest import Actor, Step, shortest_way
from service.web import access, gate_words
from service.web.condition_words import ConditionWords
from service.web.training_conditions import DESCRIBED


def describe(results: Sequence[ConditionResult], member: Member) -> list[ConditionWords]:
    """Return the words for each result; only the member themself gets the links, for only they can act."""
    return [_describe(result, _links_of(member)) for result in results]


def describe_way(results: Sequence[ConditionResult], member: Member) -> list[ConditionWords]:
    """Return the shortest set of acts that leads to ready, in order; links as in `describe`."""
    return [_describe_step(step, _links_of(member)) for step in shortest_way(results)]


def _links_of(member: Member) -> str:
    return member.course.public_id if member.id == access.me().id else ""


def _describe_step(step: Step, course_id: str) -> ConditionWords:
    words = _describe(step.result, course_id)
    if step.undoes:
        evidence = gettext("It is so, and must not be.")
        return replace(words, evidence=evidence, who=words.who or _for_staff(), act=gettext("Take it back"), parts=())
    return replace(words, who=words.who if step.actor is Actor.STAFF else "", parts=())


def _for_staff() -> str:
    return gettext("The coordinators of the course decide this.")


def describe_to_staff(results: Sequence[ConditionResult]) -> list[ConditionWords]:
    """Return the words for each result as those read them who cannot do it themselves: without links."""
    return [_describe(result, "") for result in results]


def _describe(result: ConditionResult, course_id: str) -> ConditionWords:
    if result.state is ConditionState.WAIVED:
        words = _describe_kind(replace(result, facts={}), course_id)  # its facts are those of the waiver
        evidence = gate_words.waived_evidence(result.facts)
        return replace(words, state="waived", evidence=evidence, act=gettext("Open"), who="", known_href="")
    words = _describe_kind(result, course_id)
    if result.state is ConditionState.NOT_APPLICABLE:
        return replace(words, state="waived", who="")
    notes = [words.evidence, gate_words.until_evidence(result)]
    if "is_gone" in result.facts:
        notes.append(gettext("It is no longer part of the training."))
        words = replace(words, state="met" if result.is_met else "waiting", who=_for_gone())
    if "waiver" in result.facts:
        notes.append(gettext("Staff want to waive this; one more person has to agree."))
    state = "expired" if result.state is ConditionState.EXPIRED else words.state
    who = "" if result.is_met else f"{words.who} {gate_words.may_waive(result.condition)}".strip()
    return replace(words, state=state, evidence=" ".join(filter(None, notes)), who=who)


def _for_gone() -> str:
    return gettext("The coordinators of the course take it out of what is asked, or waive it.")


def _describe_kind(result: ConditionResult, course_id: str) -> ConditionWords:
    if result.condition.kind in GROUPS:
        return _describe_group(result, course_id)
    kinds = {DECLARED: _describe_declaration, DECIDED: _describe_decision, **DESCRIBED}
    return kinds[result.condition.kind](result, course_id)


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
        who=_for_staff(),
    )
