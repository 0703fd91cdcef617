"""A coordinator opens a course in which nobody has been: the people are there, read from the LMS by the worker."""

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser import story
from tests.browser.conftest import OpenBrowser
from tests.demo.stage import Stage

TRIES = 60


@pytest.mark.usefixtures("processes")
def test_people_are_known_before_they_come(open_browser: OpenBrowser, stage: Stage) -> None:
    page = open_browser(locale="en", viewport={"width": 1280, "height": 900}).pages[0]
    story.enter(page, stage, "Robin Sample", course="Empty course")
    frame = story.open_activity(page, "Start page")
    _open_people(frame)
    for _ in range(TRIES):
        if frame.locator("#people-caption").count():
            break
        page.wait_for_timeout(500)
        _open_people(frame)
    row = frame.get_by_role("row", name="Tymon Przykładowski")
    expect(row).to_contain_text("Has not come yet")
    expect(frame.locator("#roster")).to_contain_text("3 people")
    story.picture(page, "people-from-the-roster")
    frame.get_by_role("button", name="Read the list of members from the course").click()
    expect(frame.locator(".notice.is-done")).to_be_visible()
    row.get_by_role("link").click()
    expect(frame.locator("h1")).to_have_text("Tymon Przykładowski")
    frame.locator("#field-role").select_option("mentee")
    frame.get_by_role("button", name="Change the role").click()
    expect(frame.locator(".notice.is-done")).to_be_visible()


def _open_people(frame: FrameLocator) -> None:
    frame.get_by_role("navigation", name="Main menu").get_by_role("link", name="People").click()
    expect(frame.locator("#roster")).to_be_visible()
