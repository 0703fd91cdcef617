"""Carries a session without cookies, for a frame in which the browser keeps none (CONFORMANCE P09).

The page holds the session, signed, in one hidden form. A script sends every link and form of the page through that
form to `/held`, which asks the application for the page meant, with that session, and answers with it. Nothing of the
session is ever in an address (docs/decisions/0006).
"""

from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Request, current_app, make_response, render_template, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from service.db import utc_now
from service.web.access import SignedOutError, own_path, public, without_database
from service.web.signing import Signer, signer

blueprint = Blueprint("held", __name__)

HELD = "mentorready.held_session"
"""Where the environment of a request has the session that the page sent with it."""
HELD_SALT = "held-session"
OWN_FIELDS = ("held_session", "held_path", "held_method")
MOST_REDIRECTS = 5
Held = dict[str, Any]
_COPIED_HEADERS = ("Accept-Language", "Origin", "Sec-Fetch-Site", "User-Agent")


class HeldSessions(SecureCookieSessionInterface):
    """Takes the session from the page where it came with one, and from the cookie everywhere else."""

    def __init__(self, app: Flask) -> None:
        self._signer = Signer(
            app.config["SECRET_KEY"],
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the one of the application: Flask's own is made anew at each request."""
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a request: an empty one when its launch is too long ago, however new the signature."""
        held = request.environ.get(HELD)
        found = super().open_session(app, request) if held is None else self.session_class(held)
        longest = app.permanent_session_lifetime.total_seconds()
        if found and utc_now().timestamp() - found.get("at", float("inf")) > longest:
            return self.session_class()
        return found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what a view changed, for a request that may follow it.

        In the mapping that came with the request: the environment that a view sees is a copy.
        """
        held = request.environ.get(HELD)
        if held is not None:
            kept = dict(session)
            held.clear()
            held.update(kept)
        else:
            super().save_session(app, session, response)  # type: ignore[arg-type]


def init_held(app: Flask) -> None:
    """Let `app` take sessions from pages, and its templates put them there."""
    app.session_interface = HeldSessions(app)
    app.jinja_env.globals["held_session"] = lambda: _sign() if HELD in request.environ else ""
    app.register_blueprint(blueprint)


def held_page(path: str) -> Response:
    """Return a page that holds the session of this request and goes on to `path` with it."""
    return make_response(render_template("held.html", held=_sign(), path=path))


@blueprint.post("/held")
@public
@without_database
def show() -> Response:
    """Answer as `held_path` would, asked by `held_method` with the other fields, by whom `held_session` names."""
    seconds = int(current_app.permanent_session_lifetime.total_seconds())
    try:
        held = signer(HELD_SALT).loads(request.form.get("held_session", ""), max_age=seconds)
    except BadSignature as error:
        raise SignedOutError("session.held_expired", "The session that the page held is forged or too old.") from error
    fields = MultiDict((name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS)
    method = "POST" if request.form.get("held_method") == "POST" else "GET"
    path = own_path(request.form.get("held_path", ""))
    for _ in range(MOST_REDIRECTS):
        answer = _ask(method, path, fields, held)
        if answer.status_code not in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER} or not answer.location.startswith("/"):
            break
        method, path, fields = "GET", own_path(answer.location), MultiDict()
    return answer


def _ask(method: str, path: str, fields: MultiDict[str, str], held: Held) -> Response:
    """Run one request inside the application; return its answer, and leave in `held` the session as it was then."""
    address = urlsplit(path)
    query = address.query
    if method == "GET" and fields:
        query = urlencode(list(fields.items(multi=True)))
    builder = EnvironBuilder(
        path=address.path,
        query_string=query,
        base_url=request.host_url,
        method=method,
        data=fields if method == "POST" else None,
        headers=Headers((name, request.headers[name]) for name in _COPIED_HEADERS if name in request.headers),
        environ_base={"REMOTE_ADDR": request.remote_addr or ""},
    )
    environ = builder.get_environ()
    environ[HELD] = held
    environ["mentorready.fragment"] = address.fragment
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():  # so that it has a `g` of its own
        # Flask's own, not app.wsgi_app: what stands before it (proxy headers, limits) has seen this request already.
        return Response.from_app(partial(Flask.wsgi_app, app), environ, buffered=True)


def _sign() -> str:
    return signer(HELD_SALT).dumps(dict(session))
