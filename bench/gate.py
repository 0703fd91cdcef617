"""A way to the broker that can be shut: the broker itself is left alone, so that it may be anybody's."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from kombu import Connection

USUAL_PORTS = {"redis": 6379, "amqp": 5672}
QUEUE = "mentorready"


class Gate:
    """The embedded broker: shut, there is no folder and none can be made."""

    url = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def empty(self) -> None:
        """Throw all messages away."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Let nobody reach the broker."""
        self.empty()
        with suppress(OSError):
            # A worker may have made the folder again.
            self._folder.write_text("not a folder")

    def open(self) -> None:
        """Let the broker be reached again."""
        with suppress(OSError):
            self._folder.unlink()


class ServerGate(Gate):
    """A broker with an address, reached over a port of ours."""

    def __init__(self, broker_url: str) -> None:
        parts = urlsplit(broker_url)
        self._broker_url = broker_url
        self._target = (parts.hostname or "127.0.0.1", parts.port or USUAL_PORTS[parts.scheme])
        self._pipes: list[socket.socket] = []
        self._listener = self._listen(0)
        self._port = self._listener.getsockname()[1]
        user = f"{parts.username or ''}:{parts.password}@" if parts.password else ""
        self.url = parts._replace(netloc=f"{user}127.0.0.1:{self._port}").geturl()

    def empty(self) -> None:
        """Throw all messages away."""
        with Connection(self._broker_url) as connection, suppress(*connection.channel_errors):
            connection.default_channel.queue_purge(QUEUE)

    def close(self) -> None:
        """Cut all connections and take no more."""
        for each in (self._listener, *self._pipes):
            # A thread that waits on a socket does not notice that it is closed, only that it is shut down.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._pipes.clear()

    def open(self) -> None:
        """Take connections again, on the same port."""
        self._listener = self._listen(self._port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                inner, _ = listener.accept()
                outer = socket.create_connection(self._target)
                self._pipes += [inner, outer]
                for source, sink in ((inner, outer), (outer, inner)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def open_gate(broker_url: str, folder: Path) -> Iterator[Gate]:
    """Give the gate of a broker; an empty address is the broker in the folder `broker` of `folder`."""
    gate = ServerGate(broker_url) if broker_url else Gate(folder / "broker")
    try:
        yield gate
    finally:
        if broker_url:
            gate.close()
            with suppress(OSError):
                gate.empty()
