"""Blocks stand out from the text; what is wrong with one is told with its line."""

import pytest

from service.modules.render import render_block, render_parts

NOTE = "## A {#a}\n\nText.\n\n::: country-note IL 2026-11\nThe *name* decides nothing.\n\n- More.\n:::\n\nAfter.\n"


def test_a_block_is_one_paragraph_of_its_section() -> None:
    page = render_parts(NOTE, 2)
    assert page.problems == []
    plain, note, after = page.parts[0].paragraphs
    assert (plain.kind, plain.line, plain.source) == ("", 3, "Text.")
    assert (note.kind, note.line, dict(note.details)) == ("country-note", 5, {"country": "IL", "as_of": "2026-11"})
    assert note.html == "<p>The <em>name</em> decides nothing.</p>\n<ul>\n<li>More.</li>\n</ul>\n"
    assert note.source == "::: country-note IL 2026-11\nThe *name* decides nothing.\n\n- More."
    assert after.html == "<p>After.</p>\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("::: poem\na\n:::", "There is no block `poem`: it is one of case, story, country-note"),
        ("::: story of Dana\na\n:::", "Nothing stands after `::: story`."),
        ("::: country-note\na\n:::", "A country note begins with its country and the date of what it says: `::: count"),
        ("::: country-note Israel 2026\na\n:::", "`Israel` is no country: take its two letters"),
        ("::: country-note XX 2026\na\n:::", "`XX` is no country"),
        ("::: country-note PL 2026-13\na\n:::", "`2026-13` is no date: write 2026, 2026-11 or 2026-11-30."),
        ("::: country-note PL soon\na\n:::", "`soon` is no date"),
        ("::: story\na", "The block `::: story` does not end: a line with `:::` alone is missing."),
        ("::: story\n:::", "Nothing stands in this block."),
        ("::: story\n### B\n\na\n:::", "A heading cannot stand inside a quotation, a list or a block."),
        ("- b\n\n  ::: story\n  a\n  :::", "A block cannot stand inside another block, a quotation or a list."),
    ],
)
def test_a_block_that_cannot_be_shown_is_told(text: str, sentence: str) -> None:
    problems = render_parts(f"## A {{#a}}\n\n{text}\n", 2).problems
    assert any(sentence in found for _, found in problems), problems


def test_an_exercise_has_no_blocks() -> None:
    assert render_block("a\n\n::: story\nb\n:::").problems == [(3, "A block cannot stand here.")]
