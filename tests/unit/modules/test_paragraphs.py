"""A change in one language marks the others at that paragraph, and nothing else (FEATURES N8)."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.modules.following import LOCK, confirm, list_remarks
from service.modules.loader import check, examine, load_catalogue
from service.modules.paragraphs import Passage, Passages, compare, digest, follow
from tests.small_content import SmallContent

TEXT = "## First {#first}\n\nOne.\n\nTwo\ngoes on.\n\n## Second {#second}\n\nThree.\n"
EN, HE = "module-i/roles/en", "module-i/roles/he"


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    """The small course in three languages; both translations are confirmed."""
    content = SmallContent(tmp_path / "content")
    content.files["catalog.yaml"]["languages"].append("pl")
    for name in [name for name in content.files if Path(name).stem == "en"]:
        content.files[str(Path(name).with_stem("pl"))] = content.files[name]
    content.files["module-i/course.yaml"]["words"]["pl"] = {"title": "Moduł I", "aim": "Zacząć."}
    for language in ("en", "he", "pl"):
        content.files[f"module-i/roles/{language}.md"] = TEXT
    confirm(content.write(), load_catalogue(content.folder), ["roles"], ["he", "pl"])
    return content


def changed(content: SmallContent, file: str, old: str, new: str) -> None:
    path = content.folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def remarks(content: SmallContent) -> list[str]:
    faults, standings, _ = examine(content.folder)
    assert faults == []
    return [str(remark).removeprefix("module-i/roles/") for one in standings for remark in list_remarks(one)]


def test_what_was_confirmed_follows_however_its_lines_are_broken(content: SmallContent) -> None:
    assert remarks(content) == []
    changed(content, f"{EN}.md", "Two\ngoes on.", "Two goes on.")
    assert remarks(content) == []


CHANGES: list[tuple[str, str, str, list[str]]] = [
    (
        f"{EN}.md",
        "Two",
        "Too",
        ["he.md:5: This follows an older version of en.md:5.", "pl.md:5: This follows an older version of en.md:5."],
    ),
    (
        f"{EN}.md",
        "Two",
        "New here.\n\nTwo",
        ["he.md:3: New in the original: en.md:5.", "pl.md:3: New in the original: en.md:5."],
    ),
    (
        f"{EN}.md",
        "One.\n\n",
        "",
        [
            "he.md:3: The original does not have this any more; see en.md:3.",
            "pl.md:3: The original does not have this any more; see en.md:3.",
        ],
    ),
    (
        f"{EN}.md",
        "## Second",
        "## The second",
        ["he.md:8: This follows an older version of en.md:8.", "pl.md:8: This follows an older version of en.md:8."],
    ),
    (f"{HE}.md", "Three", "3", ["he.md:10: Changed here alone: does en.md:10 say the same?"]),
    (
        f"{EN}.yaml",
        "You can tell who does what.",
        "You know.",
        [
            "he.yaml:2: This follows an older version of en.yaml:2.",
            "pl.yaml:2: This follows an older version of en.yaml:2.",
        ],
    ),
    (f"{HE}.yaml", "Then it is a lecture.", "A lecture.", ["he.yaml:13: Changed here alone: does en.yaml:13 say the"]),
]


@pytest.mark.parametrize(("file", "old", "new", "told"), CHANGES, ids=[f"{one[0]}-{one[1][:5]}" for one in CHANGES])
def test_a_change_marks_the_other_languages_at_that_place_until_they_are_confirmed(
    content: SmallContent, file: str, old: str, new: str, told: list[str]
) -> None:
    changed(content, file, old, new)
    found = remarks(content)
    assert [one[: len(expected)] for one, expected in zip(found, told, strict=True)] == told
    confirm(content.folder, load_catalogue(content.folder), ["roles"], ["he"])
    assert remarks(content) == [one for one in found if one.startswith("pl")]


def test_a_translation_that_has_other_paragraphs_is_held_to_the_section(content: SmallContent) -> None:
    changed(content, f"{HE}.md", "One.\n\nTwo", "One. Two")
    confirm(content.folder, load_catalogue(content.folder), ["roles"], ["he"])
    assert remarks(content) == []
    changed(content, f"{EN}.md", "One.", "1.")
    assert remarks(content)[0] == "he.md:1: This follows an older version of en.md:3."


def test_the_line_is_found_after_the_translator_has_moved_it(content: SmallContent) -> None:
    changed(content, f"{HE}.md", "One.", "One.\n\nOne more.\n\nAnd more.")
    changed(content, f"{EN}.md", "Two", "Too")
    assert "he.md:9: This follows an older version of en.md:5." in remarks(content)


def test_a_new_module_is_told_once_for_each_translation(content: SmallContent) -> None:
    (content.folder / "module-i/roles" / LOCK).unlink()
    assert remarks(content) == [
        f"{language}.md:1: Nobody has confirmed yet that this follows the original." for language in ("he", "pl")
    ]


@pytest.mark.parametrize("spoilt", ["he: []\n", "he: {text: [], words: {}}\n", "he: &a {text: {}, words: {}}\n", "he:"])
def test_a_spoilt_lock_is_told_and_keeps_nobody_from_learning(content: SmallContent, spoilt: str) -> None:
    (content.folder / "module-i/roles" / LOCK).write_text(spoilt)
    assert [fault.file for fault in check(content.folder)] == [f"module-i/roles/{LOCK}"]
    changed(content, "catalog.yaml", "courses:", "mark_outdated: yes\ncourses:")
    assert load_catalogue(content.folder).module("roles")


@pytest.mark.parametrize("is_marked", [True, False])
def test_readers_see_that_a_paragraph_is_outdated_only_if_the_author_says_so(
    content: SmallContent, is_marked: bool
) -> None:
    if is_marked:
        changed(content, "catalog.yaml", "courses:", "mark_outdated: yes\ncourses:")
    changed(content, f"{EN}.md", "Two\ngoes on.", "Two *has gone* on.")
    changed(content, f"{EN}.yaml", "You can tell who does what.", "You know.")
    module = load_catalogue(content.folder).module("roles")
    newer = [one.newer for section in module.words["he"].sections for one in section.paragraphs]
    assert newer == [None, ("en", "<p>Two <em>has gone</em> on.</p>\n") if is_marked else None, None]
    assert not any(one.newer for section in module.words["en"].sections for one in section.paragraphs)


def passages(texts: list[str]) -> Passages:
    return Passages({"a": tuple(Passage(line, digest(text)) for line, text in enumerate(texts, 1))}, {})


TEXTS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_change_is_told_and_only_a_change(
    original: list[str], own: list[str], later: list[str], own_later: list[str]
) -> None:
    followed = follow(passages(original), passages(own))
    found = list(compare(passages(later), passages(own_later), followed))
    assert all(1 <= one.line <= len(own_later) and 1 <= one.original_line <= len(later) for one in found)
    if original != later:
        assert found
    if (original, own) == (later, own_later):
        assert not found
