"""Markdown of authors becomes safe HTML; what is not plain Markdown is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.modules.render import render_block, render_parts

NO_PICTURE = "A picture cannot stand here. A figure has its own paragraph in a section: `![...](figure:key)`."


def test_parts_are_divided_by_their_headings() -> None:
    page = render_parts("## One *two* {#one}\n\na\n\n### Sub\n\nb\n\n## Three {#three}\n\n- c\n", 2)
    assert page.problems == []
    assert [(part.heading, part.key, part.line) for part in page.parts] == [
        ("One two", "one", 1),
        ("Three", "three", 9),
    ]
    assert page.parts[0].html == "<p>a</p>\n<h3>Sub</h3>\n<p>b</p>\n"
    assert page.parts[1].html == "<ul>\n<li>c</li>\n</ul>\n"


def test_tables_and_links_are_for_everyone() -> None:
    html = render_block("| a |\n|---|\n| [b](https://example.org) |\n\n<mail@example.org>").parts[0].html
    assert '<th scope="col">a</th>' in html
    assert '<a href="https://example.org" target="_blank" rel="noopener noreferrer">b</a>' in html
    assert '<a href="mailto:mail@example.org" rel="noopener noreferrer">' in html


@pytest.mark.parametrize(
    "link",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert)",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,x)",
        "[a](//example.org)",
        "[a](other.md)",
        "[a](#nowhere)",
        "[a][b]\n\n[b]: javascript:alert(1)",
        "<javascript:alert(1)>",
    ],
)
def test_a_link_that_leads_astray_is_told_and_never_runs(link: str) -> None:
    page = render_block(f"Text\n\n{link}")
    assert [line for line, _ in page.problems] == [3]
    assert "A link cannot lead to" in page.problems[0][1]
    assert not re.search(r'href="[a-z]+:', page.parts[0].html, re.IGNORECASE)


@pytest.mark.parametrize(
    "html", ["<script>x</script>", "a <b>b</b>", "<!-- x -->", "<div\n>", "<img src=x onerror=y>", "<?php ?>"]
)
def test_html_is_told_and_never_passed_on(html: str) -> None:
    page = render_block(f"Text\n\n{html}")
    assert page.problems
    assert all(line == 3 and "HTML is not allowed" in sentence for line, sentence in page.problems)
    assert not re.search(r"<(script|b|div|img|!|\?)", page.parts[0].html)


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("## A {#a}\n\nx\n\n#### B\n\ny", 5, "A heading `####` cannot follow `##`: one step at a time."),
        ("## A {#a}\n\nx\n\n# B\n\ny", 5, "The highest heading here is `##`."),
        ("## A {#a}\n\n> ## B\n>\n> x", 3, "A heading cannot stand inside a quotation, a list or a block."),
        ("## A {#a}\n\n### B {#b}\n\nx", 3, "Only a heading `##` has a key in braces."),
        ("## A {#a}\n\n![b](c.png)", 3, NO_PICTURE),
        ("## A {#a}\n\n![b](figure:c)", 3, NO_PICTURE),
    ],
)
def test_faults_of_form_are_told_with_their_line(text: str, line: int, sentence: str) -> None:
    assert (line, sentence) in render_parts(text, 2).problems


def test_a_block_has_no_headings() -> None:
    assert render_block("a\n\n### b").problems == [(3, "A heading cannot stand here.")]


MARKDOWN = st.lists(
    st.sampled_from(
        ["<", ">", "script", "a", "b", "/", "=", '"', "'", "(", ")", "[", "]", "!", "\n", " ", "#", "`", "*"]
    )
    | st.sampled_from(["javascript:", "&#x6a;", "onerror", "href", "style", "https://x.y", "|", "-", "{#k}", "\\"]),
    max_size=40,
).map("".join)


@given(MARKDOWN)
def test_nothing_but_known_tags_and_attributes_comes_out(text: str) -> None:
    html = render_block(text).parts[0].html
    for tag in re.findall(r"<[^>]*>", html):
        assert re.fullmatch(r'</?[a-z0-9]+( (href|target|rel|start|scope)="[^"]*")* ?/?>', tag), tag
    assert not re.search(r'href="\s*(?!https?:|mailto:|#|")[a-z]+:', html, re.IGNORECASE)
