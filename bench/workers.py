"""Workers that can be killed and born again many times a minute: forked from a process that has imported all there is.

What is killed is a whole worker with its threads, as `mentorready worker` runs it; only the seconds that Python needs
to import it are saved.
"""

import logging
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import celery.apps.worker
import celery.concurrency.thread
import celery.worker.components
import celery.worker.consumer  # noqa: F401
import kombu.transport.pyamqp
import kombu.transport.redis  # noqa: F401
import psycopg  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

from service import tasks
from service.config import Settings

_context = multiprocessing.get_context("forkserver")


class Workers:
    """Some workers, each with a log `worker-N.log`."""

    def __init__(self, count: int, environment: Mapping[str, str], patience: float, logs: Path) -> None:
        self._environment = {name: text for name, text in environment.items() if name.startswith("MENTORREADY_")}
        self._patience = patience
        self._logs = [logs / f"worker-{number}.log" for number in range(count)]
        self._running: list[ForkServerProcess | None] = [None] * count
        self._log_starts = [0] * count
        self._ready_since: dict[int, float] = {}
        self.kills = 0
        # With what the module imports that is run: each new process looks into it again.
        _context.set_forkserver_preload(["bench.workers", "bench.lecture_hall", "bench.findings", "bench.gate"])

    def start(self) -> None:
        """Start all."""
        for number in range(len(self._running)):
            self._start(number)

    def kill_one(self, after: float, between: Callable[[], None]) -> bool:
        """Kill one that has been ready for so many seconds, call `between`, and start it again.

        Say whether there was one.
        """
        now = time.monotonic()
        for number in range(len(self._running)):
            if number not in self._ready_since and self._is_ready(number):
                self._ready_since[number] = now
        choice = [number for number, since in self._ready_since.items() if now - since >= after]
        if not choice:
            return False
        number = random.choice(choice)
        self._end(number)
        between()
        self._start(number)
        self.kills += 1
        return True

    def stop(self) -> None:
        """Kill all."""
        for number in range(len(self._running)):
            self._end(number)

    def _start(self, number: int) -> None:
        log = self._logs[number]
        log.touch()
        self._log_starts[number] = log.stat().st_size
        process = _context.Process(target=_live, args=(self._environment, self._patience, str(log)))
        process.start()
        self._running[number] = process

    def _end(self, number: int) -> None:
        process = self._running[number]
        if process is not None:
            process.kill()
            process.join()
            process.close()
        self._running[number] = None
        self._ready_since.pop(number, None)

    def _is_ready(self, number: int) -> bool:
        with self._logs[number].open("rb") as log:
            log.seek(self._log_starts[number])
            return b"ready" in log.read()


def _live(environment: Mapping[str, str], patience: float, log: str) -> None:
    """Be a worker that waits `patience` seconds for an answer."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = ["mentorready", "worker"]
    logging.getLogger().handlers.clear()
    hasty = partial(tasks.OutgoingHttp, connect_seconds=2, read_seconds=patience, total_seconds=2 * patience)
    tasks.OutgoingHttp = hasty  # type: ignore[assignment, misc]
    tasks.run_worker(Settings.from_environment(environment))
