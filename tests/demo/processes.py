"""Starts programs side by side, each with its own log and process group, and leaves none behind."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STEP = 0.05
"""Seconds between two looks at what a program does."""


@dataclass(frozen=True)
class Program:
    """A program to run: it is up once it answers at an address or, without one, says something in its log."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    answers_at: str = ""
    says: str = ""


class ProgramError(Exception):
    """A program ended by itself or did not come up; the message is one line that names its log."""


class Processes:
    """The programs that run. Each leads a process group, so that its children end with it."""

    def __init__(self, programs: Sequence[Program], logs: Path) -> None:
        self.programs = {program.name: program for program in programs}
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._log_starts: dict[str, int] = {}

    def log(self, name: str) -> Path:
        """Return the log of a program."""
        return self.logs / f"{name}.log"

    def start(self, name: str) -> None:
        """Start one program; what it said in an earlier life stays in its log."""
        program = self.programs[name]
        with self.log(name).open("ab") as log:
            self._log_starts[name] = log.tell()
            self.running[name] = subprocess.Popen(
                program.command,
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self, *names: str, within: float = 60.0, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Wait until all, or those named, are up, or `is_stopping`; raise ProgramError after `within` seconds."""
        deadline = time.monotonic() + within
        waiting = list(names or self.running)
        while waiting and not is_stopping():
            self.check()
            if self.is_up(waiting[0]):
                waiting.pop(0)
            elif time.monotonic() > deadline:
                raise ProgramError(f"The {waiting[0]} does not answer after {within:.0f} s. {self._see(waiting[0])}")
            else:
                time.sleep(STEP)

    def check(self) -> None:
        """Raise ProgramError if a program has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ProgramError(
                    f"The {name} has ended by itself (exit code {process.returncode}). {self._see(name)}"
                )

    def stop(self, *names: str, grace: float = 10.0, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """Ask all, or those named, to end; kill them after `grace` seconds or when urgent, and what they leave."""
        ending = [self.running[name] for name in names or self.running]
        for process in ending:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + grace
        while any(process.poll() is None for process in ending) and time.monotonic() < deadline and not is_urgent():
            time.sleep(STEP)
        self.kill(*names)

    def kill(self, *names: str) -> None:
        """End all, or those named, with their children at once, as a power cut would."""
        for name in names or tuple(self.running):
            process = self.running.pop(name)
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def is_up(self, name: str) -> bool:
        """Say whether a program answers, or has said that it is ready."""
        program = self.programs[name]
        if not program.answers_at:
            return program.says in self._said(name)
        try:
            # Without proxies: the address is always one of this machine.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(program.answers_at, timeout=5):
                return True
        except OSError:
            return False

    def _said(self, name: str) -> str:
        with self.log(name).open("rb") as log:
            log.seek(self._log_starts[name])
            return log.read().decode(errors="replace")

    def _see(self, name: str) -> str:
        lines = self._said(name).strip().splitlines()
        path = os.path.relpath(self.log(name))
        return f"Its log, {path}, ends: {lines[-1].strip()}" if lines else f"Its log, {path}, is empty."


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
