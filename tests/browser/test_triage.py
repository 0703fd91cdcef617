"""Staff go through the list of people by keyboard alone: from the board to a person, an act, and the next."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.makers import make_catalogue

MOST_STEPS = 120
"""Tab stops within which everything on a page is reached."""
PEOPLE = {"coordinator": Role.COORDINATOR, "anna": Role.MENTOR, "bela": Role.MENTOR, "cecilia": Role.MENTOR}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("school")
    database = shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    people = {name: (role, "he") for name, role in PEOPLE.items()}
    with open_school(folder, database, make_catalogue(), people) as school:
        yield school


def test_a_condition_is_waived_on_the_way_through_the_list_without_a_mouse(
    school: School, open_browser: OpenBrowser
) -> None:
    context = open_browser()
    course, page = school.enter(context, "coordinator"), context.pages[0]
    page.goto(f"{course}/people/board/?role=mentor&sort=name")
    _tab_to(page, "th[scope=row] a")
    page.keyboard.press("Enter")
    _expect_person(page, "anna")
    page.keyboard.press("Alt+PageUp")  # nobody comes before
    page.keyboard.press("Alt+PageDown")
    _expect_person(page, "bela")
    _tab_to(page, "#waivers details.fold > summary")
    page.keyboard.press("Enter")
    _tab_to(page, "[name=condition]")
    page.keyboard.press("ArrowDown")
    _tab_to(page, "[name=reason]")
    page.keyboard.type("Known to us for years.")
    _tab_to(page, "#waivers form button")
    page.keyboard.press("Enter")
    expect(page.locator(".waiver")).to_contain_text("Known to us for years.")
    _expect_person(page, "bela")
    page.keyboard.press("Alt+PageDown")
    _expect_person(page, "cecilia")
    page.keyboard.press("Alt+PageUp")
    _expect_person(page, "bela")
    _tab_to(page, ".neighbours a:last-child")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/people/board/\?role=mentor&sort=name$"))


def _expect_person(page: Page, name: str) -> None:
    expect(page.locator("h1")).to_contain_text(f"Name of {name}")
    expect(page.locator(".neighbours")).to_be_visible()
    page.wait_for_load_state("load")  # before, no script listens


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first element that fits has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement === document.querySelector(wanted)", selector):
            return
    raise AssertionError(f"No way by keyboard to {selector}")
