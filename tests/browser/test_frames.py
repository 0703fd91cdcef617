"""In the frame of the LMS, for the browser another site: with a partitioned cookie, with no cookie, in two tabs."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from service.modules.content import Catalogue
from tests.browser import story
from tests.browser.conftest import OpenBrowser
from tests.demo.stage import Stage

KEEPS_NOTHING = """() => new Promise((tell) => {
  try {
    const opening = indexedDB.open("any");
    opening.onerror = () => tell(true);
    opening.onsuccess = () => tell(false);
  } catch { tell(true); }
})"""
MENTOR = "Kalina Zmyślona"
YOUTH_WORKER = "Tymon Przykładowski"
"""In no other test of that course: what is asked for here stays."""
ACTIVITY = "Roles in mentoring"


@pytest.fixture(scope="module")
def catalogue(taught: Catalogue) -> Catalogue:
    return taught


@pytest.fixture
def lms(stage: Stage, processes: object) -> Iterator[Stage]:
    """The running LMS, whose switches are turned back after the test."""
    assert processes
    yield stage
    turn(stage, action="reset")


def turn(stage: Stage, **switches: str) -> None:
    requests.post(f"{stage.lms_url}/switches", json=switches, timeout=10).raise_for_status()


def open_frame(page: Page, stage: Stage, activity: str = ACTIVITY) -> FrameLocator:
    story.enter(page, stage, MENTOR)
    return story.open_activity(page, activity)


def wait_until_drawn(frame: FrameLocator) -> None:
    """Wait until a frame that was loaded behind another tab is on the screen: Chromium takes no click for it before."""
    frame.locator("html").evaluate(
        "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )


@pytest.fixture
def cookieless(open_browser: OpenBrowser) -> BrowserContext:
    """A browser that lets the tool set no cookie, not even a partitioned one."""
    return open_browser(third_party_cookies="blocked", no_cookies_at="127.0.0.1", locale="en")


def addresses_of(page: Page) -> list[str]:
    return [frame.url for frame in page.frames]


def cookies_of(context: BrowserContext, stage: Stage) -> list[str]:
    return [str(cookie.get("name")) for cookie in context.cookies(stage.tool_url)]


@pytest.mark.parametrize("storage", ["_parent", "frame", "capabilities"])
def test_everything_works_without_any_cookie_where_the_lms_has_storage(
    cookieless: BrowserContext, lms: Stage, storage: str, catalogue: Catalogue
) -> None:
    turn(lms, platform_storage=storage)
    page = cookieless.pages[0]
    frame = open_frame(page, lms)
    module = catalogue.module("roles")
    expect(frame.locator("form#held")).to_be_attached(timeout=15_000)
    if storage == "_parent":
        frame.locator(".exercise input[type=radio]").first.check()
        expect(frame.locator(".save-state").first).to_contain_text("UTC")
        story.complete(frame, module)
        frame.locator(".languages button[value=he]").click()
        expect(frame.locator("html")).to_have_attribute("lang", "he")
        frame.locator(".main-nav a").first.click()
        expect(frame.locator(".main-nav a").first).to_have_attribute("aria-current", "page")
        with cookieless.expect_page() as opened:
            frame.locator("form.new-window button").click()
        expect(opened.value.locator(".main-nav a").first).to_have_attribute("aria-current", "page")
        frame.locator(".languages button[value=en]").click()
    assert cookies_of(cookieless, lms) == []
    assert all("eyJ" not in address for address in addresses_of(page))


@pytest.mark.parametrize("answers", ["none", "error", "other_value", "other_message", "other_origin"])
def test_wrong_answers_of_the_storage_open_nothing(cookieless: BrowserContext, lms: Stage, answers: str) -> None:
    turn(lms, platform_storage="_parent", storage_answers=answers)
    frame = open_frame(cookieless.pages[0], lms)
    expect(frame.locator(".note")).to_contain_text("cookie_mismatch" if answers == "other_value" else "cookie_missing")
    expect(frame.locator(".acts a")).to_be_visible()


def test_without_cookie_and_storage_a_way_out_is_shown(cookieless: BrowserContext, lms: Stage) -> None:
    frame = open_frame(cookieless.pages[0], lms)
    expect(frame.locator(".note")).to_contain_text("cookie_missing")
    with cookieless.expect_page() as opened:
        frame.locator(".acts a[target=_blank]").click()
    expect(opened.value.locator("h1")).to_be_visible()


def test_two_tabs_with_a_partitioned_cookie_and_storage(open_browser: OpenBrowser, lms: Stage) -> None:
    turn(lms, platform_storage="frame")
    context = open_browser(third_party_cookies="blocked", locale="en")
    first, second = context.pages[0], context.new_page()
    frames = [open_frame(first, lms), open_frame(second, lms, "Start page")]
    for frame in frames:
        expect(frame.locator(".main-nav")).to_be_visible()
        expect(frame.locator("form#held")).to_have_count(0)
    first.bring_to_front()
    wait_until_drawn(frames[0])
    frames[0].locator(".main-nav a").first.click()
    expect(frames[0].locator(".main-nav a").first).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize(
    ("no_cookies_at", "activity"),
    [("", ACTIVITY), ("127.0.0.1", "Stages of the process")],
    ids=["with a partitioned cookie", "without a cookie"],
)
def test_a_form_is_kept_where_the_browser_keeps_nothing_for_a_frame(
    open_browser: OpenBrowser, lms: Stage, no_cookies_at: str, activity: str
) -> None:
    turn(lms, platform_storage="_parent")
    context = open_browser(third_party_cookies="blocked", no_cookies_at=no_cookies_at, locale="en")
    page = context.pages[0]

    def open_form() -> FrameLocator:
        story.enter(page, lms, YOUTH_WORKER, "Module I for youth workers")
        frame = story.open_activity(page, activity)
        frame.locator("a[href$='/prior-learning']").click()
        expect(frame.locator("form[data-keep] > [role=status]")).to_be_attached()
        return frame

    frame = open_form()
    assert page.frames[-1].evaluate(KEEPS_NOTHING)
    field = frame.locator("form[data-keep] textarea")
    field.fill("Two years of")
    expect(frame.locator("form[data-keep] .save-state.is-saved")).to_contain_text("UTC")
    field.press_sequentially(" youth work")
    frame.locator(".main-nav a").first.click()  # before a second has passed
    expect(frame.locator(".main-nav a").first).to_have_attribute("aria-current", "page")
    frame = open_form()
    expect(field).to_have_value("Two years of youth work")
    said = frame.locator("form[data-keep] .save-state")
    words = frame.locator("#unsent")
    expect(said).to_have_text(words.get_attribute("data-restored-here") or "no words")
    context.set_offline(True)
    frame.locator("form[data-keep] button").click()
    expect(said).to_have_text(words.get_attribute("data-offline") or "no words")
    expect(field).to_have_value("Two years of youth work")
    context.set_offline(False)
    frame.locator("form[data-keep] button").dblclick()
    expect(frame.get_by_text("Two years of youth work")).to_have_count(1)
    expect(frame.locator("form[data-keep]")).to_have_count(0)


def test_p10_page_of_the_first_person_says_so_once_a_second_came(open_browser: OpenBrowser, lms: Stage) -> None:
    context = open_browser(third_party_cookies="blocked", locale="en")
    first, second = context.pages[0], context.new_page()
    frame = open_frame(first, lms)
    told = frame.locator("#other-person")
    expect(told).to_be_hidden()
    story.enter(second, lms, "Ada Example")
    expect(story.open_activity(second, ACTIVITY).locator("#other-person")).to_be_hidden()
    expect(told).to_be_visible()


def test_p11_link_to_a_place_leads_there_as_the_frame_scrolls(open_browser: OpenBrowser, lms: Stage) -> None:
    context = open_browser(third_party_cookies="blocked", locale="en")
    frame = open_frame(context.pages[0], lms)
    link = frame.locator(".contents a[href^='#exercise-']").last
    frame.locator(".contents summary").click()
    place = frame.locator(link.get_attribute("href") or "nothing")
    expect(place).not_to_be_in_viewport()
    link.click()
    expect(place).to_be_in_viewport()
