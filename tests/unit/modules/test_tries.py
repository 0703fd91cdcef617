"""How an exercise may be tried, and what is asked again: read from module.yaml, refused where it cannot be meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.modules.content import Exercise
from service.modules.loader import check, load_catalogue
from service.modules.tries import Counts, FeedbackWhen, Redo, TryRule
from tests.small_content import SmallContent


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    """A module in its third version, which asks for an exercise again."""
    content = SmallContent(tmp_path / "content")
    content.module |= {"version": 3, "redo": [{"version": 3, "exercises": ["stages"]}]}
    for language in ("en", "he"):
        content.files[f"module-i/roles/{language}.yaml"]["redo"] = {"3": f"The law has changed ({language})."}
    return content


def test_what_is_left_out_is_as_it_always_was(content: SmallContent) -> None:
    rules = {exercise.rule for exercise in load_catalogue(content.write()).module("roles").exercises}
    assert rules == {TryRule(None, Counts.BEST, FeedbackWhen.EACH_TRY)}


def test_a_rule_is_read_and_kept_with_the_version_and_changes_its_fingerprint(content: SmallContent) -> None:
    before = load_catalogue(content.write()).module("roles")
    content.module["exercises"][0] |= {"tries": 3, "counts": "last", "feedback_when": "at-end"}
    module = load_catalogue(content.write()).module("roles")
    exercise = module.exercise("who-leads")
    assert exercise.rule == TryRule(3, Counts.LAST, FeedbackWhen.AT_END)
    assert Exercise.from_data(exercise.as_data()).rule == exercise.rule
    assert module.digest != before.digest
    assert "tries" not in before.exercise("who-leads").as_data(), "what nobody wrote changes no fingerprint"


def test_what_is_asked_again_is_read_with_its_reasons(content: SmallContent) -> None:
    module = load_catalogue(content.write()).module("roles")
    assert module.redos == (Redo(3, ("stages",)),)
    assert module.asked_again == {"stages": 3}
    assert module.words["he"].redo == {3: "The law has changed (he)."}


def test_the_newest_version_that_asks_again_is_the_one_to_meet(content: SmallContent) -> None:
    content.module["redo"].append({"version": 2, "exercises": ["stages", "who-leads"]})
    for language in ("en", "he"):
        content.files[f"module-i/roles/{language}.yaml"]["redo"]["2"] = "New words."
    assert load_catalogue(content.write()).module("roles").asked_again == {"stages": 3, "who-leads": 2}


FAULTS: list[tuple[Callable[[SmallContent], object], str]] = [
    (lambda c: c.module["exercises"][0].update(tries=0), "who-leads > tries` must be a whole number from 1 to 20."),
    (lambda c: c.module["exercises"][0].update(counts="mean"), "who-leads > counts` must be one of best, last, first."),
    (
        lambda c: c.module["exercises"][0].update(feedback_when="never"),
        "who-leads > feedback_when` must be one of each-try, at-end.",
    ),
    (lambda c: c.module.update(version=2), "version` is 3: the module is at version 2 only."),
    (lambda c: c.module["redo"][0].update(exercises=["nothing"]), "`nothing`, which is none of the exercises."),
    (lambda c: c.module["redo"][0].update(exercises=[]), "exercises` must have 1 to 500 entries, and has 0."),
    (lambda c: c.module["redo"][0].update(version=1), "version` must be a whole number from 2 to 10000."),
    (lambda c: c.module["redo"].append({"version": 3, "exercises": ["who-leads"]}), "version` is 3 a second time."),
    (lambda c: c.files["module-i/roles/he.yaml"].pop("redo"), "`redo > 3` has no words in this language"),
    (
        lambda c: c.files["module-i/roles/he.yaml"]["redo"].update({"7": "Why?"}),
        "`redo > 7` has words, but module.yaml asks for nothing again in this version.",
    ),
    (lambda c: c.files["module-i/roles/he.yaml"]["redo"].update({"3": "**No**"}), "neither Markdown nor HTML works"),
    (lambda c: c.files["module-i/roles/he.yaml"].update(redo=["3"]), "must consist of lines of the form"),
]


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS)
def test_a_fault_is_told(content: SmallContent, spoil: Callable[[SmallContent], object], sentence: str) -> None:
    spoil(content)
    assert any(sentence in str(fault) for fault in check(content.write()))
