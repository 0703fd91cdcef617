"""The worker as a process of its own: killed, told to stop, without messages; and a broker that does not answer."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from service.config import Settings
from service.db import transaction, utc_now
from service.grades.models import Score, ScoreState
from service.grades.pausing import set_limits
from service.tasks import BROKER_PATIENCE, make_celery, wake
from tests.databases import sqlite_url
from tests.demo.ports import free_port
from tests.fake_lms import FakeLms
from tests.functional.grades.school import SECRET, School
from tests.waiting import wait_until

ROLES = "mentoring/roles"
NAMES = ("mentor_he", "mentor_pl", "mentee", "nameless")
PROGRAM = """
import sys
from service import tasks
from service.config import Settings
tasks.SWEEP_SECONDS = float(sys.argv[1])
tasks.run_worker(Settings.from_environment())
"""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": database_url,
            "MENTORREADY_SECRET_KEY": SECRET,
            "MENTORREADY_BASE_URL": "http://127.0.0.1:8080",
            "MENTORREADY_STATE_PATH": str(tmp_path),
        }
    )


class Worker:
    """A worker in a process group of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._environment = os.environ | {
            "MENTORREADY_DATABASE_URL": settings.database_url,
            "MENTORREADY_SECRET_KEY": settings.secret_key,
            "MENTORREADY_BASE_URL": settings.base_url,
            "MENTORREADY_STATE_PATH": str(settings.state_path),
        }
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, sweep_seconds: float = 3600.0) -> None:
        """Start, and wait until the worker says that it is ready."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(sweep_seconds)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: b"ready" in self.log.read_bytes())

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the process alone, not to its group, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def has_left_processes(self) -> bool:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def clean_up(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(settings, tmp_path / "worker.log")
    yield worker
    worker.clean_up()


def end_leases(school: School) -> None:
    """Let the time pass that a dead sender's rows stay its own."""
    with transaction(school.sessions) as session:
        session.execute(update(Score).where(Score.next_try_at.is_not(None)).values(next_try_at=utc_now()))


def is_confirmed(school: School, member) -> Callable[[], bool]:
    return lambda: school.score(member).state is ScoreState.CONFIRMED


def test_a_message_wakes_the_worker(school: School, settings: Settings, worker: Worker, lms: FakeLms) -> None:
    worker.start()
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    assert not is_confirmed(school, mentor)()
    wake(make_celery(settings), ["send_scores"])
    wait_until(is_confirmed(school, mentor))
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


@pytest.mark.row("A22")
def test_what_no_message_speaks_of_is_found_by_the_sweep(school: School, worker: Worker, lms: FakeLms) -> None:
    worker.start(sweep_seconds=0.3)
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    wait_until(is_confirmed(school, mentor))
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


def test_what_was_queued_before_the_broker_was_emptied_is_found_at_the_start(
    school: School, settings: Settings, worker: Worker, lms: FakeLms
) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    wake(make_celery(settings), ["send_scores"])
    [message] = (settings.state_path / "broker").iterdir()
    message.unlink()
    worker.start()
    wait_until(is_confirmed(school, mentor))
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


def test_a_worker_whose_broker_is_emptied_hears_the_next_message(
    school: School, settings: Settings, worker: Worker, lms: FakeLms
) -> None:
    wake(make_celery(settings), ["send_scores"])
    folder = settings.state_path / "broker"
    folder.mkdir(parents=True, exist_ok=True)  # else it comes with the first message, which may be later
    worker.start()
    shutil.rmtree(folder, ignore_errors=True)  # the worker may take the message first
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    wake(make_celery(settings), ["send_scores"])
    wait_until(is_confirmed(school, mentor))
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


@pytest.mark.row("A22")
@pytest.mark.parametrize("calls_before", [1, 4])
def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    school: School, worker: Worker, lms: FakeLms, calls_before: int
) -> None:
    members = [school.arrive(name, ROLES) for name in NAMES]
    for number, member in enumerate(members):
        school.queue(member, number / 10)
    lms.switches.set("services_delay_ms", 100)
    worker.start()
    wait_until(lambda: len(lms.calls) >= calls_before)
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    assert not worker.has_left_processes()
    assert ScoreState.SENDING in {school.score(member).state for member in members}
    lms.switches.set("services_delay_ms", 0)
    end_leases(school)
    worker.start()
    for member in members:
        wait_until(is_confirmed(school, member))
    assert [cell.score for cell in lms.gradebook("mentoring")] == [0.0, 10.0, 20.0, 30.0]
    assert school.calls("scores", "POST").count(200) == len(members)


def test_a_worker_told_to_stop_finishes_the_score_it_is_at_and_gives_back_the_others(
    school: School, worker: Worker, lms: FakeLms
) -> None:
    members = [school.arrive(name, ROLES) for name in NAMES]
    for member in members:
        school.queue(member, 0.8)
    with transaction(school.sessions) as session:
        set_limits(session, school.platform.id, 1, None)
    lms.switches.set("services_delay_ms", 400)
    worker.start()
    wait_until(lambda: bool(lms.calls))
    began_at = time.monotonic()
    assert worker.end(signal.SIGTERM) == 0
    assert time.monotonic() - began_at < 10
    assert not worker.has_left_processes()
    states = [school.score(member).state for member in members]
    assert sorted(states) == [ScoreState.CONFIRMED, *[ScoreState.WAITING] * 3]
    assert [member for member in members if school.score(member).tries > 1] == []


def test_a_worker_says_nothing_while_all_is_well(school: School, worker: Worker) -> None:
    worker.start()
    school.queue(school.arrive("mentor_he", ROLES), 0.8)
    worker.end(signal.SIGTERM)
    said = [line for line in worker.log.read_text().splitlines() if line]
    assert len(said) == 2, said
    assert said[0].endswith("The worker is ready.")
    assert said[1] == "worker: Warm shutdown (MainProcess)"


def test_a_worker_outlives_a_database_that_fails(school: School, worker: Worker, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    with transaction(school.sessions) as session:
        session.execute(text("alter table score rename to score_away"))
    worker.start(sweep_seconds=0.2)
    wait_until(lambda: b"will be tried again" in worker.log.read_bytes())
    with transaction(school.sessions) as session:
        session.execute(text("alter table score_away rename to score"))
    wait_until(is_confirmed(school, mentor))
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
@pytest.mark.parametrize("is_silent", [False, True])
def test_a_broker_that_is_down_costs_one_request_a_moment_and_the_next_nothing(
    settings: Settings, silent_port: int, caplog: pytest.LogCaptureFixture, scheme: str, is_silent: bool
) -> None:
    port = silent_port if is_silent else free_port()
    with_broker = Settings(**(vars(settings) | {"broker_url": f"{scheme}://127.0.0.1:{port}//"}))
    app = make_celery(with_broker)
    with caplog.at_level(logging.WARNING):
        began_at = time.monotonic()
        wake(app, ["send_scores"])
        first = time.monotonic() - began_at
        wake(app, ["send_scores"])
        second = time.monotonic() - began_at - first
    assert first < BROKER_PATIENCE + 2
    assert second < 0.05
    assert caplog.text.count("cannot be reached") == 1


def test_a_folder_that_cannot_be_written_costs_no_request(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broker").write_text("not a folder")
    wake(make_celery(settings), ["send_scores"])
    assert "cannot be reached" in caplog.text


def test_two_applications_in_one_process_have_jobs_of_their_own(settings: Settings) -> None:
    first, second = make_celery(settings), make_celery(settings)
    assert first.tasks["send_scores"].app is first
    assert second.tasks["send_scores"].app is second
