"""What can go wrong between tool and LMS, put around the whole application: waiting, refusing, losing answers."""

import random
import re
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tests.fake_lms.lms import SERVICES_PATH, TOKEN_PATH, Call, Lms

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SERVICE_PATHS = (
    ("token", re.compile(re.escape(TOKEN_PATH))),
    ("scores", re.compile(re.escape(SERVICES_PATH) + r"/\d+/lineitems/\d+/lineitem/scores")),
    ("results", re.compile(re.escape(SERVICES_PATH) + r"/\d+/lineitems/\d+/lineitem/results")),
    ("lineitems", re.compile(re.escape(SERVICES_PATH) + r"/\d+/lineitems(/\d+/lineitem)?")),
    ("members", re.compile(re.escape(SERVICES_PATH) + r"/[A-Za-z]+/\d+/bindings/\d+/memberships")),
)


class FaultyServices:
    """A WSGI application that passes pages through and treats service calls as the switches say."""

    def __init__(self, application: "WSGIApplication", lms: Lms, stopping: threading.Event) -> None:
        self._application = application
        self._lms = lms
        self._stopping = stopping
        """Set when the LMS stops: nobody waits any longer."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        service = service_of(environ["PATH_INFO"])
        if not service:
            return self._application(environ, start_response)
        switches = self._lms.switches
        self._stopping.wait(switches["services_delay_ms"] / 1000)
        failure = switches.take_failure(service, random.random())
        if failure in ("reset", "timeout"):
            self._stopping.wait(switches["timeout_s"] if failure == "timeout" else 0)
            self._cut(service, environ)
        if failure in ("500", "429"):
            return self._fail(service, environ, start_response, failure)
        return self._pass_on(service, environ, start_response, is_answer_lost=failure == "lost_answer")

    def _pass_on(
        self, service: str, environ: "WSGIEnvironment", start_response: "StartResponse", *, is_answer_lost: bool
    ) -> Iterable[bytes]:
        status = 0

        def note_status(text: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            nonlocal status
            status = int(text.split(maxsplit=1)[0])
            return (lambda _: None) if is_answer_lost else start_response(text, headers, *rest)

        body = list(self._application(environ, note_status))
        if is_answer_lost:
            self._cut(service, environ)
        self._note(service, environ, status)
        return body

    def _fail(
        self, service: str, environ: "WSGIEnvironment", start_response: "StartResponse", failure: str
    ) -> Iterable[bytes]:
        headers = [("Content-Type", "text/html; charset=utf-8")]
        if failure == "429":
            headers.append(("Retry-After", str(self._lms.switches["retry_after_s"])))
        start_response({"429": "429 Too Many Requests", "500": "500 Internal Server Error"}[failure], headers)
        self._note(service, environ, int(failure))
        return [b"<!doctype html><title>Error</title><p>The pretend LMS was told to fail."]

    def _cut(self, service: str, environ: "WSGIEnvironment") -> None:
        """Close the connection without an answer."""
        self._note(service, environ, 0)
        raise ConnectionAbortedError("the switches say so")

    def _note(self, service: str, environ: "WSGIEnvironment", status: int) -> None:
        self._lms.calls.append(Call(service, environ["REQUEST_METHOD"], environ["PATH_INFO"], status))


def service_of(path: str) -> str:
    """Return which service the path belongs to, or nothing."""
    return next((name for name, pattern in _SERVICE_PATHS if pattern.fullmatch(path)), "")
