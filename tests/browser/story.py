"""What people do in the story: come in through the LMS, answer exercises, read what the gradebook shows."""

from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, expect
from sqlalchemy import select

from service import journey
from service.db import make_engine, make_sessions, new_public_id, transaction, utc_now
from service.modules.content import Catalogue, Exercise, Module
from service.people.models import Course, Membership, Person
from tests.demo.stage import ROOT, Stage
from tests.fake_lms.seed import PEOPLE

SCREENSHOTS = ROOT / "docs" / "images"
PICTURES = ROOT / "var" / "browser"
UNTIL_GRADED = 30_000
"""Milliseconds within which a score is in the gradebook and read back."""


def enter(page: Page, stage: Stage, person: str, course: str = "Mentoring 2026") -> None:
    """Become `person` at the LMS and open the course."""
    page.goto(stage.lms_url)
    page.get_by_role("button", name=person, exact=True).click()
    page.get_by_role("link", name=course).click()


def open_activity(page: Page, title: str) -> FrameLocator:
    """Open an activity in its frame, from the course page, and return the frame."""
    page.get_by_role("link", name=title, exact=True).click()
    return page.frame_locator("#contentframe")


def answer(place: FrameLocator | Page, exercise: Exercise, given: dict[str, Any]) -> Locator:
    """Answer an exercise by its form and return its article, which now shows the mark."""
    article = place.locator(f"#exercise-{exercise.key}")
    for key, group in given.get("groups", {}).items():
        article.locator(f'select[name="group.{key}"]').select_option(group)
    for position, key in enumerate(given.get("order", []), start=1):
        article.locator(f'select[name="position.{key}"]').select_option(str(position))
    if "choice" in given:
        article.locator(f'input[name="choice"][value="{given["choice"]}"]').check()
    article.locator("form button:not([type=button])").click()
    expect(article.locator(".result")).to_be_visible()
    return article


def wrong_answer(exercise: Exercise) -> dict[str, Any]:
    """Return an answer to an exercise of one right answer that is not it."""
    structure = exercise.structure
    return {"choice": next(option for option in structure["options"] if option != structure["answer"])}


def complete(place: FrameLocator | Page, module: Module) -> None:
    """Answer every exercise of the module rightly."""
    for exercise in module.exercises:
        article = answer(place, exercise, exercise.kind.model_answer(exercise.structure))
        expect(article.locator(".state.is-met")).to_be_visible()


def follow(place: FrameLocator | Page, catalogue: Catalogue, module_key: str) -> None:
    """Open a module from the home page inside the tool, and complete it."""
    place.locator(f'main a[href$="/modules/{module_key}"]').first.click()
    expect(place.locator(f"#exercise-{catalogue.module(module_key).exercises[0].key}")).to_be_visible()
    complete(place, catalogue.module(module_key))


def hand_in_the_rest(stage: Stage, catalogue: Catalogue, username: str, by_hand: str) -> None:
    """Hand in every required module but `by_hand`, without a browser, on the database of the running tool.

    The person must have come in before. Twelve modules by hand in each language would show nothing more, slowly.
    """
    subject = str([person[0] for person in PEOPLE].index(username) + 2)
    engine = make_engine(stage.environment()["MENTORREADY_DATABASE_URL"])
    with transaction(make_sessions(engine)) as session:
        member = session.scalars(
            select(Membership)
            .join(Person)
            .join(Course)
            .where(Person.subject == subject, Course.title == "Mentoring 2026")
        ).one()
        for module in catalogue.modules_required_for(member.role):
            for exercise in module.exercises if module.key != by_hand else ():
                answer = exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure))
                journey.hand_in(
                    session, catalogue, member, module.key, exercise.key, answer, new_public_id(), at=utc_now()
                )
    engine.dispose()


def cell(page: Page, username: str, item: str) -> Locator:
    """Return the cell of the gradebook that is open."""
    return page.locator(f'td[data-person="{username}"][data-item="{item}"]')


def expect_grade(page: Page, username: str, item: str, score: str) -> None:
    """Reload the gradebook until the cell shows the score."""
    for _ in range(UNTIL_GRADED // 500):
        shown = cell(page, username, item).locator("strong")
        if shown.count() and shown.inner_text().startswith(score):
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(cell(page, username, item).locator("strong")).to_contain_text(score)


def picture(page: Page, name: str) -> Path:
    """Keep a picture of the page for whoever looks at the run."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path
