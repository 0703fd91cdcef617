"""A running pretend LMS that knows the tool, for the tests of grades."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.fake_lms import FakeLms
from tests.functional.grades.school import KeyServer, School


@pytest.fixture(scope="session")
def keys() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


@pytest.fixture
def lms(keys: KeyServer, tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=keys.url, store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture
def school(sessions: sessionmaker[Session], lms: FakeLms, keys: KeyServer) -> School:
    return School(sessions, lms, keys)
