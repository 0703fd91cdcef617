"""A new type of exercise is one class and one template: here one is added from a folder, and used."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemLoader

import service.exercise_types
from service.exercise_types import exercise_types
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from service.people.models import Role
from tests.functional.web.forms import read_form
from tests.small_content import SmallContent

COIN = '''
"""Guess the side on which a coin has fallen."""

from marshmallow import fields

from service.exercise_types.answers import chosen_key, mark_by_parts
from service.exercise_types.base import ExerciseType, PartMark
from service.exercise_types.shapes import Key, Keyed, Shape, Text

SIDES = ["heads", "tails"]


class CoinStructure(Shape):
    lies = Key()


class CoinWords(Shape):
    sides = Keyed(Text())


class Coin(ExerciseType):
    name = "coin"
    structure_shape = CoinStructure
    words_shape = CoinWords

    def structure_faults(self, structure):
        return iter(())

    def worded_keys(self, structure):
        return {"sides": SIDES}

    def read_answer(self, structure, raw):
        return {"side": chosen_key("side", raw.get("side"), SIDES)}

    def form_fields(self, structure, answer):
        return {"side": answer["side"]}

    def mark(self, structure, answer):
        given, right = answer["side"], structure["lies"]
        return mark_by_parts(structure, [PartMark("side", given == right, given, right)])

    def model_answer(self, structure):
        return {"side": structure["lies"]}

    def display_order(self, structure, seed):
        return SIDES
'''
TEMPLATE = """
{%- from "exercises/fields.html" import legend, pick %}
<fieldset class="field">
  {{ legend(view, "Which side?") }}
  {%- for side in view.display_order %}{{ pick(view, "side", side, view.words.parts.sides[side]) }}{% endfor %}
</fieldset>
"""


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    """Content with an exercise of the new type, read with the folder of the type among those that are searched."""
    types = tmp_path / "types"
    types.mkdir()
    (types / "coin.py").write_text(COIN)
    monkeypatch.setattr(service.exercise_types, "__path__", [*service.exercise_types.__path__, str(types)])
    exercise_types.cache_clear()
    content = SmallContent(tmp_path / "content")
    toss = {"key": "toss", "type": "coin", "after": "first", "points": 2, "pass": 2, "lies": "tails"}
    content.module["exercises"].append(toss)
    for language in ("en", "he"):
        words = content.files[f"module-i/roles/{language}.yaml"]["exercises"]
        words["toss"] = {"title": "A coin", "task": "Guess.", "sides": {"heads": "Head up", "tails": "Tail up"}}
        words["toss"]["model"] = "It was *tails*."
    yield load_catalogue(content.write())
    monkeypatch.undo()
    sys.modules.pop("service.exercise_types.coin", None)
    exercise_types.cache_clear()


@pytest.fixture
def app(app: Flask, tmp_path: Path) -> Flask:
    """The application, with the folder of the template among those that are searched."""
    folder = tmp_path / "templates" / "exercises"
    folder.mkdir(parents=True)
    (folder / "coin.html").write_text(TEMPLATE)
    loader = app.jinja_loader
    assert isinstance(loader, FileSystemLoader)
    loader.searchpath.append(str(folder.parent))
    return app


def test_a_new_type_is_loaded_shown_and_marked(browse) -> None:
    browser = browse(Role.MENTEE)
    for side, result in (("heads", "Points: 0 of 2"), ("tails", "Points: 2 of 2")):
        form = read_form(browser.get(browser.path("/modules/roles")).text, "toss")
        assert form.offers["side"] == {"heads", "tails"}
        fields = {name: form.holds[name] for name in ("submission_key", "as")} | {"side": side}
        answer = browser.post(browser.path("/modules/roles/exercises/toss"), fields)
        page = browser.get(answer.location).text
        assert result in page.split('id="exercise-toss"')[1]
        assert read_form(page, "toss").holds["side"] == side
    assert "It was <em>tails</em>." in page


def test_the_new_type_is_held_to_the_same_checks(catalogue: Catalogue, browse) -> None:
    browser = browse(Role.MENTEE)
    form = read_form(browser.get(browser.path("/modules/roles")).text, "toss")
    fields = {name: form.holds[name] for name in ("submission_key", "as")} | {"side": "edge"}
    assert browser.post(browser.path("/modules/roles/exercises/toss"), fields).status_code == 422
    assert catalogue.module("roles").exercise("toss").kind.name == "coin"
