"""Pages put together from parts that are kept: the same to the letter as made anew, and nothing of a person in them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g, url_for

from service.exercises.operations import OpenTries
from service.i18n import LANGUAGES
from service.modules.content import Catalogue
from service.people.models import Role
from service.web.exercise_views import view_exercise
from service.web.kept import Part
from service.web.learner_reviews import read_reviews
from service.web.module_parts import show_exercise, show_untouched
from tests.functional.web.forms import read_form
from tests.functional.web.test_every_exercise_type import (
    CATALOGUE,
    EXERCISES,
    SENT_WITH_ANY,
    model_fields,
    with_texts,
)

WRITTEN = "What nobody else writes"


@pytest.fixture
def catalogue() -> Catalogue:
    return CATALOGUE


def test_an_exercise_that_is_kept_stands_there_as_if_made_anew(app: Flask) -> None:
    for language in LANGUAGES:
        with app.test_request_context():
            g.lang, g.me = language, SimpleNamespace(person=SimpleNamespace(public_id=language), course=COURSE)
            for module in CATALOGUE.modules:
                for exercise in (one for one in module.exercises if not one.kind.is_shuffled):
                    review = read_reviews(module, frozenset(), is_blank=True).get(exercise.key)
                    view = view_exercise(module, exercise, None, OpenTries(exercise.rule.limit), [], None, review)
                    anew = show_exercise(module, replace(view, submission_key="key"))
                    assert show_untouched(module, exercise, "key") == anew, exercise.type


COURSE = SimpleNamespace(public_id="course", return_url="https://lms.example/course")


def test_what_is_shuffled_says_so() -> None:
    for _, exercise in EXERCISES:
        orders = {tuple(exercise.kind.display_order(exercise.structure, str(seed))) for seed in range(20)}
        assert (len(orders) > 1) == exercise.kind.is_shuffled, exercise.type


def test_nothing_of_a_person_gets_into_a_part(browse, members, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    read = Part.read
    monkeypatch.setattr(Part, "read", lambda text: texts.append(text) or read(text))
    browser, pages = browse(Role.MENTOR), ""
    for module in CATALOGUE.modules:
        fresh = browser.get(browser.path(f"/modules/{module.key}")).text
        for number, exercise in enumerate(module.exercises):
            form = read_form(fresh, exercise.key)
            fields = form.holds | model_fields(exercise) | with_texts(exercise, form, WRITTEN)
            own = {name: form.holds[name] for name in SENT_WITH_ANY}
            place = browser.path(f"/modules/{module.key}/exercises/{exercise.key}{'/draft' * (number % 2)}")
            assert browser.post(place, fields | own).status_code in {200, 303, 422}, exercise.type
        for role in (Role.MENTOR, Role.COORDINATOR):
            pages += browse(role).get(browser.path(f"/modules/{module.key}")).text
    assert len(texts) > len(EXERCISES)
    for member in (members[Role.MENTOR], members[Role.COORDINATOR]):
        own_words = (member.person.public_id, member.course.public_id, WRITTEN, " checked", "Points: ")
        assert [word for word in own_words if word not in pages] == []
        assert [word for word in (*own_words, member.person.name) if any(word in text for text in texts)] == []


@pytest.mark.parametrize(
    ("endpoint", "values", "is_kept"),
    [
        ("static", {"filename": "base.css"}, True),
        ("modules.show", {"course_id": "c", "module_key": "roles"}, True),
        ("modules.show", {"course_id": "c", "module_key": "roles", "_anchor": "next"}, False),
        ("people.list_people", {"course_id": "c", "q": WRITTEN}, False),
        ("people.list_people", {"course_id": "c", "role": ["mentor", "mentee"]}, False),
        ("statement.show", {"_external": True}, False),
    ],
)
def test_an_address_is_kept_that_names_things_alone(
    app: Flask, endpoint: str, values: dict[str, Any], *, is_kept: bool
) -> None:
    address = app.jinja_env.globals["url_for"]
    kept = address.args[0].cache_info
    for root in ("", "/below", ""):
        with app.test_request_context(base_url=f"https://tool.example{root}"):
            before = kept().currsize
            assert address(endpoint, **values) == address(endpoint, **values) == url_for(endpoint, **values)
            assert root in address(endpoint, **values)
            assert kept().currsize - before <= is_kept
    assert kept().currsize == (2 if is_kept else 0)
