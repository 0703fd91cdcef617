"""Takes an answer to an exercise, and shows one exercise alone, for paper."""

from contextlib import suppress

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.exercises.draft_operations import end_draft, save_draft
from service.web.access import catalogue, me, open_to
from service.web.drafts import read_form
from service.web.exercise_views import Refused, exercise_view
from service.web.modules import later_page, module_page

blueprint = Blueprint("exercises", __name__, url_prefix="/course/<course_id>/modules/<module_key>/exercises")


@blueprint.post("/<exercise_key>")
@open_to()
def hand_in(module_key: str, exercise_key: str) -> Response | tuple[str, int]:
    """Take an answer; the page that follows shows the mark.

    An answer that cannot be read comes back with a 422, one for which no try is left with a 409, kept as a draft.
    """
    form, answer = read_form()
    try:
        journey.hand_in(g.db, catalogue(), me(), module_key, exercise_key, answer, form.submission_key, at=utc_now())
    except InvalidInputError as error:
        module = catalogue().module(module_key)
        return module_page(module, Refused(module.exercise(exercise_key).key, answer, error)), 422
    except ConflictError as error:
        with suppress(InvalidInputError):  # a draft that is too long is in the page all the same
            save_draft(g.db, catalogue(), me().person_id, module_key, exercise_key, form, answer, at=utc_now())
        return module_page(catalogue().module(module_key), Refused(exercise_key, answer, error)), 409
    end_draft(g.db, me().person_id, form.submission_key, form.seen)
    return _back_to(module_key, exercise_key)


@blueprint.post("/<exercise_key>/done")
@open_to()
def say_done(module_key: str, exercise_key: str) -> Response:
    """End the tries of an exercise whose marks are held back; the page that follows shows them."""
    journey.say_done(g.db, catalogue(), me(), module_key, exercise_key, at=utc_now())
    return _back_to(module_key, exercise_key)


def _back_to(module_key: str, exercise_key: str) -> Response:
    page = url_for("modules.show", course_id=me().course.public_id, module_key=module_key, answered=exercise_key)
    return redirect(f"{page}#exercise-{exercise_key}", 303)


@blueprint.get("/<exercise_key>/sheet")
@open_to()
def sheet(module_key: str, exercise_key: str) -> str:
    """Show an exercise alone, to be printed: with the last answer, or empty. Query: `empty`, with any value.

    A module that must come after others, which the learner has not completed, shows these instead.
    """
    module = catalogue().module(module_key)
    exercise, later = module.exercise(exercise_key), later_page(module)
    if later:
        return later
    is_empty = "empty" in request.args
    view = exercise_view(module, exercise, is_blank=is_empty)
    return render_template(
        "exercise_sheet.html", module=module, words=module.words[g.lang], view=view, is_empty=is_empty
    )
