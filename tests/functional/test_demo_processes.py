"""The supervisor of the demo: it starts, watches and ends programs with their children."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.demo.ports import PortError, free_port, is_in_use, port_from
from tests.demo.processes import Processes, Program, ProgramError

SERVER = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print('child', child.pid, flush=True); time.sleep(60)"
)


def program(name: str, code: str, *arguments: str, answers_at: str = "", says: str = "") -> Program:
    return Program(name, [sys.executable, "-c", code, *arguments], os.environ, answers_at, says)


def lives(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_server_is_up_once_it_answers_and_its_port_is_free_after_stop(tmp_path: Path, port: int) -> None:
    processes = Processes([program("lms", SERVER, str(port), answers_at=f"http://127.0.0.1:{port}/")], tmp_path)
    processes.start("lms")
    processes.wait_until_up()
    assert is_in_use(port)
    processes.stop()
    assert not is_in_use(port)
    assert '"GET / HTTP' in processes.log("lms").read_text()


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    processes = Processes([program("tool", PARENT, says="child")], tmp_path)
    processes.start("tool")
    processes.wait_until_up()
    child = int(processes.log("tool").read_text().split()[1])
    assert lives(child)
    processes.stop()
    deadline = time.monotonic() + 5
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not lives(child)


def test_a_program_that_does_not_listen_is_killed_after_the_grace(tmp_path: Path) -> None:
    processes = Processes([program("worker", STUBBORN, says="ready")], tmp_path)
    processes.start("worker")
    processes.wait_until_up()
    process, began = processes.running["worker"], time.monotonic()
    processes.stop(grace=0.3)
    assert process.returncode == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - began < 5


def test_a_program_that_ends_is_named_with_its_log_and_last_words(tmp_path: Path) -> None:
    processes = Processes([program("worker", "raise SystemExit('no broker')", says="ready")], tmp_path)
    processes.start("worker")
    with pytest.raises(ProgramError, match=r"ended by itself \(exit code 1\)\. .*worker\.log, ends: no broker$"):
        processes.wait_until_up()
    processes.stop()


def test_a_program_that_never_answers_is_reported(tmp_path: Path, port: int) -> None:
    slow = program("tool", "import time; time.sleep(60)", answers_at=f"http://127.0.0.1:{port}/")
    processes = Processes([slow], tmp_path)
    processes.start("tool")
    with pytest.raises(ProgramError, match=r"tool does not answer after 0 s.*tool\.log, is empty"):
        processes.wait_until_up(within=0.2)
    processes.stop()


def test_a_second_life_is_not_up_because_of_what_the_first_one_said(tmp_path: Path) -> None:
    says_it_once = (
        "import pathlib, sys, time; mark = pathlib.Path(sys.argv[1]);"
        "was_there = mark.exists(); mark.touch(); was_there or print('ready', flush=True); time.sleep(60)"
    )
    processes = Processes([program("worker", says_it_once, str(tmp_path / "mark"), says="ready")], tmp_path)
    processes.start("worker")
    processes.wait_until_up()
    processes.kill("worker")
    processes.start("worker")
    with pytest.raises(ProgramError, match="does not answer"):
        processes.wait_until_up("worker", within=0.5)
    processes.stop()
    assert processes.log("worker").read_text() == "ready\n"


def test_a_port_that_is_none_is_refused() -> None:
    assert port_from({}, "MENTORREADY_PORT", 8080) == 8080
    assert port_from({"MENTORREADY_PORT": "9000"}, "MENTORREADY_PORT", 8080) == 9000
    for value in ("", "http", "0", "65536", "-1"):
        with pytest.raises(PortError, match="MENTORREADY_PORT must be a port"):
            port_from({"MENTORREADY_PORT": value}, "MENTORREADY_PORT", 8080)


@pytest.mark.parametrize(
    ("versions", "sentence"),
    [
        ({}, "MentorReady needs Python 3.11 or newer (found: none)."),
        ({"python3": "3.9.18"}, "MentorReady needs Python 3.11 or newer (found: 3.9.18)."),
    ],
)
def test_the_set_up_says_in_one_line_that_python_is_missing_or_too_old(
    tmp_path: Path, versions: dict[str, str], sentence: str
) -> None:
    for name, version in versions.items():
        answers = f'#!/bin/sh\ncase "$2" in *platform*) echo {version};; *) exit 1;; esac\n'
        (tmp_path / name).write_text(answers)
        (tmp_path / name).chmod(0o755)
    script = Path(__file__).resolve().parents[2] / "deploy" / "set_up.sh"
    answer = subprocess.run(
        ["/bin/sh", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith(sentence)
    assert answer.stderr.count("\n") == 1
