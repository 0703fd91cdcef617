"""The content answers the requirements that it says it answers (issue: courses A and B)."""

import re
from collections import Counter

import pytest

from service.modules.content import Catalogue, ModuleWords, Paragraph, SectionWords
from tests.training_coverage.report import (
    OBJECTIVES,
    OUTCOMES,
    Row,
    gaps,
    places_of,
    read_rows,
    table,
    word_table,
    words_in,
)


@pytest.fixture(scope="module")
def catalogue(taught: Catalogue) -> Catalogue:
    return taught


def test_every_row_of_the_written_courses_leads_to_a_module_and_an_exercise(catalogue: Catalogue) -> None:
    assert gaps(read_rows(), catalogue) == []


def test_a_row_that_leads_nowhere_is_a_gap(catalogue: Catalogue) -> None:
    row = Row("S4-999", frozenset({"TRAIN", "EXER"}), "B", "Nobody wrote this", "")
    assert [sentence.split(":")[0] for sentence in gaps([row], catalogue)] == [
        "S4-999 leads to no module",
        "S4-999 leads to no exercise",
    ]


def test_the_list_is_whole() -> None:
    """114 rows of S0, S3 and S4 are tagged TRAIN or EXER; what no written course answers says where it goes."""
    rows = read_rows()
    assert len({row.id for row in rows}) == len(rows) == 114
    assert all(re.fullmatch(r"S[034]-\d\d+", row.id) and row.tags <= {"TRAIN", "EXER"} and row.tags for row in rows)
    assert {row.course for row in rows} <= {"A", "B", "C", "D", "E", "tool", "open"}
    assert all(bool(row.instead) == (row.course not in "AB") for row in rows)


def test_each_objective_has_its_module_and_all_exercises_of_that_module(catalogue: Catalogue) -> None:
    modules = catalogue.course("module-i").modules
    assert len(modules) == len(OBJECTIVES) == 12
    for objective, module in zip(OBJECTIVES, modules, strict=True):
        assert objective in module.rows
        assert {f"{module.key}/{one.key}" for one in module.exercises} <= set(places_of(objective, catalogue).exercises)


def test_each_outcome_has_an_exercise_as_evidence(catalogue: Catalogue) -> None:
    assert [outcome for outcome in OUTCOMES if not places_of(outcome, catalogue).exercises] == []
    assert len(OUTCOMES) == 6


def test_no_tag_names_a_row_twice(catalogue: Catalogue) -> None:
    tagged = [(module.key, one.key, one.rows) for module in catalogue.modules for one in module.exercises]
    assert [place for place in tagged if max(Counter(place[2]).values(), default=0) > 1] == []


def test_the_report_shows_a_gap_where_nothing_is_written() -> None:
    empty = Catalogue(("en",), (), ())
    lines = list(table(read_rows(), empty))
    assert sum("NOTHING" in line for line in lines) == sum(row.course in "AB" for row in read_rows())
    assert "0 of 12 objectives have exercises." in lines


def test_words_are_counted_as_a_reader_meets_them() -> None:
    html = '<p>Dana’s “plan” is well-made &amp; short.</p><figure class="figure"><text>not this</text></figure>\n'
    section = SectionWords("a", "Two words", (Paragraph("", html, 1), Paragraph("", "<p><a>צוו״ת</a>־קטן</p>", 2)))
    assert words_in(ModuleWords("", "", (section,), {}, "")) == 2 + 5 + 1


def test_every_module_says_its_length_in_each_language(catalogue: Catalogue) -> None:
    head, *lines = word_table(catalogue)
    assert head.split()[-3:] == ["en", "he", "pl"]
    counts = {line.split()[0]: [int(count) for count in line.split()[1:]] for line in lines}
    assert len(counts) == len(catalogue.modules)
    assert [name for name, found in counts.items() if not 500 <= min(found) <= max(found) <= 1000] == []
