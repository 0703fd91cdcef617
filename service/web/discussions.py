"""The discussion that a module asks for, as its facilitator sees it: who has taken part, and who waits for an answer.

State only: nobody rates what anyone has said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from service.errors import NotFoundError
from service.forums.access import OpenForum, get_forum
from service.forums.talk import Posted, list_answered, list_posted
from service.i18n import sort_key
from service.modules.content import Module
from service.modules.requirements import DISCUSSION_ROLES, IN_FORUM, Kind, list_requirements
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership, Role
from service.people.operations import list_members
from service.web.access import catalogue, me, open_to
from service.web.formats import person_name
from service.web.forum_pages import reader
from service.web.forum_words import forum_title
from service.web.lists import one_page

blueprint = Blueprint("discussions", __name__, url_prefix="/course/<course_id>/discussions")

PAGE = 100
POSTS_SHOWN = 3
"""Posts of a person that the page leads to, those that nobody has answered first."""


@dataclass(frozen=True)
class Asked:
    """What a module asks for in a forum."""

    forum: OpenForum
    posts: int
    answers: int


@blueprint.get("/<module_key>")
@open_to(*STAFF_ROLES)
def show(module_key: str) -> str:
    """Show the discussion of a module. Query: `page` from 1."""
    module = catalogue().module(module_key)
    asked = _list_asked(module)
    if not asked:
        raise NotFoundError("module.no_discussion", "The module asks for no discussion.")
    members, page, pages = one_page(_list_learners(module), request.args.get("page", 1, type=int), PAGE)
    return render_template(
        "discussion.html",
        module=module,
        module_title=module.words[g.lang].title,
        forums=[_describe(one, members) for one in asked],
        page=page,
        pages=pages,
        page_address=lambda n: url_for(".show", course_id=me().course.public_id, module_key=module_key, page=n),
    )


def _list_asked(module: Module) -> list[Asked]:
    counts: dict[str, dict[Kind, int]] = {}
    for one in list_requirements(module.completion_rule):
        if one.kind in IN_FORUM:
            counts.setdefault(one.keys[0], {})[one.kind] = one.count
    present = reader() if counts else None
    return [
        Asked(get_forum(g.db, present, key), found.get(Kind.TALKED, 0), found.get(Kind.ANSWERED, 0))
        for key, found in counts.items()
        if present
    ]


def _list_learners(module: Module) -> list[Membership]:
    roles = [Role(role) for role in DISCUSSION_ROLES if role in module.required_for or not module.required_for]
    members = [one for one in list_members(g.db, me().course_id, roles) if not one.is_test_user]
    return sorted(members, key=lambda member: sort_key(person_name(member.person), g.lang))


def _describe(asked: Asked, members: Sequence[Membership]) -> dict[str, Any]:
    key, row = asked.forum.plan.key, asked.forum.row
    ids = [member.person_id for member in members]
    posted: Mapping[int, Sequence[Posted]] = list_posted(g.db, ids, forum_id=row.id) if row else {}
    answered = list_answered(g.db, asked.forum, ids)
    return {
        "key": key,
        "title": forum_title(key),
        "href": url_for("forums.show", course_id=me().course.public_id, forum_key=key),
        "posts": asked.posts,
        "answers": asked.answers,
        "rows": [_describe_member(member, posted.get(member.person_id, ()), answered, asked) for member in members],
    }


def _describe_member(
    member: Member, posted: Sequence[Posted], answered: set[tuple[str, int]], asked: Asked
) -> dict[str, Any]:
    own = [one for one in posted if not one.is_answer]
    waiting = [one for one in own if (one.thread_id, one.number) not in answered]
    answers = len({one.answered_id for one in posted if one.is_answer})
    is_met = len(own) >= asked.posts and answers >= asked.answers
    shown = [*waiting, *(one for one in own if one not in waiting)][:POSTS_SHOWN]
    return {
        "person": member.person,
        "state": "met" if is_met else "part" if posted else "not_met",
        "posts": min(len(own), asked.posts),
        "answers": min(answers, asked.answers),
        "is_waiting": bool(waiting) and len(waiting) == len(own),
        "links": [(one.number, _post_href(one)) for one in shown],
    }


def _post_href(posted: Posted) -> str:
    return url_for(
        "forum_threads.show", course_id=me().course.public_id, thread_id=posted.thread_id, at=str(posted.number)
    )
