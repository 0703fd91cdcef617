"""Fixtures of the browser tests. Every test in this folder is marked `browser`."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Frame, Page, Playwright, expect, sync_playwright

from tests.browser.chromium import ThirdPartyCookies, launch

PICTURES = Path(__file__).resolve().parents[2] / "var" / "browser"
"""Where the last page of a failed test is kept as a picture."""

MOST_WORDS = 1000
"""Characters that a report shows of each frame."""

CONTEXTS = pytest.StashKey[list[BrowserContext]]()

OpenBrowser = Callable[..., BrowserContext]

PATIENCE = 15_000
"""Milliseconds; long, since some pages wait themselves, and machines that test are busy."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_browser(playwright: Playwright, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenBrowser]:
    """Open one more Chromium: `open_browser(third_party_cookies="blocked", locale="he", viewport={...})`.

    A script that raises, or that a page's security policy refuses, fails the test.
    """
    contexts: list[BrowserContext] = []
    request.node.stash[CONTEXTS] = contexts
    faults: list[str] = []

    def open_one(*, third_party_cookies: ThirdPartyCookies = "allowed", **options: Any) -> BrowserContext:
        profile = tmp_path / f"profile-{len(contexts)}"
        context = launch(playwright, profile, third_party_cookies=third_party_cookies, **options)
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("console", lambda message: faults.append(message.text) if _is_fault(message) else None)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert not faults


def _is_fault(message: Any) -> bool:
    # A page that was refused is reported too, but tests provoke that on purpose.
    return message.type == "error" and not message.text.startswith("Failed to load resource")


@pytest.fixture
def page(open_browser: OpenBrowser) -> Page:
    """A page of a Chromium as it comes: third-party cookies allowed, English."""
    return open_browser(locale="en").pages[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep pictures of the pages that a failed test saw last, and tell what stood in their frames."""
    report = yield
    if report.when == "call" and report.failed:
        pages = [page for context in item.stash.get(CONTEXTS, []) for page in context.pages]
        for number, page in enumerate(pages):
            path = PICTURES / f"{item.name}-{number}.png"
            page.screenshot(path=path, full_page=True)
            report.sections.append(("picture", str(path)))
            report.sections.extend((f"page {number}: {frame.url}", _words_of(frame)) for frame in page.frames)
    return report


def _words_of(frame: Frame) -> str:
    try:
        return frame.locator("body").inner_text(timeout=1000)[:MOST_WORDS]
    except Error as error:
        return error.message
