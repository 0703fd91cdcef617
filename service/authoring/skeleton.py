"""A new module to begin from: every file in every language, with a mark wherever its author has to write."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from service.errors import ConflictError, InvalidInputError
from service.exchange.yaml_editing import with_added
from service.modules.content import Catalogue
from service.modules.open_places import OPEN
from service.modules.sources import is_key

_STRUCTURE = """\
key: {key}
version: 1
minutes: 15
required_for: []
sections: [beginning, next-meeting]
exercises:
  - key: first-exercise
    type: one-answer
    after: beginning
    points: 1
    pass: 1
    options: [one, two]
    answer: one
"""
_TEXT = """\
## {open} the heading in {language} {{#beginning}}

{open} what this section says.

::: story
{open} somebody does what the text is about, or take the block out.
:::

## {open} for your next meeting {{#next-meeting}}

{open} one thing to try with the other person.
"""
_WORDS = """\
title: "{open} the title in {language}"
goal: "{open} in one sentence, what a learner will be able to do"
exercises:
  first-exercise:
    title: "{open} the title of the exercise"
    task: "{open} the question"
    options:
      one: {{text: "{open} the right answer", feedback: "{open} why it is right"}}
      two: {{text: "{open} another answer", feedback: "{open} why it is not"}}
    model: "{open} the answer as you would give it"
"""


def make_module(root: Path, catalogue: Catalogue, course_key: str, key: str) -> list[Path]:
    """Write the files of a new module and put its key at the end of its course; return what was written.

    Raise InvalidInputError for a key that is none, ConflictError for one that is taken, NotFoundError for a course that
    is not there.
    """
    course = catalogue.course(course_key)
    if not is_key(key):
        raise InvalidInputError("module.key", f"{key!r} is no key: take small Latin letters, digits and hyphens.")
    if key in {module.key for module in catalogue.modules}:
        raise ConflictError("module.exists", f"There is a module {key} already.")
    folder = root / course.key / key
    if folder.exists():
        raise ConflictError("module.folder", f"There is a folder {folder} already.")
    folder.mkdir()
    written = [_write(folder / name, text) for name, text in _files(key, catalogue.languages).items()]
    course_file = root / course.key / "course.yaml"
    return [*written, _write(course_file, with_added(course_file.read_text(encoding="utf-8"), "modules", [key]))]


def _files(key: str, languages: Sequence[str]) -> Mapping[str, str]:
    files = {"module.yaml": _STRUCTURE.format(key=key)}
    for language in languages:
        files[f"{language}.md"] = _TEXT.format(open=OPEN, language=language)
        files[f"{language}.yaml"] = _WORDS.format(open=OPEN, language=language)
    return files


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
