import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from lti.errors import AddressRefusedError, ServiceUnreachableError
from lti.http import OutgoingHttp, is_allowed_address
from tests.functional.lti.scripted_server import Answer, ScriptedServer, scripted_server
from tests.ports import open_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def http() -> OutgoingHttp:
    return OutgoingHttp(connect_seconds=0.5, read_seconds=1.0, total_seconds=2.0)


def test_answer_of_any_status_is_returned(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(418, b"tea", {"X-Kind": "green"})]
    answer = http.send(
        "PUT", f"{server.url}/x?A=b", headers={"X-Mine": "1"}, body=b"in", may_use_private_addresses=True
    )
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (418, b"tea", "green")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/x?A=b", b"in")
    assert asked.headers["x-mine"] == "1"
    assert asked.headers["accept-encoding"] == "identity"


def test_redirect_is_not_followed(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(302, headers={"Location": f"{server.url}/secret"})]
    assert http.send("GET", f"{server.url}/x", may_use_private_addresses=True).status == 302
    assert server.paths() == ["GET /x"]


@pytest.mark.parametrize("location", ["/more", "http://[::1", "http://\xff.example/"])
def test_answer_that_redirects_is_bounded_like_any_other(
    server: ScriptedServer, http: OutgoingHttp, location: str
) -> None:
    """The library would read it to its end, and unpack it, before it asks whether to follow."""
    headers = {"Location": location, "Content-Encoding": "gzip"}
    packed = gzip.compress(bytes(100_000))
    server.answers["/x"] = [Answer(302, packed, headers)]
    answer = http.send("GET", f"{server.url}/x", may_use_private_addresses=True, max_bytes=len(packed))
    assert (answer.status, answer.body) == (302, packed)
    assert reason_of(http, f"{server.url}/x", max_bytes=len(packed) - 1) == "too_large"


def test_chunk_of_a_negative_length_is_no_answer(server: ScriptedServer, http: OutgoingHttp) -> None:
    headers = {"Transfer-Encoding": "chunked", "Connection": "close"}

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"-5\r\nabc\r\n0\r\n\r\n")

    server.answers["/x"] = [Answer(write=write, headers=headers)]
    assert reason_of(http, f"{server.url}/x") == "connection"


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_one_connection_serves_many_calls_with_and_without_a_body_in_the_answer(body: bytes) -> None:
    ports = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ports.append(self.client_address[1])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Write nothing."""

    server = open_server(Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    http = OutgoingHttp()
    for _ in range(3):
        http.send("GET", f"http://127.0.0.1:{server.server_port}/", may_use_private_addresses=True)
    server.shutdown()
    server.server_close()
    thread.join()
    assert len(set(ports)) == 1, ports


def test_cookies_are_neither_kept_nor_sent(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(headers={"Set-Cookie": "a=b; Path=/"})]
    for _ in range(2):
        http.send("GET", f"{server.url}/x", may_use_private_addresses=True)
    assert "cookie" not in server.asked[1].headers


def test_surroundings_are_not_read(server: ScriptedServer, http: OutgoingHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    server.answers["/x"] = [Answer()]
    assert http.send("GET", f"{server.url}/x", may_use_private_addresses=True).status == 200


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://lms.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "//x", "", "https://a@b/"],
)
def test_only_https_without_leave(http: OutgoingHttp, url: str) -> None:
    with pytest.raises(AddressRefusedError):
        http.send("GET", url)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1/", "https://localhost:1/", "https://[::1]:1/", "https://0.0.0.0:1/"]
)
def test_this_machine_is_refused_without_leave(http: OutgoingHttp, url: str) -> None:
    with pytest.raises(AddressRefusedError):
        http.send("GET", url)


def test_link_local_is_refused_with_leave_too(http: OutgoingHttp) -> None:
    for url in ("http://0.0.0.0:1/", "http://[::]:1/"):
        with pytest.raises(AddressRefusedError):
            http.send("GET", url, may_use_private_addresses=True)


def test_name_that_changes_its_address_gains_nothing(
    server: ScriptedServer, http: OutgoingHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once per connection, and the very address that was judged is connected to."""
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: object, **named: object) -> object:
        if host != "rebind.example":
            return real(host, port, *rest, **named)  # type: ignore[arg-type]
        looked_up.append(host)
        address = "127.0.0.1" if len(looked_up) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    server.answers["/x"] = [Answer(headers={"Connection": "close"})]
    url = server.url.replace("127.0.0.1", "rebind.example") + "/x"
    assert http.send("GET", url, may_use_private_addresses=True).status == 200
    assert server.asked[0].headers["host"].startswith("rebind.example:")
    with pytest.raises(AddressRefusedError):
        http.send("GET", url, may_use_private_addresses=True)
    assert looked_up == ["rebind.example"] * 2


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("fc00::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("64:ff9b::7f00:1", False, True),
        ("2002:7f00:1::", False, True),
        ("64:ff9b:1::7f00:1", False, True),
        ("::127.0.0.1", False, True),
        ("::ffff:0:127.0.0.1", False, True),
        ("fec0::1", False, True),
        ("5f00::1", False, True),
        ("::a9fe:a9fe", False, False),
        ("64:ff9b:1::a9fe:a9fe", False, False),
        ("168.63.129.16", False, False),
        ("100.100.100.200", False, False),
        ("fd00:ec2::254", False, False),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fe80::1", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
    ],
)
def test_allowed_addresses(address: str, public: bool, private: bool) -> None:
    assert is_allowed_address(address, may_use_private=False) is public
    assert is_allowed_address(address, may_use_private=True) is private


def reason_of(http: OutgoingHttp, url: str, **options: int) -> str:
    with pytest.raises(ServiceUnreachableError) as caught:
        http.send("GET", url, may_use_private_addresses=True, **options)
    return caught.value.reason


def test_large_answer_is_cut(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(body=b"x" * 1000)]
    assert http.send("GET", f"{server.url}/x", may_use_private_addresses=True, max_bytes=1000).status == 200
    assert reason_of(http, f"{server.url}/x", max_bytes=999) == "too_large"


def test_answer_without_end_is_cut(server: ScriptedServer, http: OutgoingHttp) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        while True:
            handler.wfile.write(b"x" * 65536)

    server.answers["/x"] = [Answer(write=pour, headers={"Connection": "close"})]
    assert reason_of(http, f"{server.url}/x") == "too_large"


def drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def test_trickling_answer_is_cut(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(write=drip, headers={"Connection": "close"})]
    started = time.monotonic()
    assert reason_of(http, f"{server.url}/x") == "timeout"
    assert time.monotonic() - started < 2.5


def test_trickling_headers_are_cut(http: OutgoingHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                try:
                    for _ in range(100):
                        connection.sendall(b"x")
                        time.sleep(0.1)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        started = time.monotonic()
        assert reason_of(http, f"http://127.0.0.1:{port}/") == "timeout"
        assert time.monotonic() - started < 2.5
        thread.join()


def test_silence_times_out(server: ScriptedServer, http: OutgoingHttp) -> None:
    server.answers["/x"] = [Answer(write=lambda _: time.sleep(1.5), headers={"Content-Length": "1"})]
    assert reason_of(http, f"{server.url}/x") == "timeout"


def test_nobody_listens(http: OutgoingHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert reason_of(http, f"http://127.0.0.1:{port}/") == "connection"


def test_connection_cut_in_the_middle(server: ScriptedServer, http: OutgoingHttp) -> None:
    headers = {"Content-Length": "100", "Connection": "close"}
    server.answers["/x"] = [Answer(write=lambda handler: None, headers=headers)]
    assert reason_of(http, f"{server.url}/x") == "connection"


def test_name_that_is_nowhere(http: OutgoingHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert reason_of(http, "http://nowhere.example/") == "dns"


def test_certificate_is_checked(server: ScriptedServer, http: OutgoingHttp) -> None:
    assert reason_of(http, server.url.replace("http:", "https:")) == "tls"


def test_name_too_long_for_dns(http: OutgoingHttp) -> None:
    with pytest.raises((AddressRefusedError, ServiceUnreachableError)):
        http.send("GET", f"https://{'x' * 70}.localhost/")
