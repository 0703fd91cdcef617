"""The glossary is read with its faults, and the words of the content are held to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.modules.loader import check, load_catalogue
from tests.small_content import SmallContent


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    content = SmallContent(tmp_path / "content")
    content.files["glossary.yaml"] = {
        "terms": [
            {
                "key": "mentor",
                "modules": ["roles"],
                "words": {
                    "en": {
                        "term": "mentor",
                        "meaning": "Who accompanies.",
                        "forms": ["mentor*"],
                        "avoid": ["life tutor*"],
                    },
                    "he": {"term": "מנטור", "meaning": "מי שמלווים.", "forms": ["*mentor"], "avoid": ["*מדריך"]},
                },
            }
        ]
    }
    return content


def term(content: SmallContent) -> Any:
    return content.files["glossary.yaml"]["terms"][0]


def told(content: SmallContent) -> list[str]:
    return [str(fault) for fault in check(content.write())]


def test_the_terms_of_a_course_are_those_that_its_modules_explain(content: SmallContent) -> None:
    catalogue = load_catalogue(content.write())
    (found,) = catalogue.terms_of("module-i")
    assert (found.key, found.modules, found.words["en"].meaning) == ("mentor", ("roles",), "Who accompanies.")
    assert found.words["he"].avoid == ("*מדריך",)
    assert told(content) == []


def test_a_folder_may_do_without_a_glossary(content: SmallContent) -> None:
    del content.files["glossary.yaml"]
    assert load_catalogue(content.write()).terms_of("module-i") == ()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda c: term(c)["words"].pop("he"), "glossary.yaml:5: `terms > mentor > words > he` is missing."),
        (lambda c: term(c)["words"].update(pl={}), "`terms > mentor > words > pl` is not a language of catalog.yaml."),
        (lambda c: term(c)["words"]["en"].pop("meaning"), "`terms > mentor > words > en > meaning` is missing."),
        (lambda c: term(c).update(modules=["none"]), "`terms > mentor > modules` names `none`, which is no module."),
        (lambda c: term(c)["words"]["en"].update(forms=["a*b"]), "may have `*` only before or after the letters"),
        (
            lambda c: c.files["glossary.yaml"]["terms"].append(term(c)),
            "`terms > mentor > key` is in the glossary a second",
        ),
        (lambda c: c.files["glossary.yaml"].update(terms="x"), "glossary.yaml:1: `terms` must be a list."),
    ],
)
def test_a_fault_of_the_glossary_is_told(
    content: SmallContent, harm: Callable[[SmallContent], object], sentence: str
) -> None:
    harm(content)
    assert any(sentence in fault for fault in told(content)), told(content)


@pytest.mark.parametrize("place", ["en.md", "en.yaml"])
def test_an_avoided_term_is_found_with_its_line_and_the_tool_starts_all_the_same(
    content: SmallContent, place: str
) -> None:
    if place == "en.md":
        content.files["module-i/roles/en.md"] += "\nMore\nof a **Life\ntutor’s** work.\n"
        line, said = 10, "Life tutor"
    else:
        content.files["module-i/roles/en.yaml"]["goal"] = "You know life-tutors."
        line, said = 2, "life-tutors"
    assert told(content) == [f"module-i/roles/{place}:{line}: The glossary says “mentor” for “{said}”."]
    assert load_catalogue(content.folder).terms


def test_an_avoided_term_is_found_in_course_and_commitment_but_not_in_another_language(content: SmallContent) -> None:
    content.files["commitments/confidentiality/he.md"] = "# Silence\n\nוהמדריך, life tutor.\n"
    content.files["module-i/course.yaml"]["words"]["he"]["aim"] = "המדריך"
    content.files["module-i/roles/en.md"] += "המדריך, a tutor of [life](https://life.tutor/life-tutor).\n"
    assert [fault.split(": The")[0] for fault in told(content)] == [
        "commitments/confidentiality/he.md:3",
        "module-i/course.yaml:10",
    ]


def test_a_term_that_no_module_has_is_told(content: SmallContent) -> None:
    term(content)["words"]["en"]["forms"] = ["guide"]
    (fault,) = told(content)
    assert "`terms > mentor > words > en > forms` are not found in the module `roles`" in fault
