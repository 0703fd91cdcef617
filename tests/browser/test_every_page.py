"""Every page of the tool, as each role sees it, in each language, on a phone and on a desk: nobody is shut out.

The pages are listed from the routes, so that none can be forgotten. `make gallery` keeps pictures in var/gallery.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from playwright.sync_api import sync_playwright

from service.i18n import LANGUAGES
from tests.browser.alikes import leave_out_alikes
from tests.browser.chromium import launch
from tests.browser.conftest import OpenBrowser
from tests.browser.house import House, open_house
from tests.browser.looks import CHECKS, Judged, Looker, plain_words
from tests.browser.pseudo import INSTEAD_OF, Words, disguise, pseudo_language
from tests.browser.samples import SAMPLES, Visit, list_visits, page_routes
from tests.databases import sqlite_url
from tests.demo.stage import ROOT

GALLERY = ROOT / "var" / "gallery"
WINDOWS = 2
"""Browsers that look at pages side by side."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    database = shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    with open_house(sqlite_url(database), folder) as house:
        yield house


@pytest.fixture(scope="module")
def visits(house: House) -> list[Visit]:
    """Every page as each role sees it, without those that look like another one."""
    return list(leave_out_alikes(house, list_visits(house)))


@pytest.fixture(scope="module")
def english() -> frozenset[str]:
    """What only an English page may say: the source of every string that is other words in Hebrew and in Polish."""
    catalogs = []
    for language in ("he", "pl"):
        with (ROOT / "service/web/translations" / language / "LC_MESSAGES/messages.po").open("rb") as words:
            catalogs.append(_translated(read_po(words)))
    return frozenset.intersection(*catalogs)


def _translated(catalog: Catalog) -> frozenset[str]:
    messages = [message for message in catalog if isinstance(message.id, str) and message.id != message.string]
    return frozenset(message.id for message in messages if message.id)


def test_every_route_is_visited(house: House) -> None:
    assert set(page_routes(house.app)) == set(SAMPLES)


def test_nothing_is_left_untranslated(house: House) -> None:
    """Every page in a pseudo-language, without a browser."""
    house.speak(INSTEAD_OF)
    client, untranslated = house.app.test_client(use_cookies=False), []
    with pseudo_language(house.app):
        for visit in list_visits(house):
            cookie = "=".join(house.cookie(visit.person, language=INSTEAD_OF))
            answer = client.get(visit.address, base_url=house.url, headers={"Cookie": cookie})
            said = Words(answer.text).said
            assert any(disguise("Skip") in text for text in said), visit.name
            untranslated += [f"{visit.name}: {text.strip()}" for text in plain_words(said)]
    assert not untranslated, "\n".join(untranslated)


@pytest.fixture(scope="module")
def judged() -> Iterator[Judged]:
    """What axe has judged; at the end its sum is kept beside the pictures."""
    judged: Judged = {}
    yield judged
    lines = [f"{len(judged)} structures of pages judged by axe", f"{sum(map(len, judged.values()))} rules broken"]
    GALLERY.mkdir(parents=True, exist_ok=True)
    (GALLERY / "axe.txt").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page(
    language: str, house: House, visits: list[Visit], english: frozenset[str], judged: Judged, tmp_path: Path
) -> None:
    house.speak(language)

    def look(number: int) -> list[str]:
        """Look at a share of the pages, in a browser of this thread's own."""
        faults = []
        with sync_playwright() as playwright:
            profile = tmp_path / str(number)
            context = launch(playwright, profile, third_party_cookies="allowed", locale=language)
            looker = Looker(context.pages[0], GALLERY, judged)
            for visit in visits[number::WINDOWS]:
                house.enter(context, visit.person, language=language)
                faults += [f"{visit.name}: {fault}" for fault in looker.look(visit, language, english)]
            context.close()
        return faults

    with ThreadPoolExecutor(WINDOWS) as pool:
        faults = [fault for found in pool.map(look, range(WINDOWS)) for fault in found]
    assert not faults, "\n".join(faults)


def test_pages_stand_in_the_frame_of_an_lms(house: House, visits: list[Visit], open_browser: OpenBrowser) -> None:
    """600 px on another site, in Polish, whose words are the longest."""
    house.speak("pl")
    faults = []
    context = open_browser(locale="pl")
    page = context.pages[0]
    page.goto(f"{house.lms}/frame")
    frame = page.frame("tool")
    assert frame
    for visit in visits:
        if visit.course == "busy" and not visit.act and visit.status == 200:
            house.enter(context, visit.person, language="pl")
            frame.goto(visit.address)
            frame.evaluate(CHECKS.read_text())
            faults += [f"{visit.name}: {lost}" for lost in frame.evaluate("lostWords()")]
            faults += [visit.name for _ in range(frame.locator("h1").count(), 1)]
    assert not faults, "\n".join(faults)
