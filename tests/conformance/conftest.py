"""The door with a registered platform on the other side. One application per file: a refusal leaves nothing behind."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from service.app import create_app
from service.config import Settings
from service.db import transaction, utc_now
from service.modules.content import Catalogue
from service.platforms.operations import add_platform, ensure_signing_key
from tests.conformance.handmade import TOOL_URL, KeyServer, Platform, key_server
from tests.databases import sqlite_url

SECRET = "conformance-" * 4


@pytest.fixture(scope="module")
def app(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, taught: Catalogue) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("door")
    shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": sqlite_url(folder / "mentorready.sqlite"),
            "MENTORREADY_SECRET_KEY": SECRET,
            "MENTORREADY_BASE_URL": TOOL_URL,
            "MENTORREADY_STATE_PATH": str(folder),
            "MENTORREADY_RATE_LIMITS": "off",
        }
    )
    app = create_app(settings, taught)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def door(app: Flask) -> sessionmaker[Session]:
    """The database behind the door."""
    sessions: sessionmaker[Session] = app.extensions["sessions"]
    with transaction(sessions) as session:
        ensure_signing_key(session, SECRET, at=utc_now())
    return sessions


@pytest.fixture(scope="module")
def keys() -> Iterator[KeyServer]:
    with key_server() as server:
        yield server


@pytest.fixture(scope="module")
def platform(door: sessionmaker[Session], keys: KeyServer) -> Platform:
    """A registered platform with an approved deployment."""
    return register(door, Platform(keys))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()


def register(door: sessionmaker[Session], platform: Platform) -> Platform:
    """Make the tool know `platform`."""
    with transaction(door) as session:
        add_platform(session, **platform.registration(), at=utc_now())
    return platform
