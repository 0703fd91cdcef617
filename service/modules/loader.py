"""Reads the training content from its folder: everything if it is right, every fault if it is not."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from service.errors import ContentError
from service.modules.content import (
    Catalogue,
    CommitmentText,
    CommitmentWords,
    CourseContent,
    CourseWords,
    Module,
)
from service.modules.credits import read_credits
from service.modules.following import Standing, list_standings, marked
from service.modules.glossary_reader import read_glossary
from service.modules.module_reader import read_module
from service.modules.outcome_reader import read_outcomes
from service.modules.prerequisites import check_prerequisites
from service.modules.render import Page, render_parts
from service.modules.shapes import CatalogueShape, CommitmentShape, CourseShape, CourseWordsShape
from service.modules.sources import Fault, SourceFile, Sources
from service.modules.term_check import check_terms
from service.modules.term_links import with_term_links


def load_catalogue(path: Path) -> Catalogue:
    """Return the content of the folder `path`. Raise ContentError with `faults`, all of them, if there are any."""
    sources = Sources(path)
    catalogue = _read_catalogue(sources)
    if sources.faults or catalogue is None:
        faults = _sorted(sources)
        lines = "\n".join(str(fault) for fault in faults)
        raise ContentError("content.faults", f"The content of {path} has {len(faults)} faults:\n{lines}", faults=faults)
    if catalogue.marks_outdated:
        catalogue = marked(catalogue, list_standings(sources, catalogue))
    return with_term_links(catalogue)


def check(path: Path) -> list[Fault]:
    """Return every fault of the content in the folder `path`, by file and line.

    Those of `term_check` and of what translators confirmed, looked for when there is no other, do not keep the content
    from being used.
    """
    return examine(path)[0]


class Examined(NamedTuple):
    """What an author should know of a content folder."""

    faults: list[Fault]
    standings: list[Standing]
    """How each translation stands; nothing of that if there are faults."""
    catalogue: Catalogue | None
    """What can be shown of it: modules that have faults are missing."""


def examine(path: Path) -> Examined:
    """Return what `check` does, with how the translations stand and what can be shown."""
    sources = Sources(path)
    catalogue = _read_catalogue(sources)
    standings: list[Standing] = []
    if catalogue is not None and not sources.faults:
        check_terms(sources, catalogue)
        standings = list(list_standings(sources, catalogue))
    shown = with_term_links(catalogue) if catalogue else None
    return Examined(_sorted(sources), [] if sources.faults else standings, shown)


def _sorted(sources: Sources) -> list[Fault]:
    return sorted(set(sources.faults))


def _read_catalogue(sources: Sources) -> Catalogue | None:
    source = sources.read_yaml("catalog.yaml")
    if source is None:
        return None
    header = source.shaped(CatalogueShape, source.data)
    languages = source.keys("languages") or []
    courses = [_read_course(sources, key, languages) for key in source.keys("courses") or []]
    modules = {module.key for course in courses if course for module in course.modules}
    terms = read_glossary(sources, languages, modules)
    commitments = [_read_commitment(sources, key, languages) for key in source.keys("commitments") or []]
    if header is None:
        return None
    catalogue = Catalogue(
        languages=tuple(languages),
        courses=tuple(course for course in courses if course),
        commitments=tuple(text for text in commitments if text),
        terms=terms,
        marks_outdated=header["mark_outdated"],
    )
    _check_keys_are_unique(sources, catalogue.modules)
    if not sources.faults:  # a module with faults of its own is not here, and would seem to be no module
        check_prerequisites(sources, catalogue.modules)
    return catalogue


def _check_keys_are_unique(sources: Sources, modules: Sequence[Module]) -> None:
    first: dict[str, Module] = {}
    for module in modules:
        other = first.setdefault(module.key, module)
        if other is not module:
            file = f"{module.course_key}/{module.key}/module.yaml"
            sources.add(file, 1, f"The course {other.course_key} has a module `{module.key}` too: rename one of them.")


def _read_course(sources: Sources, key: str, languages: Sequence[str]) -> CourseContent | None:
    source = sources.read_yaml(f"{key}/course.yaml")
    if source is None:
        return None
    source.check_key(key)
    header = source.shaped(CourseShape, source.data)
    words = _read_course_words(source, languages)
    listed = source.keys("modules") or []
    credits_ = read_credits(source)
    modules = [read_module(sources, key, module_key, languages, credits_) for module_key in listed]
    for folder in sorted(path.parent.name for path in sources.root.glob(f"{key}/*/module.yaml")):
        if folder not in listed:
            source.add(("modules",), f"lacks `{folder}`, which has a folder: nobody would ever see that module.")
    usable = tuple(module for module in modules if module)
    outcomes = read_outcomes(source, usable, languages)
    if header is None:
        return None
    about = {"author": header["author"], "licence": header["licence"], "sources": credits_}
    return CourseContent(key, usable, tuple(header.get("rows", ())), words, outcomes, **about)


def _read_course_words(source: SourceFile, languages: Sequence[str]) -> dict[str, CourseWords]:
    words = {}
    given = source.data.get("words")
    if not isinstance(given, dict):
        return {}
    for language in given:
        if language not in languages:
            source.add(("words", language), "is not a language of catalog.yaml.")
    for language in languages:
        if language not in given:
            source.add(("words", language), "is missing.")
            continue
        found = source.shaped(CourseWordsShape, given[language], ("words", language))
        if found:
            words[language] = CourseWords(found["title"], found["aim"])
    return words


def _read_commitment(sources: Sources, key: str, languages: Sequence[str]) -> CommitmentText | None:
    folder = f"commitments/{key}"
    source = sources.read_yaml(f"{folder}/commitment.yaml")
    if source is None:
        return None
    source.check_key(key)
    header = source.shaped(CommitmentShape, source.data)
    words = {language: _read_commitment_words(sources, f"{folder}/{language}.md") for language in languages}
    if header is None:
        return None
    return CommitmentText(key, header["version"], tuple(header.get("rows", ())), words)


def _read_commitment_words(sources: Sources, file: str) -> CommitmentWords:
    text = sources.read(file)
    page = render_parts(text, level=1) if text is not None else Page()
    for line, sentence in page.problems:
        sources.add(file, line, sentence)
    if len(page.parts) > 1:
        sources.add(file, page.parts[1].line, "There is one title; other headings begin with `##`.")
    return CommitmentWords(page.parts[0].heading, page.parts[0].html) if page.parts else CommitmentWords("", "")
