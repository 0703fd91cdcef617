"""YAML of authors: text stays text, tricks are refused, faults name their line."""

import time

import pytest

from service.modules.yaml_source import MAX_DEPTH, parse_yaml


def test_text_stays_text_and_knows_its_line() -> None:
    document = parse_yaml("options:\n  - no\n  - 010\n  - ~\nitems:\n  a: {b: 2001-01-01}\n")
    assert document.data == {"options": ["no", "010", "~"], "items": {"a": {"b": "2001-01-01"}}}
    assert document.problems == []
    assert document.line_of(("options", 1)) == 3
    assert document.line_of(("items", "a", "b")) == 6
    assert document.line_of(("items", "missing", "deeper")) == 5


BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (BILLION_LAUGHS, 1, "`&a` is a YAML anchor"),
        ("a: 1\nb: *all of it\n", 2, "This is not YAML: "),
        ("a: 1\nb: *all\n", 2, "`*all` is a YAML alias, and these are not used here. If it is text, put it into"),
        ("a: 1\nb: **bold** words\n", 2, "Text needs quotes if it holds `: ` or ` #` or begins with a sign such as *"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "python/object/apply:os.system` is a YAML tag"),
        ("a: 1\nb: 2\na: 3\n", 3, "`a` is here twice; the first time on line 1."),
        ("a: 1\nb: text: more\n", 2, "This is not YAML: mapping values are not allowed"),
        ("a: 'open\n", 2, "This is not YAML: "),
        ("a: 1\n---\nb: 2\n", 2, "This is not YAML: "),
        ("a: \x07\n", 1, "This is not YAML: the character 7 may not be in it."),
        ("? [a]\n: 1\n", 1, "A name before the colon must be plain text."),
        ("\n\n", 1, "This file is empty."),
        ("[" * 100_000, 1, f"Lists and mappings are nested more than {MAX_DEPTH} deep here."),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_line(text: str, line: int, sentence: str) -> None:
    started = time.monotonic()
    problems = parse_yaml(text).problems
    assert any(found == line and sentence in told for found, told in problems), problems
    assert time.monotonic() - started < 5


def test_all_doubles_are_told_at_once() -> None:
    document = parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [line for line, _ in document.problems] == [2, 3]
    assert document.data == {"a": "1", "b": {"c": "1"}}
