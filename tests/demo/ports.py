"""Ports of this machine: which are free, which are in use, which were asked for."""

import contextlib
import socket
from collections.abc import Mapping


class PortError(Exception):
    """A port cannot be used; the message is one line that says what to do."""


def free_port() -> int:
    """Return a port of this machine on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_in_use(port: int) -> bool:
    """Return whether something listens on the port under any of this machine's own addresses."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        # A machine without IPv6 has no such sockets at all.
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return True
    return False


def port_from(environment: Mapping[str, str], name: str, default: int) -> int:
    """Return the port that the variable `name` asks for. Raise PortError if it is not one."""
    value = environment.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise PortError(f"{name} must be a port, a number from 1 to 65535, not {value!r}.")
    return int(value)
