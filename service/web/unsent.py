"""Tells a browser which of its forms were taken, so that it forgets what it kept of them (static/unsent.js)."""

import re
from collections.abc import Mapping

from flask import Flask, Response, g, request, session

from service.web.access import as_person

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
    if _KEY.fullmatch(key):
        session["sent_forms"] = [*session.get("sent_forms", ()), key][-MOST:]


def _note(response: Response) -> Response:
    if request.method == "POST" and response.status_code == 303:
        note_sent_form()
    return response
