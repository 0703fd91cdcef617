"""The published schemas are those of the loader, all content fits them, and typical mistakes do not."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from service.authoring.json_schemas import list_schemas
from tests.small_content import MODULE, WORDS

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "schemas"
FILES = {
    "catalog.json": "catalog.yaml",
    "glossary.json": "glossary.yaml",
    "course.json": "*/course.yaml",
    "module.json": "*/*/module.yaml",
    "words.json": "*/*/??.yaml",
    "commitment.json": "commitments/*/commitment.yaml",
}


class Yaml12(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML as editors do, by the core schema of YAML 1.2: `yes` is text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML reads it from the class)


for tag, pattern, first in (
    ("bool", "true|false", "tf"),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?\d+\.\d+", "-+0123456789"),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def validator(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(list_schemas()[name])


@pytest.mark.parametrize("name", list_schemas())
def test_the_published_schema_is_up_to_date(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(list_schemas()[name])
    published = json.loads((PUBLISHED / name).read_text(encoding="utf-8"))
    assert published == list_schemas()[name], "Write them again: mentorready modules schema docs/schemas"


@pytest.mark.parametrize("folder", ["training_modules", "tests/sample_content"])
def test_all_content_fits(folder: str) -> None:
    faults, seen = [], 0
    for name, pattern in FILES.items():
        checked = validator(name)
        for path in (ROOT / folder).glob(pattern):
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=Yaml12)
            faults += [f"{path}: {error.json_path}: {error.message[:200]}" for error in checked.iter_errors(data)]
            seen += 1
    assert not faults, "\n".join(faults)
    assert seen >= 10


MISTAKES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda module: module.pop("minutes"), "$"),
    (lambda module: module.update(minuts=5), "$"),
    (lambda module: module.update(version="soon"), "$.version"),
    (lambda module: module.update(required_for=["boss"]), "$.required_for[0]"),
    (lambda module: module["exercises"][0].update(type="riddle"), "$.exercises[0].type"),
    (lambda module: module["exercises"][0].update(answers=["ask"]), "$.exercises[0]"),
    (lambda module: module["exercises"][0].update(options=["ask"]), "$.exercises[0].options"),
    (lambda module: module["exercises"][0].update(options=["Ask!", "b"]), "$.exercises[0].options[0]"),
    (lambda module: module["exercises"][0].pop("answer"), "$.exercises[0]"),
    (lambda module: module["exercises"][0].update(review="maybe"), "$.exercises[0].review"),
]


@pytest.mark.parametrize(("spoil", "place"), MISTAKES)
def test_a_mistake_is_shown_where_it_is(spoil: Callable[[dict[str, Any]], object], place: str) -> None:
    module = copy.deepcopy(MODULE)
    assert not list(validator("module.json").iter_errors(module))
    spoil(module)
    assert place in {error.json_path for error in validator("module.json").iter_errors(module)}


def test_words_of_no_exercise_type_are_shown() -> None:
    words = copy.deepcopy(WORDS)
    assert not list(validator("words.json").iter_errors(words))
    del words["exercises"]["stages"]["items"]["meet"]["feedback"]
    assert list(validator("words.json").iter_errors(words))
