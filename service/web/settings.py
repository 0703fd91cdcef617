"""The learner's own settings: the language."""

from flask import Blueprint, g, redirect, request, session
from werkzeug.wrappers import Response

from service.errors import InvalidInputError
from service.i18n import LANGUAGES
from service.people.operations import set_language
from service.web.access import own_path, public, refuse_other_person

blueprint = Blueprint("settings", __name__)


@blueprint.post("/language")
@public
def choose_language() -> Response:
    """Keep the chosen language and return to the same place. Form: `language`, `next` (a path of ours)."""
    refuse_other_person(may_be_nobody=True)
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise InvalidInputError("language.unknown", f"There is no language {language!r} here.")
    if "person" in session:
        set_language(g.db, session["person"], language)
    session["language"] = language
    return redirect(own_path(request.form.get("next", "")), 303)
