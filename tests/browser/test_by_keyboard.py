"""Every type of exercise answered by keyboard alone, on a phone's width, in each language; once without scripts."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from service.app import create_app
from service.config import Settings
from service.db import transaction
from service.modules.content import Exercise
from service.modules.loader import load_catalogue
from service.people.models import Role
from tests.browser.conftest import OpenBrowser
from tests.databases import sqlite_url
from tests.demo.ports import free_port
from tests.demo.stage import ROOT
from tests.makers import make_member

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


@dataclass(frozen=True)
class School:
    """The tool with the sample content, served; and the learners who have not begun, by the language they read."""

    url: str
    courses: dict[str, str]
    cookies: dict[str, Any]

    def enter(self, context: BrowserContext, learner: str) -> str:
        """Sign the browser in, and return the address of the learner's course."""
        context.add_cookies([self.cookies[learner]])
        return f"{self.url}/course/{self.courses[learner]}"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[School]:
    folder, port = tmp_path_factory.mktemp("school"), free_port()
    school = School(f"http://127.0.0.1:{port}", {}, {})
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": sqlite_url(shutil.copyfile(sqlite_template, folder / "mentorready.sqlite")),
            "MENTORREADY_SECRET_KEY": "school-" * 8,
            "MENTORREADY_BASE_URL": school.url,
            "MENTORREADY_STATE_PATH": str(folder),
        }
    )
    app = create_app(settings, CATALOGUE)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    with transaction(app.extensions["sessions"]) as session:
        for learner, language in LEARNERS.items():
            member = make_member(session, learner, Role.MENTOR)
            member.person.chosen_language = language
            value = serializer.dumps({"person": member.person.public_id})
            cookie = {"name": app.config["SESSION_COOKIE_NAME"], "value": value, "domain": "127.0.0.1", "path": "/"}
            school.cookies[learner] = cookie | {"secure": True, "httpOnly": True, "sameSite": "None"}
            school.courses[learner] = member.course.public_id
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield school
    server.shutdown()
    server.server_close()
    thread.join()
    app.extensions["engine"].dispose()


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
