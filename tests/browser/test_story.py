"""The whole path, once, for real: from a click in the LMS to a grade in its gradebook."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from service.modules.content import Catalogue
from tests.browser import story
from tests.browser.chromium import ThirdPartyCookies
from tests.browser.conftest import OpenBrowser
from tests.demo.stage import Stage

COORDINATOR = "Robin Sample"


@dataclass(frozen=True)
class Cast:
    """Who plays: names as the LMS shows them, user names, and what the tool calls the mentee."""

    language: str
    mentor: str
    mentor_login: str
    mentee: str
    mentee_login: str
    mentee_in_the_tool: str
    mentee_language: str


HEBREW = Cast("he", "נועה בדויה", "mentor_he", "אלמוג דמיוני", "mentee", "אלמוג דמיוני", "he")
POLISH_AND_NAMELESS = Cast("pl", "Kalina Zmyślona", "mentor_pl", "Jo Nobody", "nameless", "Participant", "en")


@pytest.fixture(scope="session")
def catalogue(taught: Catalogue) -> Catalogue:
    return taught


@pytest.mark.parametrize(
    ("cast", "cookies"),
    [pytest.param(HEBREW, "blocked", id="hebrew"), pytest.param(POLISH_AND_NAMELESS, "allowed", id="nameless")],
)
@pytest.mark.usefixtures("processes")
def test_from_a_click_in_the_lms_to_a_grade_in_its_gradebook(
    cast: Cast, cookies: ThirdPartyCookies, open_browser: OpenBrowser, stage: Stage, catalogue: Catalogue
) -> None:
    """In Hebrew where third-party cookies are blocked; in Polish with a mentee of whom the LMS tells no name.

    Each of the two answers the module `roles` by hand; what else the gate asks for is handed in on the same database.
    """
    context = open_browser(third_party_cookies=cookies, locale=cast.language, viewport={"width": 1280, "height": 900})
    page = context.pages[0]
    _mentor_errs_and_is_told_why(page, stage, catalogue, cast)
    _coordinator_is_refused(page, stage, cast)
    _mentor_becomes_ready(page, stage, catalogue, cast)
    _mentee_becomes_ready(page, stage, catalogue, cast)
    _coordinator_pairs(page, stage, cast)
    _both_see_their_relation(page, stage, catalogue, cast)
    _gradebook_shows(page, stage, catalogue, cast)


def _mentor_errs_and_is_told_why(page: Page, stage: Stage, catalogue: Catalogue, cast: Cast) -> None:
    story.enter(page, stage, cast.mentor)
    frame = story.open_activity(page, "Roles in mentoring")
    frame.locator(f".languages button[value={cast.language}]").click()
    expect(frame.locator("html")).to_have_attribute("dir", "rtl" if cast.language == "he" else "ltr")
    expect(frame.locator("html")).to_have_attribute("lang", cast.language)
    exercise = next(one for one in catalogue.module("roles").exercises if one.type == "one-answer")
    wrong = story.wrong_answer(exercise)
    article = story.answer(frame, exercise, wrong)
    options = catalogue.module("roles").words[cast.language].exercises[exercise.key].parts["options"]
    expect(article.locator(".remark")).to_contain_text(options[wrong["choice"]]["feedback"])
    story.picture(page, f"wrong-answer-{cast.language}")


def _coordinator_is_refused(page: Page, stage: Stage, cast: Cast) -> None:
    story.enter(page, stage, cast.mentee)
    story.open_activity(page, "For mentees: start here").locator("h1").wait_for()
    story.enter(page, stage, COORDINATOR)
    frame = story.open_activity(page, "Pairing")
    _choose_both(frame, cast)
    expect(frame.locator("#refusal")).to_contain_text(cast.mentor)
    expect(frame.locator("#refusal")).to_contain_text(cast.mentee_in_the_tool)
    story.picture(page, f"refused-{cast.language}")


def _mentor_becomes_ready(page: Page, stage: Stage, catalogue: Catalogue, cast: Cast) -> None:
    story.enter(page, stage, cast.mentor)
    story.complete(story.open_activity(page, "Roles in mentoring"), catalogue.module("roles"))
    story.hand_in_the_rest(stage, catalogue, cast.mentor_login, by_hand="")
    _commit(page, stage, cast.mentor)
    story.enter(page, stage, cast.mentor)
    frame = story.open_activity(page, "Start page")
    expect(frame.locator("#readiness .state.is-met")).to_be_visible()
    story.picture(page, f"mentor-home-{cast.language}")


def _mentee_becomes_ready(page: Page, stage: Stage, catalogue: Catalogue, cast: Cast) -> None:
    story.enter(page, stage, cast.mentee)
    story.follow(story.open_activity(page, "For mentees: start here"), catalogue, "roles")
    story.hand_in_the_rest(stage, catalogue, cast.mentee_login, by_hand="roles")
    _commit(page, stage, cast.mentee)


def _commit(page: Page, stage: Stage, person: str) -> None:
    story.enter(page, stage, person)
    frame = story.open_activity(page, "My readiness")
    expect(frame.locator(".condition.is-not_met")).to_have_count(1)
    frame.locator('a.button[href$="/commitments/confidentiality"]').click()
    frame.locator("main form button.primary").click()
    expect(frame.locator(".condition.is-met").last).to_be_visible()
    expect(frame.locator(".condition.is-not_met")).to_have_count(0)


def _choose_both(frame: FrameLocator, cast: Cast) -> None:
    for name, person in (("mentor", cast.mentor), ("mentee", cast.mentee_in_the_tool)):
        choice = frame.locator(f"#field-{name} option").filter(has_text=person)
        frame.locator(f"#field-{name}").select_option(choice.get_attribute("value"))
    frame.locator("#pair button.primary").click()


def _coordinator_pairs(page: Page, stage: Stage, cast: Cast) -> None:
    story.enter(page, stage, COORDINATOR)
    frame = story.open_activity(page, "Pairing")
    _choose_both(frame, cast)
    relation = frame.get_by_role("row").filter(has=frame.locator("form[action$='/end']")).filter(has_text=cast.mentor)
    expect(relation).to_contain_text(cast.mentee_in_the_tool)
    story.picture(page, f"paired-{cast.language}")


def _both_see_their_relation(page: Page, stage: Stage, catalogue: Catalogue, cast: Cast) -> None:
    story.enter(page, stage, cast.mentee)
    expect(story.open_activity(page, "For mentees: start here").locator("#relation")).to_contain_text(cast.mentor)
    story.enter(page, stage, cast.mentor)
    frame = story.open_activity(page, "Roles in mentoring")
    with page.context.expect_page() as opened:
        frame.locator("form.new-window button").click()
    expect(opened.value.locator("h1")).to_have_text(catalogue.module("roles").words[cast.language].title)
    opened.value.close()


def _gradebook_shows(page: Page, stage: Stage, catalogue: Catalogue, cast: Cast) -> None:
    story.enter(page, stage, COORDINATOR)
    page.get_by_role("link", name="Grades").click()
    for item in ("Roles in mentoring", catalogue.module("trust").words["en"].title, "Readiness"):
        story.expect_grade(page, cast.mentor_login, item, "100")
    for item in ("Roles in mentoring", "Stages of the process", "Readiness"):
        story.expect_grade(page, cast.mentee_login, item, "100")
    # The gradebook says nothing of who is paired with whom.
    assert cast.mentee not in story.cell(page, cast.mentor_login, "Readiness").inner_text()
    story.picture(page, f"gradebook-{cast.language}")
