"""`review:` of an exercise: read from a word or a mapping, kept with the version, told to authors if it is wrong."""

from pathlib import Path
from typing import Any

import pytest

from service.modules.content import Exercise
from service.modules.loader import check, load_catalogue
from service.modules.review import ReviewPlan
from service.people.models import STAFF_ROLES, Role
from tests.small_content import SmallContent

FULL = {"decision": "required", "reviewers": 2, "roles": ["coordinator"], "peers": True, "rubric": ["clear", "kind"]}
RUBRIC = {"clear": "It is clear", "kind": "It is kind"}


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    return SmallContent(tmp_path / "content")


def _reviewed(content: SmallContent, review: Any, words: dict[str, str] | None = None) -> SmallContent:
    content.module["exercises"][0]["review"] = review
    for language in ("en", "he"):
        if words is not None:
            content.files[f"module-i/roles/{language}.yaml"]["exercises"]["who-leads"]["review"] = words
    return content


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("required", ReviewPlan(is_required=True)),
        ("optional", ReviewPlan(is_required=False)),
        ("none", None),
        ({"decision": "required"}, ReviewPlan(is_required=True)),
    ],
)
def test_one_word_says_it(content: SmallContent, given: Any, read: ReviewPlan | None) -> None:
    exercise = load_catalogue(_reviewed(content, given).write()).module("roles").exercises[0]
    assert exercise.review == read
    assert exercise.may_be_read is (read is not None)
    assert read is None or read.roles == STAFF_ROLES


def test_a_mapping_says_more_and_is_kept_with_the_version(content: SmallContent) -> None:
    module = load_catalogue(_reviewed(content, FULL, RUBRIC).write()).module("roles")
    exercise = module.exercises[0]
    assert exercise.review == ReviewPlan(True, 2, (Role.COORDINATOR,), True, ("clear", "kind"))
    assert exercise.criteria == ("clear", "kind")
    assert module.words["he"].exercises["who-leads"].criteria == RUBRIC
    assert Exercise.from_data(exercise.as_data()).review == exercise.review


def test_a_module_without_reviews_keeps_its_fingerprint(content: SmallContent) -> None:
    assert "review" not in load_catalogue(content.write()).module("roles").exercises[0].as_data()


@pytest.mark.parametrize(
    ("review", "words", "sentence"),
    [
        ("always", None, "review > decision` must be none, optional or required."),
        ({"reviewers": 2}, None, "review > decision` is missing."),
        ({"decision": "required", "reviewers": 3}, None, "review > reviewers` must be a whole number from 1 to 2."),
        ({"decision": "required", "roles": ["mentor"]}, None, "must be one of coordinator, administrator."),
        ({"decision": "required", "eyes": 4}, None, "review > eyes` is not known here. Is it misspelt?"),
        (["required"], None, "must consist of lines of the form"),
        (FULL, {"clear": "It is clear"}, "review > kind` has no words in this language."),
        (FULL, RUBRIC | {"short": "x"}, "review > short` has words, but module.yaml does not have this key."),
        ("optional", RUBRIC, "review > clear` has words, but module.yaml does not have this key."),
    ],
)
def test_a_fault_is_told(content: SmallContent, review: Any, words: dict[str, str] | None, sentence: str) -> None:
    faults = check(_reviewed(content, review, words).write())
    assert any(sentence in fault.sentence for fault in faults), faults


def test_the_points_of_a_long_text_are_its_criteria() -> None:
    rubric = {"points": 1, "words": 3, "rubric": ["event"], "needs_review": False}
    assert Exercise("diary", "long-text", "first", 1, 1, rubric).criteria == ("event",)
