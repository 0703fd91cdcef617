"""An HTTP server on this machine that answers what a test tells it to, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.ports import open_server


@dataclass(frozen=True)
class Asked:
    """One request as it came in. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What to answer; `write` takes over the connection after the headers, None answers `body`."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None


class ScriptedServer:
    """Answers each path from a list, of which the last answer stays."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.answers: dict[str, list[Answer]] = {}

    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]

    def next_answer(self, path: str) -> Answer:
        answers = self.answers.get(path.partition("?")[0], [Answer(404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Give a server that runs until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append(Asked(self.command, self.path, headers, body))
            answer = script.next_answer(self.path)
            with suppress(OSError):
                self.send_response(answer.status)
                length = {} if answer.write else {"Content-Length": str(len(answer.body))}
                for name, value in {**length, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                (answer.write or (lambda handler: handler.wfile.write(answer.body)))(self)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 (the base class looks for these names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Write nothing."""

    server = open_server(Handler)
    script = ScriptedServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
