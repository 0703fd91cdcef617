"""A learner's own training beyond one module: what was read, what they can show, what they know already."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service import journey
from service.completion.outcome_operations import courses_with_outcomes, list_reached
from service.completion.recognition_operations import LONGEST_TEXT, NewStep, list_steps
from service.completion.recognition_rules import BY_LEARNER, StepKind, list_next
from service.db import utc_now
from service.errors import InvalidInputError
from service.people.models import LEARNING_ROLES
from service.records.trust import attach, check_evidence
from service.web.access import catalogue, me, open_to, own_address, sent_bytes
from service.web.outcome_words import describe_outcomes
from service.web.recognition_words import describe_steps
from service.web.record_words import describe_attached_records

blueprint = Blueprint("training", __name__, url_prefix="/course/<course_id>")

ACTS = {kind.value: kind for kind in BY_LEARNER}


class StepForm(Schema):
    """What the form of a learner's step sends."""

    class Meta:
        unknown = EXCLUDE

    act = fields.String(required=True, validate=validate.OneOf(list(ACTS)))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT * 4))
    record_code = fields.String(load_default="", validate=validate.Length(max=500))
    seen = fields.Integer(required=True, validate=validate.Range(0, 10**6))


@blueprint.post("/modules/<module_key>/read")
@open_to(*LEARNING_ROLES)
def record_read(module_key: str) -> Response | tuple[str, int]:
    """Take sections as read. Form: `section`, once or more; `quiet` from the script, which needs no page."""
    sections = request.form.getlist("section")
    journey.record_reading(g.db, catalogue(), me(), module_key, sections, at=utc_now())
    if "quiet" in request.form:
        return "", 204
    anchor = f"read-{sections[-1]}" if sections else None
    page = url_for("modules.show", course_id=me().course.public_id, module_key=module_key, _anchor=anchor)
    return redirect(page, 303)


@blueprint.get("/outcomes")
@open_to(*LEARNING_ROLES)
def show_outcomes() -> str:
    """Show what the member can show: each outcome with its evidence, the day, and what is missing."""
    courses = courses_with_outcomes(catalogue(), me().role)
    reached = list_reached(g.db, courses, [me().person_id], at=utc_now())[me().person_id]
    return render_template("outcomes.html", outcomes=describe_outcomes(reached))


@blueprint.get("/modules/<module_key>/prior-learning")
@open_to(*LEARNING_ROLES)
def show_prior(module_key: str) -> str:
    """Show how it stands with a module that the member knows already, and the form to ask."""
    return _prior_page(module_key)


@blueprint.post("/modules/<module_key>/prior-learning")
@open_to(*LEARNING_ROLES)
def send_prior(module_key: str) -> Response | tuple[str, int]:
    """Take a request, an answer to a question about it, or its end. A text that cannot be taken comes back."""
    at = utc_now()
    try:
        form = StepForm().load(request.form.to_dict())
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    step = NewStep(ACTS[form["act"]], form["text"], form["seen"])
    try:
        record = check_evidence(g.db, own_address(), form["record_code"], sent_bytes("record_file"), at=at)
        taken = journey.take_step(g.db, catalogue(), me(), me().person_id, module_key, step, at=at)
    except InvalidInputError as error:
        return _prior_page(module_key, form, error), 422
    if record and step.kind is not StepKind.TAKEN_BACK:
        attach(g.db, taken, record)
    is_over = step.kind is StepKind.TAKEN_BACK
    flash(gettext("The request is taken back.") if is_over else gettext("Sent. The coordinators of the course decide."))
    return redirect(url_for(".show_prior", course_id=me().course.public_id, module_key=module_key), 303)


def _prior_page(module_key: str, form: dict[str, Any] | None = None, error: InvalidInputError | None = None) -> str:
    at, module = utc_now(), catalogue().module(module_key)
    steps = list_steps(g.db, me().person_id, module_key).get(module_key, [])
    last = steps[-1] if steps else None
    following = list_next(last.kind if last else None, is_expired=_is_expired(last.valid_until if last else None, at))
    return render_template(
        "prior_learning.html",
        here=url_for(".show_prior", course_id=me().course.public_id, module_key=module_key),
        module=module,
        words=module.words[g.lang],
        steps=describe_steps(steps, at=at, is_own=True),
        seen=last.number if last else 0,
        acts={kind.value for kind in following & BY_LEARNER},
        form=form or {},
        faults=error.details.get("fields", {"record": error.code}) if error else {},
        attached=describe_attached_records(steps, at=at),
    )


def _is_expired(valid_until: datetime | None, at: datetime) -> bool:
    return valid_until is not None and valid_until <= at
