"""Sections are read when their reader says so or comes to their end; a page that is only opened notes nothing more."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from service.modules.content import Catalogue, ModuleWords
from service.modules.requirements import Kind, Requirement
from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.makers import make_catalogue, make_module


def _catalogue() -> Catalogue:
    """Return a module of one long section that must be read, beside an exercise that is far below its beginning."""
    module = make_module("roles", ("mentor",), ("first",))
    words = {language: _made_long(one) for language, one in module.words.items()}
    return make_catalogue(replace(module, words=words, complete=Requirement(Kind.READ, "roles", ("start",))))


def _made_long(words: ModuleWords) -> ModuleWords:
    section = words.sections[0]
    return replace(words, sections=(replace(section, paragraphs=section.paragraphs * 100),))


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("school")
    database = shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    people = dict.fromkeys(("scrolls", "says"), (Role.MENTOR, "en"))
    with open_school(folder, database, _catalogue(), people) as school:
        yield school


def test_who_comes_to_the_end_has_read_and_who_only_opens_the_page_has_not(
    school: School, open_browser: OpenBrowser
) -> None:
    context = open_browser(viewport={"width": 360, "height": 640})
    course, page = school.enter(context, "scrolls"), context.pages[0]
    for _ in range(2):
        page.goto(f"{course}/modules/roles")
        expect(page.get_by_text("0 of 1 section read")).to_be_visible()
    with page.expect_response("**/modules/roles/read"):
        page.locator("#read-start").scroll_into_view_if_needed()
    expect(page.locator("#read-start").get_by_text("Read", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 of 1 section read")).to_be_visible()


def test_without_scripts_one_says_so(school: School, open_browser: OpenBrowser) -> None:
    context = open_browser(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    course, page = school.enter(context, "says"), context.pages[0]
    page.goto(f"{course}/modules/roles")
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_text("1 of 1 section read")).to_be_visible()
