"""Looks at one page after the other as a reader would, and says what is wrong with each."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from axe_playwright_python.sync_playwright import Axe
from babel import Locale
from babel.dates import get_timezone_location
from playwright.sync_api import Page

from service.events.rules import ZONES
from service.i18n import LANGUAGE_NAMES, direction
from service.profiles.rules import LANGUAGES
from tests.browser.pseudo import INSTEAD_OF
from tests.browser.residents import HURTFUL_PIECES
from tests.browser.samples import Visit

CHECKS = Path(__file__).with_name("page_checks.js")
WIDTHS = {320: 640, 1280: 900}
"""Width to height of the windows in which every page is looked at."""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LAYOUT_RULES = ["scrollable-region-focusable", "target-size"]
"""Rules of axe that may find something else in another width or direction. The others read tree and colours, and no
sheet has a colour for a width (tests/unit/web/test_style.py holds every pair of them to its contrast)."""
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
TAKES_PICTURES = os.environ.get("MENTORREADY_GALLERY") == "all"
"""`make gallery` keeps a picture of each page in each language and width; the tests keep none, for their time."""
TALLEST = 12_000
"""Of a picture, in pixels: Chromium gives up on much taller ones."""
HEAVIEST = 200 * 1024

NAMES = frozenset(
    {
        "MentorReady",
        "Moodle",
        "Canvas",
        "D2L",
        "Brightspace",
        "UTC",
        "SELF",
        "Self",
        "employment",
        "CC",
        "BY",
        "SA",
        "LMS",
        "Cookie",
        "WCAG",
        "AA",
        "PDF",
        "PNG",
        "JSON",
        "Chromium",
        "API",
        "OpenAPI",
        "MB",
        "kB",
        "LibreOffice",
        "Microsoft",
        "Office",
    }
)
TERMS = frozenset({"issuer", "client", "Client", "id", "ID", "deployment", "deployments", "login", "JWKS", "OpenID"})
TERMS |= {"Connect", "Tool", "URL", "Manage", "tools", "Excel", "XLSX", "CSV", "Alt", "Page", "Up", "Down"}
"""Words that stay as they are in every language: names, also of files and keys, and what an administrator looks for.

Beside these, what stands in `<bdi>`, `<code>` or under another `lang`.
"""
LATIN = re.compile(r"(?<![{\w])[A-Za-z][A-Za-z’']+(?!\w*})")
HEBREW = re.compile(r"[\u05d0-\u05ea]+")
POLISH = re.compile(r"\w*[ąćęłńśźżĄĆĘŁŃŚŹŻ]\w*")


Judged = dict[tuple[str, str], list[str]]
"""What axe found, by structure of the page and layout ("" is the whole standard); shared by those who look."""


class Looker:
    """One browser window that is taken from page to page."""

    def __init__(self, page: Page, gallery: Path, judged: Judged) -> None:
        self.page = page
        self.gallery = gallery
        self.axe = Axe()
        self.judged = judged
        self.heard: list[str] = []
        page.on("console", lambda message: self.heard.append(message.text) if _is_fault(message) else None)
        page.on("pageerror", lambda error: self.heard.append(str(error)))

    def look(self, visit: Visit, language: str, english: frozenset[str]) -> Iterator[str]:
        """Open the page and yield what is wrong with it. `english` are words that only an English page may say."""
        self.heard.clear()
        status = self.open(visit)
        if status != visit.status:
            yield f"answered {status} instead of {visit.status}"
            return
        outline = self.page.evaluate("outline()")
        yield from outline_faults(outline, language)
        said = self.page.evaluate("ownWords()")
        yield from foreign_words(said, language, english)
        yield from (f"does not isolate: {text}" for text in said if any(piece in text for piece in HURTFUL_PIECES))
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            yield from (f"at {width} px: {lost}" for lost in self.page.evaluate("lostWords()"))
            yield from (f"at {width} px: {fault}" for fault in self._axe_faults(f"{direction(language)} {width}"))
            if TAKES_PICTURES:
                self._picture(visit, language, width)
            yield from self._adapted("spaceText" if width == min(WIDTHS) else "doubleText", width)
        yield from (f"the console says: {said}" for said in self.heard)

    def open(self, visit: Visit) -> int:
        """Go to the page, do there what is to be done, and return the status of what is then shown."""
        answer = self.page.goto(visit.address)
        if visit.act:
            with self.page.expect_navigation() as navigation:
                self.page.evaluate(visit.act)
            answer = navigation.value
        assert answer is not None
        self.page.evaluate(CHECKS.read_text())
        return answer.status

    def _axe_faults(self, layout: str) -> list[str]:
        """Return what axe finds, a line for each rule that is broken. A page that differs in words only was judged."""
        structure = self.page.evaluate("structure()")
        if (structure, "") not in self.judged:
            self.judged[structure, ""] = self._run_axe(STANDARDS)
            self.judged[structure, layout] = []
        if (structure, layout) not in self.judged:
            self.judged[structure, layout] = self._run_axe({"type": "rule", "values": LAYOUT_RULES})
        return self.judged[structure, ""] + self.judged[structure, layout]

    def _run_axe(self, rules: object) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self.axe.axe_script)
        found = self.page.evaluate("options => axe.run(options)", AXE_OPTIONS | {"runOnly": rules})
        return [
            f"axe {rule['id']}: {rule['help']}: {[node['target'] for node in rule['nodes']][:3]}"
            for rule in found["violations"]
        ]

    def _adapted(self, script: str, width: int) -> Iterator[str]:
        """Yield what gets lost with wider spacing on a phone, and with text at 200 % on half a desk."""
        if script == "doubleText":
            self.page.set_viewport_size({"width": width // 2, "height": WIDTHS[width]})
        self.page.evaluate(f"{script}(true)")
        yield from (f"{script}: {lost}" for lost in self.page.evaluate("lostWords()"))
        self.page.evaluate(f"{script}(false)")

    def _picture(self, visit: Visit, language: str, width: int) -> None:
        folder = self.gallery / f"{language}-{width}"
        folder.mkdir(parents=True, exist_ok=True)
        height = min(self.page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        part = {"x": 0, "y": 0, "width": width, "height": height}
        path = folder / f"{visit.name}.jpg"
        self.page.screenshot(path=path, type="jpeg", quality=60, full_page=True, clip=part)


def outline_faults(outline: dict[str, Any], language: str) -> Iterator[str]:
    """Yield what is wrong with the frame of a page."""
    if (outline["lang"], outline["dir"]) != (language, direction(language)):
        yield f"lang and dir are {outline['lang']} and {outline['dir']}"
    if len(outline["h1"]) != 1 or not outline["h1"][0]:
        yield f"the h1 are {outline['h1']}"
    elif not outline["title"].startswith(outline["h1"][0]) or not outline["title"].endswith("MentorReady"):
        yield f"the title {outline['title']!r} does not begin with the h1 {outline['h1'][0]!r}"
    if outline["mains"] != 1:
        yield f"there are {outline['mains']} main elements"
    if outline["repeatedIds"]:
        yield f"ids are there twice: {outline['repeatedIds']}"
    if outline["bytes"] > HEAVIEST:
        yield f"the page weighs {outline['bytes']} bytes"


def foreign_words(said: Iterable[str], language: str, english: frozenset[str]) -> Iterator[str]:
    """Yield what a page says in another language than its own."""
    for text in said:
        if language != "en" and text in english:
            yield f"says in English: {text}"
        elif language == "he" and (words := [word for word in LATIN.findall(text) if word not in NAMES | TERMS]):
            yield f"says in Latin letters: {words} in {text!r}"
        elif language != "he" and HEBREW.search(text):
            yield f"says in Hebrew: {text}"
        elif language == "en" and POLISH.search(text):
            yield f"says in Polish: {text}"


def plain_words(said: Iterable[str]) -> list[str]:
    """Return what a page in the pseudo-language says that was not translated; CLDR has dates, zones and languages."""
    locale = Locale(INSTEAD_OF)
    dates = [names for form in ("format", "stand-alone") for names in locale.months[form]["wide"].values()]
    zones = [get_timezone_location(ZoneInfo(zone), locale=locale) for zone in ZONES]
    languages = [locale.languages[code] for code in LANGUAGES]
    of_cldr = " ".join([*dates, *locale.days["format"]["wide"].values(), *zones, *languages])
    allowed = NAMES | TERMS | set(LATIN.findall(of_cldr)) | set(LANGUAGE_NAMES.values())
    return [text for text in said if any(word not in allowed for word in LATIN.findall(text) if word.isascii())]


def _is_fault(message: Any) -> bool:
    # A page that was refused on purpose is reported too.
    return message.type == "error" and not message.text.startswith("Failed to load resource")
