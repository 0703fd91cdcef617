"""`make run`: starts the demo, prints its address, and stops all of it on Ctrl-C or when one part ends."""

import fcntl
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.demo.ports import PortError, is_in_use, port_from
from tests.demo.processes import ProgramError
from tests.demo.stage import ROOT, Stage, StageError

FOLDER = ROOT / "var" / "demo"
PORT_VARIABLES = {"MENTORREADY_DEMO_LMS_PORT": 8000, "MENTORREADY_PORT": 8080}


def main(arguments: list[str]) -> int:
    """Run the demo, or with `--reset` forget its data; return the exit code."""
    try:
        with _only_one_demo():
            if "--reset" in arguments:
                shutil.rmtree(FOLDER)
                return 0
            lms_port, tool_port = _free_ports()
            return _run(Stage(FOLDER, lms_port, tool_port))
    except (PortError, StageError, ProgramError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(stage: Stage) -> int:
    stopping, urgent = threading.Event(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The first signal stops, the second one does not wait for work in progress.
        signal.signal(number, lambda *_: (urgent if stopping.is_set() else stopping).set())
    processes = stage.processes()
    for name in processes.programs:
        processes.log(name).unlink(missing_ok=True)
    try:
        print("Starting the demo.", flush=True)
        for step in stage.opening(processes):
            if not stopping.is_set():
                step()
        processes.wait_until_up(is_stopping=stopping.is_set)
        if not stopping.is_set():
            print(f"Demo University is open at {stage.lms_url} (Ctrl-C stops it; its data is kept).", flush=True)
        while not stopping.wait(0.5):
            processes.check()
    finally:
        processes.stop(is_urgent=urgent.is_set)
    print("Stopped.", flush=True)
    return 0


def _free_ports() -> list[int]:
    ports = [port_from(os.environ, name, default) for name, default in PORT_VARIABLES.items()]
    if len(set(ports)) < len(ports):
        raise PortError(f"{' and '.join(PORT_VARIABLES)} must be two different ports.")
    for name, port in zip(PORT_VARIABLES, ports, strict=True):
        if is_in_use(port):
            other = next(p for p in range(port + 1, 65536) if p not in ports and not is_in_use(p))
            raise PortError(
                f"Port {port} is in use: stop the program that listens there, or take another: {name}={other} make run"
            )
    return ports


@contextmanager
def _only_one_demo() -> Iterator[None]:
    FOLDER.parent.mkdir(exist_ok=True)
    with Path(f"{FOLDER}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StageError("The demo is running from this folder already: stop it first (Ctrl-C there).") from None
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
