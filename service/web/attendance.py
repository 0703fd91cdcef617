"""Attendance of an event: one form for all, a list from a spreadsheet that is looked at first, a list for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.events.attendance_csv import LeftOut, Listed, decode, read_list, write_list
from service.events.attendance_operations import Entry, Work, list_attendance, list_changes, list_work
from service.events.models import AttendanceState, Event
from service.events.operations import get_event, list_replies, list_roles
from service.i18n import sort_key
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership
from service.people.operations import list_former_members, list_members
from service.typed_text import clean_text
from service.web.access import catalogue, me, open_to
from service.web.attendance_words import change_words, left_out_words, list_refusal
from service.web.event_words import attendance_name, describe_event, event_refusal, reply_words
from service.web.formats import person_name
from service.web.lists import Filter, one_page
from service.web.words import role_name

blueprint = Blueprint("attendance", __name__, url_prefix="/course/<course_id>/events/<event_id>/attendance")

PAGE = 100
STATE, WORK = "state.", "work."


@dataclass(frozen=True)
class Sent:
    """What was sent and not taken, shown again: fields of the form, and why."""

    values: Mapping[str, str]
    error: InvalidInputError | ConflictError


@blueprint.get("")
@open_to(*STAFF_ROLES)
def show(event_id: str) -> str:
    """Show the form. Query: `role` shows those with one role, `page` from 1."""
    return _page(get_event(g.db, me(), event_id))


@blueprint.post("")
@open_to(*STAFF_ROLES)
def record(event_id: str) -> Response | tuple[str, int]:
    """Enter attendance. Form: `state.<member>`, `rest`, `has_work` with `work.<module>.<exercise>`, `reason`, `seen`.

    `rest` is the state of all in the form who have none. With `from_list` it came from a list that was looked at.
    """
    event = get_event(g.db, me(), event_id, locked=True)
    members = {member.public_id: member.person_id for member in _everyone(event)}
    try:
        entry = Entry(
            states=_read_states(members, list_attendance(g.db, event)),
            work=_read_work() if request.form.get("has_work") else None,
            reason=clean_text(request.form.get("reason", "")),
            seen=request.form.get("seen", -1, type=int),
        )
        recorded = journey.record_attendance(g.db, catalogue(), me(), event_id, entry, at=utc_now())
    except (InvalidInputError, ConflictError) as error:
        status = 409 if isinstance(error, ConflictError) else 422
        if request.form.get("from_list"):
            shown = {members[key]: state for key, state in _sent_states() if key in members and state}
            return _preview(event, shown, [], error), status
        return _page(event, Sent(request.form.to_dict(), error)), status
    if recorded.changed or recorded.person_ids:
        flash(ngettext("Saved: %(num)d entry.", "Saved: %(num)d entries.", recorded.changed))
    else:
        flash(gettext("Nothing was changed."))
    kept: dict[str, Any] = {name: request.args[name] for name in ("role", "page") if name in request.args}
    return redirect(url_for(".show", course_id=me().course.public_id, event_id=event_id, **kept), 303)


@blueprint.post("/list")
@open_to(*STAFF_ROLES)
def look_at_list(event_id: str) -> tuple[str, int] | str:
    """Show what a list would enter. Form: `text`, or the file `file`."""
    event = get_event(g.db, me(), event_id)
    sent = request.files.get("file")
    try:
        text = decode(sent.read()) if sent and sent.filename else request.form.get("text", "")
        states, left_out = read_list(text, [_listed(member) for member in _members_of(event)])
        if not states and not left_out:
            raise InvalidInputError("list.empty", "The list is empty.")
    except InvalidInputError as error:
        return _page(event, Sent(request.form.to_dict(), error)), 422
    return _preview(event, states, left_out)


@blueprint.get("/list.csv")
@open_to(*STAFF_ROLES)
def give_list(event_id: str) -> Response:
    """Give the list as it stands, for a spreadsheet."""
    event = get_event(g.db, me(), event_id)
    header = (gettext("Code"), gettext("Name"), gettext("Attendance"))
    text = write_list([_listed(member) for member in _members_of(event)], list_attendance(g.db, event), header)
    answer = make_response(f"\ufeff{text}".encode())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="attendance-{event.public_id}.csv"'
    return answer


@blueprint.get("/sheet")
@open_to(*STAFF_ROLES)
def sheet(event_id: str) -> str:
    """Show the list for paper, with room to sign."""
    event = get_event(g.db, me(), event_id)
    return render_template("attendance_sheet.html", view=describe_event(event), members=_members_of(event))


def _read_states(
    members: Mapping[str, int], before: Mapping[int, AttendanceState]
) -> dict[int, AttendanceState | None]:
    rest = AttendanceState(request.form["rest"]) if request.form.get("rest") in set(AttendanceState) else None
    states: dict[int, AttendanceState | None] = {}
    for key, state in _sent_states():
        if key in members:
            person_id = members[key]
            states[person_id] = state or (rest if person_id not in before else None)
    return states


def _sent_states() -> list[tuple[str, AttendanceState | None]]:
    known = set(AttendanceState)
    return [
        (name.removeprefix(STATE), AttendanceState(value) if value in known else None)
        for name, value in request.form.items()
        if name.startswith(STATE)
    ]


def _read_work() -> set[Work]:
    """Return the exercises that are ticked; `work.<module>` ticks all of a module."""
    return {
        (module.key, exercise.key)
        for module in catalogue().modules
        for exercise in module.exercises
        if request.form.get(f"{WORK}{module.key}") or request.form.get(f"{WORK}{module.key}.{exercise.key}")
    }


def _everyone(event: Event) -> list[Membership]:
    roles = {*LEARNING_ROLES, *list_roles(event)}
    return [*list_members(g.db, me().course_id, sorted(roles)), *list_former_members(g.db, me().course_id)]


def _members_of(event: Event) -> list[Membership]:
    """Return whom an event is for, by name: those whom only the roster knows too, test users not."""
    members = list_members(g.db, me().course_id, list_roles(event))
    counted = [member for member in members if not member.is_test_user]
    return sorted(counted, key=lambda member: sort_key(person_name(member.person), g.lang))


def _listed(member: Member) -> Listed:
    person = member.person
    return Listed(person.id, member.public_id, person.name, (person.email, person.subject))


def _page(event: Event, sent: Sent | None = None) -> str:
    members, recorded, work = _members_of(event), list_attendance(g.db, event), list_work(g.db, event)
    role = request.args.get("role", "")
    of_role = [member for member in members if role in {"", member.role}]
    on_page, page, pages = one_page(of_role, request.args.get("page", 1, type=int), PAGE)
    values = dict(sent.values) if sent else {}
    replies = list_replies(g.db, event)
    shown = [
        (
            member,
            role_name(member.role),
            reply_words(replies.get(member.person_id)),
            _shown_state(member, values, recorded),
        )
        for member in on_page
    ]
    return render_template(
        "attendance.html",
        here=_address(event, role, page),
        view=describe_event(event),
        has_begun=event.starts_at <= utc_now(),
        rows=shown,
        count=len(of_role),
        states=[(state.value, attendance_name(state)) for state in AttendanceState],
        totals=[(attendance_name(state), list(recorded.values()).count(state)) for state in AttendanceState],
        roles=_role_filters(event, members, role),
        work=_work_rows(event, work, values if values.get("has_work") else None),
        values=values,
        refusal=_refusal(sent.error) if sent else "",
        reason_error=_reason_error(sent.error if sent else None),
        # Nothing can have been corrected before something was entered.
        changes=[change_words(change, catalogue()) for change in list_changes(g.db, event)]
        if event.attendance_revision
        else [],
        page=page,
        pages=pages,
        page_address=lambda number: _address(event, role, number),
    )


def _shown_state(member: Member, values: Mapping[str, str], recorded: Mapping[int, AttendanceState]) -> str:
    before = recorded.get(member.person_id)
    return values.get(STATE + member.public_id, before.value if before else "")


def _work_rows(event: Event, work: frozenset[Work], values: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Return each module of an event with its exercises: (field, title, whether it is ticked)."""
    done = {module_key for module_key, _ in work}
    rows = []
    for module in catalogue().modules:
        if module.key in event.module_keys or module.key in done:
            words, field = module.words[g.lang], WORK + module.key
            exercises = []
            for exercise in module.exercises:
                name = f"{field}.{exercise.key}"
                is_ticked = name in values if values is not None else (module.key, exercise.key) in work
                exercises.append((name, words.exercises[exercise.key].title, is_ticked))
            rows.append({"field": field, "title": words.title, "exercises": exercises})
    return rows


def _role_filters(event: Event, members: Sequence[Membership], role: str) -> list[Filter]:
    choices: list[Filter] = [(gettext("All"), len(members), _address(event, "", 1), not role)]
    for one in list_roles(event):
        count = sum(member.role is one for member in members)
        choices.append((role_name(one), count, _address(event, one.value, 1), role == one))
    return choices


def _address(event: Event, role: str, page: int) -> str:
    query: dict[str, Any] = {"role": role or None, "page": page if page > 1 else None}
    return url_for("attendance.show", course_id=me().course.public_id, event_id=event.public_id, **query)


def _preview(
    event: Event,
    states: Mapping[int, AttendanceState],
    left_out: Sequence[LeftOut],
    error: InvalidInputError | ConflictError | None = None,
) -> str:
    recorded = list_attendance(g.db, event)
    members = [member for member in _members_of(event) if member.person_id in states]
    rows = []
    for member in members:
        before, now = recorded.get(member.person_id), states[member.person_id]
        was = attendance_name(before) if before else ""
        rows.append((member, was, attendance_name(now), now.value, before is not now))
    return render_template(
        "attendance_list.html",
        here=_address(event, "", 1),
        view=describe_event(event),
        rows=rows,
        has_corrections=any(was and is_new for _, was, _, _, is_new in rows),
        has_news=any(is_new for *_, is_new in rows),
        left_out=[(one.number, one.text, left_out_words(one.problem)) for one in left_out],
        others=len(_members_of(event)) - len(rows),
        reason=request.form.get("reason", ""),
        refusal=_refusal(error) if error else "",
        reason_error=_reason_error(error),
    )


def _refusal(error: InvalidInputError | ConflictError) -> str:
    return list_refusal(error.code) if error.code.startswith("list.") else event_refusal(error)


def _reason_error(error: InvalidInputError | ConflictError | None) -> str:
    """Return what to do with the reason, if that is what was not taken."""
    is_of_reason = error is not None and error.code in {"attendance.no_reason", "attendance.long_reason"}
    return event_refusal(error) if error and is_of_reason else ""
