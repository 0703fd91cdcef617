"""The home page of each role, and the page of those who come without a course."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from service.completion.operations import list_completions
from service.db import utc_now
from service.grades.attention import Choice, Group, count_groups
from service.pairing.operations import list_relations, list_relations_of
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Role
from service.people.operations import list_members
from service.readiness.operations import list_verdicts
from service.web.access import catalogue, me, open_to, public
from service.web.conditions import describe
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
    return _staff_home() if me().role in STAFF_ROLES else _learner_home()


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
    return render_template(
        "home.html",
        role=role_name(me().role),
        verdict=verdict,
        conditions=conditions,
        next_step=next((words for words in conditions if words.state != "met"), None),
        training=next((one.words[g.lang].title for one in catalogue().courses if one.key == course_key), ""),
        modules=_module_cards(course_key),
        relations=relations,
        is_mentee=me().role is Role.MENTEE,
    )


def _module_cards(course_key: str) -> list[dict[str, Any]]:
    """Return modules as the learner sees them, of one course if it exists; those the role needs come first."""
    courses = [course for course in catalogue().courses if course.key == course_key] or catalogue().courses
    done = list_completions(g.db, [me().person_id]).get(me().person_id, {})
    required = {module.key for module in catalogue().modules_required_for(me().role)}
    cards = []
    for module in (module for course in courses for module in course.modules):
        completion = done.get(module.key)
        cards.append(
            {
                "words": module.words[g.lang],
                "minutes": module.minutes,
                "href": url_for("modules.show", course_id=me().course.public_id, module_key=module.key),
                "is_required": module.key in required,
                "passed": completion.passed_exercises if completion else 0,
                "all": len(module.exercises),
                "is_complete": bool(completion and completion.completed_at),
            }
        )
    return sorted(cards, key=lambda card: not card["is_required"])


def _staff_home() -> str:
    members = [one for one in list_members(g.db, me().course_id, LEARNING_ROLES) if not one.is_test_user]
    verdicts = list_verdicts(g.db, catalogue(), members, at=utc_now())
    almost = [member for member in members if len(verdicts[member.id].missing) == 1]
    return render_template(
        "staff_home.html",
        role=role_name(me().role),
        counts=[
            (
                role_name(role),
                sum(verdicts[member.id].is_ready for member in members if member.role is role),
                sum(member.role is role for member in members),
                url_for("people.list_people", course_id=me().course.public_id, role=role.value),
            )
            for role in LEARNING_ROLES
        ],
        almost=[(member, describe(verdicts[member.id].missing, member)) for member in almost],
        member_count=len(members),
        relation_count=len(list_relations(g.db, me().course_id)),
        grade_count=count_groups(g.db, Choice(me().course_id), at=utc_now())[Group.ATTENTION],
    )
