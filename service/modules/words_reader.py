"""Reads the words of a module in one language: sections in Markdown, titles and exercises in YAML."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.exercise_types.base import key_faults
from service.modules.content import Exercise, ExerciseWords, ModuleWords, SectionWords
from service.modules.figures import Figure, read_figure_words
from service.modules.media import placing_problem, read_media_words
from service.modules.medium import Medium
from service.modules.redo_reader import read_reasons
from service.modules.render import Drawn, Page, render_block, render_parts
from service.modules.shapes import ExerciseWordsShape, ModuleWordsShape
from service.modules.sources import SourceFile, Sources

_COMMON_WORDS = ("title", "task", "model", "review", "classroom")


@dataclass(frozen=True)
class Outline:
    """What module.yaml asks for in every language, as far as it could be read; None where it could not."""

    sections: Sequence[str] | None
    exercises: Mapping[str, Exercise | None] | None
    figures: Mapping[str, Figure | None]
    media: Mapping[str, Medium | None] = field(default_factory=dict)
    redo_versions: Sequence[int] | None = None


def read_words(sources: Sources, folder: str, language: str, outline: Outline) -> ModuleWords | None:
    """Return the words of the module in `folder`; None, with faults in `sources`, if they cannot be used."""
    name = f"{folder}/{language}"
    text = sources.read(f"{name}.md")
    source = sources.read_yaml(f"{name}.yaml")
    shown = dict(_list_shown(source, outline, language)) if source else {}
    sections = _read_sections(sources, f"{name}.md", text, outline, shown) if text is not None else ()
    if source is None:
        return None
    header = source.shaped(ModuleWordsShape, source.data)
    exercises = _read_exercises(source, outline)
    reasons = read_reasons(source, outline.redo_versions) if outline.redo_versions is not None else {}
    if header is None:
        return None
    return ModuleWords(header["title"], header["goal"], sections, exercises, digest_of([text, source.data]), reasons)


def digest_of(data: Any) -> str:
    """Return the SHA-256, in hexadecimal, of JSON data in a form that does not depend on the order of mappings."""
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _list_shown(source: SourceFile, outline: Outline, language: str) -> Iterator[tuple[tuple[str, str], Drawn]]:
    """Give what can be placed in the text, by kind and key."""
    for key, figure in read_figure_words(source, outline.figures, language).items():
        yield ("figure", key), figure
    for key, medium in read_media_words(source, outline.media, language).items():
        yield ("media", key), medium


def _read_sections(
    sources: Sources, file: str, text: str, outline: Outline, shown: Mapping[tuple[str, str], Drawn]
) -> tuple[SectionWords, ...]:
    expected = outline.sections
    page = render_parts(text, level=2, anchors=expected or (), figures=shown)
    for line, sentence in (*page.problems, *_placing_problems(page, outline)):
        sources.add(file, line, sentence)
    keys = [part.key for part in page.parts]
    for part in page.parts:
        if not part.key:
            sources.add(file, part.line, f"The heading “{part.heading}” lacks its key: `## {part.heading} {{#key}}`.")
        elif expected is not None and part.key not in expected:
            sources.add(file, part.line, f"module.yaml has no section `{part.key}`.")
        elif keys.count(part.key) > 1:
            sources.add(file, part.line, f"The section `{part.key}` is here more than once.")
    for key in expected or ():
        if key not in keys:
            sources.add(file, 1, f"The section `{key}` of module.yaml is missing.")
    if expected is not None and sorted(keys) == sorted(expected) and keys != list(expected):
        sources.add(file, 1, f"The sections must stand in the order of module.yaml: {', '.join(expected)}.")
    return tuple(SectionWords(part.key, part.heading, part.paragraphs, part.line) for part in page.parts)


def _placing_problems(page: Page, outline: Outline) -> Iterator[tuple[int, str]]:
    yield from _figure_problems(page, outline.figures)
    for placed in page.placed:
        medium = outline.media.get(placed.key) if placed.kind == "media" else None
        if medium and (problem := placing_problem(medium, placed.alternative)):
            yield placed.line, problem
        elif placed.kind == "media" and placed.key not in outline.media:
            yield placed.line, f"module.yaml has no medium `{placed.key}`."
    for key in outline.media:
        if key not in {placed.key for placed in page.placed if placed.kind == "media"}:
            yield 1, f"The medium `{key}` of module.yaml is nowhere in the text: `![...](media:{key})`."


def _figure_problems(page: Page, figures: Mapping[str, Figure | None]) -> Iterator[tuple[int, str]]:
    placed_figures = [placed for placed in page.placed if placed.kind == "figure"]
    for line, _, key, alternative in placed_figures:
        figure = figures.get(key)
        if key not in figures:
            yield line, f"module.yaml has no figure `{key}`."
        elif figure and figure.is_decorative and alternative:
            yield line, "A decorative figure is placed without words: `![](figure:...)`."
        elif figure and not figure.is_decorative and not alternative:
            yield line, f"What the figure shows is missing, in one sentence: `![...](figure:{key})`."
    for key in figures:
        if key not in {placed.key for placed in placed_figures}:
            yield 1, f"The figure `{key}` of module.yaml is nowhere in the text: `![...](figure:{key})`."


def _read_exercises(source: SourceFile, outline: Outline) -> dict[str, ExerciseWords]:
    given = source.data.get("exercises")
    if not isinstance(given, dict) or outline.exercises is None:
        return {}
    for key in given:
        if key not in outline.exercises:
            source.add(("exercises", key), "has words, but module.yaml does not have this exercise.")
    found = {}
    for key, exercise in outline.exercises.items():
        if key not in given:
            source.add(("exercises", key), "has no words in this language.")
        elif exercise:
            words = _read_exercise(source, exercise, given[key], outline.sections or ())
            if words:
                found[key] = words
    return found


def _read_exercise(source: SourceFile, exercise: Exercise, given: Any, anchors: Sequence[str]) -> ExerciseWords | None:
    path = ("exercises", exercise.key)
    if not isinstance(given, dict):
        source.add(path, "must consist of lines of the form `name: value`.")
        return None
    own_words = {name: value for name, value in given.items() if name not in _COMMON_WORDS}
    common = source.shaped(ExerciseWordsShape, {name: given[name] for name in _COMMON_WORDS if name in given}, path)
    own = source.shaped(exercise.kind.words_shape, own_words, path)
    for finding in exercise.kind.words_faults(exercise.structure, own_words):
        source.add((*path, *finding.path), finding.sentence)
    rubric = exercise.review.rubric if exercise.review else ()
    for finding in key_faults(("review",), rubric, given.get("review", {})):
        source.add((*path, *finding.path), finding.sentence)
    if common is None or own is None:
        return None
    html = {}
    for name in ("task", "model"):
        page = render_block(common[name], anchors)
        for _, sentence in page.problems:
            source.add((*path, name), f"has a fault: {sentence}")
        html[name] = page.parts[0].html
    return ExerciseWords(
        common["title"],
        html["task"],
        own,
        html["model"],
        common["review"] if rubric else own.get("rubric", {}),
        tuple(common["classroom"]),
    )
