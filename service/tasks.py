"""The background jobs, each one line, and the worker that runs them.

A message only wakes a job: what is due stands in the database. Each worker also sweeps, with no broker in between, so
a message that was lost, or a broker that is down, costs seconds and no score.
"""

import functools
import logging
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from functools import partial
from typing import Any

from celery import Celery, signals
from celery.platforms import SecurityWarning
from sqlalchemy.orm import Session, sessionmaker

from lti.http import OutgoingHttp
from lti.keys import SecretBox
from service.config import Settings
from service.db import make_engine, make_sessions, utc_now
from service.exercises.form_drafts import FORGET_FORMS, forget_old_forms
from service.expiring import end_expired, tell_sessions_due
from service.forums.attachments import CLEAR_FILES, clear_files
from service.forums.file_store import FileStore, StoreDownError, open_store
from service.forums.index import INDEX_POSTS, index_posts
from service.grades.operations import SEND_SCORES
from service.grades.reconciling import CHECK_SCORES, check_due
from service.grades.sender import send_due
from service.modules.loader import load_catalogue
from service.notices.digests import make_due as make_digests
from service.notices.operations import SEND_MAIL
from service.notices.sender import send_due as send_mails
from service.people.roster import refresh_due
from service.people.roster_operations import REFRESH_ROSTERS
from service.platforms.services import open_service_client
from service.readiness.policies import REFRESH_STANDINGS, look_again_at_listed
from service.readiness.spans import TELL_SYSTEMS
from service.standing import refresh_due_standings
from service.webhooks.operations import SECRET_PURPOSE
from service.webhooks.sender import Teller, tell_due

log = logging.getLogger(__name__)

SWEPT = (
    SEND_SCORES,
    CHECK_SCORES,
    REFRESH_ROSTERS,
    REFRESH_STANDINGS,
    TELL_SYSTEMS,
    SEND_MAIL,
    CLEAR_FILES,
    INDEX_POSTS,
    FORGET_FORMS,
)
THREADS = 4
SWEEP_SECONDS = 15.0
MESSAGE_LIFETIME = 600
"""Seconds after which a wake-up that nobody took is thrown away: a sweep has done its work since."""
BROKER_PATIENCE = 1.0
"""Seconds that a request may wait for a broker."""
BROKER_REST = 10.0
"""Seconds for which a broker that failed is left alone, so that one request in many waits for it."""


class Jobs(Celery):  # type: ignore[misc]
    """The Celery application, with what its jobs and its users share."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("mentorready", set_as_current=False)
        self.stopping = threading.Event()
        """Set when the worker is to end: a job finishes the score it is at, and leaves the others."""
        self.broker_rests_until = 0.0
        self.engine = make_engine(settings.database_url)
        """The database of the jobs; nothing is connected before one runs."""
        self.conf.update(
            **_broker(settings),
            accept_content=["json"],
            broker_connection_max_retries=None,
            broker_connection_retry_on_startup=True,
            broker_connection_timeout=BROKER_PATIENCE,
            result_expires=None,
            task_acks_late=True,
            task_default_queue="mentorready",
            task_ignore_result=True,
            task_publish_retry=False,
            worker_enable_remote_control=False,
            worker_hijack_root_logger=False,
            worker_prefetch_multiplier=1,
            worker_redirect_stdouts=False,
        )


def make_celery(settings: Settings) -> Jobs:
    """Return the Celery application with its jobs; it connects to nothing before it is used."""
    app = Jobs(settings)
    sessions = make_sessions(app.engine)
    load_content = functools.cache(partial(load_catalogue, settings.content_path))
    open_client = partial(open_service_client, sessions, settings_secret=settings.secret_key, http=OutgoingHttp())

    @app.task(name=SEND_SCORES, shared=False)  # type: ignore[untyped-decorator]
    def send_scores() -> None:
        def again() -> None:
            wake(app, [SEND_SCORES])

        run = send_due(sessions, open_client, clock=utc_now, is_stopping=app.stopping.is_set, call_others=again)
        if run.has_more:
            again()

    @app.task(name=CHECK_SCORES, shared=False)  # type: ignore[untyped-decorator]
    def check_scores() -> None:
        for outcome in check_due(sessions, open_client, clock=utc_now, is_stopping=app.stopping.is_set):
            log.debug("%s", outcome)

    @app.task(name=REFRESH_ROSTERS, shared=False)  # type: ignore[untyped-decorator]
    def refresh_rosters() -> None:
        stops, follow = app.stopping.is_set, look_again_at_listed
        if refresh_due(sessions, open_client, clock=utc_now, is_stopping=stops, follow=follow).has_more:
            wake(app, [REFRESH_ROSTERS])

    @app.task(name=REFRESH_STANDINGS, shared=False)  # type: ignore[untyped-decorator]
    def refresh_standings() -> None:
        ended = end_expired(sessions, load_content, clock=utc_now)
        tell_sessions_due(sessions, clock=utc_now)
        if refresh_due_standings(sessions, load_content, clock=utc_now, is_stopping=app.stopping.is_set) or ended:
            wake(app, [SEND_SCORES, TELL_SYSTEMS])

    _add_telling(app, sessions, settings)
    _add_mailing(app, sessions, settings)
    _add_keeping(app, sessions, open_store(settings))
    return app


def _add_telling(app: Jobs, sessions: sessionmaker[Session], settings: Settings) -> None:
    """Add the job that tells other systems what has changed."""
    teller = Teller(
        sessions,
        OutgoingHttp(total_seconds=15),
        SecretBox(settings.secret_key, SECRET_PURPOSE),
        clock=utc_now,
        is_stopping=app.stopping.is_set,
    )

    @app.task(name=TELL_SYSTEMS, shared=False)  # type: ignore[untyped-decorator]
    def tell_systems() -> None:
        if tell_due(teller):
            wake(app, [TELL_SYSTEMS])


def _add_mailing(app: Jobs, sessions: sessionmaker[Session], settings: Settings) -> None:
    """Add the job that makes digests and sends them."""

    @app.task(name=SEND_MAIL, shared=False)  # type: ignore[untyped-decorator]
    def send_mail() -> None:
        if settings.mail is None:
            return
        make_digests(sessions, clock=utc_now, is_stopping=app.stopping.is_set)
        if send_mails(sessions, settings, clock=utc_now, is_stopping=app.stopping.is_set).has_more:
            wake(app, [SEND_MAIL])


def _add_keeping(app: Jobs, sessions: sessionmaker[Session], store: FileStore) -> None:
    """Add the jobs that keep house: files of posts that are gone, the index of the search, forms that were not sent."""

    @app.task(name=CLEAR_FILES, shared=False)  # type: ignore[untyped-decorator]
    def clear() -> None:
        try:
            has_more = clear_files(sessions, store, at=utc_now())
        except StoreDownError as error:
            log.warning("Files wait to be deleted: %s", error)
            return
        if has_more:
            wake(app, [CLEAR_FILES])

    @app.task(name=INDEX_POSTS, shared=False)  # type: ignore[untyped-decorator]
    def index() -> None:
        while not app.stopping.is_set() and index_posts(sessions):
            pass

    @app.task(name=FORGET_FORMS, shared=False)  # type: ignore[untyped-decorator]
    def forget() -> None:
        forget_old_forms(sessions, at=utc_now())


def _broker(settings: Settings) -> dict[str, Any]:
    """Return the settings of the broker: the embedded one, Redis or RabbitMQ."""
    if not settings.broker_url:
        return {
            "broker_url": "folder://localhost//",
            "broker_transport": "service.broker:FolderTransport",
            "broker_transport_options": {"folder": str(settings.state_path / "broker"), "polling_interval": 0.1},
        }
    options: dict[str, Any] = {"max_retries": 0}
    if settings.broker_url.startswith("redis"):
        # A killed worker's message comes back after `visibility_timeout`, which must outlast the longest job.
        options |= {
            "visibility_timeout": 600,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": BROKER_PATIENCE,
            "socket_timeout": BROKER_PATIENCE,
        }
    return {"broker_url": settings.broker_url, "broker_transport_options": options}


def wake(app: Jobs, names: Iterable[str]) -> None:
    """Wake jobs by name. A broker that cannot be reached costs a second at most, and nothing else: the sweep comes."""
    if time.monotonic() < app.broker_rests_until:
        return
    for name in names:
        try:
            app.send_task(name, expires=MESSAGE_LIFETIME, retry=False)
        except Exception as error:
            # Every transport has errors of its own, and none of them may reach the learner whose work is saved.
            log.warning("The broker cannot be reached; the sweep will do %s: %s", name, error)
            app.broker_rests_until = time.monotonic() + BROKER_REST
            return


def run_worker(settings: Settings) -> None:
    """Run the jobs and the sweeps until SIGTERM or SIGINT; a score that is being sent then is finished first.

    One process, with threads: killed, it leaves none behind that would go on queueing, as Celery's beat does.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    log.setLevel(logging.INFO)
    # Messages are JSON and carry no code, so the user that runs the worker makes no difference to what they can do.
    warnings.simplefilter("ignore", SecurityWarning)
    app = make_celery(settings)
    worker = app.Worker(
        pool="threads",
        concurrency=THREADS,
        quiet=True,
        without_gossip=True,
        without_heartbeat=True,
        without_mingle=True,
    )

    def stop(**_: object) -> None:
        app.stopping.set()

    signals.worker_shutting_down.connect(stop)
    signals.worker_ready.connect(_say_ready)
    # Each job has a sweep of its own: a slow roster must not hold up the scores.
    sweeps = [threading.Thread(target=_sweep, args=(app, name), name=f"sweep {name}") for name in SWEPT]
    for sweep in sweeps:
        sweep.start()
    try:
        worker.start()
    finally:
        app.stopping.set()
        for sweep in sweeps:
            sweep.join()
    sys.exit(worker.exitcode)


def _sweep(app: Jobs, name: str) -> None:
    """Do, again and again until the worker stops, what no message may have asked for."""
    while not app.stopping.is_set():
        try:
            app.tasks[name]()
        except Exception:
            log.exception("The sweep of %s failed, and will be tried again", name)
        app.stopping.wait(SWEEP_SECONDS)


def _say_ready(**_: object) -> None:
    log.info("The worker is ready.")
