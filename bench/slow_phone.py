"""Measures pages on a slow phone: until the first screen can be read and used, and how many bytes that takes.

Chromium with its processor slowed, and the network of DevTools: 400 kbit/s each way, 300 ms before each answer. The
tool runs as it is served for real (`mentorready serve`), on SQLite. Each page is opened as after a launch, with nothing
in the browser's cache, and once more with what the first time left there. Next to each stands the time of an empty page
under the same conditions in the same run; the ratio of the two is the figure to compare.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext, Page, sync_playwright

from service.app import create_app
from service.config import Settings
from service.db import transaction
from service.people.models import Role
from tests.browser.chromium import launch
from tests.databases import make_tables, sqlite_url
from tests.demo.ports import free_port
from tests.demo.processes import Processes, Program
from tests.demo.stage import MENTORREADY, Stage
from tests.functional.lti.scripted_server import Answer, scripted_server
from tests.makers import make_member

EMPTY = b'<!doctype html><html lang="en"><title>Empty</title><p>Empty'
PHONE = {"width": 360, "height": 640}
SLOW = {"offline": False, "latency": 300, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
TIMES = """async () => {
  const largest = await new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
      .observe({ type: "largest-contentful-paint", buffered: true });
    setTimeout(resolve, 2000, null);
  });
  const [navigation] = performance.getEntriesByType("navigation");
  const [first] = performance.getEntriesByName("first-contentful-paint");
  const entries = [navigation, ...performance.getEntriesByType("resource")];
  return {
    read: first.startTime, largest, used: navigation.domContentLoadedEventEnd,
    bytes: entries.reduce((sum, entry) => sum + entry.transferSize, 0),
    requests: entries.filter((entry) => entry.transferSize > 0).length,
  };
}"""
"""`read`: something is painted; `largest`: the first screen is; `used`: its scripts have run, too."""
ROW = "{:<36} {:>9} {:>9} {:>9} {:>8} {:>9} {:>7}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print a table for each slowness of the processor."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_phone", description=__doc__)
    parser.add_argument(
        "--times", type=int, default=5, help="each page is opened (default: %(default)s); medians are shown"
    )
    parser.add_argument("--slowness", type=int, nargs="+", default=[4, 6], help="of the processor (default: 4 6)")
    options = parser.parse_args(arguments or None)
    with tempfile.TemporaryDirectory(prefix="slow-phone-") as name, _tool(Path(name)) as (pages, cookie):
        for slowness in options.slowness:
            print(f"\nProcessor {slowness} times slower, 400 kbit/s, 300 ms; medians of {options.times}, in seconds")
            print(ROW.format("page", "read", "screen", "used", "ratio", "bytes", "files"))
            with sync_playwright() as playwright:
                _measure(playwright, pages, cookie, slowness, options.times)


def _measure(playwright: Any, pages: dict[str, str], cookie: Any, slowness: int, times: int) -> None:
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(times):
        for title, address in pages.items():
            with tempfile.TemporaryDirectory() as profile:
                context = launch(playwright, Path(profile) / "profile", third_party_cookies="allowed", viewport=PHONE)
                context.add_cookies([cookie])
                page = _slow_page(context, slowness)
                found.setdefault(title, []).append(_open(page, address))
                if title != "empty":
                    found.setdefault(f"{title}, again", []).append(_open(page, address))
                context.close()
    empty = median(times["largest"] for times in found["empty"])
    for title, tries in found.items():
        middle = {name: median(one[name] for one in tries) for name in tries[0]}
        seconds = [f"{middle[name] / 1000:.2f}" for name in ("read", "largest", "used")]
        print(
            ROW.format(
                title, *seconds, f"{middle['largest'] / empty:.1f}", int(middle["bytes"]), int(middle["requests"])
            )
        )


def _slow_page(context: BrowserContext, slowness: int) -> Page:
    page = context.pages[0]
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowness})
    return page


def _open(page: Page, address: str) -> dict[str, float]:
    page.goto("about:blank")
    page.goto(address, timeout=60_000)
    times: dict[str, float] = page.evaluate(TIMES)
    times["largest"] = times["largest"] or times["read"]
    return times


@contextmanager
def _tool(folder: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Give the pages of a mentor of the running tool by title, an empty page among them, and the mentor's cookie."""
    url = sqlite_url(folder / "mentorready.sqlite")
    make_tables(url)
    stage = Stage(folder, lms_port=0, tool_port=free_port(), database_url=url)
    course, cookie = _mentor(stage)
    program = Program("tool", [MENTORREADY, "serve"], stage.environment(), answers_at=f"{stage.tool_url}/readyz")
    processes = Processes([program], logs=folder)
    with scripted_server() as other:
        other.answers["/empty"] = [Answer(body=EMPTY, headers={"Content-Type": "text/html"})]
        try:
            processes.start("tool")
            processes.wait_until_up(is_stopping=lambda: False)
            home = f"{stage.tool_url}/course/{course}/"
            yield {"empty": f"{other.url}/empty", "home": home, "module": f"{home}modules/roles"}, cookie
        finally:
            processes.stop(is_urgent=lambda: False)


def _mentor(stage: Stage) -> tuple[str, dict[str, Any]]:
    app = create_app(Settings.from_environment(stage.environment()))
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    with transaction(app.extensions["sessions"]) as session:
        member = make_member(session, "mentor", Role.MENTOR)
        value = serializer.dumps({"person": member.person.public_id})
        course = member.course.public_id
    app.extensions["engine"].dispose()
    cookie = {"name": app.config["SESSION_COOKIE_NAME"], "value": value, "domain": "127.0.0.1", "path": "/"}
    return course, cookie | {"secure": True, "httpOnly": True, "sameSite": "None"}


if __name__ == "__main__":
    main()
