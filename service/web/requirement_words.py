"""Puts into words how far a rule is met: what completes a module, and what shows an outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext, ngettext

from service.completion.rules import GROUP, Result
from service.forums.rules import PLANS, Act, Plan, Purpose, abilities
from service.modules.requirements import IN_FORUM, Kind
from service.web.access import catalogue, me
from service.web.formats import number
from service.web.forum_words import forum_title
from service.web.meeting_links import meeting_address


@dataclass(frozen=True)
class RequirementWords:
    """A part of a rule as a page shows it. `href` leads to what is missing or, once it is met, to what was done."""

    state: str
    words: str
    at: datetime | None = None
    href: str = ""
    is_recognised: bool = False
    parts: Sequence["RequirementWords"] = ()


def describe_rule(result: Result, *, is_own: bool = True) -> list[RequirementWords]:
    """Return the parts of a rule of which all are asked for, or the one choice or requirement that it is.

    Only the learner gets links (`is_own`): the pages that they lead to show each reader their own work.
    """
    if result.kind == GROUP and result.need == len(result.parts):
        return [_describe(part, is_own) for part in result.parts]
    return [_describe(result, is_own)]


def describe_open(results: Iterable[Result]) -> str:
    """Return in one sentence what is still asked for."""
    return "; ".join(_say(result) for result in results)


def _describe(result: Result, is_own: bool) -> RequirementWords:
    state = "met" if result.is_met else "part" if result.have else "not_met"
    parts = [_describe(part, is_own) for part in result.parts]
    href = _address(result) if is_own and result.kind != GROUP else ""
    return RequirementWords(state, _say(result), result.at, href, result.is_recognised, parts)


def _say(result: Result) -> str:
    if result.kind == GROUP:
        return _say_group(result)
    if result.kind in {Kind.PASSED, Kind.REVIEWED} and result.need == 1:
        return _say_exercise(result)
    if result.kind == Kind.COMPLETED:
        return gettext("Module complete: %(title)s", title=_title(result.module_key))
    return _say_event(result) if result.kind == Kind.ATTENDED else _say_counted(result)


def _say_counted(result: Result) -> str:
    have, need = result.have, result.need
    forum = forum_title(result.keys[0]) if result.kind in IN_FORUM else ""
    return {
        Kind.READ: ngettext("%(have)s of %(num)d section read", "%(have)s of %(num)d sections read", need, have=have),
        Kind.PASSED: ngettext(
            "%(have)s of %(num)d exercise passed", "%(have)s of %(num)d exercises passed", need, have=have
        ),
        Kind.REVIEWED: ngettext(
            "%(have)s of %(num)d answer accepted by reviewers",
            "%(have)s of %(num)d answers accepted by reviewers",
            need,
            have=have,
        ),
        Kind.POSTED: ngettext(
            "%(have)s of %(num)d post in the community", "%(have)s of %(num)d posts in the community", need, have=have
        ),
        Kind.TALKED: ngettext(
            "%(have)s of %(num)d post of one’s own in “%(forum)s”",
            "%(have)s of %(num)d posts of one’s own in “%(forum)s”",
            need,
            have=have,
            forum=forum,
        ),
        Kind.ANSWERED: ngettext(
            "%(have)s of %(num)d answer to others in “%(forum)s”",
            "%(have)s of %(num)d answers to others in “%(forum)s”",
            need,
            have=have,
            forum=forum,
        ),
    }[Kind(result.kind)]


def _say_group(result: Result) -> str:
    if result.need == 1:
        return gettext("One of these")
    if result.need == len(result.parts):
        return gettext("All of these")
    return gettext("At least %(count)s of these", count=number(result.need))


def _say_exercise(result: Result) -> str:
    exercises = catalogue().module(result.module_key).words[g.lang].exercises
    title = exercises[result.keys[0]].title if result.keys[0] in exercises else result.keys[0]
    if result.kind == Kind.REVIEWED:
        return gettext("Answer accepted by reviewers: %(title)s", title=title)
    return gettext("Exercise passed: %(title)s", title=title)


def _say_event(result: Result) -> str:
    if not result.keys:
        return gettext("Part taken in an event of the module: %(title)s", title=_title(result.module_key))
    names = {
        "opening": gettext("opening"),
        "mid_meeting": gettext("meeting at half time"),
        "closing": gettext("closing meeting"),
        "training_day": gettext("training day"),
        "classroom": gettext("class"),
        "forum_session": gettext("forum session"),
    }
    return gettext("Part taken in: %(events)s", events=", ".join(names.get(key, key) for key in result.keys))


def _title(module_key: str) -> str:
    return catalogue().module(module_key).words[g.lang].title


def _address(result: Result) -> str:
    """Return where the first missing piece is found, else the first that is there; "" where no page has it."""
    keys: dict[str, Any] = {"course_id": me().course.public_id, "module_key": result.module_key}
    if result.kind == Kind.COMPLETED:
        return url_for("modules.show", **keys)
    key = next(iter((*result.missing, *result.keys)), "")
    if result.kind == Kind.READ:
        return url_for("modules.show", **keys, _anchor=key)
    if result.kind in {Kind.PASSED, Kind.REVIEWED}:
        return url_for("modules.show", **keys, _anchor=f"exercise-{key}")
    if result.is_met:
        return ""
    if result.kind == Kind.ATTENDED:
        return meeting_address(result.keys, result.module_key)
    return _address_to_post(PLANS[result.keys[0]] if result.keys else _COMMUNITY)


_COMMUNITY = next(plan for plan in PLANS.values() if plan.purpose is Purpose.COMMUNITY)


def _address_to_post(plan: Plan) -> str:
    """Return a forum of the community, for those who may write in it."""
    may_post = Act.START in abilities(plan, me().role)
    return url_for("forums.show", course_id=me().course.public_id, forum_key=plan.key) if may_post else ""
