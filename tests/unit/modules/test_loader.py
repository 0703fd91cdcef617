"""The loader reads what is right, and tells everything that is not, where it stands."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ContentError, NotFoundError
from service.exercise_types import exercise_types
from service.modules.loader import check, load_catalogue
from service.modules.sources import MAX_BYTES, Fault
from tests.small_content import SmallContent


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    return SmallContent(tmp_path / "content")


def told(content: SmallContent) -> list[str]:
    return [str(fault) for fault in check(content.write())]


def test_everything_is_there(content: SmallContent) -> None:
    catalogue = load_catalogue(content.write())
    assert catalogue.languages == ("en", "he")
    module = catalogue.module("roles")
    assert (module.course_key, module.version, module.minutes, module.max_points) == ("module-i", 1, 15, 8)
    assert [exercise.key for exercise in module.exercises] == ["who-leads", "whose-duty", "stages"]
    assert module.exercise("whose-duty").structure["items"] == ["listens", "sets-goals", "gives-feedback"]
    words = module.words["he"]
    assert [(section.key, section.heading) for section in words.sections] == [("first", "First"), ("second", "Second")]
    assert words.exercises["who-leads"].parts["options"]["ask"]["feedback"] == "Right: the mentee asks."
    assert words.exercises["who-leads"].task_html == "<p>Choose <strong>one</strong>.</p>\n"
    assert catalogue.course("module-i").words["en"].aim == "To begin."
    assert catalogue.commitment("confidentiality").words["he"].title == "Silence"
    assert catalogue.modules_required_for("mentee") == (module,)
    assert catalogue.modules_required_for("youth_worker") == ()


def test_what_is_unknown_is_not_found(content: SmallContent) -> None:
    catalogue = load_catalogue(content.write())
    for ask, code in [
        (catalogue.module, "module.unknown"),
        (catalogue.course, "course.unknown"),
        (catalogue.commitment, "commitment.unknown"),
        (catalogue.module("roles").exercise, "exercise.unknown"),
    ]:
        with pytest.raises(NotFoundError) as caught:
            ask("nothing")
        assert caught.value.code == code


def test_loading_raises_all_faults_at_once(content: SmallContent) -> None:
    del content.files["module-i/roles/he.md"], content.files["commitments/confidentiality/en.md"]
    content.module["version"] = "soon"
    with pytest.raises(ContentError) as caught:
        load_catalogue(content.write())
    assert caught.value.details["faults"] == [
        Fault("commitments/confidentiality/en.md", 1, "This file is missing."),
        Fault("module-i/roles/he.md", 1, "This file is missing."),
        Fault("module-i/roles/module.yaml", 2, "`version` must be a whole number."),
    ]
    assert "module-i/roles/module.yaml:2: `version` must be" in str(caught.value)


def exercise(content: SmallContent, number: int) -> Any:
    return content.module["exercises"][number]


def words(content: SmallContent, key: str) -> Any:
    return content.files["module-i/roles/he.yaml"]["exercises"][key]


STRUCTURE_FAULTS: list[tuple[Callable[[SmallContent], object], str]] = [
    (lambda c: exercise(c, 0).update(answer="z"), "`exercises > who-leads > answer` is `z`, which is none of the op"),
    (lambda c: exercise(c, 0).update(options=["ask"], answer="ask"), "options` must have 2 to 8 entries, and has 1."),
    (lambda c: exercise(c, 0).update(options=["ask", "ask"]), "options` holds ask more than once."),
    (lambda c: exercise(c, 0).update(options=["ask", "No Key"]), "options > 2` must be a key: 1 to 64 small Latin"),
    (lambda c: exercise(c, 0).update({"pass": 2}), "`exercises > who-leads > pass` is 2, which cannot be reached"),
    (lambda c: exercise(c, 0).update(points=0), "`exercises > who-leads > points` must be a number above 0"),
    (lambda c: exercise(c, 0).update(points="nan"), "`exercises > who-leads > points` must be a number"),
    (lambda c: exercise(c, 0).update(after="third"), "`exercises > who-leads > after` is `third`, which is none of"),
    (lambda c: exercise(c, 0).update(type="riddle"), "type` must be one of "),
    (lambda c: exercise(c, 0).update(hint="x"), "`exercises > who-leads > hint` is not known here. Is it misspelt?"),
    (lambda c: exercise(c, 0).pop("answer"), "`exercises > who-leads > answer` is missing."),
    (lambda c: exercise(c, 0).update(key=[]), "`exercises > 1 > key` must be a key."),
    (lambda c: exercise(c, 0).pop("key"), "`exercises > 1 > key` is missing."),
    (lambda c: exercise(c, 2).update(key="who-leads"), "`exercises > who-leads > key` is `who-leads` a second time."),
    (lambda c: exercise(c, 1)["items"].update(listens="boss"), "items > listens` belongs to `boss`, which is none"),
    (lambda c: exercise(c, 1).update(items=[]), "`exercises > whose-duty > items` must consist of lines of the form"),
    (lambda c: exercise(c, 2).update(items=["a", "b"]), "`exercises > stages > items` must have 3 to 9 entries"),
    (lambda c: c.module.update(exercises=["x"]), "`exercises > 1` must consist of lines of the form `name: value`."),
    (lambda c: c.module.update(exercises=[]), "`exercises` must have 1 to 50 entries, and has 0."),
    (lambda c: c.module.update(key="rolls"), "`key` must be `roles`, the name of the folder."),
    (lambda c: c.module.update(required_for=["boss"]), "`required_for > 1` must be one of mentor, youth_worker, ment"),
    (lambda c: c.module.update(rows=["S4"]), "`rows > 1` must be the name of a row, such as S4-34."),
    (lambda c: c.module.update(outcomes=[]), "`outcomes` is not known here. Is it misspelt?"),
    (lambda c: c.module.update(sections="first"), "`sections` must be a list."),
]


@pytest.mark.parametrize(("spoil", "sentence"), STRUCTURE_FAULTS)
def test_a_fault_of_the_structure_is_told(
    content: SmallContent, spoil: Callable[[SmallContent], object], sentence: str
) -> None:
    spoil(content)
    faults = check(content.write())
    assert any(fault.file == "module-i/roles/module.yaml" and sentence in fault.sentence for fault in faults), faults


def test_phrases_to_look_for_stand_in_each_language_and_no_other(content: SmallContent) -> None:
    gaps = {"where": {"accepted": {"en": ["here"], "pl": ["tu"]}}}
    content.module["exercises"].append(
        {"key": "gap", "type": "fill-the-gap", "after": "first", "points": 1, "pass": 1, "gaps": gaps}
    )
    for language in ("en", "he"):
        own = {"text": "It is [where].", "gaps": {"where": {"feedback": "So."}}}
        content.files[f"module-i/roles/{language}.yaml"]["exercises"]["gap"] = {
            "title": "Where?",
            "task": "Write.",
            "model": "Here.",
            **own,
        }
    path = "`exercises > gap > gaps > where > accepted"
    assert [fault.partition(": ")[2] for fault in told(content)] == [
        f"{path} > he` is missing.",
        f"{path} > pl` is not a language of catalog.yaml.",
    ]
    gaps["where"]["accepted"] = {"en": ["here"], "he": ["כאן"]}
    assert told(content) == []


WORD_FAULTS: list[tuple[Callable[[SmallContent], object], str]] = [
    (lambda c: words(c, "who-leads")["options"].pop("ask"), "options > ask` has no words in this language."),
    (lambda c: words(c, "who-leads")["options"].update(z={}), "options > z` has words, but module.yaml does not have"),
    (lambda c: words(c, "who-leads")["options"]["ask"].pop("feedback"), "options > ask > feedback` is missing."),
    (lambda c: words(c, "who-leads")["options"]["ask"].update(text=" "), "options > ask > text` is empty."),
    (lambda c: words(c, "who-leads")["options"]["ask"].update(text="**a**"), "text` is shown as it stands: neither"),
    (lambda c: words(c, "whose-duty").pop("groups"), "`exercises > whose-duty > groups` is missing."),
    (
        lambda c: words(c, "who-leads").update(task="<b>a</b>"),
        "`exercises > who-leads > task` has a fault: HTML is not allowed",
    ),
    (
        lambda c: words(c, "who-leads").update(model="# a"),
        "`exercises > who-leads > model` has a fault: A heading cannot stand",
    ),
    (lambda c: words(c, "who-leads").pop("model"), "`exercises > who-leads > model` is missing."),
    (lambda c: words(c, "who-leads").update(hint="a"), "`exercises > who-leads > hint` is not known here."),
    (
        lambda c: c.files["module-i/roles/he.yaml"]["exercises"].pop("stages"),
        "`exercises > stages` has no words in this language.",
    ),
    (
        lambda c: c.files["module-i/roles/he.yaml"]["exercises"].update(old={}),
        "`exercises > old` has words, but module.yaml does not have this exercise.",
    ),
    (lambda c: c.files["module-i/roles/he.yaml"].pop("goal"), "`goal` is missing."),
]


@pytest.mark.parametrize(("spoil", "sentence"), WORD_FAULTS)
def test_a_fault_of_the_words_is_told_for_the_language_that_has_it(
    content: SmallContent, spoil: Callable[[SmallContent], object], sentence: str
) -> None:
    spoil(content)
    faults = check(content.write())
    assert {fault.file for fault in faults} == {"module-i/roles/he.yaml"}
    assert any(sentence in fault.sentence for fault in faults), faults


SECTION_FAULTS = [
    ("## First {#first}\n\na\n", "he.md:1: The section `second` of module.yaml is missing."),
    ("## Second {#second}\n\na\n\n## First {#first}\n\nb\n", "he.md:1: The sections must stand in the order of"),
    ("## First {#first}\n\na\n\n## Second\n\nb\n", "he.md:5: The heading “Second” lacks its key: `## Second {#key}`."),
    ("## First {#first}\n\na\n\n## Second {#secnd}\n\nb\n", "he.md:5: module.yaml has no section `secnd`."),
    ("Hello\n\n## First {#first}\n\na\n\n## Second {#second}\n\nb\n", "he.md:1: The text must begin with a heading"),
    ("## First {#first}\n\n## Second {#second}\n\nb\n", "he.md:1: Nothing stands below the heading “First”."),
    ("", "he.md:1: The text must begin with a heading"),
]


@pytest.mark.parametrize(("text", "sentence"), SECTION_FAULTS)
def test_a_fault_of_the_sections_is_told(content: SmallContent, text: str, sentence: str) -> None:
    content.files["module-i/roles/he.md"] = text
    assert any(f"module-i/roles/{sentence}" in fault for fault in told(content)), told(content)


def test_a_link_to_a_section_of_the_module_is_taken_and_any_other_is_told(content: SmallContent) -> None:
    content.files["module-i/roles/he.md"] = "## First {#first}\n\n[a](#second)\n\n## Second {#second}\n\n[b](#third)\n"
    [fault] = told(content)
    assert fault.startswith("module-i/roles/he.md:7: A link cannot lead to `#third`")


def test_catalogue_and_course_tell_their_faults_too(content: SmallContent) -> None:
    content.files["catalog.yaml"].update(format="2.0", languages=["en", "he", "pl"], courses=["module-i", "module-ii"])
    content.files["module-i/course.yaml"]["words"] = {"en": {"title": "Module I"}, "fr": {}}
    content.files["module-i/rolls/module.yaml"] = content.module
    faults = told(content)
    assert "catalog.yaml:1: `format` must be 1.0, which is the format that this version reads." in faults
    assert "module-ii/course.yaml:1: This file is missing." in faults
    assert "module-i/roles/pl.yaml:1: This file is missing." in faults
    assert (
        "module-i/course.yaml:2: `modules` lacks `rolls`, which has a folder: nobody would ever see that module."
        in faults
    )
    assert "module-i/course.yaml:5: `words > en > aim` is missing." in faults
    assert "module-i/course.yaml:7: `words > fr` is not a language of catalog.yaml." in faults
    assert "module-i/course.yaml:4: `words > he` is missing." in faults


def test_a_module_key_belongs_to_one_course(content: SmallContent) -> None:
    content.files["catalog.yaml"]["courses"].append("module-ii")
    for name, data in list(content.files.items()):
        if name.startswith("module-i/"):
            content.files[name.replace("module-i/", "module-ii/")] = data
    content.files["module-ii/course.yaml"] = content.files["module-i/course.yaml"] | {"key": "module-ii"}
    [fault] = told(content)
    assert fault.startswith("module-ii/roles/module.yaml:1: The course module-i has a module `roles` too")


def test_the_same_content_has_the_same_digest_however_it_is_written(content: SmallContent, tmp_path: Path) -> None:
    digest = load_catalogue(content.write()).module("roles").digest
    file = content.folder / "module-i/roles/en.md"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    structure = content.folder / "module-i/roles/module.yaml"
    structure.write_text("# a remark\n" + structure.read_text())
    assert load_catalogue(content.folder).module("roles").digest == digest


@pytest.mark.parametrize("change", ["he.md", "he.yaml", "module.yaml"])
def test_whatever_a_learner_sees_or_is_marked_by_changes_the_digest(content: SmallContent, change: str) -> None:
    digest = load_catalogue(content.write()).module("roles").digest
    file = content.folder / "module-i/roles" / change
    file.write_text(
        file.read_text()
        .replace("More", "Much more")
        .replace("lecture", "speech")
        .replace("answer: ask", "answer: tell")
    )
    assert load_catalogue(content.folder).module("roles").digest != digest


def test_files_that_could_do_harm_are_refused(content: SmallContent, tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("## First {#first}\n\nsecret\n")
    folder = content.write()
    for name in ("module-i/roles/en.md", "module-i/roles/he.md", "module-i/roles/he.yaml"):
        (folder / name).unlink()
    (folder / "module-i/roles/en.md").symlink_to(outside)
    (folder / "module-i/roles/he.md").write_bytes(b"a" * (MAX_BYTES + 1))
    (folder / "module-i/roles/he.yaml").write_bytes(b"title: x\ngoal: \xff\n")
    assert [str(fault) for fault in check(folder)] == [
        "module-i/roles/en.md:1: This file is a link to a place outside the content folder.",
        "module-i/roles/he.md:1: This file is larger than 256 KB.",
        "module-i/roles/he.yaml:2: This is not text in UTF-8. Save the file with the encoding UTF-8.",
    ]


def test_names_in_lists_do_not_lead_out_of_the_folder(content: SmallContent) -> None:
    content.files["catalog.yaml"]["courses"] = ["../elsewhere", "/etc"]
    faults = told(content)
    assert len(faults) == 2
    assert all("must be a key" in fault for fault in faults)


def test_a_folder_without_content_says_so(tmp_path: Path) -> None:
    assert [str(fault) for fault in check(tmp_path / "nowhere")] == ["catalog.yaml:1: This file is missing."]


def paths_in(value: Any) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *path) for key, found in inner for path in paths_in(found))]


STRANGE = [None, "", "x", "roles", 0, -1, [], {}, ["x"], ["x", "x"], [[]], [{}], {"x": "y"}, {"key": []}, {"": {}}]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_mistake_of_an_author_makes_the_check_fail(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = SmallContent(tmp_path_factory.mktemp("content"))
    for _ in range(data.draw(st.integers(1, 3))):
        file = data.draw(st.sampled_from(sorted(name for name in content.files if name.endswith(".yaml"))))
        path = data.draw(st.sampled_from(paths_in(content.files[file])))
        replaced(content.files, (file, *path), data.draw(st.sampled_from(STRANGE)))
    for fault in check(content.write()):
        text = (content.folder / fault.file).read_text() if (content.folder / fault.file).exists() else ""
        assert 1 <= fault.line <= text.count("\n") + 1
        assert fault.sentence.endswith((".", "`", "?"))


def replaced(value: Any, path: tuple[Any, ...], by: object) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = copy.deepcopy(by)


@pytest.mark.parametrize(
    ("name", "worse", "sentence"),
    [
        (
            "mark",
            lambda found: replace(found, points=found.max_points / 2),
            "> points` is 1, but the",
        ),
        ("model_answer", lambda found: {**found, "choice": "nobody"}, "has a model answer that its own form refuses"),
    ],
)
def test_a_mark_that_nobody_can_reach_is_told(
    content: SmallContent, monkeypatch: pytest.MonkeyPatch, name: str, worse: Callable[[Any], Any], sentence: str
) -> None:
    """Whatever the kind of exercise is: here one that does not do what it should."""
    kind = type(exercise_types()["one-answer"])
    usual = getattr(kind, name)
    monkeypatch.setattr(kind, name, lambda *given: worse(usual(*given)))
    [fault] = told(content)
    assert "exercises > who-leads" in fault
    assert sentence in fault
