"""Browsers and an LMS for measuring launches: threads with connections that stay open, tokens signed off the clock."""

import http.client
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import local
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.conformance.handmade import AGS, LTI, Claims, Platform

ItemT = TypeVar("ItemT")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STEPS = ("login", "launch", "page")


@dataclass
class Turn:
    """What one turn of one tool took, in seconds: wall time, of all and of each step, and the work of processors."""

    seconds: float = 0.0
    worked: float = 0.0
    steps: dict[str, list[float]] = field(default_factory=dict)

    @property
    def whole(self) -> list[float]:
        """The time of each launch: its three steps together."""
        return [sum(times) for times in zip(*self.steps.values(), strict=True)]


class _Browser:
    """One browser on its way through one launch."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.cookies: dict[str, str] = {}
        self.state = self.nonce = self.id_token = ""
        self.times: dict[str, float] = {}


class Client:
    """Launches at one tool as the users of one platform, `concurrency` at a time, with the page at the end or not."""

    def __init__(self, tool_url: str, platform: Platform, concurrency: int, *, with_page: bool = True) -> None:
        self._address = urlsplit(tool_url).netloc
        self._target = f"{tool_url}/lti/launch"
        self._platform = platform
        self._concurrency = concurrency
        self._steps = STEPS if with_page else STEPS[:2]
        self._own = local()

    def take_turn(self, subjects: Iterable[str]) -> Turn:
        """Launch once as each of `subjects`: all logins, then (the clock stands) signing, then launches and pages."""
        browsers = [_Browser(subject) for subject in subjects]
        turn = Turn(self._at_once(self._log_in, browsers))
        for browser in browsers:
            browser.id_token = self._platform.sign(self._claims(browser))
        turn.seconds += self._at_once(self._launch, browsers)
        for step in self._steps:
            turn.steps[step] = [browser.times[step] for browser in browsers]
        return turn

    def _at_once(self, act: Callable[[ItemT], None], items: list[ItemT]) -> float:
        """Return how long `act` took for all items, in seconds."""
        self._own = local()  # new connections: a server closes those that idled while tokens were signed
        start = time.perf_counter()
        with ThreadPoolExecutor(self._concurrency) as threads:
            for _ in threads.map(act, items):
                pass
        return time.perf_counter() - start

    def _log_in(self, browser: _Browser) -> None:
        form = self._platform.login_form(target_link_uri=self._target, login_hint=browser.subject)
        place = self._ask(browser, "login", "POST", "/lti/login", urlencode(form))
        query = parse_qs(urlsplit(place).query)
        browser.state, browser.nonce = query["state"][0], query["nonce"][0]

    def _launch(self, browser: _Browser) -> None:
        form = {"state": browser.state, "id_token": browser.id_token}
        place = urlsplit(self._ask(browser, "launch", "POST", "/lti/launch", urlencode(form)))
        if "page" in self._steps:
            self._ask(browser, "page", "GET", place.path + (f"?{place.query}" if place.query else ""))

    def _ask(self, browser: _Browser, step: str, method: str, path: str, body: str | None = None) -> str:
        """Ask, note the time, keep the cookies; return where the answer leads. A page must be there: 200."""
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        start = time.perf_counter()
        connection = self._connection()
        connection.request(method, path, body, {**(FORM if body else {}), **(cookies if browser.cookies else {})})
        answer = connection.getresponse()
        text = answer.read()
        browser.times[step] = time.perf_counter() - start
        if answer.status not in ({200} if step == "page" else {302, 303}):
            raise RuntimeError(f"{method} {path}: {answer.status}\n{text[:1000].decode(errors='replace')}")
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            browser.cookies[name] = value
        return answer.headers.get("Location", "")

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._address, timeout=60)
        connection: http.client.HTTPConnection = self._own.connection
        return connection

    def _claims(self, browser: _Browser) -> Claims:
        """Return the claims of a learner's launch of a module, with the services that an LMS offers."""
        return self._platform.claims(browser.nonce) | {
            "sub": browser.subject,
            "email": f"{browser.subject}@uni.example",
            LTI + "target_link_uri": self._target,
            LTI + "custom": {"content": "module:roles"},
            AGS: {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitems": "https://lms.example/lineitems",
                "lineitem": "https://lms.example/lineitems/1/lineitem",
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": "https://lms.example/members",
                "service_versions": ["2.0"],
            },
        }
