"""Adding to a file that a person wrote leaves the rest of it alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.exchange.yaml_editing import as_yaml, with_added
from service.modules.yaml_source import parse_yaml


@pytest.mark.parametrize(
    ("text", "added", "expected"),
    [
        ("a: [x]  # mine\nb: 1\n", ["y"], "a: [x, y]  # mine\nb: 1\n"),
        ("a: []\n", ["y"], "a: [y]\n"),
        ("a:\n  - x  # mine\n\n# about b\nb: 1\n", ["y"], "a:\n  - x  # mine\n\n# about b\n  - y\nb: 1\n"),
        ("a:\n- x", ["y"], "a:\n- x\n- y\n"),
        ("b: 1\na:\n  one: |\n    First.\n\n    Second.\n", {"two": "no"}, None),
        ("a: {one: x}\n", {"two": "y: z"}, "a: {one: x, two: 'y: z'}\n"),
    ],
)
def test_what_was_there_stays(text: str, added: list[str] | dict[str, str], expected: str | None) -> None:
    changed = with_added(text, "a", added)
    assert expected is None or changed == expected
    before, after = parse_yaml(text).data, parse_yaml(changed).data
    assert after.pop("a") == (before["a"] | added if isinstance(added, dict) else before["a"] + added)
    before.pop("a")
    assert after == before
    if expected is None:
        assert changed.startswith(text)


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
lines = st.lists(words, max_size=4).map("\n".join)


@given(st.dictionaries(st.sampled_from(["k", "l", "m"]), lines | st.lists(lines, max_size=3), min_size=1))
@settings(deadline=None, max_examples=60)
def test_whatever_is_added_is_read_as_it_was(added: dict[str, object]) -> None:
    text = "# mine\nfirst: {x: y}\na:\n  one: >-\n    Text\n    of two lines\nlast: 1\n"
    data = parse_yaml(with_added(text, "a", added)).data
    assert data == {"first": {"x": "y"}, "a": {"one": "Text of two lines", **added}, "last": "1"}
    assert parse_yaml(as_yaml(added)).data == added
