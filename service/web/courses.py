"""The home page of each role, and the page of those who come without a course."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from service.completion.operations import list_completions
from service.completion.rules import list_asked_again
from service.db import utc_now
from service.pairing.operations import list_relations_of
from service.people.models import STAFF_ROLES, Role
from service.readiness.operations import list_verdicts
from service.web.access import catalogue, me, open_to, public
from service.web.again import again_sentence
from service.web.conditions import describe
from service.web.event_words import next_meetings
from service.web.learner_reviews import list_returned_answers
from service.web.staff_home import staff_home
from service.web.words import role_name

blueprint = Blueprint("courses", __name__)


@blueprint.get("/")
@public
def front() -> str:
    """Say how one gets in: by a click in the LMS."""
    return render_template("front.html")


@blueprint.get("/course/<course_id>/")
@open_to()
def home() -> str:
    """Show where the member is, what is next and what is missing. Query: `course` shows the modules of one course."""
    return staff_home() if me().role in STAFF_ROLES else _learner_home()


def _learner_home() -> str:
    course_key = request.args.get("course", "")
    verdict = list_verdicts(g.db, catalogue(), [me()], at=utc_now())[me().id]
    conditions = describe(verdict.results, me())
    relations = [
        {
            "public_id": relation.public_id,
            "paired_at": relation.paired_at,
            "others": [
                (member.membership.person, role_name(member.role))
                for member in relation.members
                if member.membership_id != me().id
            ],
        }
        for relation in list_relations_of(g.db, me().id)
    ]
    modules = _module_cards(course_key)
    open_modules = [card for card in modules if card["is_required"] and not card["is_complete"]]
    return render_template(
        "home.html",
        role=role_name(me().role),
        verdict=verdict,
        conditions=conditions,
        next_step=next((words for words in conditions if words.state != "met"), None),
        training=next((one.words[g.lang].title for one in catalogue().courses if one.key == course_key), ""),
        modules=modules,
        open_count=len(open_modules),
        open_minutes=sum(card["minutes"] for card in open_modules),
        relations=relations,
        meetings=next_meetings(),
        returned=list_returned_answers(),
        has_begun=any(card["passed"] for card in modules),
        is_mentee=me().role is Role.MENTEE,
        is_paired_later=me().role is not Role.YOUTH_WORKER,
    )


def _module_cards(course_key: str) -> list[dict[str, Any]]:
    """Return modules as the learner sees them, of one course if it exists; those the role needs come first."""
    courses = [course for course in catalogue().courses if course.key == course_key] or catalogue().courses
    done = list_completions(g.db, [me().person_id]).get(me().person_id, {})
    required = {module.key for module in catalogue().modules_required_for(me().role)}
    cards = []
    for module in (module for course in courses for module in course.modules):
        completion = done.get(module.key)
        again = list_asked_again(module, completion.done_in) if completion and completion.completed_at else ()
        cards.append(
            {
                "words": module.words[g.lang],
                "minutes": module.minutes,
                "href": url_for("modules.show", course_id=me().course.public_id, module_key=module.key),
                "is_required": module.key in required,
                "passed": completion.passed_exercises if completion else 0,
                "all": len(module.exercises),
                "is_complete": bool(completion and completion.completed_at and not again),
                "again": again_sentence(module, again),
            }
        )
    return sorted(cards, key=lambda card: not card["is_required"])
