"""What the administrator of an LMS does: connect the tool by one link, and test the connection."""

import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.story import enter, open_activity
from tests.demo.stage import MENTORREADY, Stage

ADMINISTRATOR = "Ada Example"


def _mentorready(stage: Stage, *arguments: str) -> str:
    command = [MENTORREADY, *arguments]
    answer = subprocess.run(command, env=stage.environment(), capture_output=True, text=True, check=True)
    return answer.stdout.strip()


@pytest.mark.usefixtures("processes")
def test_r09_lms_connects_by_one_link_and_its_frame_closes(open_browser: OpenBrowser, stage: Stage) -> None:
    page = open_browser(third_party_cookies="blocked", locale="en").pages[0]
    link = _mentorready(stage, "platform", "invite", "--note=By one link", "--allow-private-address")
    enter(page, stage, ADMINISTRATOR)
    page.goto(f"{stage.lms_url}/tools")
    page.get_by_label("Tool URL").fill(link)
    page.get_by_role("button", name="Add LTI Advantage").click()
    page.get_by_role("link", name="Register as a new external tool").click()
    frame = page.frame_locator("#registration")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Connect this learning platform")
    frame.get_by_label("A further connection beside it").check()
    frame.get_by_role("button", name="Register MentorReady").click()
    expect(page).to_have_url(f"{stage.lms_url}/tools")
    expect(page.locator("#registration")).to_have_count(0)
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Pending")).to_have_count(0)
    listed = next(line for line in _mentorready(stage, "platform", "list").splitlines() if "By one link" in line)
    public_id, state = listed.split()[:2]
    assert state == "pending"
    assert "is approved" in _mentorready(stage, "platform", "approve", public_id)
    _mentorready(stage, "platform", "disable", public_id)
    _the_link_works_only_once(page, link)


def _the_link_works_only_once(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("The invite has been used")


@pytest.mark.usefixtures("processes")
def test_administrator_tests_the_connection(open_browser: OpenBrowser, stage: Stage) -> None:
    page = open_browser(third_party_cookies="blocked", locale="en").pages[0]
    enter(page, stage, ADMINISTRATOR)
    frame = open_activity(page, "Start page")
    frame.get_by_role("link", name="Connection", exact=True).click()
    frame.get_by_role("button", name=re.compile("make a column")).click()
    expect(frame.get_by_text("The test found no fault.")).to_be_visible()
    expect(frame.get_by_text("A column was made and deleted again.")).to_be_visible()
    expect(frame.get_by_text("Members read:")).to_be_visible()
