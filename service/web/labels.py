"""Group and organisation of people, as staff set them: for one person, or for all whom a list shows."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service.board.listing import Listing
from service.errors import InvalidInputError
from service.people.labels import set_labels
from service.people.models import STAFF_ROLES, LabelKind
from service.people.operations import get_member
from service.web.access import me, open_to
from service.web.board import Choice, people_for
from service.web.board_pages import list_query
from service.web.label_words import fault_words, fields_of, label_fields
from service.web.people import person_page

SHOWN = 50
"""How many people are named; the rest are counted."""
CLEARED = "clear_"

blueprint = Blueprint("labels", __name__, url_prefix="/course/<course_id>/people/labels")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show whom the list shows, and a form to set the labels of them all. Query: the list's."""
    return _page(_people(), {}, {})


@blueprint.post("/")
@open_to(*STAFF_ROLES)
def set_all() -> Response | tuple[str, int]:
    """Set the labels of all whom the list shows.

    Query: the list's; form: for each kind its words, or `clear_<kind>`; `shown`, the digest of those who were shown.
    """
    people, typed = _people(), request.form.to_dict()
    if typed.get("shown") != _digest(people):
        words = gettext("The list has changed since this page was made: see who is meant now, and send it once more.")
        return _page(people, typed, {"people": words}), 422
    wanted = {kind: typed.get(kind, "") for kind in LabelKind}
    both = [kind for kind, words in wanted.items() if words.strip() and CLEARED + kind in typed]
    if both:
        return _page(people, typed, {kind.value: fault_words("label.both") for kind in both}), 422
    told = {kind: words for kind, words in wanted.items() if words.strip() or CLEARED + kind in typed}
    if not told:
        return _page(people, typed, {LabelKind.GROUP.value: fault_words("label.nothing")}), 422
    try:
        set_labels(g.db, me().course_id, [people.orders.board.ids[place] for place in people.places], told)
    except InvalidInputError as error:
        return _page(people, typed, _words_of(error)), 422
    flash(ngettext("Set for %(num)d person.", "Set for %(num)d people.", len(people)))
    return redirect(Choice.of_request().address(), 303)


@blueprint.post("/<member_id>")
@open_to(*STAFF_ROLES)
def set_one(member_id: str) -> Response | tuple[str, int]:
    """Set the labels of one person. Form: for each kind its words; empty, it is what the LMS says."""
    member = get_member(g.db, me().course_id, member_id)
    told = {kind: request.form.get(kind, "") for kind in LabelKind}
    try:
        set_labels(g.db, member.course_id, [member.id], told)
    except InvalidInputError as error:
        return person_page(member, label_fields=fields_of(member, told, _words_of(error))), 422
    flash(gettext("Group and organisation are kept."))
    place: dict[str, Any] = {"course_id": me().course.public_id, "member_id": member_id, **list_query()}
    return redirect(url_for("people.show_person", **place), 303)


def _words_of(error: InvalidInputError) -> dict[str, str]:
    """Return what is wrong with each field, in words."""
    fields = cast(Mapping[str, str], error.details["fields"])
    return {name: fault_words(code) for name, code in fields.items()}


def _people() -> Listing:
    return people_for(Choice.of_request().wish, with_names=True)[1]


def _digest(people: Listing) -> str:
    """Return what differs once other people are on the list."""
    ids = sorted(people.orders.board.ids[place] for place in people.places)
    return sha256(repr(ids).encode()).hexdigest()[:16]


def _page(people: Listing, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    choice = Choice.of_request()
    return render_template(
        "labels.html",
        choice=choice,
        count=len(people),
        names=[people.orders.name_at(place) for place in people[:SHOWN]],
        shown=SHOWN,
        digest=_digest(people),
        fields=label_fields({kind: typed.get(kind, "") for kind in LabelKind}, errors, {}),
        cleared=CLEARED,
        clear_words={
            LabelKind.GROUP: gettext("Take back the group that staff have set: what the LMS says counts again"),
            LabelKind.ORGANISATION: gettext(
                "Take back the organisation that staff have set: what the LMS says counts again"
            ),
        },
        typed=typed,
        errors=errors,
        faults=[(name if name == "people" else f"field-{name}", words) for name, words in errors.items()],
        here=choice.address("labels.show"),
    )
