"""The coordinator's view of the people: who is ready, what is missing, who has not come yet, in which role."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.db import utc_now
from service.errors import InvalidInputError
from service.i18n import sort_key
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership, Role
from service.people.operations import get_member, list_former_members, list_members
from service.people.roster_operations import find_roster_read, queue_roster
from service.people.roster_rules import Occasion
from service.people.rules import may_be_given
from service.readiness.operations import Verdict, list_verdicts
from service.spreadsheets import SEPARATORS, write_csv
from service.web.access import catalogue, me, open_to
from service.web.board import Choice, Presence, lines_of, missing_choices, presence_name, presence_of
from service.web.class_work import describe_attended
from service.web.conditions import describe
from service.web.formats import person_name
from service.web.gate_acts import Refused, acts_of_staff
from service.web.lists import Filter, Header, one_page, sorting_header
from service.web.rosters import describe_roster
from service.web.tries import has_limited_exercises
from service.web.words import role_name

PAGE = 100

blueprint = Blueprint("people", __name__, url_prefix="/course/<course_id>/people")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def list_people() -> str:
    """Show everyone who learns in the course, whether they ever came or not, and how their list was last read.

    Query: `role`, `state`, `missing`, `sort` as board.Choice has them, and `page` from 1.
    """
    at, choice = utc_now(), Choice.of_request()
    members, verdicts = _everyone(at)
    on_page, page, pages = one_page(choice.pick(members, verdicts), request.args.get("page", 1, type=int), PAGE)
    counted = [member for member in members if not member.is_test_user]
    of_role = [one for one in counted if choice.role in {"", one.role}]
    return render_template(
        "people.html",
        rows=[_row(member, verdicts[member.id]) for member in on_page],
        headers=_headers(choice),
        is_filtered=choice.role or choice.state or choice.missing,
        roles=_role_filters(counted, choice),
        states=_state_filters([presence_of(one, verdicts[one.id]) for one in of_role], choice),
        missing_choices=missing_choices(of_role, verdicts),
        choice=choice,
        page=page,
        pages=pages,
        page_address=lambda number: choice.address(page=number),
        roster=describe_roster(me().course, find_roster_read(g.db, me().course_id), at=at),
        former=_by_name(list_former_members(g.db, me().course_id)),
    )


@blueprint.get("/list.csv")
@open_to(*STAFF_ROLES)
def give_list() -> Response:
    """Give the list as it is shown, all pages of it. Query: as `list_people`, and `separator`."""
    separator = request.args.get("separator", SEPARATORS[0])
    if separator not in SEPARATORS:
        raise InvalidInputError("list.separator", "The separator is a comma or a semicolon.")
    members, verdicts = _everyone(utc_now())
    text = write_csv(lines_of(Choice.of_request().pick(members, verdicts), verdicts), separator)
    answer = make_response(f"\ufeff{text}".encode())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="people.csv"'
    return answer


def _everyone(at: datetime) -> tuple[list[Membership], Mapping[int, Verdict]]:
    members = _by_name(list_members(g.db, me().course_id, LEARNING_ROLES))
    return members, list_verdicts(g.db, catalogue(), members, at=at)


def _headers(choice: Choice) -> list[Header]:
    sort = choice.sort or "name"
    return [
        sorting_header(gettext("Name"), "name", sort, lambda order: choice.address(sort=order)),
        {"label": gettext("Role")},
        {"label": gettext("State")},
        sorting_header(gettext("Missing"), "missing", sort, lambda order: choice.address(sort=order)),
    ]


def _role_filters(counted: Sequence[Membership], choice: Choice) -> list[Filter]:
    counts = Counter(member.role for member in counted)
    roles = [
        (role_name(one), counts[one], choice.address(role=one.value), choice.role == one) for one in LEARNING_ROLES
    ]
    return [(gettext("All"), None, choice.address(role=""), not choice.role), *roles]


def _state_filters(presences: Sequence[Presence], choice: Choice) -> list[Filter]:
    counts = Counter(presences)
    states = [
        (presence_name(one), counts[one], choice.address(state=one.value), choice.state == one) for one in Presence
    ]
    return [(gettext("All states"), None, choice.address(state=""), not choice.state), *states]


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


def person_page(member: Membership, refused: Refused | None = None) -> str:
    """Return the page of a person, with a form that was refused as it was sent."""
    verdict = list_verdicts(g.db, catalogue(), [member], at=utc_now())[member.id]
    return render_template(
        "person.html",
        member=member,
        role=role_name(member.role),
        roles=[(role, role_name(role)) for role in LEARNING_ROLES if may_be_given(role, member.lms_role)],
        was=request.args.get("was", ""),
        verdict=verdict,
        conditions=describe(verdict.results, member),
        has_limited=has_limited_exercises(),
        attended=describe_attended(member),
        **acts_of_staff(member, verdict, refused),
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
    return redirect(url_for(".show_person", course_id=me().course.public_id, member_id=member_id, was=was.value), 303)


def _by_name(members: Iterable[Membership]) -> list[Membership]:
    return sorted(members, key=lambda member: sort_key(person_name(member.person), g.lang))


def _row(member: Membership, verdict: Verdict) -> dict[str, Any]:
    presence = presence_of(member, verdict)
    return {
        "member": member,
        "role": role_name(member.role),
        "presence": presence,
        "presence_name": presence_name(presence),
        "missing": describe(verdict.missing, member),
    }
