"""A module on the screen in class by the keys of a clicker and by arrows, which turn round where reading does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.makers import make_catalogue


@pytest.fixture
def school(tmp_path: Path, sqlite_template: Path) -> Iterator[School]:
    database = shutil.copyfile(sqlite_template, tmp_path / "mentorready.sqlite")
    people = {language: (Role.COORDINATOR, language) for language in ("en", "he")}
    with open_school(tmp_path, database, make_catalogue(), people) as school:
        yield school


def test_steps_are_turned_by_keyboard_alone(open_browser: OpenBrowser, school: School) -> None:
    context = open_browser(viewport={"width": 1280, "height": 800})
    page = context.pages[0]
    for language, forward, back in (("en", "ArrowRight", "ArrowLeft"), ("he", "ArrowLeft", "ArrowRight")):
        page.goto(f"{school.enter(context, language)}/modules/roles/classroom")
        for step, key in ((2, forward), (3, "PageDown"), (2, back), (1, "PageUp"), (2, "PageDown")):
            page.wait_for_load_state("load")  # before, no script listens
            page.keyboard.press(key)
            expect(page).to_have_url(f"{school.enter(context, language)}/modules/roles/classroom?step={step}")
        page.wait_for_load_state("load")
        page.get_by_role("group").first.locator("summary").press("PageDown")
        expect(page).to_have_url(f"{school.enter(context, language)}/modules/roles/classroom?step=2")
