"""Staff decide what someone knows already, one module at a time, and record what was done in another way (S0-37)."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service import journey
from service.completion.operations import list_completions
from service.completion.outcome_operations import courses_with_outcomes, list_reached
from service.completion.recognition_operations import LONGEST_TEXT, NewStep, list_steps, list_waiting
from service.completion.recognition_rules import BY_LEARNER, StepKind, list_next, noon_of
from service.db import utc_now
from service.errors import InvalidInputError
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership
from service.people.operations import get_member, list_members
from service.records.operations import count_in_force
from service.web.access import catalogue, me, open_to
from service.web.outcome_words import describe_outcomes
from service.web.recognition_words import describe_step, describe_steps
from service.web.record_words import describe_attached_records

blueprint = Blueprint("recognitions", __name__, url_prefix="/course/<course_id>")

ACTS = {kind.value: kind for kind in StepKind if kind not in BY_LEARNER}


class DecisionForm(Schema):
    """What a form of staff sends. Days are those of the calendar, as a browser's date field writes them."""

    class Meta:
        unknown = EXCLUDE

    act = fields.String(required=True, validate=validate.OneOf(list(ACTS)))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT * 4))
    seen = fields.Integer(required=True, validate=validate.Range(0, 10**6))
    done_on = fields.String(load_default="")
    valid_until = fields.String(load_default="")


@blueprint.get("/recognitions")
@open_to(*STAFF_ROLES)
def list_requests() -> str:
    """Show who waits for a decision about what they know already, longest waiting first."""
    at = utc_now()
    members = {member.person_id: member for member in list_members(g.db, me().course_id, LEARNING_ROLES)}
    waiting = [
        (members[step.person_id], _title(step.module_key), describe_step(step, at=at), _page(step, members))
        for step in list_waiting(g.db, me().course_id)
        if step.person_id in members
    ]
    return render_template("recognitions.html", waiting=waiting)


@blueprint.get("/people/<member_id>/training")
@open_to(*STAFF_ROLES)
def show_training(member_id: str) -> str:
    """Show one person's training: outcomes with their evidence, and each module with what it rests on."""
    at, member = utc_now(), get_member(g.db, me().course_id, member_id)
    courses = courses_with_outcomes(catalogue(), member.role)
    reached = list_reached(g.db, courses, [member.person_id], at=at)[member.person_id]
    done = list_completions(g.db, [member.person_id])[member.person_id]
    steps = list_steps(g.db, member.person_id)
    modules = [
        {
            "title": module.words[g.lang].title,
            "completed_at": done[module.key].completed_at if module.key in done else None,
            "passed": done[module.key].passed_exercises if module.key in done else 0,
            "all": len(module.exercises),
            "step": describe_step(steps[module.key][-1], at=at) if module.key in steps else None,
            "href": url_for(
                ".show_module", course_id=me().course.public_id, member_id=member_id, module_key=module.key
            ),
        }
        for module in catalogue().modules
        if member.role in module.required_for or module.key in done or module.key in steps
    ]
    return render_template(
        "training.html",
        member=member,
        outcomes=describe_outcomes(reached, is_own=False),
        modules=modules,
        record_count=count_in_force(g.db, member.person_id),
    )


@blueprint.get("/people/<member_id>/training/<module_key>")
@open_to(*STAFF_ROLES)
def show_module(member_id: str, module_key: str) -> str:
    """Show what a person has asked for a module and what was decided, with the forms for what may follow."""
    return _module_page(get_member(g.db, me().course_id, member_id), module_key)


@blueprint.post("/people/<member_id>/training/<module_key>")
@open_to(*STAFF_ROLES)
def decide(member_id: str, module_key: str) -> Response | tuple[str, int]:
    """Take a decision, a record or its undoing. What cannot be taken comes back as it was typed."""
    at, member = utc_now(), get_member(g.db, me().course_id, member_id)
    given = request.form.to_dict()
    if "act" not in given:
        refusal = InvalidInputError("recognition.incomplete", "No decision.", fields={"act": "recognition.no_act"})
        return _module_page(member, module_key, given, refusal), 422
    try:
        form = DecisionForm().load(given)
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    try:
        step = _read_step(form, at)
        journey.take_step(g.db, catalogue(), me(), member.person_id, module_key, step, at=at)
    except InvalidInputError as error:
        return _module_page(member, module_key, form, error), 422
    flash(_done_words(step.kind))
    return redirect(
        url_for(".show_module", course_id=me().course.public_id, member_id=member_id, module_key=module_key), 303
    )


def _read_step(form: dict[str, Any], at: datetime) -> NewStep:
    """Return the step; a day that is none is refused like one that is missing."""
    kind = ACTS[form["act"]]
    done_at = valid_until = None
    if kind is StepKind.RECORDED:
        done_at = _read_day(form["done_on"], "done_on")
        # Noon of today may be still to come.
        done_at = min(done_at, at) if done_at and done_at.date() == at.date() else done_at
    if kind in {StepKind.RECOGNISED, StepKind.RECORDED}:
        valid_until = _read_day(form["valid_until"], "valid_until")
    return NewStep(kind, form["text"], form["seen"], done_at, valid_until)


def _read_day(text: str, name: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        return noon_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
    except ValueError as error:
        code = {name: "recognition.no_day"}
        raise InvalidInputError("recognition.no_day", f"{text!r} is no day.", fields=code) from error


def _module_page(
    member: Member, module_key: str, form: dict[str, Any] | None = None, error: InvalidInputError | None = None
) -> str:
    at, module = utc_now(), catalogue().module(module_key)
    steps = list_steps(g.db, member.person_id, module_key).get(module_key, [])
    last = steps[-1] if steps else None
    is_expired = last is not None and last.valid_until is not None and last.valid_until <= at
    following = list_next(last.kind if last else None, is_expired=is_expired) - BY_LEARNER
    if last and last.member.course_id != me().course_id:
        following -= {StepKind.UNDONE}
    return render_template(
        "recognition.html",
        here=url_for(
            ".show_module", course_id=me().course.public_id, member_id=member.public_id, module_key=module_key
        ),
        member=member,
        words=module.words[g.lang],
        steps=describe_steps(steps, at=at),
        attached=describe_attached_records([step for step in steps if step.member.course_id == me().course_id], at=at),
        seen=last.number if last else 0,
        acts={kind.value for kind in following},
        form=form or {},
        faults=error.details.get("fields", {}) if error else {},
    )


def _done_words(kind: StepKind) -> str:
    return {
        StepKind.RECOGNISED: gettext("The module is recognised and counts as complete."),
        StepKind.RECORDED: gettext("Recorded. The module counts as complete."),
        StepKind.DECLINED: gettext("The decision is kept; the person sees it with its reason."),
        StepKind.MORE_ASKED: gettext("The question is kept; the person sees it."),
        StepKind.UNDONE: gettext("Taken back. The module counts only as far as it was done here."),
    }[kind]


def _title(module_key: str) -> str:
    return next((one.words[g.lang].title for one in catalogue().modules if one.key == module_key), module_key)


def _page(step: Any, members: dict[int, Membership]) -> str:
    keys = {"member_id": members[step.person_id].public_id, "module_key": step.module_key}
    return url_for(".show_module", course_id=me().course.public_id, **keys)
