"""The professional forum: its sessions, and the page of one with agenda, materials, summary and open questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service.cycles.models import PointList, SessionPoint
from service.cycles.operations import (
    Draft,
    Part,
    PointAct,
    act_on_point,
    add_dilemmas,
    add_point,
    carry_over,
    find_next,
    find_record,
    get_session,
    list_carried,
    list_open_dilemmas,
    list_points,
    list_sessions,
    list_years,
    write_down,
)
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.events.attendance_operations import list_attendance
from service.events.models import Event
from service.events.operations import list_replies
from service.forums.access import OpenForum, get_forum
from service.forums.guard import reword
from service.forums.naming import find_named
from service.forums.render import render_post
from service.people.models import STAFF_ROLES
from service.web.access import me, open_to
from service.web.cycle_words import (
    attendance_words,
    count_of_open,
    cycle_words,
    fault_words,
    refusal,
    replies_words,
)
from service.web.event_words import describe_event
from service.web.forum_pages import reader, thread_href
from service.web.forum_words import named_in

blueprint = Blueprint("cycles", __name__, url_prefix="/course/<course_id>/professional-forum")


@dataclass(frozen=True)
class Refused:
    """A form that was not taken, shown again: which one, what was typed, what to do, words that name a mentee."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    named: Sequence[str] = ()
    sentence: str = ""


NOTHING = Refused()


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show_all() -> str:
    """Show the sessions of the course, and how the cycle stands."""
    at, sessions = utc_now(), list_sessions(g.db, me().course_id)
    points = list_points(g.db, [event.id for event in sessions])
    forum = _cases()
    return render_template(
        "cycles.html",
        cycle=cycle_words(sessions, forum.row, at=at),
        sessions=[
            (describe_event(event), _href(event), count_of_open([one for one in points if one.event_id == event.id]))
            for event in sessions
        ],
        years=list_years(sessions),
        cases=url_for("forums.show", course_id=me().course.public_id, forum_key="cases"),
    )


@blueprint.get("/<event_id>")
@open_to(*STAFF_ROLES)
def show(event_id: str) -> str:
    """Show a session."""
    return _page(get_session(g.db, me(), event_id))


@blueprint.post("/<event_id>/dilemmas")
@open_to(*STAFF_ROLES)
def choose_dilemmas(event_id: str) -> Response | tuple[str, int]:
    """Put open dilemmas on the agenda. Form: `thread`, the ids of those that are ticked."""
    event, at = get_session(g.db, me(), event_id, locked=True), utc_now()
    ticked = set(request.form.getlist("thread"))
    threads = [one.thread for one in list_open_dilemmas(g.db, _cases(), event, at=at) if one.thread.public_id in ticked]
    try:
        count = add_dilemmas(g.db, event, me(), threads, at=at)
    except InvalidInputError as error:
        return _page(event, Refused("dilemmas", {}, fault_words(error))), 422
    flash(ngettext("%(num)d dilemma is on the agenda.", "%(num)d dilemmas are on the agenda.", count))
    return _to(event, "agenda")


@blueprint.post("/<event_id>/points")
@open_to(*STAFF_ROLES)
def add(event_id: str) -> Response | tuple[str, int] | str:
    """Add a point. Form: `list` (agenda, questions), a field of that name with its words, `reason`, `act` (reword)."""
    event = get_session(g.db, me(), event_id, locked=True)
    kind = PointList(request.form["list"]) if request.form.get("list") in set(PointList) else PointList.AGENDA
    sent = _read(kind.value)
    if _is_to_be_reworded():
        return _page(event, Refused(kind.value, _reworded(kind.value)))
    try:
        add_point(g.db, _cases(), event, kind, sent, at=utc_now())
    except InvalidInputError as error:
        return _page(event, _refused(kind.value, error)), 422
    flash(gettext("The point is added."))
    return _to(event, kind.value)


@blueprint.post("/<event_id>/points/<point_id>")
@open_to(*STAFF_ROLES)
def change_point(event_id: str, point_id: str) -> Response:
    """Do something with a point. Form: `act`, see `PointAct`."""
    event = get_session(g.db, me(), event_id, locked=True)
    act = request.form.get("act", "")
    if act not in set(PointAct):
        raise InvalidInputError("form.incomplete", "The form is not ours.")
    try:
        act_on_point(g.db, event, point_id, PointAct(act), at=utc_now())
    except ConflictError as error:
        flash(refusal(error), "error")
    return _to(event, "agenda")


@blueprint.post("/<event_id>/record")
@open_to(*STAFF_ROLES)
def record(event_id: str) -> Response | tuple[str, int] | str:
    """Write down materials or the summary. Form: `part`, a field of that name, `seen`, `reason`, `act` (reword)."""
    event = get_session(g.db, me(), event_id, locked=True)
    part = Part(request.form["part"]) if request.form.get("part") in set(Part) else Part.SUMMARY
    if _is_to_be_reworded():
        return _page(event, Refused(part.value, _reworded(part.value)))
    try:
        is_changed = write_down(g.db, _cases(), event, part, _read(part.value), at=utc_now())
    except InvalidInputError as error:
        return _page(event, _refused(part.value, error)), 422
    except ConflictError as error:
        return _page(event, Refused(part.value, request.form.to_dict(), sentence=refusal(error))), 409
    flash(gettext("The change is saved.") if is_changed else gettext("Nothing was changed."))
    return _to(event, part.value)


@blueprint.post("/<event_id>/carry")
@open_to(*STAFF_ROLES)
def carry(event_id: str) -> Response | tuple[str, int]:
    """Put what the session left open on the agenda of the next one."""
    event = get_session(g.db, me(), event_id)
    following = find_next(list_sessions(g.db, me().course_id), event)
    if following is None:
        return _page(
            event, Refused(sentence=gettext("Plan the next session first: then this can be carried over."))
        ), 409
    following = get_session(g.db, me(), following.public_id, locked=True)
    try:
        count = carry_over(g.db, event, following, me(), at=utc_now())
    except InvalidInputError as error:
        return _page(event, Refused(sentence=fault_words(error)["text"])), 422
    words = ngettext(
        "%(num)d point now stands on the agenda of the next session.",
        "%(num)d points now stand on the agenda of the next session.",
        count,
    )
    flash(words if count else gettext("Everything that is open stands on the agenda of the next session already."))
    return _to(event, "questions")


def _cases() -> OpenForum:
    return get_forum(g.db, reader(), "cases")


def _href(event: Event, anchor: str | None = None) -> str:
    return url_for("cycles.show", course_id=me().course.public_id, event_id=event.public_id, _anchor=anchor)


def _to(event: Event, anchor: str) -> Response:
    return redirect(_href(event, anchor), 303)


def _read(name: str) -> Draft:
    return Draft(request.form.get(name, ""), request.form.get("seen", 0, type=int), request.form.get("reason", ""))


def _is_to_be_reworded() -> bool:
    return request.form.get("act") == "reword"


def _reworded(name: str) -> dict[str, str]:
    text = request.form.get(name, "")
    changed = reword(text, find_named(g.db, _cases(), text), gettext("a mentee"))
    return {**request.form.to_dict(), name: changed, "reason": ""}


def _refused(name: str, error: InvalidInputError) -> Refused:
    errors = fault_words(error)
    if "text" in errors:
        errors[name] = errors.pop("text")
    return Refused(name, request.form.to_dict(), errors, named_in(error))


def _page(event: Event, refused: Refused = NOTHING) -> str:
    at, sessions = utc_now(), list_sessions(g.db, me().course_id)
    points, written = list_points(g.db, [event.id]), find_record(g.db, event)
    carried = list_carried(g.db, event)
    texts = {part.value: getattr(written, part) if written else "" for part in Part}
    following, replies = find_next(sessions, event), list_replies(g.db, event)
    return render_template(
        "cycle_session.html",
        here=_href(event),
        view=describe_event(event),
        has_begun=event.starts_at <= at,
        refused=refused,
        faults=[(f"field-{name}", words) for name, words in refused.errors.items()],
        agenda=[_point(one, carried) for one in points if one.list is PointList.AGENDA],
        questions=[_point(one, carried) for one in points if one.list is PointList.QUESTIONS],
        open_count=sum(one.settled_at is None and one.id not in carried for one in points),
        dilemmas=list_open_dilemmas(g.db, _cases(), event, at=at),
        texts=texts,
        shown={name: render_post(text) for name, text in texts.items() if text},
        revision=written.revision if written else 0,
        attendance=attendance_words(list_attendance(g.db, event)),
        replies=replies_words(replies.values()),
        own_reply=replies.get(me().person_id),
        following=(describe_event(following), _href(following)) if following else None,
    )


def _point(point: SessionPoint, carried: set[int]) -> dict[str, Any]:
    thread = point.thread
    return {
        "id": point.public_id,
        "text": point.text if thread is None else thread.title,
        "href": thread_href(thread) if thread is not None else "",
        "is_settled": point.settled_at is not None,
        "is_carried": point.id in carried,
        "is_old": point.carried_from_id is not None,
        "reason": point.reason,
    }
