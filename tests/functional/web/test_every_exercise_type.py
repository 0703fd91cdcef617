"""Every type of exercise through the real pages: what its form offers, earns, keeps and refuses, in each language."""

import re
from pathlib import Path

import pytest

from service.exercise_types import exercise_types
from service.i18n import LANGUAGES
from service.modules.content import Catalogue, Exercise
from service.modules.loader import load_catalogue
from service.people.models import Role
from tests.functional.web.forms import Form, read_form

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "sample_content")
EXERCISES = [(module.key, exercise) for module in CATALOGUE.modules for exercise in module.exercises]
SENT_WITH_ANY = {"submission_key", "as", "draft"}
TYPES_WITHOUT_TEXT = {"one-answer", "several-answers", "true-false", "matching", "sort", "order", "scale", "case"} | {
    "conversation",
    "duty-sorter",
    "process-planner",
}
SCRIPT = "<script>alert(1)</script><b onmouseover=alert(1)>"


@pytest.fixture
def catalogue() -> Catalogue:
    return CATALOGUE


def model_fields(exercise: Exercise) -> dict[str, str]:
    return exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure))


def form_of(browser, module: str, exercise: Exercise) -> Form:
    return read_form(browser.get(browser.path(f"/modules/{module}")).text, exercise.key)


def hand_in(browser, module: str, exercise: Exercise, form: Form, fields: dict[str, str]):
    """Send the form that the page had, with these fields in it, as a browser would."""
    hidden = {name: form.holds[name] for name in SENT_WITH_ANY}
    return browser.post(browser.path(f"/modules/{module}/exercises/{exercise.key}"), hidden | fields)


def with_texts(exercise: Exercise, form: Form, text: str) -> dict[str, str]:
    """Return the model answer with `text` in every field where anything may be written; {} if there is none."""
    texts = {name: text for name, offered in form.offers.items() if offered is None}
    assert bool(texts) == (exercise.type not in TYPES_WITHOUT_TEXT), exercise.type
    return model_fields(exercise) | texts if texts else {}


def test_the_sample_has_every_type() -> None:
    assert {exercise.type for _, exercise in EXERCISES} == set(exercise_types())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_model_answer_earns_full_marks_and_stays_in_the_form(browse, language: str) -> None:
    browser = browse(Role.MENTOR)
    assert browser.post("/language", {"language": language, "next": "/"}).status_code == 303
    for module, exercise in EXERCISES:
        fields, form = model_fields(exercise), form_of(browser, module, exercise)
        for name, value in fields.items():
            assert name in form.offers, (exercise.type, name)
            assert form.offers[name] is None or value in form.offers[name], (exercise.type, name)
        answer = hand_in(browser, module, exercise, form, fields)
        assert answer.status_code == 303, exercise.type
        page = browser.get(answer.location).text
        article = page.split(f'id="exercise-{exercise.key}"')[1].split("</article>")[0]
        assert 'class="result is-right"' in article, exercise.type
        held = read_form(page, exercise.key).holds
        changed = {name for name in held if held[name] != form.holds.get(name, "")} - SENT_WITH_ANY
        assert {name: held[name] for name in changed | fields.keys()} == fields, exercise.type


def test_an_empty_form_comes_back_with_its_faults_at_the_fields(browse) -> None:
    browser = browse(Role.MENTOR)
    for module, exercise in EXERCISES:
        answer = hand_in(browser, module, exercise, form_of(browser, module, exercise), {})
        assert (answer.status_code, "Not sent" in answer.text) == (422, True), exercise.type
        assert re.search(f'aria-describedby="[^"]*\\b{exercise.key}-error"', answer.text), exercise.type


def test_what_is_written_is_never_markup(browse) -> None:
    browser = browse(Role.MENTOR)
    for module, exercise in EXERCISES:
        form = form_of(browser, module, exercise)
        fields = with_texts(exercise, form, SCRIPT)
        if fields:
            answer = hand_in(browser, module, exercise, form, fields)
            page = answer.text if answer.status_code == 422 else browser.get(answer.location).text
            assert "&lt;script&gt;alert" in page, exercise.type
            assert "<script>alert" not in page, exercise.type
            assert "<b onmouseover" not in page, exercise.type


def test_what_fits_into_a_field_is_taken_and_a_letter_more_stays_in_the_form(browse) -> None:
    browser = browse(Role.MENTOR)
    for module, exercise in EXERCISES:
        form = form_of(browser, module, exercise)
        if exercise.type in TYPES_WITHOUT_TEXT:
            continue
        full = {name: ("long " * 2000)[: longest - 1] + "g" for name, longest in form.longest.items()}
        assert full.keys() == {name for name, offered in form.offers.items() if offered is None}, exercise.type
        answer = hand_in(browser, module, exercise, form, model_fields(exercise) | full)
        assert answer.status_code == 303, exercise.type
        form = form_of(browser, module, exercise)
        for name in list(full)[:3]:
            fields = model_fields(exercise) | {name: full[name] + "g"}
            answer = hand_in(browser, module, exercise, form, fields)
            assert (answer.status_code, "too long" in answer.text) == (422, True), (exercise.type, name)
            assert read_form(answer.text, exercise.key).holds[name] == full[name] + "g", (exercise.type, name)


def test_each_exercise_has_a_sheet_for_paper_with_the_answer_and_an_empty_one(browse) -> None:
    browser = browse(Role.MENTOR)
    for module, exercise in EXERCISES:
        sheet = browser.path(f"/modules/{module}/exercises/{exercise.key}/sheet")
        empty = read_form(browser.get(sheet).text, exercise.key)
        hand_in(browser, module, exercise, empty, model_fields(exercise))
        held = read_form(browser.get(sheet).text, exercise.key).holds
        assert model_fields(exercise).items() <= held.items(), exercise.type
        again = read_form(browser.get(f"{sheet}?empty=1").text, exercise.key).holds
        assert {**again, "submission_key": ""} == {**empty.holds, "submission_key": ""}, exercise.type
