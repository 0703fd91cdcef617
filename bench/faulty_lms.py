"""A pretend LMS that keeps connections open, fails at random and keeps a journal: tests/fake_lms as a process.

The journal has one JSON object per line, in the order in which things happened: each score that arrived, each that the
gradebook took, and each fault.
"""

import argparse
import io
import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.fake_lms.faults import service_of
from tests.fake_lms.server import FakeLms, QuietHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REFUSALS = {"500": "500 Internal Server Error", "429": "429 Too Many Requests", "429, wait": "429 Too Many Requests"}
FAULTS = {
    "500": 5,
    "429": 4,
    "429, wait": 1,
    "time-out": 3,
    "time-out, done later": 2,
    "reset": 1,
    "reset, done": 4,
}
"""What may happen to a call of a service, and how often of 20 times that one fails."""
ASKED_SECONDS = 1


class RandomFaults:
    """A WSGI application that lets some service calls fail and writes the journal."""

    def __init__(self, application: "WSGIApplication", journal: IO[str], *, share: float, hold: float) -> None:
        self._application = application
        self._journal = journal
        self._share = share
        self._hold = hold
        self._one_score = threading.Lock()
        """The journal has the scores in the order in which the gradebook took them."""
        self._one_line = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        service = service_of(environ["PATH_INFO"])
        # A body that nobody reads would be taken for the next request of the connection.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        score = json.loads(body) if service == "scores" else {}
        if score:
            self._note("arrived", score)
        fault = self._draw() if service else ""
        if fault:
            self._write(what="fault", kind=fault)
        if fault in REFUSALS:
            headers = [("Content-Length", "0")]
            wait = [("Retry-After", str(ASKED_SECONDS))] if fault == "429, wait" else []
            start_response(REFUSALS[fault], headers + wait)
            return []
        if fault.startswith("time-out"):
            time.sleep(self._hold)
        if fault in {"time-out", "reset"}:
            raise ConnectionAbortedError(fault)
        answer = self._serve(environ, start_response, score)
        if fault:
            raise ConnectionAbortedError(fault)
        return answer

    def _draw(self) -> str:
        if random.random() >= self._share:
            return ""
        return random.choices(list(FAULTS), list(FAULTS.values()))[0]

    def _serve(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", score: dict[str, Any]
    ) -> Iterable[bytes]:
        if not score:
            return self._application(environ, start_response)
        status = ""

        def note_status(text: str, *rest: Any) -> Callable[[bytes], object]:
            nonlocal status
            status = text
            return start_response(text, *rest)

        with self._one_score:
            answer = list(self._application(environ, note_status))
            if status.startswith("200"):
                self._note("taken", score)
        return answer

    def _note(self, what: str, score: dict[str, Any]) -> None:
        self._write(what=what, user=score["userId"], value=score["scoreGiven"], at=score["timestamp"])

    def _write(self, **entry: Any) -> None:
        with self._one_line:
            self._journal.write(json.dumps(entry) + "\n")


class FaultyLms(FakeLms):
    """The pretend LMS behind RandomFaults."""

    def __init__(self, tool_url: str, store: Path, port: int, journal: IO[str], *, share: float, hold: float) -> None:
        super().__init__(tool_url, store, port)
        self._app = RandomFaults(self._app, journal, share=share, hold=hold)  # type: ignore[assignment]


class _Input(io.BufferedReader):
    """What a client sends, for a server that would read on behind the request: that is the next request."""

    def read(self, size: int | None = -1, /) -> bytes:
        return b"" if size == 10_000_000 else super().read(size)


def _keep_connections_open() -> None:
    """Take back what Werkzeug does because an application may leave a body unread; RandomFaults reads them all."""
    send_header, set_up = QuietHandler.send_header, QuietHandler.setup

    def send_others(handler: QuietHandler, name: str, value: str) -> None:
        if (name, value) != ("Connection", "close"):
            send_header(handler, name, value)

    def set_up_input(handler: QuietHandler) -> None:
        set_up(handler)
        handler.rfile = _Input(handler.rfile.detach())

    QuietHandler.protocol_version = "HTTP/1.1"
    QuietHandler.send_header = send_others  # type: ignore[method-assign]
    QuietHandler.setup = set_up_input  # type: ignore[method-assign]


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bench.faulty_lms", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--tool-url", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.0, help="of the calls that fail")
    parser.add_argument("--hold", type=float, default=1.0, help="seconds that a time-out lasts")
    options = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    _keep_connections_open()
    # Line by line to the system, so that nothing is lost when the process is killed.
    with options.journal.open("a", buffering=1) as journal:
        arguments = (options.tool_url, options.store, options.port, journal)
        with FaultyLms(*arguments, share=options.share, hold=options.hold) as lms:
            print(f"The LMS is open at {lms.url}", flush=True)
            stopped.wait()


if __name__ == "__main__":
    main()
