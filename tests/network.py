"""Keeps the tests on this machine: whatever asks for an address elsewhere fails loudly."""

import ipaddress
import sys
from typing import Any


class NetworkUsedError(RuntimeError):
    """A test tried to leave this machine. Not an OSError: code under test must not take it for a failed connection."""


def stay_on_this_machine() -> None:
    """Refuse, from now on and in this process, to connect to or look up any host but this one."""
    sys.addaudithook(_refuse_elsewhere)


def _refuse_elsewhere(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        # Anything but a tuple is a socket file, or nothing for one that is connected.
        host = address[0] if isinstance(address, tuple) else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        host = arguments[0]
    else:
        return
    if host is not None and not _is_this_machine(host.decode() if isinstance(host, bytes) else host):
        raise NetworkUsedError(f"A test may not reach {host!r} ({event}).")


def _is_this_machine(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
