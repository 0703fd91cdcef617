"""Reads glossary.yaml: the terms of the content in each language. A content folder may do without one."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from service.i18n import fold
from service.modules.shapes import GlossaryShape, TermShape, TermWordsShape
from service.modules.sources import SourceFile, Sources
from service.modules.terms import Term, TermWords

GLOSSARY = "glossary.yaml"


def read_glossary(sources: Sources, languages: Sequence[str], modules: Collection[str]) -> tuple[Term, ...]:
    """Return the terms, without those that have faults. `modules` are the keys that a term may name."""
    if not (sources.root / GLOSSARY).exists():
        return ()
    source = sources.read_yaml(GLOSSARY)
    if source is None or source.shaped(GlossaryShape, source.data) is None:
        return ()
    terms = tuple(_read_terms(source, languages, modules))
    _check_doubles(source, terms)
    return terms


def _read_terms(source: SourceFile, languages: Sequence[str], modules: Collection[str]) -> Iterator[Term]:
    for number, data in enumerate(source.data["terms"]):
        path = ("terms", number)
        header = source.shaped(TermShape, data, path)
        if header is None:
            continue
        for module in header["modules"]:
            if module not in modules:
                source.add((*path, "modules"), f"names `{module}`, which is no module.")
        words = _read_words(source, path, header["words"], languages)
        if len(words) == len(languages):
            yield Term(header["key"], tuple(header["modules"]), words)


def _read_words(
    source: SourceFile, path: tuple[str | int, ...], given: dict[str, Any], languages: Sequence[str]
) -> dict[str, TermWords]:
    words = {}
    for language in given:
        if language not in languages:
            source.add((*path, "words", language), "is not a language of catalog.yaml.")
    for language in languages:
        if language not in given:
            source.add((*path, "words", language), "is missing.")
            continue
        found = source.shaped(TermWordsShape, given[language], (*path, "words", language))
        if found:
            forms, avoid, links = (tuple(found.get(name, ())) for name in ("forms", "avoid", "links"))
            words[language] = TermWords(found["term"], found["meaning"], forms, avoid, links)
    return words


def _check_doubles(source: SourceFile, terms: Sequence[Term]) -> None:
    seen: set[tuple[str, str]] = set()
    numbers = {data.get("key"): number for number, data in enumerate(source.data["terms"]) if isinstance(data, dict)}
    for term in terms:
        names = {"key": term.key} | {language: fold(words.term) for language, words in term.words.items()}
        for kind, name in names.items():
            if (kind, name) in seen:
                path = ("key",) if kind == "key" else ("words", kind, "term")
                source.add(("terms", numbers[term.key], *path), "is in the glossary a second time.")
            seen.add((kind, name))
