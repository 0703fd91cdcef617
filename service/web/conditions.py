"""Puts the results of the gate into words: the same list for the person and for the coordinator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, url_for
from flask_babel import gettext, ngettext

from service.completion.rules import Result
from service.people.models import Membership
from service.readiness.conditions import COMMITMENT_GIVEN, MODULE_COMPLETE, ConditionResult
from service.web import access
from service.web.again import again_sentence
from service.web.formats import day
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


def describe(results: Sequence[ConditionResult], member: Membership) -> list[ConditionWords]:
    """Return the words for each result; only the member themself gets the links, for only they can act."""
    is_own = member.id == access.me().id
    words = {MODULE_COMPLETE: _describe_module, COMMITMENT_GIVEN: _describe_commitment}
    return [words[result.condition.kind](result, member.course.public_id if is_own else "") for result in results]


def _describe_module(result: ConditionResult, course_id: str) -> ConditionWords:
    key = result.condition.key
    if "again" in result.facts:
        return _describe_again(result, course_id)
    passed, count = result.facts.get("passed", 0), result.facts.get("all")
    if result.is_met:
        evidence = _describe_completed(result)
    elif result.facts.get("missing"):
        evidence = gettext("So far: %(list)s.", list=describe_open(map(Result.from_data, result.facts["missing"])))
    elif count:
        evidence = ngettext(
            "%(passed)s of %(num)d exercise passed.", "%(passed)s of %(num)d exercises passed.", count, passed=passed
        )
    else:
        evidence = gettext("Not begun.")
    return ConditionWords(
        state="met" if result.is_met else "part" if count and passed else "not_met",
        title=gettext("Module: %(title)s", title=access.catalogue().module(key).words[g.lang].title),
        evidence=evidence,
        href=url_for("modules.show", course_id=course_id, module_key=key) if course_id else "",
        act=gettext("Open") if result.is_met else gettext("Go on") if count else gettext("Begin"),
    )


def _describe_again(result: ConditionResult, course_id: str) -> ConditionWords:
    key, exercises = result.condition.key, result.facts["again"]
    module = access.catalogue().module(key)
    anchor = f"exercise-{exercises[0]}"
    return ConditionWords(
        state="part",
        title=gettext("Module: %(title)s", title=module.words[g.lang].title),
        evidence=again_sentence(module, exercises),
        href=url_for("modules.show", course_id=course_id, module_key=key, _anchor=anchor) if course_id else "",
        act=gettext("Do it again"),
    )


def _describe_completed(result: ConditionResult) -> str:
    when, who = day(datetime.fromisoformat(result.facts["at"])), result.facts.get("by")
    if not who:
        return gettext("Completed on %(day)s.", day=when)
    if result.facts["is_recorded"]:
        return gettext("Done in another way on %(day)s; recorded by %(name)s.", day=when, name=who)
    return gettext("Recognised by %(name)s, %(day)s.", day=when, name=who)


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
