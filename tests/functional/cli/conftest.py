"""The `mentorready` command on a database of its own, in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click.testing
import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.cli import cli
from service.db import make_engine, make_sessions

Run = Callable[..., click.testing.Result]


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """The sessions of the command's database."""
    engine = make_engine(database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("keys", "list")` runs a command and returns its result; an error of ours is in `result.exception`."""
    settings = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "commands-" * 5,
        "BASE_URL": "https://tool.example",
        "STATE_PATH": str(tmp_path),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"MENTORREADY_{name}", value)
    return lambda *arguments: click.testing.CliRunner().invoke(cli, list(arguments))
