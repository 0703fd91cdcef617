"""Every type of exercise answered by keyboard alone, on a phone's width, in each language; once without scripts."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.exercise_types import exercise_types
from service.modules.content import Exercise
from service.modules.loader import load_catalogue
from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.browser.school import School, open_school
from tests.demo.stage import ROOT

CATALOGUE = load_catalogue(ROOT / "tests" / "sample_content")
EXERCISES = [(module.key, exercise) for module in CATALOGUE.modules for exercise in module.exercises]
WITHOUT_SCRIPTS = "he-without-scripts"
LEARNERS = {"en": "en", "he": "he", "pl": "pl", WITHOUT_SCRIPTS: "he"}
MOST_STEPS = 400
"""Tab stops within which an exercise is answered and sent."""
FOCUSED = """() => {
  const at = document.activeElement, form = at.closest("form");
  return {
    tag: at.tagName, type: at.type || "", name: at.name || "", value: at.value || "", checked: Boolean(at.checked),
    sends: at.tagName === "BUTTON" && at.type === "submit" && at.closest(".exercise") !== null,
    places: [...(at.form?.querySelectorAll("select[name^='position.']") ?? [])].map((s) => [s.name, s.value]),
    wide: document.documentElement.scrollWidth,
  };
}"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("school")
    database = shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")
    people = {learner: (Role.MENTOR, language) for learner, language in LEARNERS.items()}
    with open_school(folder, database, CATALOGUE, people) as school:
        yield school


def test_every_type_is_among_them() -> None:
    assert {exercise.type for _module, exercise in EXERCISES} == set(exercise_types())


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_exercise_is_answered_by_keyboard(learner: str, school: School, open_browser: OpenBrowser) -> None:
    has_scripts = learner != WITHOUT_SCRIPTS
    context = open_browser(viewport={"width": 320, "height": 640}, java_script_enabled=has_scripts)
    course, page = school.enter(context, learner), context.pages[0]
    for module, exercise in EXERCISES:
        page.goto(f"{course}/modules/{module}/exercises/{exercise.key}/sheet?empty=1")
        _answer(page, exercise)
        expect(page.locator(f"#exercise-{exercise.key} .result.is-right")).to_be_visible()


def _answer(page: Page, exercise: Exercise) -> None:
    """Give the model answer with Tab, arrows, the space bar and letters, and send it with Enter."""
    wanted = exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure))
    open_fields = dict(wanted)
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        assert at["wide"] <= 320, f"{exercise.type} is {at['wide']} px wide"
        if at["sends"] and not open_fields:
            page.keyboard.press("Enter")
            return
        if at["name"] in open_fields and _fill(page, at, wanted):
            del open_fields[at["name"]]
        if not any(name.startswith("position.") for name in wanted):
            continue
        for name, place in page.evaluate(FOCUSED)["places"]:
            if place == wanted.get(name):
                open_fields.pop(name, None)
            else:
                open_fields[name] = wanted[name]
    raise AssertionError(f"{exercise.type}: no way by keyboard to {open_fields}")


def _fill(page: Page, at: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Give the field that has the focus its value; say whether it has it now."""
    name = at["name"]
    if at["type"] == "checkbox":
        page.keyboard.press("Space")
    elif at["type"] == "radio":
        return _press_until(page, wanted[name], is_radio=True)
    elif at["tag"] == "SELECT":
        if name.startswith("position.") and not _is_first_misplaced(at, wanted):
            return False
        return _press_until(page, wanted[name])
    else:
        page.keyboard.press("Control+A")
        page.keyboard.type(wanted[name])
    return True


def _press_until(page: Page, value: str, *, is_radio: bool = False) -> bool:
    if is_radio:
        page.keyboard.press("Space")
    for key in ("ArrowDown", "ArrowUp"):
        for _ in range(12):
            at = page.evaluate(FOCUSED)
            if at["value"] == value and (at["checked"] or not is_radio):
                return True
            page.keyboard.press(key)
    return False


def _is_first_misplaced(at: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Say whether this item is the next to move: from the first place on, each item moves at most once."""
    misplaced = [int(wanted[name]) for name, place in at["places"] if place != wanted[name]]
    return bool(misplaced) and int(wanted[at["name"]]) == min(misplaced)
