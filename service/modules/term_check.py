"""Holds the words of the content to the glossary: no term that it avoids, and each of its terms in use.

Such a fault is for authors: it does not keep the tool from starting.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service.modules.content import Catalogue
from service.modules.glossary_reader import GLOSSARY
from service.modules.sources import SourceFile, Sources
from service.modules.terms import Term, written

Passage = tuple[str, int, str]
"""A file, the line where a text begins in it, and the text."""


def check_terms(sources: Sources, catalogue: Catalogue) -> None:
    """Keep a fault for each avoided term, and for each term that the modules it names do not have."""
    for language in catalogue.languages:
        modules = {
            module.key: list(_module_passages(sources, f"{module.course_key}/{module.key}/{language}"))
            for module in catalogue.modules
        }
        other = list(_other_passages(sources, catalogue, language))
        _check_avoided(sources, catalogue.terms, language, [*other, *(p for found in modules.values() for p in found)])
        _check_used(sources, catalogue.terms, language, modules)


def _check_avoided(sources: Sources, terms: Sequence[Term], language: str, passages: Iterable[Passage]) -> None:
    avoided = {form: term.words[language].term for term in terms for form in term.words[language].avoid}
    if not avoided:
        return
    each = {form: _pattern([form]) for form in avoided}
    pattern = _pattern(list(avoided))
    for file, line, text in passages:
        for found in pattern.finditer(text):
            preferred = next(avoided[form] for form in avoided if each[form].fullmatch(found[0]))
            place = line + text.count("\n", 0, found.start())
            sources.add(file, place, f"The glossary says “{preferred}” for “{' '.join(found[0].split())}”.")


def _check_used(sources: Sources, terms: Sequence[Term], language: str, modules: dict[str, list[Passage]]) -> None:
    source = sources.read_yaml(GLOSSARY) if terms else None
    if source is None:
        return
    numbers = {data["key"]: number for number, data in enumerate(source.data["terms"])}
    for term in terms:
        pattern = _pattern(term.words[language].forms)
        for key in term.modules:
            if key in modules and not any(pattern.search(text) for _, _, text in modules[key]):
                path = ("terms", numbers[term.key], "words", language, "forms")
                source.add(path, f"are not found in the module `{key}`, which should explain the term.")


def _pattern(forms: Sequence[str]) -> re.Pattern[str]:
    """Return what finds any of the forms: whole words, of any case."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(written, forms))})(?!\w)", re.IGNORECASE)


def _module_passages(sources: Sources, name: str) -> Iterator[Passage]:
    yield from _markdown_passages(sources, f"{name}.md")
    source = sources.read_yaml(f"{name}.yaml")
    if source:
        yield from _yaml_passages(source, source.data)


def _other_passages(sources: Sources, catalogue: Catalogue, language: str) -> Iterator[Passage]:
    for commitment in catalogue.commitments:
        yield from _markdown_passages(sources, f"commitments/{commitment.kind}/{language}.md")
    for course in catalogue.courses:
        source = sources.read_yaml(f"{course.key}/course.yaml")
        if source:
            yield from _yaml_passages(source, source.data["words"][language], ("words", language))


def _markdown_passages(sources: Sources, file: str) -> Iterator[Passage]:
    """Give the text without keys of headings and targets of links, which learners do not read."""
    text = sources.read(file)
    if text is not None:
        yield file, 1, re.sub(r"\{#[\w-]*\}|(?<=\])\([^)\s]*\)", "", text)


def _yaml_passages(source: SourceFile, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Passage]:
    """Give the texts, not the names before the colons."""
    if isinstance(value, str):
        yield source.file, source.line_of(path), value
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, found in inner:
        yield from _yaml_passages(source, found, (*path, step))
