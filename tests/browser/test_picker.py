"""Choosing content inside the LMS's frame, where third-party cookies are blocked: the picker, and the way back."""

import pytest
from playwright.sync_api import expect

from tests.browser import story
from tests.browser.conftest import OpenBrowser
from tests.demo.stage import Stage


@pytest.mark.usefixtures("processes")
def test_staff_fill_a_course_from_its_frame(open_browser: OpenBrowser, stage: Stage) -> None:
    page = open_browser(third_party_cookies="blocked", locale="en", viewport={"width": 1280, "height": 900}).pages[0]
    story.enter(page, stage, "Robin Sample", "Empty course")
    page.get_by_role("link", name="Select content").click()
    frame = page.frame_locator("#contentframe")
    frame.locator('input[value="readiness"]').check()
    frame.get_by_role("searchbox").fill("תפקידים")
    frame.get_by_role("searchbox").press("Enter")
    expect(frame.locator('input[value="pairing"]')).to_have_count(0)
    expect(frame.locator('input[value="readiness"]')).to_be_checked()
    frame.locator('input[value="module:roles"]').check()
    frame.locator("#field-role").select_option("mentee")
    story.picture(page, "picker")
    frame.locator("button[value=add]").click()
    expect(frame.get_by_role("listitem")).to_have_count(2)
    frame.get_by_role("button", name="Save and return to course").click()
    expect(story.open_activity(page, "Roles in mentoring").locator("h1")).to_have_text("Roles in mentoring")
