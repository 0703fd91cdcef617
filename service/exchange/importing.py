"""Takes the questions of a file into a module: what can be taken, with a report on each, or nothing at all."""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import InvalidInputError
from service.exchange.drafting import Drawn, draw, is_too_large, title_of
from service.exchange.drafts import NotTakenError, key_of
from service.exchange.gift import read_gift
from service.exchange.moodle_xml import read_moodle_xml
from service.exchange.multilang import in_language
from service.exchange.questions import MOST_BYTES, Kind, Question
from service.exchange.yaml_editing import as_yaml
from service.modules.loader import check
from service.modules.shapes import FORMAT

MOST_QUESTIONS = 2000
MOST_EXERCISES = 50
"""Of a module."""
SECTION = "questions"


@dataclass(frozen=True)
class Outcome:
    """What became of one question."""

    question: Question
    title: str
    key: str
    """Of the exercise; empty if the question was left out."""
    losses: tuple[str, ...]
    """In words that follow “without”."""
    reason: str = ""
    """Why it was left out, as a sentence."""


@dataclass(frozen=True)
class Drawing:
    """The questions of a file as exercises, and what became of each."""

    outcomes: tuple[Outcome, ...]
    exercises: tuple[Drawn, ...]


def read_questions(content: bytes) -> list[Question]:
    """Return the questions of a file in GIFT or Moodle XML. Raise InvalidInputError for what is neither."""
    if len(content) > MOST_BYTES:
        raise InvalidInputError(
            "questions.too_large",
            f"The file has more than {MOST_BYTES // 1024**2} MB. Export it without pictures, or in parts.",
        )
    begin = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:5].lower()
    if begin.startswith((b"<?xml", b"<quiz", b"<!")) or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        found: Iterable[Question] = read_moodle_xml(content)
    else:
        try:
            found = read_gift(content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise InvalidInputError(
                "questions.no_text", "The file is no text in UTF-8. Save it with the encoding UTF-8."
            ) from error
    questions = [question for question, _ in zip(found, range(MOST_QUESTIONS + 1), strict=False)]
    if len(questions) > MOST_QUESTIONS:
        raise InvalidInputError("questions.too_many", f"The file has more than {MOST_QUESTIONS} questions: divide it.")
    if not questions:
        raise InvalidInputError("questions.none", "The file has no question in GIFT or Moodle XML.")
    return questions


def draw_all(questions: Iterable[Question], taken: Collection[str], section: str, language: str) -> Drawing:
    """Return an exercise for each question that can be one; `taken` are the keys that the module has already.

    Every exercise here has passed the loader's check, with its words in this language.
    """
    keys, outcomes, exercises = set(taken), [], []
    for number, question in enumerate(questions, start=1):
        is_named_only = question.kind is Kind.CATEGORY or is_too_large(question)
        title = question.name[:80] if is_named_only else title_of(in_language(question, language)[0])
        key = key_of(title, f"question-{number}", keys)
        try:
            if len(keys) >= MOST_EXERCISES:
                raise NotTakenError(f"A module has {MOST_EXERCISES} exercises at most.")
            drawn = draw(question, key, section, language)
            _refuse_faults(drawn, language)
        except NotTakenError as problem:
            outcomes.append(Outcome(question, title, "", (), str(problem)))
            continue
        keys.add(key)
        exercises.append(drawn)
        outcomes.append(Outcome(question, title, key, drawn.losses))
    return Drawing(tuple(outcomes), tuple(exercises))


def module_files(key: str, exercises: Iterable[Drawn], language: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a module of these exercises alone; `words` are title, goal, heading and intro."""
    listed = list(exercises)
    section = listed[0].structure["after"] if listed else SECTION
    structure = {
        "key": key,
        "version": 1,
        "minutes": max(5, 2 * len(listed)),
        "required_for": [],
        "sections": [section],
        "exercises": [drawn.structure for drawn in listed],
    }
    said = {"title": words["title"], "goal": words["goal"]}
    return {
        "module.yaml": as_yaml(structure),
        f"{language}.yaml": as_yaml({**said, "exercises": {drawn.key: drawn.words for drawn in listed}}),
        f"{language}.md": f"## {words['heading']} {{#{section}}}\n\n{words['intro']}\n",
    }


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, each at once: whoever reads one meanwhile finds the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f".{name}.coming").write_text(text, encoding="utf-8")
    for name in files:
        (folder / f".{name}.coming").replace(folder / name)


def _refuse_faults(drawn: Drawn, language: str) -> None:
    """Try the exercise alone, in a content folder of its own."""
    said = dict.fromkeys(("title", "goal", "heading", "intro"), "Words")
    course: Any = {"key": "c", "modules": ["m"], "words": {language: {"title": "Words", "aim": "Words"}}}
    catalogue = {"format": FORMAT, "languages": [language], "courses": ["c"], "commitments": []}
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_files(root, {"catalog.yaml": as_yaml(catalogue)})
        write_files(root / "c", {"course.yaml": as_yaml(course)})
        write_files(root / "c" / "m", module_files("m", [drawn], language, said))
        faults = check(root)
    if faults:
        # A sentence may begin with the place where the fault is; in a file that is not there, it says nothing.
        raise NotTakenError(" ".join(dict.fromkeys(fault.sentence for fault in faults[:3])))
