"""The pretend LMS as a process of its own: it says where it is, keeps its data, and gives way on a busy port."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).parents[3]


def _command(port: int, store: Path) -> list[str]:
    return [sys.executable, "-m", "tests.fake_lms", "--port", str(port), "--store", str(store)]


@contextmanager
def _running(port: int, store: Path) -> Iterator[str]:
    """Run the process and give its address; it must end cleanly on SIGINT."""
    process = subprocess.Popen(_command(port, store), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout:
        try:
            yield process.stdout.readline().strip().rpartition(" ")[2]
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_data_and_keys_outlive_a_restart(tmp_path: Path) -> None:
    port, store = _free_port(), tmp_path / "made" / "by" / "it" / "lms.sqlite"
    with _running(port, store) as url:
        assert url == f"http://localhost:{port}"
        keys = requests.get(url + "/mod/lti/certs.php", timeout=10).json()
        requests.post(url + "/switches", json={"page_size": 7}, timeout=10)
    with _running(port, store) as url:
        assert requests.get(url + "/mod/lti/certs.php", timeout=10).json() == keys
        switches = requests.get(url + "/switches", headers={"Accept": "application/json"}, timeout=10).json()
        assert switches["page_size"] == 7


def test_busy_port_gives_one_line_and_status_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            _command(port, tmp_path / "lms.sqlite"), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert f"port {port} is in use" in line


def test_store_that_is_none_gives_one_line_and_status_2(tmp_path: Path) -> None:
    store = tmp_path / "lms.sqlite"
    store.write_text("this is not a database, and long enough to be read as one " * 100)
    ended = subprocess.run(
        _command(_free_port(), store), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert "lms.sqlite cannot be used" in line
