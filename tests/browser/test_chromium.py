"""Chromium does what other tests rely on: it treats third-party cookies as told, and stays on this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Error, Page

from tests.browser.chromium import ThirdPartyCookies
from tests.browser.conftest import OpenBrowser
from tests.ports import open_server


class FrameServer(BaseHTTPRequestHandler):
    """`/` holds a frame from another site, `/set` sets two cookies in it, `/read` shows which of them came back."""

    def do_GET(self) -> None:
        port = self.headers["Host"].rpartition(":")[2]
        pages = {
            "/": f'<iframe src="http://127.0.0.1:{port}/set"></iframe>',
            "/set": '<a href="/read">read</a>',
            "/read": f"<p>{self.headers.get('Cookie', 'none')}</p>",
        }
        self.send_response(200 if self.path in pages else 404)
        self.send_header("Content-Type", "text/html")
        if self.path == "/set":
            self.send_header("Set-Cookie", "usual=1; SameSite=None; Secure")
            self.send_header("Set-Cookie", "partitioned=1; SameSite=None; Secure; Partitioned")
        self.end_headers()
        self.wfile.write(pages.get(self.path, "").encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with open_server(FrameServer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("third_party_cookies", "returned"),
    [("allowed", "usual=1; partitioned=1"), ("blocked", "partitioned=1")],
)
def test_third_party_cookies_are_treated_as_told(
    open_browser: OpenBrowser, port: int, third_party_cookies: ThirdPartyCookies, returned: str
) -> None:
    page = open_browser(third_party_cookies=third_party_cookies).pages[0]
    page.goto(f"http://localhost:{port}/")
    frame = page.frame_locator("iframe")
    frame.get_by_text("read").click()
    assert frame.locator("p").inner_text() == returned


def test_other_hosts_cannot_be_reached(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://university.example/")
