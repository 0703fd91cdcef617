"""What all tests share: databases of both kinds, the running processes, and no network beyond this machine."""

import functools
import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from xdist.remote import Producer

from service.db import make_engine, make_sessions
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from tests import databases, postgresql
from tests.applications import compile_once
from tests.browser.chromium import find_chromium
from tests.demo.ports import free_port
from tests.demo.processes import Processes
from tests.demo.stage import ROOT, Stage
from tests.distribution import FilesAndStage
from tests.network import stay_on_this_machine
from tests.statements import write_once

LOG_LINES_SHOWN = 40


def pytest_configure() -> None:
    """Take SIGTERM for Ctrl-C, so that a run that is ended ends the processes it started; close the network."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hypothesis_settings.register_profile("patient", deadline=None)  # a busy machine takes longer for the same
    hypothesis_settings.load_profile("patient")
    stay_on_this_machine()
    compile_once()
    write_once()


@functools.cache
def left_out() -> dict[str, str]:
    """Return the marks of the suites for which this machine has no server or browser, and what is missing."""
    if os.environ.get("MENTORREADY_TEST_ALL"):
        return {}
    missing = {} if postgresql.is_available() else {"postgres": "PostgreSQL"}
    return missing if find_chromium() else missing | {"browser": "Chromium"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndStage | None:
    """Where the files are shared out to several processes, see that few of them start a stage."""
    return FilesAndStage(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the suites that cannot run here; `pytest_terminal_summary` says which."""
    out = [item for item in items if any(map(item.get_closest_marker, left_out()))]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which suites were left out."""
    for mark, missing in left_out().items():
        terminalreporter.write_line(f"The tests marked {mark} were left out: no {missing} here.", yellow=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the ends of the processes' logs to the report of a failed test that used them."""
    report = yield
    processes = getattr(item, "funcargs", {}).get("processes")
    if report.failed and processes:
        for name in processes.programs:
            lines = processes.log(name).read_text(errors="replace").splitlines()
            report.sections.append((f"log of the {name}", "\n".join(lines[-LOG_LINES_SHOWN:])))
    return report


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables and no rows."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    databases.make_tables(databases.sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def taught() -> Catalogue:
    """The training that we ship, read once: to read it takes longer than most tests."""
    return load_catalogue(ROOT / "training_modules")


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """The address of this run's own PostgreSQL database."""
    with postgresql.server() as server, databases.new_postgresql_database(server) as url:
        yield url


@pytest.fixture(scope="session")
def emptying_connection(postgresql_database: str) -> Iterator[psycopg.Connection]:
    """What empties that database."""
    with databases.connect(postgresql_database) as connection:
        yield connection


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the tables and no rows. Commits in it are real, and no other test sees them."""
    if request.param == "sqlite":
        path = tmp_path / "mentorready.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return databases.sqlite_url(path)
    url: str = request.getfixturevalue("postgresql_database")
    databases.empty(request.getfixturevalue("emptying_connection"))
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """What `service.db.transaction` takes."""
    return make_sessions(engine)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session in a transaction that ends with the test. Use `sessions` where the code under test commits."""
    with sessions() as session:
        yield session


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Where `processes` live: their addresses and their data."""
    return Stage(tmp_path_factory.mktemp("stage"), lms_port=free_port(), tool_port=free_port())


@pytest.fixture(scope="session")
def processes(stage: Stage) -> Iterator[Processes]:
    """The pretend LMS, the tool and the worker, run as in the demo. A test that stops one starts it again."""
    processes = stage.processes()
    try:
        for step in stage.opening(processes):
            step()
        processes.wait_until_up()
        yield processes
    finally:
        processes.stop()
