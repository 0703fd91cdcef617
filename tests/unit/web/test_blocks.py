"""Blocks of a text say what they are, in the language of the page."""

import pytest
from flask import render_template_string

from service.modules.content import Paragraph, SectionWords
from service.modules.render import render_parts

TEXT = "## A {#a}\n\n::: case\nDana waits.\n:::\n\n::: country-note IL 2026-11\nNames decide nothing.\n:::\n"
SHOW = '{% from "macros/blocks.html" import paragraphs with context %}{{ paragraphs(section) }}'


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["<figcaption>Case</figcaption>", "Israel", "As of \u2068November 2026\u2069", "This is no legal advice."],
        ),
        ("he", ["<figcaption>מקרה</figcaption>", "ישראל", "נובמבר 2026", "אין כאן ייעוץ משפטי"]),
        ("pl", ["<figcaption>Przypadek</figcaption>", "Izrael", "listopad 2026", "To nie jest porada prawna"]),
    ],
    indirect=["language"],
)
def test_a_block_says_what_it_is(language: str, words: list[str]) -> None:
    [section] = render_parts(TEXT, 2).parts
    html = render_template_string(SHOW, section=section)
    assert all(word in html for word in words), html
    assert 'role="note" aria-labelledby="a-note-2"' in html
    assert "<p>Dana waits.</p>" in html


@pytest.mark.parametrize("language", ["he"], indirect=True)
def test_an_outdated_paragraph_says_so_kindly_and_shows_the_original(language: str) -> None:
    paragraph = Paragraph("", "<p>ישן</p>", 3, newer=("en", "<p>New</p>"))
    html = render_template_string(SHOW, section=SectionWords("a", "A", (paragraph,)))
    assert "<summary>הפסקה הזאת מתעדכנת. הנוסח החדש: English</summary>" in html
    assert '<div class="prose" lang="en" dir="ltr"><p>New</p></div>' in html
