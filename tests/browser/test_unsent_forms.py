"""What is typed into any other form stays on the device until the tool has taken it, a day at most, and not longer."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import g
from playwright.sync_api import Locator, Page, Route, expect

from service.people.models import Role
from service.web.held import held_page
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.browser.test_drafts import CATALOGUE, KEPT_ON_DEVICE, WORDS
from tests.waiting import wait_until

AGAIN = "You typed this before, and it was not sent."


@pytest.fixture
def school(tmp_path: Path, sqlite_template: Path) -> Iterator[School]:
    database = Path(shutil.copyfile(sqlite_template, tmp_path / "mentorready.sqlite"))
    people = {"learner": (Role.MENTOR, "en"), "staff": (Role.COORDINATOR, "en")}
    with open_school(tmp_path, database, CATALOGUE, people) as school:
        # The browser is given a cookie without a partition; the tool must write into the same one.
        school.app.config["SESSION_COOKIE_PARTITIONED"] = False
        yield school


def wait_until_kept_from_now_on(form: Locator) -> None:
    """Wait for the script that keeps what is typed: it gives the form a place for what it says."""
    expect(form.locator("> [role=status]")).to_be_attached()


def open_held(school: School, page: Page, person: str, path: str) -> None:
    """Open a page as after a launch in a frame where the browser keeps no cookie: the page holds the session."""
    cookie = school.cookies[person]
    with school.app.test_request_context(path, headers={"Cookie": f"{cookie['name']}={cookie['value']}"}):
        g.lang = "en"
        entrance = held_page(path).get_data(as_text=True)
    page.route("**/entrance", lambda route: route.fulfill(body=entrance, content_type="text/html"))
    page.goto(f"{school.url}/entrance")
    expect(page.locator("form#held")).to_be_attached()
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("has_cookie", [True, False], ids=["cookie", "held by the page"])
def test_what_staff_type_is_there_again_after_the_network_was_cut(
    school: School, open_browser: OpenBrowser, has_cookie: bool
) -> None:
    """On the device only, until it is taken; then the device forgets it."""
    context = open_browser()
    learner = f"/course/{school.courses['staff']}/people/{school.members['learner']}"

    def open_learner() -> tuple[Page, Locator]:
        page = context.new_page()
        if has_cookie:
            school.enter(context, "staff")
            page.goto(f"{school.url}{learner}")
        else:
            open_held(school, page, "staff", learner)
        form = page.locator("form[action$='/waivers']")
        wait_until_kept_from_now_on(form)
        return page, form

    page, form = open_learner()
    page.get_by_text("Waive a condition").click()
    form.get_by_label("Condition").select_option(index=1)
    form.get_by_label("Reason").fill(WORDS)
    context.set_offline(True)
    form.get_by_role("button", name="Waive it").click()
    expect(form.get_by_text("Not sent: there is no connection.")).to_be_visible()
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 1)
    page.close()
    context.set_offline(False)
    page, form = open_learner()
    expect(form.get_by_label("Reason")).to_have_value(WORDS)
    expect(form.get_by_text(AGAIN)).to_be_visible()
    form.get_by_role("button", name="Waive it").click()
    expect(page.get_by_text("The condition is waived for this person.")).to_be_visible()
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 0)
    assert bool(context.cookies()) is has_cookie


def test_conditions_that_staff_typed_or_tried_out_are_there_again(school: School, open_browser: OpenBrowser) -> None:
    """Each form of the editor by itself; and what was tried out, until it is saved."""
    context = open_browser()
    address = f"{school.enter(context, 'staff')}/conditions/mentor"
    page = context.new_page()
    page.goto(address)
    wait_until_kept_from_now_on(page.locator("form[data-place^=stricter]").first)
    page.get_by_text("Ask for a least score").first.click()
    page.locator("input[name=min_percent]").first.fill("80")
    page.locator("#own details").first.click()
    page.locator("#own select[name=waived_by]").first.select_option("2")
    context.set_offline(True)
    page.get_by_role("button", name="Try it out").first.click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 2)
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text(AGAIN)).to_have_count(2)
    expect(page.locator("input[name=min_percent]").first).to_have_value("80")
    expect(page.locator("#own select[name=waived_by]").first).to_have_value("2")
    page.get_by_role("button", name="Try it out").first.click()
    expect(page.get_by_text("Tried out, not saved yet")).to_be_visible()
    expect(page.get_by_text(AGAIN)).to_have_count(1)
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 2)
    page.close()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Show them again").click()
    expect(page.get_by_text("at least 80% of the points")).to_be_visible()
    page.get_by_role("button", name="Save these conditions").click()
    expect(page.get_by_text("Saved. Everyone in this role is looked at anew")).to_be_visible()
    expect(page.get_by_role("button", name="Show them again")).to_be_hidden()
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 1)


FORMS = [
    ("staff", "/events/new", "What happens there"),
    ("staff", "/people/{learner}/training/mentoring", "What was done, and how you know"),
    ("learner", "/modules/mentoring/prior-learning", "What was learned or done, where, and when?"),
    ("learner", "/profile", "Experience, and what I can offer"),
]


@pytest.mark.parametrize(("person", "path", "label"), FORMS, ids=[path for _, path, _ in FORMS])
def test_what_is_typed_is_there_again_when_the_page_was_left(
    school: School, open_browser: OpenBrowser, person: str, path: str, label: str
) -> None:
    context = open_browser()
    address = school.enter(context, person) + path.format(**school.members)
    page = context.pages[0]
    page.goto(address)
    field = page.get_by_label(label)
    wait_until_kept_from_now_on(page.locator("form[data-keep]").filter(has=field))
    field.fill(WORDS)
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 1)
    page.goto(address)
    expect(page.get_by_label(label)).to_have_value(WORDS)
    expect(page.get_by_text(AGAIN)).to_be_visible()


def test_what_is_typed_before_the_script_is_there_is_kept_too(school: School, open_browser: OpenBrowser) -> None:
    """And joins what was typed before, in other fields."""
    context = open_browser()
    address = f"{school.enter(context, 'staff')}/events/new"
    page = context.pages[0]
    page.goto(address)
    wait_until_kept_from_now_on(page.locator("form[data-keep]"))
    page.get_by_label("Led by").fill("Kalina")
    wait_until(lambda: page.evaluate(KEPT_ON_DEVICE) == 1)
    held_back: list[Route] = []

    def hold_back(route: Route) -> None:
        held_back.append(route)

    page.route("**/static/unsent.js*", hold_back)
    page.goto(address, wait_until="commit")
    page.get_by_label("What happens there").fill(WORDS)
    wait_until(lambda: page.evaluate("true") and len(held_back) == 1)  # asked of the page, so that routes are heard
    held_back[0].continue_()
    expect(page.get_by_label("Led by")).to_have_value("Kalina")
    expect(page.get_by_label("What happens there")).to_have_value(WORDS)
    page.unroute_all()
    page.goto(address)
    expect(page.get_by_label("What happens there")).to_have_value(WORDS)
    expect(page.get_by_label("Led by")).to_have_value("Kalina")


def test_what_worries_somebody_stays_on_no_device(school: School, open_browser: OpenBrowser) -> None:
    """It may be the device of whom it is about."""
    context = open_browser()
    page = context.pages[0]
    page.goto(f"{school.enter(context, 'learner')}/forums/safety/new")
    page.get_by_label("What worries you?").fill(WORDS)
    assert page.locator("[data-keep]").count() == 0
    assert page.locator("script[src*=unsent]").count() == 0
    context.set_offline(True)
    page.get_by_role("button", name="Send to the coordinators").click()
    expect(page.get_by_text("Not sent: there is no connection.")).to_be_visible()
    expect(page.get_by_label("What worries you?")).to_have_value(WORDS)
    context.set_offline(False)
    page.get_by_role("button", name="Send to the coordinators").click()
    expect(page.get_by_role("heading", name="What you have sent")).to_be_visible()
