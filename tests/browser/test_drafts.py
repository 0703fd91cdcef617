"""What is typed is never lost: a reload, no network, an ended session, two devices, an answer that got lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Route, expect
from sqlalchemy import select

from service.db import transaction
from service.exercises.models import Attempt, Draft
from service.modules.loader import load_catalogue
from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.demo.stage import ROOT
from tests.waiting import wait_until

CATALOGUE = load_catalogue(ROOT / "tests" / "sample_content")
MODULES = {exercise.type: (module.key, exercise.key) for module in CATALOGUE.modules for exercise in module.exercises}
KEPT_ON_DEVICE = """() => new Promise((resolve) => {
  const opening = indexedDB.open("mentorready", 1);
  opening.onsuccess = () => {
    const asked = opening.result.transaction("drafts").objectStore("drafts").count();
    asked.onsuccess = () => resolve(asked.result);
  };
})"""
WORDS = "We agreed on three goals, " * 10


class Desk:
    """One browser of the learner, at one exercise."""

    def __init__(self, school: School, context: BrowserContext, type_: str = "long-text") -> None:
        module, self.exercise = MODULES[type_]
        self.context = context
        self.address = f"{school.enter(context, 'learner')}/modules/{module}"
        self.page = context.pages[0]
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)

    def open_again(self) -> None:
        """Open the page in a new tab, with a network, after the old one was closed without one."""
        old, self.page = self.page, self.context.new_page()
        old.close()
        self.context.set_offline(False)
        self.open()

    @property
    def article(self) -> Locator:
        return self.page.locator(f"#exercise-{self.exercise}")

    @property
    def text(self) -> Locator:
        return self.article.locator("textarea[name=text]")

    @property
    def state(self) -> Locator:
        return self.article.locator(".save-state")

    def type(self, text: str) -> None:
        self.text.press("Control+End")
        self.page.keyboard.type(text)

    def type_and_wait(self, text: str) -> None:
        with self.page.expect_response("**/draft") as saving:
            self.type(text)
        assert saving.value.ok
        expect(self.state).to_contain_text("Saved")

    def send(self) -> None:
        self.article.get_by_role("button", name="Send answer").click()


@pytest.fixture
def school(tmp_path: Path, sqlite_template: Path) -> Iterator[School]:
    database = Path(shutil.copyfile(sqlite_template, tmp_path / "mentorready.sqlite"))
    with open_school(
        tmp_path, database, CATALOGUE, {"learner": (Role.MENTOR, "en"), "staff": (Role.COORDINATOR, "en")}
    ) as school:
        yield school


@pytest.fixture
def desk(school: School, open_browser: OpenBrowser) -> Desk:
    return Desk(school, open_browser())


def kept(school: School) -> list[str]:
    """Return the texts of all drafts in the database."""
    with transaction(school.app.extensions["sessions"]) as session:
        return sorted(draft.fields.get("text", "") for draft in session.scalars(select(Draft)))


def handed_in(school: School) -> list[str]:
    with transaction(school.app.extensions["sessions"]) as session:
        return [str(attempt.answer["text"]) for attempt in session.scalars(select(Attempt))]


def test_what_is_typed_is_there_after_a_reload_and_ends_when_it_is_sent(school: School, desk: Desk) -> None:
    desk.type_and_wait("Half a thou")
    desk.open()
    expect(desk.text).to_have_value("Half a thou")
    expect(desk.state).to_contain_text("Not sent yet; nobody else sees it. Saved:")
    desk.type_and_wait(f"ght. {WORDS}")
    wait_until(lambda: desk.page.evaluate(KEPT_ON_DEVICE) == 0)  # a slow machine saves what it has typed so far first
    desk.send()
    expect(desk.article.locator(".result")).to_be_visible()
    assert handed_in(school) == [f"Half a thought. {WORDS}".strip()]
    assert kept(school) == []


def test_a_page_that_is_left_at_once_keeps_the_last_letter(school: School, desk: Desk) -> None:
    desk.type("All of it")
    desk.page.goto("about:blank")
    wait_until(lambda: "".join(kept(school)).endswith("t"))  # a slow machine saves what it has typed so far first
    assert kept(school) == ["All of it"]


def test_without_a_network_the_device_keeps_it_and_the_tool_gets_it_later(school: School, desk: Desk) -> None:
    desk.context.set_offline(True)
    desk.type("In the train")
    expect(desk.state).to_contain_text("Kept on this device")
    desk.send()
    expect(desk.state).to_contain_text("Not sent: there is no connection")
    desk.open_again()
    expect(desk.text).to_have_value("In the train")
    expect(desk.state).to_contain_text("Saved")
    assert kept(school) == ["In the train"]
    wait_until(lambda: desk.page.evaluate(KEPT_ON_DEVICE) == 0)


def test_when_the_session_has_ended_the_text_stays_and_comes_back(school: School, desk: Desk) -> None:
    desk.context.clear_cookies()
    desk.type("After lunch")
    expect(desk.state).to_contain_text("the sign-in has ended")
    expect(desk.state.get_by_role("link")).to_have_attribute("href", "https://lms.example/course/1")
    expect(desk.text).to_have_value("After lunch")
    school.enter(desk.context, "learner")
    desk.open()
    expect(desk.text).to_have_value("After lunch")
    expect(desk.state).to_contain_text("Saved")
    assert kept(school) == ["After lunch"]


def test_two_devices_have_two_versions_and_the_person_chooses(
    school: School, desk: Desk, open_browser: OpenBrowser
) -> None:
    phone = Desk(school, open_browser(viewport={"width": 360, "height": 640}))
    desk.type_and_wait("At the desk")
    phone.type_and_wait("On the phone")
    desk.open()
    expect(desk.text).to_have_value("On the phone")
    desk.article.get_by_role("link", name="Show this version").click()
    expect(desk.text).to_have_value("At the desk")
    desk.article.get_by_text("Throw away").click()
    desk.article.get_by_role("button", name="Throw it away").click()
    expect(desk.text).to_have_value("At the desk")
    assert kept(school) == ["At the desk"]


def test_what_was_typed_on_a_device_without_network_stands_beside_what_came_meanwhile(
    school: School, desk: Desk, open_browser: OpenBrowser
) -> None:
    phone = Desk(school, open_browser())
    desk.context.set_offline(True)
    desk.type("At the desk")
    expect(desk.state).to_contain_text("Kept on this device")
    phone.type_and_wait("On the phone")
    desk.open_again()
    expect(desk.article.get_by_role("link", name="Show this version")).to_be_visible()
    expect(desk.text).to_have_value("At the desk")
    assert kept(school) == ["At the desk", "On the phone"]


def test_an_answer_whose_receipt_got_lost_is_sent_once(school: School, desk: Desk) -> None:
    def lose_the_receipt(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    desk.type_and_wait(WORDS)
    desk.page.route(f"**/exercises/{desk.exercise}", lose_the_receipt, times=1)
    desk.send()
    expect(desk.page.get_by_text("ERR_CONNECTION_RESET")).to_be_visible()
    desk.open()
    expect(desk.article.locator(".result")).to_be_visible()
    assert handed_in(school) == [WORDS.strip()]
    assert kept(school) == []


def test_the_order_that_buttons_made_is_kept(school: School, open_browser: OpenBrowser) -> None:
    desk = Desk(school, open_browser(), "order")
    items = desk.article.locator("[data-order] label")
    with desk.page.expect_response("**/draft"):
        desk.article.locator("[data-move='1']").first.click()
    moved = items.all_text_contents()
    desk.open()
    expect(items).to_have_text(moved)
    desk.context.set_offline(True)
    desk.article.locator("[data-move='1']").first.click()
    expect(desk.state).to_contain_text("Kept on this device")
    moved = items.all_text_contents()
    desk.open_again()
    expect(desk.state).to_contain_text("Saved")
    expect(desk.article.locator("[data-order] label")).to_have_text(moved)
