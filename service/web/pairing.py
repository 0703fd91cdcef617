"""The coordinator's pairing page: choose a mentor and a mentee; the gate answers for both."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, MentorReadyError, NotFoundError
from service.i18n import sort_key
from service.pairing.operations import NotReadyError, end_relation, list_relations, record_pair
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership, Role
from service.people.operations import list_members
from service.readiness.operations import list_verdicts
from service.web.access import catalogue, me, open_to
from service.web.conditions import describe
from service.web.formats import person_name
from service.web.words import pairing_refusal

blueprint = Blueprint("pairing", __name__, url_prefix="/course/<course_id>/pairing")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show who may be paired, who is missing what, and the relations there are."""
    return _page()


@blueprint.post("/")
@open_to(*STAFF_ROLES)
def pair() -> Response | tuple[str, int]:
    """Pair a mentor and a mentee. Form: `mentor`, `mentee` (public ids). Not ready: 409 with what is missing."""
    mentor, mentee = request.form.get("mentor", ""), request.form.get("mentee", "")
    try:
        # A savepoint: a refusal is shown on the page it came from, and must leave nothing of the try behind.
        with g.db.begin_nested():
            record_pair(g.db, catalogue(), me(), mentor, mentee, at=utc_now())
    except (ConflictError, InvalidInputError, NotFoundError) as error:
        status = 409 if isinstance(error, ConflictError) else 422
        return _page(refusal=error, chosen={"mentor": mentor, "mentee": mentee}), status
    flash(gettext("The pair is made. Both will see it on their home page."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


@blueprint.post("/<relation_id>/end")
@open_to(*STAFF_ROLES)
def end(relation_id: str) -> Response:
    """End a relation."""
    end_relation(g.db, me().course_id, relation_id, at=utc_now())
    flash(gettext("The relation is ended. Both can be paired again."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


def _page(refusal: MentorReadyError | None = None, chosen: dict[str, str] | None = None) -> str:
    members = list_members(g.db, me().course_id, (Role.MENTOR, Role.MENTEE))
    verdicts = list_verdicts(g.db, catalogue(), members, at=utc_now())
    relations = list_relations(g.db, me().course_id)
    paired_mentees = {
        member.membership_id for relation in relations for member in relation.members if member.role is Role.MENTEE
    }
    # Whoever is only known from the roster of the course, and has done nothing yet, would bury the others.
    come = [member for member in members if member.last_seen_at is not None or verdicts[member.id].is_ready]
    people = sorted(come, key=lambda member: (not verdicts[member.id].is_ready, *_by_name(member)))
    rows = {
        role.value: [
            {"member": member, "verdict": verdicts[member.id], "missing": describe(verdicts[member.id].missing, member)}
            for member in people
            if member.role is role and member.id not in paired_mentees
        ]
        for role in (Role.MENTOR, Role.MENTEE)
    }
    return render_template(
        "pairing.html",
        here=url_for(".show", course_id=me().course.public_id),
        rows=rows,
        not_come_count=len(members) - len(come),
        relations=[_relation_words(relation.public_id, relation.members, relation.paired_at) for relation in relations],
        chosen=chosen or {},
        refusal=pairing_refusal(refusal) if refusal else "",
        not_ready=_not_ready(refusal, members) if isinstance(refusal, NotReadyError) else [],
    )


def _by_name(member: Member) -> tuple[Any, ...]:
    return sort_key(person_name(member.person), g.lang)


def _relation_words(public_id: str, members: Any, paired_at: Any) -> dict[str, Any]:
    by_role = {role: [member.membership for member in members if member.role is role] for role in Role}
    return {
        "public_id": public_id,
        "mentor": by_role[Role.MENTOR][0],
        "mentees": by_role[Role.MENTEE],
        "paired_at": paired_at,
    }


def _not_ready(refusal: NotReadyError, members: list[Membership]) -> list[dict[str, Any]]:
    by_public_id = {member.public_id: member for member in members}
    return [
        {"member": by_public_id[public_id], "missing": describe(verdict.missing, by_public_id[public_id])}
        for public_id, verdict in refusal.verdicts.items()
    ]
