"""Forms that are not sent yet: which of them a browser may forget (static/unsent.js), and what the tool keeps for one
that keeps nothing itself, as in a frame of another site (static/keeping.js).
"""

import re
from collections.abc import Mapping

from flask import Blueprint, Flask, Response, current_app, g, request, session

from service.db import transaction, utc_now
from service.exercises.draft_operations import end_draft
from service.exercises.form_drafts import find_form, forget_form, keep_form
from service.web.access import as_person, me, open_to
from service.web.drafts import read_form, saved_words

blueprint = Blueprint("unsent", __name__, url_prefix="/course/<course_id>/unsent")

MOST = 10
"""Forms that are remembered until a page tells of them."""
_TEXT = re.compile(r'<textarea|<input[^>]* type="(?:text|url|email)"')
_KEY = re.compile(r"[0-9a-f-]{36}")


def init_unsent(app: Flask) -> None:
    """Note each form that is taken, and let templates tell of them."""
    app.after_request(_note)
    app.jinja_env.globals.update(keep_typed=keep_typed, has_kept_forms=has_kept_forms, take_sent_forms=take_sent_forms)


def keep_typed(attributes: Mapping[str, str | None], inside: str) -> Mapping[str, str | None]:
    """Return the attributes of a form, with the one that has the device keep what is typed where there is text to type.

    Not of a form that has drafts in the tool, nor of one that says by itself what is kept (`data-keep`; None: nothing).
    """
    is_typed = "data-keep" not in attributes and "data-draft" not in attributes and _TEXT.search(inside) is not None
    kept = {"data-keep": "typed", **attributes} if is_typed else attributes
    if not as_person() or not kept.get("data-keep"):
        return attributes
    g.has_kept_forms = True
    return kept


def has_kept_forms() -> bool:
    """Say whether the page has forms of which the device keeps what is typed."""
    return bool(g.get("has_kept_forms"))


def take_sent_forms() -> str:
    """Return the keys of forms that were taken since a page last told of any, with blanks between them."""
    return " ".join(session.pop("sent_forms", ()))


def note_sent_form() -> None:
    """Note that the form of this request is taken; a view calls it that answers with a page and leads nowhere else."""
    key = request.form.get("unsent_key", "")
    if not _KEY.fullmatch(key):
        return
    if request.form.get("unsent_in") != "tool":
        session["sent_forms"] = [*session.get("sent_forms", ()), key][-MOST:]
    elif "db" in g:
        end_draft(g.db, me().person_id, key)
    elif as_person():
        with transaction(current_app.extensions["sessions"]) as db:
            end_draft(db, me().person_id, key)


def _note(response: Response) -> Response:
    if request.method == "POST" and response.status_code == 303:
        note_sent_form()
    return response


@blueprint.post("")
@open_to()
def keep() -> dict[str, str]:
    """Keep a form as it stands. Form: `place`, `content` and those of a draft. Answers with JSON: `words` say when."""
    form, fields = read_form()
    now = utc_now()
    keep_form(g.db, me().person_id, fields.get("place", ""), form, fields.get("content", ""), at=now)
    return saved_words(now)


@blueprint.post("/find")
@open_to()
def find() -> dict[str, str]:
    """Return what was typed at `place`: JSON with `version` and `content`, empty if nothing is kept."""
    kept = find_form(g.db, me().person_id, request.form.get("place", ""), at=utc_now())
    return {"version": str(kept.version), "content": kept.content} if kept else {}


@blueprint.post("/forget")
@open_to()
def forget() -> dict[str, str]:
    """Forget what was typed at `place`."""
    forget_form(g.db, me().person_id, request.form.get("place", ""))
    return {}
