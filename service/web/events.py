"""Events of a course: staff plan, change and cancel them; everyone sees them and says whether they come."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, MentorReadyError, NotAllowedError
from service.events.attendance_operations import list_attendance
from service.events.calendar import calendar_file
from service.events.models import Event, EventKind
from service.events.operations import (
    cancel_event,
    change_event,
    get_event,
    list_past,
    list_replies,
    list_roles,
    list_upcoming,
    record_event,
    record_reply,
    seating_of,
)
from service.events.rules import ZONES
from service.exercises.operations import check_submission_key
from service.forums.mentees import find_mentees
from service.i18n import HOME_ZONES, sort_key
from service.notices.telling import tell_of_event
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Person
from service.people.operations import list_people
from service.typed_text import clean_text
from service.web.access import catalogue, me, open_to
from service.web.event_forms import MODULE, ROLE, Typed, fault_links, field_errors, read_plan, reason_error, values_of
from service.web.event_words import attendance_name, describe_event, event_refusal, kind_name, zone_name
from service.web.formats import person_name
from service.web.lists import one_page
from service.web.words import role_name

blueprint = Blueprint("events", __name__, url_prefix="/course/<course_id>/events")

PAGE = 30


@blueprint.get("/")
@open_to()
def list_events() -> str:
    """Show what is to come and what has been. Query: `page` of what has been, from 1."""
    at = utc_now()
    past, page, pages = one_page(list_past(g.db, me(), at=at), request.args.get("page", 1, type=int), PAGE)
    return render_template(
        "events.html",
        upcoming=[describe_event(event) for event in list_upcoming(g.db, me(), at=at)],
        past=[describe_event(event) for event in past],
        page=page,
        pages=pages,
        page_address=lambda number: url_for(".list_events", course_id=me().course.public_id, page=number),
    )


@blueprint.get("/new")
@open_to(*STAFF_ROLES)
def new() -> str:
    """Show the form of a new event; for everyone unless that is changed. Query: `kind`."""
    kind = request.args.get("kind", "")
    roles = {ROLE + role: "yes" for role in LEARNING_ROLES if kind != EventKind.FORUM_SESSION}
    values = roles | {"zone": HOME_ZONES.get(g.lang, "UTC"), "kind": kind if kind in set(EventKind) else ""}
    return _form(Typed(values | {"submission_key": secrets.token_urlsafe(16)}, {}))


@blueprint.post("/new")
@open_to(*STAFF_ROLES)
def create() -> Response | tuple[str, int]:
    """Plan an event. Form: as `event_forms.EventForm`, with `submission_key`."""
    key = request.form.get("submission_key", "")
    check_submission_key(key)
    try:
        plan = read_plan(request.form, catalogue())
    except InvalidInputError as error:
        return _form(Typed(request.form.to_dict(), field_errors(error))), 422
    at = utc_now()
    event = record_event(g.db, me(), plan, key, at=at)
    tell_of_event(g.db, event, me(), at=at)
    flash(gettext("The meeting is planned. Those for whom it is see it on their home page."))
    return _to(event)


@blueprint.get("/<event_id>")
@open_to()
def show(event_id: str) -> str:
    """Show an event; to learners with their reply, to staff with everyone's."""
    return _page(get_event(g.db, me(), event_id))


@blueprint.get("/<event_id>/calendar.ics")
@open_to()
def calendar(event_id: str) -> Response:
    """Give the event as a file for calendars."""
    event = get_event(g.db, me(), event_id)
    address = url_for(".show", course_id=me().course.public_id, event_id=event_id, _external=True)
    answer = make_response(calendar_file(event, address, neutral_title=kind_name(event.kind), is_named=_names_mentee))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="event-{event.public_id}.ics"'
    return answer


@blueprint.get("/<event_id>/change")
@open_to(*STAFF_ROLES)
def edit(event_id: str) -> str:
    """Show the form of an event as it is planned."""
    event = get_event(g.db, me(), event_id)
    return _form(Typed(values_of(event) | {"seen": str(event.revision)}, {}), event)


@blueprint.post("/<event_id>/change")
@open_to(*STAFF_ROLES)
def change(event_id: str) -> Response | tuple[str, int]:
    """Plan an event anew. Form: as `event_forms.EventForm`, with `seen`, the revision that the form showed."""
    event = get_event(g.db, me(), event_id, locked=True)
    values, at = request.form.to_dict(), utc_now()
    try:
        plan = read_plan(values, catalogue())
        is_changed = change_event(g.db, event, plan, request.form.get("seen", 0, type=int), at=at)
    except InvalidInputError as error:
        return _form(Typed(values, field_errors(error)), event), 422
    except ConflictError as error:
        return _form(Typed(values | {"seen": str(event.revision)}, {}), event, error), 409
    tell_of_event(g.db, event, me(), at=at)
    flash(gettext("The change is saved.") if is_changed else gettext("Nothing was changed."))
    return _to(event)


@blueprint.post("/<event_id>/cancel")
@open_to(*STAFF_ROLES)
def cancel(event_id: str) -> Response | tuple[str, int]:
    """Cancel an event. Form: `reason`."""
    event = get_event(g.db, me(), event_id, locked=True)
    at = utc_now()
    try:
        cancel_event(g.db, event, clean_text(request.form.get("reason", "")), at=at)
    except InvalidInputError as error:
        return _page(event, errors=reason_error(error)), 422
    except ConflictError as error:
        return _page(event, refusal=error), 409
    tell_of_event(g.db, event, me(), at=at)
    flash(gettext("The meeting is cancelled. It stays on the list, with the reason."))
    return _to(event)


@blueprint.post("/<event_id>/reply")
@open_to()
def reply(event_id: str) -> Response | tuple[str, int]:
    """Say whether one comes; staff where the event is for them. Form: `coming`, yes or no."""
    event = get_event(g.db, me(), event_id, locked=True)
    if me().role not in list_roles(event):
        raise NotAllowedError("event.not_for", "The event is not for this role: it only leads it.")
    answer = request.form.get("coming", "")
    if answer not in {"yes", "no"}:
        return _page(event, errors={"coming": gettext("Choose one of the two answers.")}), 422
    try:
        record_reply(g.db, event, me().person_id, is_coming=answer == "yes", at=utc_now())
    except ConflictError as error:
        return _page(event, refusal=error), 409
    flash(gettext("Thank you. The answer is kept."))
    return _to(event)


def _names_mentee(text: str) -> bool:
    """Tell whether a text seems to name a mentee of the course: a calendar shows it to whoever looks at it (S4-133)."""
    return bool(find_mentees(g.db, me().course_id, text))


def _to(event: Event) -> Response:
    return redirect(url_for(".show", course_id=me().course.public_id, event_id=event.public_id), 303)


def _form(typed: Typed, event: Event | None = None, refusal: MentorReadyError | None = None) -> str:
    words = [(module.key, module.words[g.lang].title) for module in catalogue().modules]
    return render_template(
        "event_form.html",
        here=request.path,
        event=describe_event(event) if event else None,
        values=typed.values,
        errors=typed.errors,
        faults=fault_links(typed.errors),
        refusal=event_refusal(refusal) if refusal else "",
        kinds=[(kind.value, kind_name(kind)) for kind in EventKind],
        zones=[(zone, zone_name(zone)) for zone in ZONES],
        roles=[(ROLE + role, role_name(role)) for role in LEARNING_ROLES],
        modules=[(MODULE + key, title) for key, title in words],
    )


def _page(event: Event, refusal: MentorReadyError | None = None, errors: Mapping[str, str] | None = None) -> str:
    at = utc_now()
    replies = list_replies(g.db, event)
    seating = seating_of(event, replies)
    is_staff = me().role in STAFF_ROLES
    own = list_attendance(g.db, event).get(me().person_id)
    return render_template(
        "event.html",
        here=url_for(".show", course_id=me().course.public_id, event_id=event.public_id),
        view=describe_event(event),
        refusal=event_refusal(refusal) if refusal else "",
        errors=errors or {},
        sent=request.form,
        faults=fault_links(errors or {}),
        is_staff=is_staff,
        may_reply=me().role in list_roles(event),
        has_begun=event.starts_at <= at,
        has_ended=event.ends_at <= at,
        free=None if event.seats is None else max(0, event.seats - len(seating.seated)),
        reply=replies.get(me().person_id),
        place_in_line=1 + seating.waiting.index(me().person_id) if me().person_id in seating.waiting else 0,
        replies=_name_replies(replies, seating) if is_staff else None,
        was_there=attendance_name(own) if own else "",
    )


def _name_replies(replies: Any, seating: Any) -> dict[str, list[Person]]:
    """Return who has a seat and who waits for one, in order, and who does not come, by name."""
    people = {person.id: person for person in list_people(g.db, list(replies))}
    staying = [people[one] for one, said in replies.items() if said.number is None]
    return {
        "seated": [people[one] for one in seating.seated],
        "waiting": [people[one] for one in seating.waiting],
        "staying": sorted(staying, key=lambda person: sort_key(person_name(person), g.lang)),
    }
