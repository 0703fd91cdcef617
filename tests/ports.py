"""Ports for servers of tests. The system gives a port again, and what remembers an address (a registered LMS, a
connection kept open, a set of keys) would take the new server there for the one before.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_had: set[int] = set()


def is_new(port: int) -> bool:
    """Tell whether no server of this process was at the port before; from now on, one was."""
    if port in _had:
        return False
    _had.add(port)
    return True


def open_server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """Open a server on this machine at a new port. It answers once its `serve_forever` runs."""
    while not is_new((server := ThreadingHTTPServer(("127.0.0.1", 0), handler)).server_port):
        server.server_close()
    return server
