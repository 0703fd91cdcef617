"""A course as one file: packed with its glossary, and unpacked into another content folder if all of it is right."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exchange.archives import MOST_BYTES, pack, unpack
from service.exchange.yaml_editing import as_yaml, with_added
from service.modules.glossary_reader import GLOSSARY
from service.modules.loader import load_catalogue
from service.modules.yaml_source import parse_yaml

CATALOGUE = "catalog.yaml"


@dataclass(frozen=True)
class Imported:
    """What came in. Terms whose key was there already stayed as they were."""

    course_key: str
    modules: tuple[str, ...]
    terms: tuple[str, ...]
    terms_kept: tuple[str, ...]
    has_replaced: bool


def export_course(root: Path, key: str) -> bytes:
    """Return the course as an archive: a content folder of its own, with its terms of the glossary.

    Raise ContentError if the content in `root` has faults, NotFoundError if it has no such course.
    """
    course = load_catalogue(root).course(key)
    folder = root / key
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    names = {path: path.relative_to(root).as_posix() for path in paths}
    files = {name: path.read_bytes() for path, name in names.items() if "/." not in name}
    catalogue = _yaml(root / CATALOGUE) | {"courses": [key], "commitments": []}
    files[CATALOGUE] = as_yaml(catalogue).encode()
    terms = _terms_of(root, {module.key for module in course.modules})
    if terms:
        files[GLOSSARY] = as_yaml({"terms": terms}).encode()
    return pack(files)


def import_course(root: Path, archive: Path, *, may_replace: bool = False) -> Imported:
    """Unpack a course into the content folder `root`, where it appears as a whole or not at all.

    Raise InvalidInputError for an archive that is none of a course, ConflictError if the course is there already and
    may not be replaced, and ContentError, with every fault, if the folder would not load with it.
    """
    files = unpack(_read(archive))
    key = _course_key(files)
    is_there = key in _yaml(root / CATALOGUE).get("courses", [])
    if (root / key).exists() and not is_there:
        raise ConflictError("course.folder", f"There is a folder {key} already that is no course of {CATALOGUE}.")
    if is_there and not may_replace:
        raise ConflictError("course.exists", f"There is a course {key} already.", key=key)
    with tempfile.TemporaryDirectory() as place:
        alone, merged = Path(place) / "alone", Path(place) / "content"
        _write(alone, files)
        load_catalogue(alone)
        shutil.copytree(root, merged, symlinks=True, ignore=shutil.ignore_patterns(".*"))
        if is_there:
            shutil.rmtree(merged / key)
        shutil.copytree(alone / key, merged / key)
        catalogue = _with_course(root, key)
        terms, kept = _new_terms(root, files, _modules_of(files, key))
        (merged / CATALOGUE).write_text(catalogue, encoding="utf-8")
        glossary = _with_terms(root, terms)
        if glossary is not None:
            (merged / GLOSSARY).write_text(glossary, encoding="utf-8")
        course = load_catalogue(merged).course(key)
        _put_in_place(root, merged, key, with_glossary=glossary is not None)
    modules = tuple(module.key for module in course.modules)
    return Imported(key, modules, tuple(term["key"] for term in terms), kept, is_there)


def _read(archive: Path) -> bytes:
    with archive.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _course_key(files: Mapping[str, bytes]) -> str:
    folders = {name.partition("/")[0] for name in files if "/" in name}
    others = {name for name in files if "/" not in name} - {CATALOGUE, GLOSSARY}
    key = next(iter(folders), "")
    if len(folders) != 1 or others or CATALOGUE not in files or f"{key}/course.yaml" not in files:
        raise InvalidInputError(
            "archive.no_course",
            f"This is no course: there should be {CATALOGUE}, perhaps {GLOSSARY}, and the folder of one course.",
        )
    if _parsed(files, CATALOGUE).get("courses") != [key]:
        raise InvalidInputError("archive.no_course", f"{CATALOGUE} of the archive should name the course {key} alone.")
    return key


def _parsed(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    document = parse_yaml(files.get(name, b"").decode("utf-8-sig", errors="replace"))
    return document.data if isinstance(document.data, dict) else {}


def _yaml(path: Path) -> dict[str, Any]:
    data = parse_yaml(path.read_text(encoding="utf-8-sig")).data if path.exists() else {}
    return data if isinstance(data, dict) else {}


def _modules_of(files: Mapping[str, bytes], key: str) -> set[str]:
    modules = _parsed(files, f"{key}/course.yaml").get("modules")
    return {str(module) for module in modules} if isinstance(modules, list) else set()


def _terms_of(root: Path, modules: set[str]) -> list[dict[str, Any]]:
    """Return the terms that these modules explain, as they stand in the glossary, without the other modules."""
    terms = _yaml(root / GLOSSARY).get("terms", [])
    named = [(term, [module for module in term["modules"] if module in modules]) for term in terms]
    return [{**term, "modules": found} for term, found in named if found]


def _new_terms(root: Path, files: Mapping[str, bytes], modules: set[str]) -> tuple[list[Any], tuple[str, ...]]:
    """Return the terms of the archive that the glossary lacks, and the keys of those that it has."""
    given = _parsed(files, GLOSSARY).get("terms", [])
    terms = [term for term in given if isinstance(term, dict)] if isinstance(given, list) else []
    there = {term["key"] for term in _yaml(root / GLOSSARY).get("terms", [])}
    kept = tuple(str(term.get("key")) for term in terms if term.get("key") in there)
    return [term for term in terms if term.get("key") not in there], kept


def _with_course(root: Path, key: str) -> str:
    text = (root / CATALOGUE).read_text(encoding="utf-8-sig")
    courses = parse_yaml(text).data
    if not isinstance(courses, dict) or not isinstance(courses.get("courses"), list):
        raise NotFoundError("content.no_catalogue", f"{CATALOGUE} names no list of courses.")
    return text if key in courses["courses"] else with_added(text, "courses", [key])


def _with_terms(root: Path, terms: list[Any]) -> str | None:
    if not terms:
        return None
    path = root / GLOSSARY
    return (
        with_added(path.read_text(encoding="utf-8-sig"), "terms", terms) if path.exists() else as_yaml({"terms": terms})
    )


def _put_in_place(root: Path, merged: Path, key: str, *, with_glossary: bool) -> None:
    """Move the course into the folder, all of it prepared beside its place first.

    Nobody sees it before catalog.yaml names it, and that is one step.
    """
    coming, going = root / f".{key}.coming", root / f".{key}.going"
    for leftover in (coming, going):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(merged / key, coming)
    files = [_beside(merged / name, root) for name in (CATALOGUE, GLOSSARY)[: 1 + with_glossary]]
    was_there = (root / key).exists()
    if was_there:
        (root / key).rename(going)
    try:
        coming.rename(root / key)
    except OSError:
        if was_there:
            going.rename(root / key)
        raise
    for beside, target in files:
        beside.replace(target)
    shutil.rmtree(going, ignore_errors=True)


def _beside(source: Path, root: Path) -> tuple[Path, Path]:
    beside = root / f".{source.name}.coming"
    shutil.copyfile(source, beside)
    return beside, root / source.name
