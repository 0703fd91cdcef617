"""The tool served over real HTTP with people and work in it, and beside it the page of an LMS that frames it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from service.app import MentorReady, create_app
from service.config import Settings
from service.db import transaction, utc_now
from service.forums.file_store import FolderStore
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from service.people.models import Person
from service.platforms.invites import add_invite
from service.platforms.operations import ensure_signing_key
from service.records.keys import Signer
from tests.browser import limited, residents
from tests.browser.holders import give_records
from tests.browser.residents import Facts
from tests.browser.talkers import send_files
from tests.demo.stage import ROOT
from tests.functional.lti.scripted_server import Answer, scripted_server
from tests.makers import make_platform

COURSES = ("busy", "empty", "hurtful")
FRAME = (
    '<!doctype html><html lang="en"><title>LMS</title><body style="margin:0">'
    '<iframe name="tool" title="Tool" style="border:0;width:600px;height:600px"></iframe>'
)


@dataclass(frozen=True)
class House:
    """The running tool. `facts` says, by course, with what its addresses are filled."""

    app: MentorReady
    url: str
    lms: str
    """The origin of the LMS: another site for a browser."""
    facts: dict[str, Facts]

    def enter(self, context: BrowserContext, person: str = "", **session: Any) -> None:
        """Sign the browser in as a person, by public id, or out; `session` is what else its session holds."""
        name, value = self.cookie(person, **session)
        cookie: Any = {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
        context.add_cookies([cookie | {"secure": True, "httpOnly": True, "sameSite": "None"}])

    def cookie(self, person: str = "", **session: Any) -> tuple[str, str]:
        """Return name and value of the cookie that signs someone in."""
        kept = ({"person": person, "frame": self.lms} if person else {}) | session
        serializer: Any = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return self.app.config["SESSION_COOKIE_NAME"], serializer.dumps(kept)

    def speak(self, language: str) -> None:
        """Let everyone have chosen this language."""
        with transaction(self.app.extensions["sessions"]) as session:
            session.execute(update(Person).values(chosen_language=language))


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


@contextmanager
def open_house(database_url: str, folder: Path, **environment: str) -> Iterator[House]:
    """Give the tool with its residents, served until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))  # from now on: to fill the house takes long
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    catalogue = everything()
    app = create_app(_settings(url, database_url, folder, environment), catalogue)
    with listener, scripted_server() as lms:
        origin = lms.url.replace("127.0.0.1", "localhost")
        lms.answers["/frame"] = [Answer(body=FRAME.encode(), headers={"Content-Type": "text/html"})]
        lms.answers["/configuration"] = [Answer(body=json.dumps(_configuration(origin)).encode())]
        facts = _fill(app, catalogue, origin)
        with served(app, listener):
            yield House(app, url, origin, facts)
    app.extensions["engine"].dispose()


def everything() -> Catalogue:
    """Return the real content, with a module that has an exercise of every type."""
    real = load_catalogue(ROOT / "training_modules")
    sample = load_catalogue(ROOT / "tests" / "sample_content")
    return replace(real, courses=(*real.courses, *map(limited.with_limited, sample.courses)))


def _settings(url: str, database_url: str, folder: Path, environment: dict[str, str]) -> Settings:
    return Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": database_url,
            "MENTORREADY_SECRET_KEY": "house-" * 8,
            "MENTORREADY_BASE_URL": url,
            "MENTORREADY_STATE_PATH": str(folder),
            "MENTORREADY_DEMO": "yes",
            **environment,
        }
    )


def _configuration(origin: str) -> dict[str, str]:
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
    return {"issuer": origin} | {name: f"{origin}/{name}" for name in names}


def _fill(app: MentorReady, catalogue: Catalogue, origin: str) -> dict[str, Facts]:
    with transaction(app.extensions["sessions"]) as session:
        platform = make_platform(session, origin)
        settings = app.extensions["settings"]
        ensure_signing_key(session, settings.secret_key, at=utc_now())
        busy = residents.busy_course(session, catalogue, platform)
        hurtful = residents.hurtful_course(session, catalogue, platform)
        store, signer = FolderStore(settings.state_path), Signer(settings.secret_key, settings.base_url)
        for course, name in ((busy, "Sala na spotkania – אולם המפגשים"), (hurtful, residents.HURTFUL_TITLE[:200])):
            course["files_post"] = send_files(session, store, course["administrator_member"], course["thread"], name)
        return {
            "busy": busy,
            "empty": residents.empty_course(session, platform),
            "hurtful": hurtful,
            "": {"invite": _invite(session), "configuration": f"{origin}/configuration"}
            | give_records(session, catalogue, busy["mentor_person"], signer),
        }


def _invite(session: Session) -> str:
    lifetime, note = timedelta(days=7), "Uniwersytet / אוניברסיטה"
    return add_invite(session, note=note, lifetime=lifetime, may_use_private_addresses=True, at=utc_now())[1]


@contextmanager
def served(app: MentorReady, listener: socket.socket) -> Iterator[None]:
    """Serve `app` until the block ends."""
    at = listener.fileno()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet, fd=at)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
