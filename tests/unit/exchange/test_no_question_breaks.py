"""Whatever stands in a file of questions or in their texts, an import ends with a report or a refusal."""

import html
from xml.sax.saxutils import escape

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.exchange.importing import draw_all, read_questions
from service.exchange.markup import as_lines, as_markdown, as_text
from service.exchange.questions import Format, Rich
from service.exercise_types.shapes import Text
from service.modules.render import render_block

PIECES = [
    *(
        "{",
        "}",
        "~",
        "=",
        "#",
        "####",
        "->",
        "::",
        "%50%",
        "%-100%",
        "\\",
        "\\n",
        "\n",
        "\n\n",
        "//",
        "T",
        "FALSE",
        ">",
    ),
    *("[html]", "[plain]", "$CATEGORY: a/b\n", "1..5", "3:0.5", "1e999", "nan", "*", "trust", "אמון", "**", "](", "\0"),
    *(
        "\n::: story\n",
        "{% figure x %}",
        "<b>",
        "</p>",
        "<img src=x>",
        "<script>",
        "&lt;",
        "\u202e",
        "\ue000",
        "{1:SA:=a~b}",
        "{2:MCV:=x#y~z}",
        "[gap-1]",
    ),
]
KINDS = ["multichoice", "truefalse", "matching", "shortanswer", "numerical", "essay", "cloze", "ordering", "x", ""]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)
patient = settings(deadline=None, max_examples=40)


def report_of(content: bytes) -> bool:
    """Read and draw what the file holds; say whether it was taken as a file of questions."""
    try:
        questions = read_questions(content)
    except InvalidInputError:
        return False
    drawing = draw_all(questions, (), "questions", "en")
    assert len(drawing.outcomes) == len(questions)
    assert all(outcome.key or outcome.reason for outcome in drawing.outcomes)
    return True


@given(st.lists(texts, max_size=3).map("\n\n".join))
@patient
def test_any_gift(text: str) -> None:
    report_of(text.encode("utf-8", errors="surrogatepass"))


@given(st.binary(max_size=200))
@patient
def test_any_bytes(content: bytes) -> None:
    report_of(content)


@st.composite
def moodle_questions(draw: st.DrawFn) -> str:
    def words() -> str:
        return "".join(escape(letter) for letter in draw(texts) if letter.isprintable())

    numbers = st.sampled_from(["100", "50", "-50", "0", "33.33333", "", "x", "inf", "-1e400", "NaN"])
    answers = "".join(
        f'<answer fraction="{draw(numbers)}" format="{draw(st.sampled_from(["html", "markdown", "y"]))}">'
        f"<text>{words()}</text><feedback><text>{words()}</text></feedback>"
        f"<tolerance>{draw(numbers)}</tolerance></answer>"
        f"<subquestion><text>{words()}</text><answer><text>{words()}</text></answer></subquestion>"
        for _ in range(draw(st.integers(0, 4)))
    )
    single = draw(st.sampled_from(["true", "false", "", "2"]))
    return (
        f'<question type="{draw(st.sampled_from(KINDS))}"><name><text>{words()}</text></name>'
        f"<questiontext><text>{words()}</text></questiontext><single>{single}</single>"
        f"<defaultgrade>{draw(numbers)}</defaultgrade><minwordlimit>{draw(numbers)}</minwordlimit>{answers}</question>"
    )


@given(st.lists(moodle_questions(), min_size=1, max_size=2).map("".join))
@patient
def test_any_moodle_xml(questions: str) -> None:
    assert report_of(f"<?xml version='1.0'?><quiz>{questions}</quiz>".encode())


@given(texts, st.sampled_from(Format))
@patient
def test_any_text_becomes_one_that_the_content_takes(text: str, written: Format) -> None:
    rich = Rich(text, written)
    assert render_block(as_markdown(rich).text).problems == []
    for plain in (as_text(rich).text, as_lines(rich).text):
        assert not plain or Text().deserialize(plain) == plain


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=40))
@patient
def test_plain_text_is_shown_as_it_was_written(text: str) -> None:
    shown = render_block(as_markdown(Rich(text, Format.PLAIN)).text).parts[0].html
    assert html.unescape(nh3.clean(shown, tags=set())).split() == text.split()


@pytest.mark.parametrize(
    "text",
    ["<p>" * 30_000, "<ul><li>" * 400, "<br " * 900, "{1:SA:" * 5000, "![](" * 5000, "> " * 5000],
)
def test_what_grows_deep_ends(text: str) -> None:
    xml = f'<question type="cloze"><questiontext><text>{escape(text)} end</text></questiontext></question>'
    assert report_of(f"<quiz>{xml}</quiz>".encode())
    assert report_of(text.encode())
