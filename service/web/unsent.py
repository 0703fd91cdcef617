"""Tells a browser which of its forms were taken, so that it forgets what it kept of them (static/unsent.js)."""

import re

from flask import Flask, Response, request, session

MOST = 10
"""Forms that are remembered until a page tells of them."""
_KEY = re.compile(r"[0-9a-f-]{36}")


def init_unsent(app: Flask) -> None:
    """Note each form that is taken, and let templates tell of them."""
    app.after_request(_note)
    app.jinja_env.globals["take_sent_forms"] = take_sent_forms


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
