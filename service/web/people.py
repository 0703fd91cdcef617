"""The coordinator's view of the people: who is ready, what is missing, who has not come yet, in which role."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.board.reminding import find_last_reminder
from service.db import utc_now
from service.errors import InvalidInputError
from service.people.accounts import list_former_alike
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Role
from service.people.operations import get_member
from service.people.roster_operations import queue_roster
from service.people.roster_rules import Occasion
from service.people.rules import may_be_given
from service.readiness.operations import list_verdicts
from service.web.access import catalogue, me, open_to
from service.web.board import LIST, Choice, lines_of_list, people_for, rows_of
from service.web.board_pages import as_file, board_page, list_query, neighbours_of
from service.web.class_work import describe_attended
from service.web.conditions import describe, describe_way
from service.web.gate_acts import Refused, acts_of_staff
from service.web.label_words import LabelField, fields_of
from service.web.tries import has_limited_exercises
from service.web.ways_on import blocks_pairing, describe_ways
from service.web.words import role_name

blueprint = Blueprint("people", __name__, url_prefix="/course/<course_id>/people")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def list_people() -> str | Response:
    """Show everyone who learns in the course, whether they ever came or not, and what each lacks, in full words.

    Query: as `board.rules.Wish`, and `page` from 1.
    """
    return board_page(LIST)


@blueprint.get("/list.csv")
@open_to(*STAFF_ROLES)
def give_list() -> Response:
    """Give the list as it is shown, all pages of it. Query: as `list_people`; `separator`, and `format` (csv, xlsx)."""
    board, people = people_for(Choice.of_request().wish, with_labels=True)
    return as_file(lines_of_list(board, rows_of(board, people[:])), "people")


@blueprint.post("/roster")
@open_to(*STAFF_ROLES)
def read_roster() -> Response:
    """Have the list of members read from the course."""
    if queue_roster(g.db, me().course, Occasion.REQUEST, at=utc_now()):
        flash(gettext("The list will be read in a moment. Reload this page then."))
    else:
        flash(gettext("The list was read a moment ago, or is being read now."))
    return redirect(url_for(".list_people", course_id=me().course.public_id), 303)


@blueprint.get("/<member_id>")
@open_to(*STAFF_ROLES)
def show_person(member_id: str) -> str:
    """Show one person's conditions in the words that the person sees, and the role with a way to change it.

    Query: `was`, the role that was just replaced, for undoing.
    """
    return person_page(get_member(g.db, me().course_id, member_id))


def person_page(
    member: Member, refused: Refused | None = None, label_fields: Sequence[LabelField] | None = None
) -> str:
    """Return the page of a person, with a form that was refused as it was sent."""
    verdict = list_verdicts(g.db, catalogue(), [member], at=utc_now())[member.id]
    ways, fields = describe_ways(member), label_fields or fields_of(member)
    return render_template(
        "person.html",
        member=member,
        role=role_name(member.role),
        roles=[(role, role_name(role)) for role in LEARNING_ROLES if may_be_given(role, member.lms_role)],
        was=request.args.get("was", ""),
        verdict=verdict,
        is_gated=blocks_pairing(member.role),
        is_asked=member.role is not Role.ADMINISTRATOR,
        ways=ways,
        conditions=describe(verdict.results, member),
        way=describe_way(verdict.results, member),
        has_limited=has_limited_exercises(),
        attended=describe_attended(member),
        neighbours=neighbours_of(member),
        among=list_query(),
        former=list_former_alike(g.db, member),
        reminder=find_last_reminder(g.db, member),
        label_fields=fields,
        label_faults=[(f"field-{field.name}", field.error) for field in fields if field.error],
        **acts_of_staff(member, [*verdict.results, *(one for way in ways for one in way.results)], refused),
    )


@blueprint.post("/<member_id>/role")
@open_to(*STAFF_ROLES)
def set_role(member_id: str) -> Response:
    """Give a person another role. Form: `role`."""
    wanted = request.form.get("role", "")
    if wanted not in set(LEARNING_ROLES):
        raise InvalidInputError("role.unknown", f"There is no role {wanted!r}.")
    was = get_member(g.db, me().course_id, member_id).role
    standing.give_role(g.db, catalogue(), me().course_id, member_id, Role(wanted), at=utc_now())
    place: dict[str, Any] = {"course_id": me().course.public_id, "member_id": member_id, **list_query()}
    return redirect(url_for(".show_person", **place, was=was.value), 303)
