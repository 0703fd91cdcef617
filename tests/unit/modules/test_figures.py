"""A figure is drawn once, speaks each language, and lets nothing of its file into the page but lines and words."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.modules.content import Catalogue
from service.modules.drawing import read_drawing
from service.modules.loader import check, load_catalogue
from service.modules.text_measure import broken, width_of
from service.modules.yaml_source import parse_yaml
from tests.small_content import SmallContent
from tests.unit.modules.test_authoring_guide import example, examples

FOLDER = "module-i/roles"
SVG = f"{FOLDER}/figures/way.svg"
CONTENT = Path(__file__).parents[3] / "training_modules"


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    """The small course with the figure of the authors' guide, placed in the first section."""
    content = SmallContent(tmp_path / "content")
    structure, words = (parse_yaml(text).data["figures"] for text in examples("Figures"))
    content.module["figures"] = structure
    content.files[SVG] = example("Figures", "xml")
    for language in ("en", "he"):
        content.files[f"{FOLDER}/{language}.yaml"] |= {"figures": words}
        text = content.files[f"{FOLDER}/{language}.md"]
        content.files[f"{FOLDER}/{language}.md"] = text.replace("Text", example("Figures", "markdown") + "\nText", 1)
    return content


def told(content: SmallContent) -> list[str]:
    return [str(fault) for fault in check(content.write())]


def shown(content: SmallContent, language: str) -> str:
    """Return the figure as HTML."""
    section = load_catalogue(content.write()).module("roles").words[language].sections[0]
    return section.paragraphs[0].html


def words(content: SmallContent) -> Any:
    return content.files[f"{FOLDER}/he.yaml"]["figures"]["way"]


def test_it_is_drawn_with_its_words_and_what_it_shows(content: SmallContent) -> None:
    assert told(content) == []
    html = shown(content, "en")
    assert 'role="img" aria-label="A box at the beginning of an arrow."' in html
    assert ">Say hello</tspan>" in html
    assert "<strong>The first step</strong>" in html
    assert "<p>A box with the words “Say hello” stands at the beginning of a long arrow.</p>" in html
    assert "Drawing: MentorReady. Licence: CC BY-SA 4.0" in html


def test_where_time_runs_it_is_turned_round_in_hebrew_and_its_words_are_not(content: SmallContent) -> None:
    assert 'direction="ltr"' in shown(content, "en")
    assert '<tspan x="67"' in shown(content, "en")
    turned = shown(content, "he")
    assert 'direction="rtl"' in turned
    assert '<tspan x="221"' in turned
    shapes = re.findall(r'<g transform="translate\(288 0\) scale\(-1 1\)">(.*?)</g>', turned)
    assert [re.findall(r"<(\w+)", group) for group in shapes] == [["rect"], ["path"]]
    assert "What the drawing shows" not in turned


@pytest.mark.parametrize(("anchor", "in_hebrew"), [("start", "end"), ("middle", "middle"), ("end", "start")])
def test_words_stay_where_they_are_if_time_does_not_run(content: SmallContent, anchor: str, in_hebrew: str) -> None:
    """The start of Hebrew words is on their right, so that the other end has to be at `x`."""
    del content.module["figures"][0]["mirrored"]
    content.files[SVG] = content.files[SVG].replace('x="67"', 'x="140"').replace("middle", anchor)
    html = shown(content, "he")
    assert f'<text text-anchor="{in_hebrew}" class="strong"><tspan x="140"' in html
    assert "transform" not in html


def test_what_is_decorative_says_nothing(content: SmallContent) -> None:
    content.module["figures"] = [{"key": "way", "credit": "A", "licence": "B", "decorative": "yes"}]
    content.files[SVG] = re.sub(r"<text.*</text>", "", content.files[SVG])
    for language in ("en", "he"):
        del content.files[f"{FOLDER}/{language}.yaml"]["figures"]
        content.files[f"{FOLDER}/{language}.md"] = re.sub(r"!\[.*?\]", "![]", content.files[f"{FOLDER}/{language}.md"])
    assert told(content) == []
    html = shown(content, "en")
    assert 'aria-hidden="true"' in html
    assert "figcaption" not in html


FAULTS: list[tuple[Callable[[SmallContent], object], str]] = [
    (lambda c: c.files.pop(SVG), f"{SVG}:1: This file is missing."),
    (lambda c: c.files.update({f"{FOLDER}/figures/b.svg": ""}), "b.svg:1: This file is none of the `figures` of modul"),
    (lambda c: words(c)["labels"].pop("first"), "`figures > way > labels > first` has no words in this language."),
    (lambda c: words(c)["labels"].update(x="y"), "`figures > way > labels > x` is no label of the drawing."),
    (lambda c: words(c)["labels"].update(first="word " * 12), "first` is too long for its place in the drawing, which"),
    (lambda c: words(c)["labels"].update(first="w" * 30), "which is 120 units wide, 2 lines high."),
    (lambda c: words(c).update(description="# A"), "`figures > way > description` has a fault: A heading cannot stand"),
    (lambda c: words(c).pop("title"), "`figures > way > title` is missing."),
    (
        lambda c: c.files[f"{FOLDER}/he.yaml"].pop("figures"),
        "he.yaml:1: `figures > way` has no words in this language.",
    ),
    (lambda c: c.files[f"{FOLDER}/he.yaml"]["figures"].update(b={}), "`figures > b` has words, but module.yaml does n"),
    (lambda c: c.module["figures"][0].pop("credit"), "`figures > way > credit` is missing."),
    (lambda c: c.module["figures"].append(c.module["figures"][0]), "`figures > way > key` is `way` a second time."),
    (lambda c: c.module["figures"][0].update(decorative="yes"), "way.svg:3: A decorative drawing has no labels"),
    (lambda c: c.module["figures"][0].update(decorative="yes"), "`figures > way` is decorative, and needs no words."),
    (lambda c: c.module["figures"][0].update(decorative="yes"), "he.md:3: A decorative figure is placed without words"),
]


@pytest.mark.parametrize(("harm", "sentence"), FAULTS)
def test_a_fault_of_a_figure_is_told(
    content: SmallContent, harm: Callable[[SmallContent], object], sentence: str
) -> None:
    harm(content)
    found = told(content)
    assert any(sentence in fault for fault in found), found


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("figure:way", "figure:far", "he.md:3: module.yaml has no figure `far`."),
        ("figure:way", "figure:far", "he.md:1: The figure `way` of module.yaml is nowhere in the text"),
        ("A box at the beginning of an arrow.", "", "he.md:3: What the figure shows is missing, in one sentence"),
        ("![", "- ![", "he.md:3: A picture cannot stand here."),
        ("![", "See ![", "he.md:3: A picture cannot stand here."),
    ],
)
def test_a_fault_of_its_place_is_told(content: SmallContent, old: str, new: str, sentence: str) -> None:
    content.files[f"{FOLDER}/he.md"] = content.files[f"{FOLDER}/he.md"].replace(old, new)
    found = told(content)
    assert any(sentence in fault for fault in found), found


@pytest.mark.parametrize(
    ("inside", "sentence"),
    [
        ("<script>alert(1)</script>", "`<script>` is not used in drawings"),
        ('<a href="https://example.org"/>', "`<a>` is not used in drawings"),
        ('<image href="x.png"/>', "`<image>` is not used in drawings"),
        ("<g><path d='M0 0'/></g>", "`<g>` is not used in drawings"),
        ("<style>*{}</style>", "`<style>` is not used in drawings"),
        ('<path d="M0 0" onclick="x()"/>', "`onclick` is not used in `<path>`."),
        ('<path d="M0 0" style="fill:red"/>', "`style` is not used in `<path>`."),
        ('<path d="M0 0" fill="red"/>', "`fill` is not used in `<path>`."),
        ('<path d="url(#x)"/>', "`d` is `url(#x)`, which does not fit there."),
        ('<path d="M0 0" class="red"/>', "`class` is `red`, and may hold"),
        ("<path/>", "`<path>` lacks `d`."),
        ("Hello", "Words stand in `<text>`."),
        ('<text x="1" y="1">Hello</text>', "`Hello` is not the key of a label"),
        ('<text x="1" y="1">hello</text>', "The label `hello` lacks `data-width`"),
        ('<text x="250" y="1" data-width="90">a</text>', "This text has its place outside of the drawing."),
        ('<text x="1" y="1" data-lines="9" data-width="9">a</text>', "`data-lines` is `9`, which does not fit there."),
        ('<text x="1" y="1" data-width="9"><path d="M0 0"/></text>', "`<path>` stands inside of `<text>`"),
        ("<path", "This is not XML"),
    ],
)
def test_what_does_not_belong_into_a_drawing_is_told_with_its_line(inside: str, sentence: str) -> None:
    drawing = read_drawing(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 288 9">\n{inside}\n</svg>')
    assert any(line in {2, 3} and sentence in told for line, told in drawing.problems), drawing.problems


def test_its_frame_is_that_of_a_phone_and_of_nothing_else() -> None:
    assert "The viewBox must be `0 0 288`" in read_drawing('<svg viewBox="0 0 600 9"/>').problems[1][1]
    assert "A drawing begins with" in read_drawing('<svg viewBox="0 0 288 9" onload="x()"/>').problems[0][1]


def test_a_document_type_is_refused_before_it_can_grow() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>\n<svg>&b;</svg>'
    assert read_drawing(bomb).problems == [(1, "A DOCTYPE cannot stand here.")]


@given(st.text())
def test_no_file_makes_the_reader_fail(text: str) -> None:
    assert read_drawing(text).problems


def test_lines_are_filled_evenly_and_never_beyond_their_room() -> None:
    assert broken("one two", 200, 1, 14) == ["one two"]
    assert broken("Sesje tematyczne", 100, 2, 14) == ["Sesje", "tematyczne"]
    assert broken("a b c d e f g h", 70, 2, 14) == ["a b c d", "e f g h"]
    assert broken("tematyczne\u00a0sesje", 100, 2, 14) is None


@given(st.text(st.characters(categories=["L"])), st.integers(8, 30))
def test_bold_is_wider(text: str, size: int) -> None:
    assert width_of(text, size) <= width_of(text, size, is_bold=True)


def test_what_we_ship_is_well_formed_and_takes_every_colour_from_the_page(taught: Catalogue) -> None:
    figures = [
        figure
        for module in taught.modules
        for words in module.words.values()
        for section in words.sections
        for paragraph in section.paragraphs
        for figure in re.findall(r"<svg.*?</svg>", paragraph.html, re.DOTALL)
    ]
    assert len(figures) >= 6 * len(taught.languages)
    for figure in figures:
        names = {attribute for element in ET.fromstring(figure).iter() for attribute in element.attrib}
        assert not names & {"fill", "stroke", "style", "id", "href"}, figure
