"""What `mentorready modules preview` adds to the pages: whoever looks is signed in, and sees what the check says."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, jsonify, redirect, render_template, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.i18n import LANGUAGES
from service.modules.content import Catalogue
from service.modules.sources import Fault
from service.people.operations import set_language
from service.web.access import catalogue, public, without_database, writes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

blueprint = Blueprint("preview", __name__, url_prefix="/preview")


PLAIN_COOKIES = {
    "SESSION_COOKIE_NAME": "mentorready-preview",
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_PARTITIONED": False,
}
"""Without HTTPS some browsers keep no others."""


class OnlyOwnHost:
    """Refuses requests under another name of this machine, by which a page from elsewhere could read the answer."""

    def __init__(self, inner: "WSGIApplication", base_url: str) -> None:
        self._inner = inner
        self._host = urlsplit(base_url).netloc

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("HTTP_HOST") == self._host:
            return self._inner(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [f"Open http://{self._host}/preview/".encode()]


class Watched(Protocol):
    """Content that is read again whenever a file has changed."""

    person: str
    """Public id of who looks at it."""
    course: str
    """Public id of the course in which they do."""
    state: str
    """Another one after each change."""

    def refresh(self) -> Catalogue:
        """Return the content as it is now, without modules that have faults."""

    def faults(self) -> list[Fault]:
        """Return what is wrong, and if nothing is, what translators should look at."""


def init_preview(app: Flask, watched: Watched) -> None:
    """Show `watched` in `app`, to everyone who can reach it under its own address."""
    app.extensions["preview"] = watched
    app.config.update(PLAIN_COOKIES)
    app.wsgi_app = OnlyOwnHost(app.wsgi_app, app.extensions["settings"].base_url)  # type: ignore[method-assign]
    app.before_request(_enter)
    app.jinja_env.globals["preview_faults"] = watched.faults
    app.register_blueprint(blueprint)


def _watched() -> Watched:
    watched: Watched = current_app.extensions["preview"]
    return watched


def _enter() -> None:
    session["person"] = _watched().person
    current_app.extensions["catalogue"] = _watched().refresh()


@blueprint.get("/")
@public
@without_database
def front() -> str:
    """List the modules in each language, and what the check says."""
    return render_template("preview.html", courses=catalogue().courses, languages=LANGUAGES)


@blueprint.get("/state")
@public
@without_database
def state() -> Response:
    """Answer with what changes whenever a file does."""
    return jsonify(_watched().state)


@blueprint.get("/<language>/<module_key>")
@public
@writes
def module(language: str, module_key: str) -> AnyResponse:
    """Lead to a module in a language."""
    if language in LANGUAGES:
        session["language"] = language
        set_language(g.db, _watched().person, language)
    return redirect(url_for("modules.show", course_id=_watched().course, module_key=module_key), 303)
