"""A course goes from one content folder to another as one file, and arrives as a whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from service.errors import ConflictError, ContentError, InvalidInputError
from service.exchange.archives import pack, unpack
from service.exchange.courses import export_course, import_course
from service.modules.loader import load_catalogue
from tests.small_content import SmallContent
from tests.unit.exchange.folders import snapshot

TERM = {"term": "word", "meaning": "A word.", "forms": ["word*"]}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder whose one course has a term of the glossary."""
    content = SmallContent(tmp_path / "source")
    words = dict.fromkeys(("en", "he"), TERM)
    content.files["glossary.yaml"] = {"terms": [{"key": "word", "modules": ["roles"], "words": words}]}
    content.write()
    (content.folder / ".hidden").write_text("mine")
    return content.folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with another course, whose catalogue has a remark."""
    content = SmallContent(tmp_path / "target")
    files: dict[str, Any] = {
        name.replace("module-i/roles", "other/plans"): data for name, data in content.files.items()
    }
    files["other/course.yaml"] = files.pop("module-i/course.yaml") | {"key": "other", "modules": ["plans"]}
    files["other/plans/module.yaml"]["key"] = "plans"
    files["catalog.yaml"] = (
        'format: "1.0"  # of the files\nlanguages: [en, he]\ncourses: [other]  # in this order\n'
        "commitments: [confidentiality]\n"
    )
    content.files = files
    return content.write()


def archive(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_course_arrives_as_it_left(source: Path, target: Path, tmp_path: Path) -> None:
    packed = export_course(source, "module-i")
    assert packed == export_course(source, "module-i")
    imported = import_course(target, archive(tmp_path / "course.zip", packed))
    assert (imported.course_key, imported.modules, imported.terms) == ("module-i", ("roles",), ("word",))
    there, here = load_catalogue(source), load_catalogue(target)
    assert vars(here.module("roles")) == vars(there.module("roles"))
    assert here.terms == there.terms
    assert "courses: [other, module-i]  # in this order" in (target / "catalog.yaml").read_text()
    assert [path.name for path in target.iterdir() if path.name.startswith(".")] == []


def test_what_is_packed_is_a_content_folder_of_its_own(source: Path, tmp_path: Path) -> None:
    for name, content in unpack(export_course(source, "module-i")).items():
        path = tmp_path / "alone" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert vars(load_catalogue(tmp_path / "alone").module("roles")) == vars(load_catalogue(source).module("roles"))


def test_a_course_that_is_there_is_replaced_only_when_asked_for(source: Path, tmp_path: Path) -> None:
    before = snapshot(source)
    path = archive(tmp_path / "course.zip", export_course(source, "module-i"))
    with pytest.raises(ConflictError) as caught:
        import_course(source, path)
    assert caught.value.code == "course.exists"
    (source / "module-i" / "roles" / "stray.txt").write_text("no longer")
    imported = import_course(source, path, may_replace=True)
    assert imported.has_replaced
    assert imported.terms_kept == ("word",)
    assert snapshot(source) == before


def test_a_folder_that_is_no_course_is_never_replaced(source: Path, target: Path, tmp_path: Path) -> None:
    (target / "module-i").mkdir()
    path = archive(tmp_path / "course.zip", export_course(source, "module-i"))
    with pytest.raises(ConflictError) as caught:
        import_course(target, path, may_replace=True)
    assert caught.value.code == "course.folder"


def test_a_course_with_faults_changes_nothing(source: Path, target: Path, tmp_path: Path) -> None:
    before = snapshot(target)
    files = unpack(export_course(source, "module-i"))
    files["module-i/roles/he.yaml"] = files["module-i/roles/he.yaml"].replace(b"who-leads", b"who-else")
    with pytest.raises(ContentError) as caught:
        import_course(target, archive(tmp_path / "course.zip", pack(files)))
    assert "module-i/roles/he.yaml" in str(caught.value)
    assert snapshot(target) == before


def test_a_module_that_another_course_has_is_refused(source: Path, target: Path, tmp_path: Path) -> None:
    (target / "other" / "plans").rename(target / "other" / "roles")
    for name in ("other/course.yaml", "other/roles/module.yaml"):
        path = target / name
        path.write_text(path.read_text().replace("plans", "roles"))
    before = snapshot(target)
    with pytest.raises(ContentError, match="rename one"):
        import_course(target, archive(tmp_path / "course.zip", export_course(source, "module-i")))
    assert snapshot(target) == before


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"catalog.yaml": b"courses: [a]"},
        {"catalog.yaml": b"courses: [a]", "a/course.yaml": b"key: a", "b/course.yaml": b"key: b"},
        {"catalog.yaml": b"courses: [a, b]", "a/course.yaml": b"key: a"},
        {"catalog.yaml": b"[", "a/course.yaml": b"key: a"},
        {"catalog.yaml": b"courses: [a]", "a/course.yaml": b"key: a", "run.sh": b""},
    ],
)
def test_an_archive_that_is_no_course_is_refused(files: dict[str, bytes], target: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_course(target, archive(tmp_path / "course.zip", pack(files)))
    assert caught.value.code == "archive.no_course"


@pytest.mark.parametrize("broken", [b"\xff\xfe", b"key: &a [*a]", b"", b"terms: 3"])
def test_whatever_stands_in_its_files_it_is_told_as_faults(
    broken: bytes, source: Path, target: Path, tmp_path: Path
) -> None:
    before = snapshot(target)
    good = unpack(export_course(source, "module-i"))
    for name in ("module-i/course.yaml", "glossary.yaml", "module-i/roles/module.yaml"):
        with pytest.raises(ContentError):
            import_course(target, archive(tmp_path / "course.zip", pack(good | {name: broken})))
    assert snapshot(target) == before
