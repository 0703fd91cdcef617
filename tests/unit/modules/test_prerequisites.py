"""Modules that come before others, and what a module was made from: known, dated, and in no circle."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.modules.loader import check, load_catalogue
from service.modules.prerequisites import find_circles
from tests.small_content import SmallContent

SOURCE = {"key": "wiki", "title": "Self-employment", "language": "en"}


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    """The small course with three modules that are the same but for their keys."""
    content = SmallContent(tmp_path / "content")
    for key in ("stages", "tools"):
        for name in [name for name in content.files if name.startswith("module-i/roles/")]:
            content.files[name.replace("/roles/", f"/{key}/")] = content.files[name]
        content.files[f"module-i/{key}/module.yaml"] = content.module | {"key": key}
    content.files["module-i/course.yaml"]["modules"] = ["roles", "stages", "tools"]
    return content


def module(content: SmallContent, key: str) -> dict[str, object]:
    found: dict[str, object] = content.files[f"module-i/{key}/module.yaml"]
    return found


def told(content: SmallContent) -> list[str]:
    return [str(fault).removeprefix("module-i/") for fault in check(content.write())]


def test_what_comes_before_and_what_it_was_made_from_is_read(content: SmallContent) -> None:
    module(content, "tools").update(better_after=["roles"], only_after=["stages"], sources=["wiki"], updated="2026-11")
    content.files["module-i/course.yaml"].update(author="We", licence="CC0", sources=[SOURCE | {"date": "2022"}])
    catalogue = load_catalogue(content.write())
    tools, course = catalogue.module("tools"), catalogue.course("module-i")
    assert (tools.better_after, tools.only_after) == (("roles",), ("stages",))
    assert (tools.sources, tools.updated, course.author, course.licence) == (("wiki",), "2026-11", "We", "CC0")
    assert (course.sources[0].title, course.sources[0].date, course.sources[0].link) == ("Self-employment", "2022", "")


def test_a_circle_is_told_with_its_whole_way(content: SmallContent) -> None:
    module(content, "roles").update(better_after=["tools"])
    module(content, "stages").update(better_after=["roles"])
    module(content, "tools").update(only_after=["stages"])
    [fault] = told(content)
    assert fault.startswith("roles/module.yaml:")
    assert "`better_after` leads in a circle: roles → tools → stages → roles." in fault


FAULTS: list[tuple[Callable[[SmallContent], object], str]] = [
    (lambda c: module(c, "tools").update(only_after=["tools"]), "`only_after` leads in a circle: tools → tools."),
    (lambda c: module(c, "tools").update(better_after=["nowhere"]), "`better_after > 1` is `nowhere`, which is no"),
    (lambda c: module(c, "tools").update(sources=["wiki"]), "`sources > 1` is `wiki`, which is none of the sources"),
    (lambda c: module(c, "tools").update(updated="soon"), "`updated` must be a date: 2026, 2026-11 or 2026-11-30."),
    (lambda c: c.files["module-i/course.yaml"].update(sources=[{"key": "a"}]), "`sources > a > title` is missing."),
    (lambda c: c.files["module-i/course.yaml"].update(sources=[SOURCE, SOURCE]), "`wiki` a second time."),
    (
        lambda c: c.files["module-i/course.yaml"].update(sources=[SOURCE | {"link": "javascript:alert(1)"}]),
        "`sources > wiki > link` must begin with https://.",
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS)
def test_what_cannot_be_is_told(content: SmallContent, spoil: Callable[[SmallContent], object], sentence: str) -> None:
    spoil(content)
    assert any(sentence in fault for fault in told(content)), told(content)


KEYS = st.sampled_from("abcdef")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, st.lists(KEYS, max_size=3)))
def test_circles_are_found_exactly_where_there_are_some(asked: Mapping[str, Sequence[str]]) -> None:
    circles = find_circles(asked)
    for circle in circles:
        assert circle[0] == circle[-1]
        assert all(after in asked[key] for key, after in pairwise(circle))
    left = dict(asked)
    while free := [key for key, after in left.items() if not set(after) & set(left)]:
        for key in free:
            del left[key]
    assert bool(left) == bool(circles)
