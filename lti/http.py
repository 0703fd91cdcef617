"""All HTTP that leaves the building: bounded in time and size, no redirects, no way into private networks."""

import ipaddress
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from lti.errors import AddressRefusedError, ServiceUnreachableError
from lti.urls import web_origin

USER_AGENT = "MentorReady (LTI 1.3 tool)"
LARGEST_ANSWER = 8 * 1024 * 1024
LONGEST_WAIT = timedelta(days=1)
MOST_ADDRESSES = 4  # tried of one host, so that a dead one costs a bounded time
_WITH_IPV4_AT_THE_END = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))
"""NAT64, at large and of one site; IPv4-compatible; IPv4-translated."""
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
"""All that is given out to the world. Outside of it are ways to write IPv4 addresses, and nets of one site."""
_METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))
"""Where clouds tell a machine its secrets, at addresses that are not link-local: Azure, Alibaba, AWS, Google."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, whatever its status. `headers` ignores upper and lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class OutgoingHttp:
    """Sends requests for the LTI layer; one per process, safe to share between threads. Times are in seconds."""

    def __init__(self, *, connect_seconds: float = 3, read_seconds: float = 10, total_seconds: float = 20) -> None:
        self._timeout = (connect_seconds, read_seconds)
        self._total_seconds = total_seconds
        self._sessions = {is_private: _make_session(may_use_private=is_private) for is_private in (False, True)}

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        may_use_private_addresses: bool = False,
        max_bytes: int = LARGEST_ANSWER,
    ) -> HttpAnswer:
        """Send one request and return the answer; redirects are answers too.

        Plain http and addresses of this machine or a private network need `may_use_private_addresses`. Link-local
        ones, and others where clouds keep the secrets of a machine, are never called. Raises AddressRefusedError, or
        ServiceUnreachableError when no whole answer came in time or it is larger than `max_bytes`.
        """
        origin = web_origin(url)
        if origin is None or (origin[0] == "http" and not may_use_private_addresses):
            raise AddressRefusedError(f"Not an https address: {url[:200]!r}")
        watch = _Watch(self._total_seconds)
        try:
            with (
                watch,
                self._sessions[may_use_private_addresses].request(
                    method,
                    url,
                    headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT, **(headers or {})},
                    data=body,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = _read(response, max_bytes)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:  # ValueError: a chunk's length
            reason = "timeout" if watch.has_cut else _reason(error)
            raise ServiceUnreachableError(reason, f"{method} {origin[1]}: {reason}") from error
        if watch.has_cut:  # a cut can look like the end of an answer without length
            raise ServiceUnreachableError("timeout", f"{method} {origin[1]}: timeout")
        return HttpAnswer(response.status_code, response.reason or "", response.headers, content)


def read_retry_after(header: str | None, *, at: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as seconds or as a date; None if absent or unreadable."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        seconds = float(header)
    else:
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - at).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT.total_seconds())


def check_address(url: str, *, may_use_private_addresses: bool) -> None:
    """Look up the host of `url`, and raise what `send` would raise before it connects. Nothing is sent."""
    origin = web_origin(url)
    if origin is None or (origin[0] == "http" and not may_use_private_addresses):
        raise AddressRefusedError(f"Not an https address: {url[:200]!r}")
    try:
        _look_up(origin[1], origin[2], may_use_private=may_use_private_addresses)
    except socket.gaierror as error:
        raise ServiceUnreachableError("dns", f"{origin[1]}: {error}") from error


def is_allowed_address(address: str, *, may_use_private: bool) -> bool:
    """Say whether `address` (an IP address) may be connected to."""
    ip = _inner_address(ipaddress.ip_address(address))
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA:
        return False
    return may_use_private or (ip.is_global and (ip.version == 4 or ip in _PUBLIC_IPV6))


def _inner_address(ip: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address stands for, so that it cannot hide a private one."""
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _WITH_IPV4_AT_THE_END) and int(ip) > 1:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def _read(response: requests.Response, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.raw.stream(65536, decode_content=False):
        content += chunk
        if len(content) > max_bytes:
            raise ServiceUnreachableError("too_large", f"The answer is larger than {max_bytes} bytes.")
    return bytes(content)


def _reason(error: BaseException) -> str:
    """Return the word of ServiceUnreachableError for an exception of requests or urllib3."""
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    if isinstance(error, (requests.Timeout, TimeoutError)) or "timed out" in str(error):
        return "timeout"
    inner = getattr(error.args[0], "reason", None) if error.args else None
    return "dns" if isinstance(inner, NameResolutionError) else "connection"


class _Watch:
    """Cuts the connection of one request when its whole time is over; a socket's own timeout starts anew per read."""

    _current = threading.local()

    def __init__(self, seconds: float) -> None:
        self.has_cut = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._current.watch = self
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._current.watch = None

    @classmethod
    def take(cls, connection: socket.socket | None) -> None:
        """Watch `connection` on behalf of the request that this thread is sending."""
        watch = getattr(cls._current, "watch", None)
        if watch is not None:
            watch._socket = connection
            if watch.has_cut:
                watch._cut()

    def _cut(self) -> None:
        self.has_cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _look_up(host: str, port: int, *, may_use_private: bool) -> list[str]:
    """Return the addresses of a host that may be connected to. Raises AddressRefusedError, or socket.gaierror."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise AddressRefusedError(f"Not the name of a host: {host[:200]!r}") from error
    addresses = dict.fromkeys(str(info[4][0]) for info in found)
    allowed = [address for address in addresses if is_allowed_address(address, may_use_private=may_use_private)]
    if not allowed:
        raise AddressRefusedError(f"{host} is not at an address that may be called.")
    return allowed


def _connect(connection: HTTPConnection, *, may_use_private: bool) -> socket.socket:
    """Resolve, check and connect in one go: a name that changes its address in between gains nothing by it."""
    try:
        allowed = _look_up(connection._dns_host, connection.port, may_use_private=may_use_private)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    failure: OSError | None = None
    for address in allowed[:MOST_ADDRESSES]:
        try:
            return create_connection((address, connection.port), connection.timeout, None, connection.socket_options)
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "No address answered in time.") from failure
    raise NewConnectionError(connection, f"No address answered: {failure}") from failure


def _guarded(base: type[Any], *, may_use_private: bool) -> type[Any]:
    """Return the connection class `base`, made to check addresses and to be watched."""

    class Guarded(base):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            return _connect(self, may_use_private=may_use_private)

        def getresponse(self) -> Any:
            _Watch.take(self.sock)
            return super().getresponse()

    return Guarded


def _make_session(*, may_use_private: bool) -> requests.Session:
    """Return a session that reads no proxy, password or cookie from its surroundings."""

    class Http(HTTPConnectionPool):
        ConnectionCls = _guarded(HTTPConnection, may_use_private=may_use_private)

    class Https(HTTPSConnectionPool):
        ConnectionCls = _guarded(HTTPSConnection, may_use_private=may_use_private)

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> None:
            """Find none: where there is one, the library reads the whole answer, followed or not, and unpacks it."""

    adapter = HTTPAdapter(pool_connections=32, pool_maxsize=32)
    adapter.poolmanager.pool_classes_by_scheme = {"http": Http, "https": Https}
    session = Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
