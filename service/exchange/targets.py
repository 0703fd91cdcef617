"""Where imported questions go: to the end of a module that is there, or into a new one."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from service.errors import ConflictError, ContentError, InvalidInputError, NotFoundError
from service.exchange.importing import (
    SECTION,
    Drawing,
    Outcome,
    draw_all,
    module_files,
    read_questions,
    write_files,
)
from service.exchange.markup import as_text
from service.exchange.questions import Kind, Question, Rich
from service.exchange.stock import Stock
from service.exchange.yaml_editing import with_added
from service.exercise_types.shapes import Key
from service.modules.loader import check
from service.modules.sources import MAX_BYTES, Fault
from service.modules.yaml_source import parse_yaml

MODULE = "module.yaml"


@dataclass(frozen=True)
class Report:
    """What became of each question, where the exercises went, and what is left for translators."""

    outcomes: tuple[Outcome, ...]
    module: str
    """The folder of the module, relative to the content."""
    to_translate: tuple[Fault, ...]


def import_into(
    root: Path, module: str, content: bytes, *, language: str, after: str = "", is_trial: bool = False
) -> Report:
    """Add the questions of a file to the module, below the section `after` (the last one if it is empty).

    Raise NotFoundError for an unknown module, InvalidInputError for a file without questions or a section that is not
    there, ContentError if the content would have faults other than missing translations. `is_trial` writes nothing.
    """
    folder = next((path.parent for path in sorted(root.glob(f"*/{_key(module)}/{MODULE}"))), None)
    if folder is None:
        raise NotFoundError("module.unknown", f"There is no module {module}.", key=module)
    structure, words = _mapping(folder / MODULE), _mapping(folder / f"{language}.yaml")
    sections, exercises = structure.get("sections"), structure.get("exercises")
    if not sections or not isinstance(exercises, list) or not isinstance(words.get("exercises"), dict):
        raise InvalidInputError("module.unreadable", f"First mend the faults of {module}: see `modules check`.")
    if after and after not in sections:
        raise InvalidInputError("section.unknown", f"{module} has no section {after}, but {', '.join(sections)}.")
    keys = [exercise["key"] for exercise in exercises]
    drawing = draw_all(read_questions(content), keys, after or sections[-1], language)
    files = {
        MODULE: with_added(_text(folder / MODULE), "exercises", [drawn.structure for drawn in drawing.exercises]),
        f"{language}.yaml": with_added(
            _text(folder / f"{language}.yaml"), "exercises", {drawn.key: drawn.words for drawn in drawing.exercises}
        ),
    }
    return _put(root, folder, {folder: files}, drawing, language, is_trial=is_trial)


def import_new(
    root: Path, course: str, module: str, content: bytes, *, language: str, title: str = "", is_trial: bool = False
) -> Report:
    """Make a module of the questions, the last one of its course. Raise as `import_into`, and ConflictError."""
    header = root / _key(course) / "course.yaml"
    if not header.exists():
        raise NotFoundError("course.unknown", f"There is no course {course}.", key=course)
    folder = root / course / _key(module)
    if folder.exists() or any(root.glob(f"*/{module}/{MODULE}")):
        raise ConflictError("module.exists", f"There is a module {module} already.")
    questions = read_questions(content)
    drawing = draw_all(questions, (), SECTION, language)
    stock, title = Stock(language), title or _title_of(questions) or module
    words = {"title": title, "goal": stock.goal(title), "heading": stock.heading, "intro": stock.intro}
    files = {
        folder: module_files(module, drawing.exercises, language, words),
        header.parent: {header.name: with_added(_text(header), "modules", [module])},
    }
    return _put(root, folder, files, drawing, language, is_trial=is_trial)


def _put(
    root: Path, folder: Path, files: dict[Path, dict[str, str]], drawing: Drawing, language: str, *, is_trial: bool
) -> Report:
    """Check the content as it would be, and only then write."""
    name = folder.relative_to(root).as_posix()
    if not drawing.exercises:
        return Report(drawing.outcomes, name, ())
    for text in (text for written in files.values() for text in written.values()):
        if len(text.encode()) > MAX_BYTES:
            raise InvalidInputError(
                "module.too_large", f"A file of {name} would have more than {MAX_BYTES // 1024} KB."
            )
    before = set(check(root))
    with tempfile.TemporaryDirectory() as place:
        merged = Path(place) / "content"
        shutil.copytree(root, merged, symlinks=True, ignore=shutil.ignore_patterns(".*"))
        for where, written in files.items():
            write_files(merged / where.relative_to(root), written)
        new = [fault for fault in check(merged) if _moved(fault) not in {_moved(one) for one in before}]
    others = {f"{name}/{other}{end}" for other in _languages(root) if other != language for end in (".yaml", ".md")}
    faults = [fault for fault in new if fault.file not in others and not _lacks_a_language(fault, name)]
    if faults:
        lines = "\n".join(str(fault) for fault in faults)
        raise ContentError("content.faults", f"With these questions the content has faults:\n{lines}", faults=faults)
    if not is_trial:
        for where, written in files.items():
            write_files(where, written)
    return Report(drawing.outcomes, name, tuple(new))


def _lacks_a_language(fault: Fault, module: str) -> bool:
    """Say whether phrases to look for are missing in a language: they stand in module.yaml."""
    return fault.file == f"{module}/{MODULE}" and fault.sentence.endswith("is missing.")


def _moved(fault: Fault) -> tuple[str, str]:
    """Return a fault without its line, which what was added may have moved."""
    return fault.file, fault.sentence


def _languages(root: Path) -> list[str]:
    found = _mapping(root / "catalog.yaml").get("languages")
    return [str(language) for language in found] if isinstance(found, list) else []


def _title_of(questions: list[Question]) -> str:
    """Return the last name of the first category of questions."""
    names = [question.name for question in questions if question.kind is Kind.CATEGORY]
    last = names[0].replace("//", "\0").rpartition("/")[2].replace("\0", "/") if names else ""
    return as_text(Rich(last)).text[:80]


def _key(name: str) -> str:
    try:
        return str(Key().deserialize(name))
    except ValidationError as error:
        raise InvalidInputError("key.wrong", f"{name[:80]!r} {' '.join(map(str, error.messages))}") from error


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")


def _mapping(path: Path) -> dict[str, Any]:
    try:
        data = parse_yaml(_text(path)).data
    except (OSError, UnicodeDecodeError):
        data = None
    return data if isinstance(data, dict) else {}
