"""FakeLms: the pretend LMS with a port, which a test or the command line opens and shuts."""

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fake_lms.app import create_app
from tests.fake_lms.campus import Campus
from tests.fake_lms.faults import FaultyServices
from tests.fake_lms.seed import seed
from tests.fake_lms.store import Store
from tests.ports import is_new

STORE_NAME = "lms.sqlite"
HOST = "127.0.0.1"


class PortBusyError(Exception):
    """Somebody else listens on the port."""


class QuietHandler(WSGIRequestHandler):
    """A request handler that writes no line per request: queries of the LMS hold hints and names."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """Write nothing."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """Close without a word: the switches cut connections on purpose."""
        self.close_connection = True


class FakeLms(Campus):
    """A running pretend LMS. Its store outlives stop(), so that stop() and start() are an LMS that was down."""

    def __init__(self, tool_url: str, store: Path | str, port: int = 0) -> None:
        """Open the store, an SQLite file or a folder for one. Port 0 is any free one, chosen at the first start."""
        path = Path(store)
        super().__init__("", Store(path / STORE_NAME if path.is_dir() else path))
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._app = create_app(self)
        with self.store.session() as session:
            seed(session, tool_url.rstrip("/"))

    def start(self) -> None:
        """Open the port and serve in a thread. Raise PortBusyError."""
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self.url = f"http://localhost:{self._port}"
        self._stopping.clear()
        application = FaultyServices(self._app, self, self._stopping)
        self._server = make_server(
            HOST, self._port, application, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
        )
        listener.close()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._port))
        except OSError as error:
            listener.close()
            raise PortBusyError(f"Port {self._port} is in use.") from error
        if not self._port and not is_new(listener.getsockname()[1]):
            listener.close()
            return self._listen()
        listener.listen(128)
        return listener

    def stop(self) -> None:
        """Close the port: the LMS is down. Its store and this object's methods go on working."""
        self._stopping.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def close(self) -> None:
        """Stop, and let go of the store."""
        self.stop()
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
