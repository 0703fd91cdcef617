"""Takes an answer to an exercise, and shows one exercise alone, for paper."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import InvalidInputError
from service.web.access import catalogue, me, open_to
from service.web.modules import Refused, exercise_view, module_page

blueprint = Blueprint("exercises", __name__, url_prefix="/course/<course_id>/modules/<module_key>/exercises")


class HandInForm(Schema):
    """What the form of an exercise sends beside the answer itself."""

    class Meta:
        unknown = EXCLUDE

    submission_key = fields.String(required=True, validate=validate.Length(8, 64), data_key="submission_key")


@blueprint.post("/<exercise_key>")
@open_to()
def hand_in(module_key: str, exercise_key: str) -> Response | tuple[str, int]:
    """Take an answer; the page that follows shows the mark. An answer that cannot be read comes back with a 422."""
    try:
        form = HandInForm().load(request.form.to_dict())
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    answer = {name: value for name, value in request.form.items() if name not in {"submission_key", "as"}}
    try:
        journey.hand_in(g.db, catalogue(), me(), module_key, exercise_key, answer, form["submission_key"], at=utc_now())
    except InvalidInputError as error:
        module = catalogue().module(module_key)
        return module_page(module, Refused(module.exercise(exercise_key).key, answer, error)), 422
    page = url_for("modules.show", course_id=me().course.public_id, module_key=module_key, answered=exercise_key)
    return redirect(f"{page}#exercise-{exercise_key}", 303)


@blueprint.get("/<exercise_key>/sheet")
@open_to()
def sheet(module_key: str, exercise_key: str) -> str:
    """Show an exercise alone, to be printed: with the last answer, or empty. Query: `empty`, with any value."""
    module = catalogue().module(module_key)
    is_empty = "empty" in request.args
    view = exercise_view(module, module.exercise(exercise_key), is_blank=is_empty)
    return render_template(
        "exercise_sheet.html", module=module, words=module.words[g.lang], view=view, is_empty=is_empty
    )
