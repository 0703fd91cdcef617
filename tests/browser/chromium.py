"""Chromium for the tests: Debian's, headless, with a new profile each time and no way out of this machine."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Playwright

ThirdPartyCookies = Literal["allowed", "blocked"]

ARGUMENTS = [
    "--no-sandbox",  # it cannot be had as root, which continuous integration often is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A frame of another site changes process at each step of a launch, and where these follow each other quickly,
    # Playwright may lose it: the page is there, and the test sees the one before. Cookies and storage stay as they are.
    "--disable-site-isolation-trials",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def find_chromium() -> str | None:
    """Return the path of a Chromium that this machine has."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def launch(
    playwright: Playwright,
    profile: Path,
    *,
    third_party_cookies: ThirdPartyCookies,
    no_cookies_at: str = "",
    **options: Any,
) -> BrowserContext:
    """Start Chromium with a profile of its own; `options` are those of Playwright's `launch_persistent_context`.

    The host `no_cookies_at` can set no cookie at all, not even a partitioned one.

    Only a profile says how third-party cookies are treated: Playwright's other contexts are incognito ones,
    which block them whatever one asks for.
    """
    blocks = third_party_cookies == "blocked"
    settings: dict[str, Any] = {"block_third_party_cookies": blocks, "cookie_controls_mode": int(blocks)}
    if no_cookies_at:
        settings["content_settings"] = {"exceptions": {"cookies": {f"{no_cookies_at},*": {"setting": 2}}}}
    preferences = {"profile": settings}
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=ARGUMENTS, **options
    )
