"""The pages through the WSGI application, on both databases, with members of one course."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from service.app import create_app
from service.config import Settings
from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from tests.makers import make_catalogue, make_member

ORIGIN = "https://tool.example"


@pytest.fixture
def catalogue() -> Catalogue:
    """What is taught; a test may have its own."""
    return make_catalogue()


@pytest.fixture
def app(database_url: str, tmp_path: Path, catalogue: Catalogue) -> Iterator[Flask]:
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": database_url,
            "MENTORREADY_SECRET_KEY": "pages-" * 8,
            "MENTORREADY_BASE_URL": ORIGIN,
            "MENTORREADY_STATE_PATH": str(tmp_path),
        }
    )
    app = create_app(settings, catalogue)
    app.testing = True
    yield app
    app.extensions["engine"].dispose()
    app.extensions["celery"].engine.dispose()


@pytest.fixture
def database(app: Flask) -> sessionmaker[Session]:
    """The sessions of the application under test."""
    sessions: sessionmaker[Session] = app.extensions["sessions"]
    return sessions


@pytest.fixture
def members(database: sessionmaker[Session]) -> dict[Role, Membership]:
    """One member of each role in course-1."""
    with transaction(database) as session:
        return {role: make_member(session, f"{role}-1", role) for role in Role}


class Browser:
    """A client that sends what a browser would, signed in as a member or as nobody."""

    def __init__(self, app: Flask, member: Membership | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        self.member = member
        if member:
            with self.client.session_transaction(base_url=ORIGIN) as session:
                session["person"] = member.person.public_id

    def path(self, path: str) -> str:
        assert self.member
        return f"/course/{self.member.course.public_id}{path}"

    def get(self, path: str, **options):
        return self.client.get(path, base_url=ORIGIN, **options)

    def post(self, path: str, data: dict[str, str], **headers: str):
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN, **headers}
        if self.member:
            data = {"as": self.member.person.public_id, **data}
        return self.client.post(path, base_url=ORIGIN, data=data, headers=headers)


@pytest.fixture
def browse(app: Flask, members: dict[Role, Membership]):
    """`browse(Role.MENTOR)` is the browser of that member, `browse()` that of a stranger."""
    return lambda role=None: Browser(app, members[role] if role else None)
