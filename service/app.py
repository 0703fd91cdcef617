"""Builds the application: parts in order, one transaction around each view."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

from service.config import Settings
from service.db import make_engine, make_sessions, transaction
from service.forums.file_store import open_store
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from service.tasks import make_celery, wake
from service.web import (
    accounts,
    api,
    attendance,
    board_pages,
    board_pictures,
    classroom,
    courses,
    cycle_export,
    cycles,
    discussions,
    drafts,
    errors,
    events,
    exercises,
    forgery,
    forum_files,
    forum_log,
    forum_posts,
    forum_reports,
    forum_safety,
    forum_statistics,
    forum_threads,
    forums,
    gate,
    glossary,
    grades,
    health,
    items,
    labels,
    launch,
    mail_settings,
    media,
    metrics,
    modules,
    notices,
    pages,
    pairing,
    peers,
    people,
    picker,
    platforms,
    policies,
    profile,
    readiness,
    recognitions,
    records,
    registration,
    reminders,
    review,
    reviews,
    showcase,
    statement,
    systems,
    training,
    tries,
    unsent,
    unsubscribe,
    verification,
    windows,
)
from service.web import settings as settings_views
from service.web.babel import init_babel
from service.web.compression import compressed
from service.web.headers import init_headers
from service.web.kept import init_kept
from service.web.unsent import init_unsent

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BYTES_SENT = 1024 * 1024


class MentorReady(Flask):
    """A Flask in which a view that returns has committed, and one that raises has left nothing behind."""

    jinja_environment = pages.Templates

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view inside its transaction; wake the background jobs it asked for once that has ended."""
        view = self.view_functions.get(request.endpoint or "")
        if not getattr(view, "takes_files", False):
            return self._dispatch_inside(view)
        has_committed = False
        forum_files.receive()
        try:
            answer = self._dispatch_inside(view)
            has_committed = True
        finally:
            forum_files.settle(has_committed=has_committed)
        return answer

    def _dispatch_inside(self, view: Callable[..., Any] | None) -> ResponseReturnValue:
        if view is None or not getattr(view, "needs_database", request.endpoint != "static"):
            return super().dispatch_request()
        reads_only = request.method in forgery.SAFE_METHODS and getattr(view, "reads_only", True)
        with transaction(self.extensions["sessions"], reads_only=reads_only) as session:
            g.db, g.reads_only = session, reads_only
            try:
                answer = super().dispatch_request()
            finally:
                g.pop("db")
        wake(self.extensions["celery"], session.info.get("wake", ()))
        return answer

    def send_static_file(self, filename: str) -> Response:
        """Answer with a sheet or a script, compressed."""
        return compressed(super().send_static_file(filename))


class OwnHost:
    """Lets every request be for the host of our own address, so that no answer leads to one that a request names."""

    def __init__(self, inner: "WSGIApplication", base_url: str) -> None:
        self._inner = inner
        self._host = urlsplit(base_url).netloc

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        environ["HTTP_HOST"] = self._host
        return self._inner(environ, start_response)


def create_app(settings: Settings, catalogue: Catalogue | None = None) -> MentorReady:
    """Return the tool as a WSGI application, with the content of the settings if none is given.

    Raises ContentError if that content has faults.
    """
    app = MentorReady(__name__, static_folder="web/static", template_folder="web/templates")
    app.config.update(_flask_settings(settings))
    engine = make_engine(settings.database_url)
    app.extensions.update(
        settings=settings,
        engine=engine,
        sessions=make_sessions(engine),
        catalogue=catalogue or load_catalogue(settings.content_path),
        celery=make_celery(settings),
        file_store=open_store(settings),
    )
    app.wsgi_app = OwnHost(app.wsgi_app, settings.base_url)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    init_babel(app)
    init_headers(app)
    init_unsent(app)
    forgery.init_forgery_check(app)
    errors.init_errors(app)
    pages.init_pages(app)
    init_kept(app)
    windows.init_windows(app)
    open_doors = (statement, unsubscribe, verification, windows)
    doors = (launch, api, health, media, metrics, registration, settings_views, *open_doors)
    learning = (courses, modules, glossary, exercises, drafts, unsent, peers, readiness, gate, profile)
    talking = (
        forums,
        forum_threads,
        forum_posts,
        forum_files,
        forum_reports,
        forum_log,
        forum_safety,
        forum_statistics,
        notices,
        mail_settings,
    )
    meetings = (events, attendance, classroom, cycles, cycle_export, discussions)
    boards = (people, board_pages, board_pictures, labels, accounts, reminders)
    staffed = (*boards, policies, recognitions, pairing, grades, items, review, reviews, tries, picker)
    running = (platforms, systems)
    screens = (*learning, training, records, *meetings, *talking, *staffed, *running)
    shown = (showcase,) if settings.is_demo else ()
    for part in (*doors, *screens, *shown):
        app.register_blueprint(part.blueprint)
    return app


def _flask_settings(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": MOST_BYTES_SENT,
        "MAX_FORM_MEMORY_SIZE": MOST_BYTES_SENT,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        "SESSION_COOKIE_NAME": "__Host-mentorready",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "None",
        # Inside an LMS page our cookies are third-party ones: a partitioned cookie is kept where others are refused.
        "SESSION_COOKIE_PARTITIONED": True,
        "PERMANENT_SESSION_LIFETIME": 12 * 3600,
    }
