"""The main path of a mentor and of a coordinator with the keyboard alone; and pages as readers adapt them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.looks import CHECKS
from tests.browser.school import School, open_school
from tests.makers import make_catalogue

PEOPLE = {
    "mentor-en": (Role.MENTOR, "en"),
    "mentor-he": (Role.MENTOR, "he"),
    "mentee": (Role.MENTEE, "pl"),
    "without-scripts": (Role.MENTOR, "en"),
    "coordinator": (Role.COORDINATOR, "en"),
}
MOST_STEPS = 60
STOP = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const edge = (low, high) => Math.max(0, low) / 2 + high / 2;
  const boxes = [...at.getClientRects()].filter((box) => box.bottom > 0 && box.top < innerHeight);
  const seen = boxes.some((box) => {
    const x = edge(box.left, Math.min(box.right, innerWidth)), y = edge(box.top, Math.min(box.bottom, innerHeight));
    const top = document.elementFromPoint(x, y);
    return top && (at.contains(top) || top.contains(at));
  });
  return {
    what: at.outerHTML.slice(0, 120),
    isPage: at === document.body,
    seen,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    pushed: document.querySelectorAll("[tabindex]:not([tabindex='0'], [tabindex='-1'])").length,
  };
}"""
ON_PAPER = """() => {
  const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const controls = [...document.querySelectorAll(".button, .main-nav, .languages, .new-window, .filters, .skip")];
  const style = getComputedStyle(document.documentElement);
  return {
    controls: controls.filter(isShown).map((element) => element.outerHTML.slice(0, 80)),
    states: [...document.querySelectorAll(".state")].every(isShown),
    colours: [style.color, style.backgroundColor],
  };
}"""
UNEDGED = """() => [...document.querySelectorAll(".state, .notice, .button, .card, .bar rect")]
  .filter((part) => part.checkVisibility())
  .filter((part) => !parseFloat(getComputedStyle(part)[part.tagName === "rect" ? "strokeWidth" : "borderTopWidth"]))
  .map((part) => part.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("school")
    database = shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    with open_school(folder, database, make_catalogue(), PEOPLE) as school:
        yield school


def tab(page: Page) -> None:
    """Go one stop further, and see that the focus shows and nothing covers it."""
    page.keyboard.press("Tab")
    stop = page.evaluate(STOP)
    assert stop["isPage"] or (stop["seen"] and stop["outlined"]), stop
    assert not stop["pushed"], "something is taken out of the order of the page"


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on until the focus is there."""
    for _ in range(MOST_STEPS):
        tab(page)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no way by keyboard to {wanted}")


def skip_to_content(page: Page) -> None:
    """The first stop is the skip link, which can be seen and leads into the content."""
    # When a page has loaded, the browser jumps once more to the place in its address, and takes the focus there.
    page.wait_for_load_state("load")
    tab(page)
    expect(page.locator("a.skip")).to_be_focused()
    expect(page.locator("a.skip")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize(("language", "size"), [("he", (320, 640)), ("en", (1280, 600))])
def test_a_mentor_finds_the_next_step_answers_and_commits(
    language: str, size: tuple[int, int], school: School, open_browser: OpenBrowser
) -> None:
    context = open_browser(viewport={"width": size[0], "height": size[1]})
    page = context.pages[0]
    page.goto(f"{school.enter(context, f'mentor-{language}')}/")
    skip_to_content(page)
    tab_to(page, page.locator("#readiness .button.primary"))
    page.keyboard.press("Enter")
    expect(page.locator(".exercise").first).to_be_visible()
    skip_to_content(page)
    first = page.locator(".exercise").first
    tab_to(page, first.locator(".button.primary"))
    page.keyboard.press("Enter")
    # The browser says what is missing, and leads there.
    expect(first.locator("input[type=radio]").first).to_be_focused()
    page.keyboard.press("Space")
    tab_to(page, first.locator(".button.primary"))
    page.keyboard.press("Enter")
    expect(first.locator(".result")).to_be_focused()
    expect(first.locator(".result")).to_be_in_viewport()
    page.goto(f"{school.enter(context, f'mentor-{language}')}/commitments/confidentiality")
    skip_to_content(page)
    tab_to(page, page.locator("main .button.primary"))
    page.keyboard.press("Enter")
    expect(page.locator(".condition.is-met")).to_have_count(1)


def test_a_coordinator_sorts_opens_a_person_changes_the_role_and_takes_it_back(
    school: School, open_browser: OpenBrowser
) -> None:
    context = open_browser(viewport={"width": 600, "height": 600})
    page = context.pages[0]
    page.goto(f"{school.enter(context, 'coordinator')}/")
    tab_to(page, page.locator(".main-nav a[href*='/people/']"))
    page.keyboard.press("Enter")
    expect(page.locator(".main-nav a[href*='/people/']")).to_have_attribute("aria-current", "page")
    skip_to_content(page)
    tab_to(page, page.locator("thead a").first)
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Name of mentee"))
    page.keyboard.press("Enter")
    role = page.locator("#field-role")
    expect(role).to_have_value("mentee")
    page.wait_for_load_state("load")
    tab_to(page, role)
    page.keyboard.press("ArrowUp")
    tab_to(page, page.locator("#role .button"))
    page.keyboard.press("Enter")
    expect(page.locator(".notice.is-done")).to_be_visible()
    expect(role).not_to_have_value("mentee")
    tab_to(page, page.locator(".notice.is-done .button"))
    page.keyboard.press("Enter")
    expect(role).to_have_value("mentee")


def test_every_form_works_without_scripts(school: School, open_browser: OpenBrowser) -> None:
    context = open_browser(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.pages[0]
    course = school.enter(context, "without-scripts")
    page.goto(f"{course}/")
    page.locator(".languages button[value=he]").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("#readiness .button.primary").click()
    first = page.locator(".exercise").first
    first.locator("input[type=radio]").first.check()
    first.locator(".button.primary").click()
    expect(first.locator(".result")).to_be_visible()
    page.goto(f"{course}/commitments/confidentiality")
    page.locator("main .button.primary").click()
    expect(page.locator(".condition.is-met")).to_have_count(1)
    page.goto(f"{course}/commitments/confidentiality")
    page.locator(".confirm summary").click()
    page.locator(".confirm .button.primary").click()
    expect(page.locator(".condition.is-met")).to_have_count(0)
    context = open_browser(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.pages[0]
    page.goto(f"{school.enter(context, 'coordinator')}/people/?role=mentor")
    page.get_by_role("link", name="Name of without-scripts").click()
    page.locator("#field-role").select_option("youth_worker")
    page.locator("#role .button").click()
    page.locator(".notice.is-done .button").click()
    expect(page.locator("#field-role")).to_have_value("mentor")


def test_dark_forced_colours_and_paper(school: School, open_browser: OpenBrowser) -> None:
    """On the page that shows every part in every state."""
    context = open_browser(viewport={"width": 1280, "height": 900})
    page = context.pages[0]
    page.goto(f"{school.url}/ui")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({runOnly: {type: 'rule', values: ['color-contrast']}})")
    assert [node["target"] for rule in found["violations"] for node in rule["nodes"]] == []
    page.emulate_media(forced_colors="active")
    assert page.evaluate(UNEDGED) == []
    page.locator("body").press("Tab")
    assert page.evaluate(STOP)["outlined"]
    page.emulate_media(media="print", color_scheme="dark", forced_colors="none")
    page.set_viewport_size({"width": 700, "height": 900})
    paper = page.evaluate(ON_PAPER)
    assert paper == {"controls": [], "states": True, "colours": ["rgb(31, 43, 45)", "rgb(255, 255, 255)"]}
    page.evaluate(CHECKS.read_text())
    assert page.evaluate("lostWords()") == []
