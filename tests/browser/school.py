"""The tool with a small catalogue, served in this process, and people who have not begun: light enough for a file."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

from service.app import MentorReady, create_app
from service.config import Settings
from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Role
from tests.databases import sqlite_url
from tests.demo.ports import free_port
from tests.makers import make_member


@dataclass(frozen=True)
class School:
    """The tool, where it is, and the people, by name."""

    app: MentorReady
    url: str
    courses: dict[str, str]
    members: dict[str, str]
    cookies: dict[str, Any]

    def enter(self, context: BrowserContext, person: str) -> str:
        """Sign the browser in, and return the address of the person's course."""
        context.add_cookies([self.cookies[person]])
        return f"{self.url}/course/{self.courses[person]}"


@contextmanager
def open_school(
    folder: Path, database: Path, catalogue: Catalogue, people: Mapping[str, tuple[Role, str]]
) -> Iterator[School]:
    """Give the school until the block ends; `people` says role and language of each."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": sqlite_url(database),
            "MENTORREADY_SECRET_KEY": "school-" * 8,
            "MENTORREADY_BASE_URL": url,
            "MENTORREADY_STATE_PATH": str(folder),
            "MENTORREADY_DEMO": "yes",
        }
    )
    app = create_app(settings, catalogue)
    school = School(app, url, {}, {}, {})
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    with transaction(app.extensions["sessions"]) as session:
        for name, (role, language) in people.items():
            member = make_member(session, name, role)
            member.person.chosen_language = language
            member.course.return_url = "https://lms.example/course/1"
            value = serializer.dumps({"person": member.person.public_id})
            cookie = {"name": app.config["SESSION_COOKIE_NAME"], "value": value, "domain": "127.0.0.1", "path": "/"}
            school.cookies[name] = cookie | {"secure": True, "httpOnly": True, "sameSite": "None"}
            school.courses[name] = member.course.public_id
            school.members[name] = member.public_id
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield school
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        app.extensions["engine"].dispose()
