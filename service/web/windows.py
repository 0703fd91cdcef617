"""Carries a session from the LMS's frame into a window of its own.

Our cookie lives in the partition of the LMS's page, so a new window would begin signed out. Each page therefore holds
a signed pass, good for an hour, that a form posts into the new window; an address never holds one.
"""

from flask import Blueprint, Flask, redirect, request, session
from itsdangerous import BadSignature
from werkzeug.wrappers import Response

from service.errors import ConflictError
from service.web.access import SignedOutError, own_path, public, without_database
from service.web.held import init_held
from service.web.signing import signer

blueprint = Blueprint("windows", __name__)

PASS_SALT = "new-window"  # noqa: S105 (it tells kinds apart, and is no secret)
PASS_SECONDS = 3600


def init_windows(app: Flask) -> None:
    """Let the templates of `app` make passes, and hold the session where there are no cookies."""
    app.jinja_env.globals["window_pass"] = make_pass
    init_held(app)


def make_pass() -> str:
    """Return a pass for whoever is signed in, or "" for nobody."""
    return signer(PASS_SALT).dumps(dict(session)) if "person" in session else ""


@blueprint.post("/window")
@public
@without_database
def open_window() -> Response:
    """Sign the new window in and show the page. Form: `pass`, `next` (a path of ours).

    Not over someone else who was launched later in this browser: that session counts (CONFORMANCE P10).
    """
    try:
        carried = signer(PASS_SALT).loads(request.form.get("pass", ""), max_age=PASS_SECONDS)
    except BadSignature as error:
        raise SignedOutError("session.pass_expired", "The pass for a new window is forged or too old.") from error
    if session.get("person", "") not in {"", carried["person"]} and session.get("at", 0) > carried.get("at", 0):
        raise ConflictError("session.other_person", "The page was made for someone else who used this browser.")
    session.clear()
    session.update(carried)
    return redirect(own_path(request.form.get("next", "")), 303)
