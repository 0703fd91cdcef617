"""What docs/AUTHORING.md shows to authors is what the loader reads."""

import re
import textwrap
from pathlib import Path

import pytest

from service.exercise_types import ExerciseType, exercise_types
from service.modules.render import render_parts
from service.modules.shapes import CatalogueShape, CourseShape, GlossaryShape, ModuleShape, ModuleWordsShape
from service.modules.yaml_source import parse_yaml

GUIDE = (Path(__file__).parents[3] / "docs" / "AUTHORING.md").read_text(encoding="utf-8")


def examples(heading: str, language: str = "yaml") -> list[str]:
    """Return the examples below a heading that begins like this, up to the next one of its rank or above."""
    found = re.search(
        rf"^(#+) {re.escape(heading)}\b.*?$(.*?)(?=^#{{1,3}} (?!.*{{#)|\Z)", GUIDE, re.MULTILINE | re.DOTALL
    )
    assert found, heading
    return [
        textwrap.dedent(text) for text in re.findall(rf"^```{language}\n(.*?)^```", found[2], re.MULTILINE | re.DOTALL)
    ]


def example(heading: str, language: str = "yaml") -> str:
    """Return the first example below a heading that begins like this."""
    return examples(heading, language)[0]


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ("catalog.yaml", CatalogueShape),
        ("course.yaml", CourseShape),
        ("The glossary", GlossaryShape),
        ("module.yaml", ModuleShape),
        ("The words of exercises", ModuleWordsShape),
    ],
)
def test_the_example_has_the_shape_that_is_read(heading: str, shape: type) -> None:
    document = parse_yaml(example(heading))
    assert document.problems == []
    assert shape().validate(document.data) == {}


@pytest.mark.parametrize("kind", exercise_types().values(), ids=lambda kind: kind.name)
def test_each_type_shows_its_structure_and_words_that_go_with_it(kind: ExerciseType) -> None:
    own, words = (parse_yaml(text).data for text in examples(kind.name))
    structure = kind.structure_shape().load(own)
    assert list(kind.structure_faults(structure)) == []
    assert kind.words_shape().validate(words) == {}
    assert list(kind.words_faults(structure, words)) == []
    marked = {"points": 1.0, **structure}
    assert kind.mark(marked, kind.model_answer(marked)).points == 1


def test_the_text_is_as_it_is_read() -> None:
    page = render_parts(example("The text", "markdown"), 2, anchors={"mentor"})
    assert page.problems == []
    assert [part.key for part in page.parts] == ["who-does-what", "mentor"]


def test_the_blocks_are_as_they_are_read() -> None:
    [section] = render_parts("## A {#a}\n\n" + example("Cases, stories", "markdown"), 2).parts
    assert [paragraph.kind for paragraph in section.paragraphs] == ["case", "country-note"]
