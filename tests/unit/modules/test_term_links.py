"""Words of a text lead to the glossary: where, how often, and what is left as it is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from service.modules.loader import load_catalogue
from tests.small_content import SmallContent

LINK = '<a class="term" role="doc-glossref" href="#term-{}">{}</a>'.format


def word(term: str, forms: list[str], **more: list[str]) -> Mapping[str, object]:
    return {"term": term, "meaning": f"What {term} is.", "forms": forms, **more}


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    content = SmallContent(tmp_path / "content")
    content.files["glossary.yaml"] = {
        "terms": [
            {"key": key, "modules": ["roles"], "words": words}
            for key, words in {
                "mentor": {"en": word("mentor", ["mentor*"]), "he": word("מנטור", ["*מנטור", "*מנטורים"])},
                "mentoring": {"en": word("mentoring", ["mentoring*"]), "he": word("מנטורינג", ["*מנטורינג"])},
                "pair": {
                    "en": word("pair mentoring", ["pair*"], links=["mentoring* in pairs"]),
                    "he": word("מנטורינג בזוג", ["*זוג"], links=["*מנטורינג בזוג"]),
                },
            }.items()
        ]
    }
    return content


def shown(content: SmallContent, text: str, language: str = "en") -> str:
    """Return the HTML of the first section of a module with this text."""
    content.files[f"module-i/roles/{language}.md"] = (
        f"## First {{#first}}\n\n{text}\n\n## Second {{#second}}\n\nMore.\n"
    )
    words = load_catalogue(content.write()).module("roles").words[language]
    return "".join(paragraph.html for paragraph in words.sections[0].paragraphs).strip()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("A Mentor, two mentors.", f"A {LINK('mentor', 'Mentor')}, two mentors."),
        (
            "**Mentoring** by a mentor.",
            f"<strong>{LINK('mentoring', 'Mentoring')}</strong> by a {LINK('mentor', 'mentor')}.",
        ),
        ("Mentoring in pairs: a pair.", f"{LINK('pair', 'Mentoring in pairs')}: a pair."),
        ("[A mentor](#second).", '<a href="#second" rel="noopener noreferrer">A mentor</a>.'),
        ("`mentor`", "<code>mentor</code>"),
        ("Tormentors, a < b & c.", "Tormentors, a &lt; b &amp; c."),
    ],
)
def test_the_first_place_of_a_term_is_a_link(content: SmallContent, text: str, html: str) -> None:
    assert shown(content, text) == f"<p>{html}</p>"


def test_no_heading_becomes_a_link(content: SmallContent) -> None:
    assert shown(content, "### A mentor\n\nNo word.") == "<h3>A mentor</h3>\n<p>No word.</p>"


def test_hebrew_words_are_found_behind_their_prefixes(content: SmallContent) -> None:
    html = shown(content, "לפני שהמנטורים נפגשים, במנטורינג בזוג.", "he")
    assert LINK("mentor", "שהמנטורים") in html
    assert LINK("pair", "במנטורינג בזוג") in html


def test_each_section_says_which_terms_it_leads_to_and_repeats_none_of_an_earlier_one(content: SmallContent) -> None:
    text = "## First {#first}\n\nA mentor.\n\n## Second {#second}\n\nMentoring by a mentor.\n"
    content.files["module-i/roles/en.md"] = text
    module = load_catalogue(content.write()).module("roles")
    assert [list(section.terms) for section in module.words["en"].sections] == [["mentor"], ["mentoring"]]
    assert {key: words.meaning for key, words in module.words["en"].terms.items()} == {
        "mentor": "What mentor is.",
        "mentoring": "What mentoring is.",
    }


def test_no_link_changes_the_version_of_a_module(content: SmallContent) -> None:
    digest = load_catalogue(content.write()).module("roles").digest
    del content.files["glossary.yaml"]
    (content.folder / "glossary.yaml").unlink()
    assert load_catalogue(content.write()).module("roles").digest == digest
