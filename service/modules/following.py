"""Reads and writes which version of the original each translation follows: `paragraphs.lock.yaml` of a module."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from marshmallow import fields

from service.errors import NotFoundError
from service.exercise_types.shapes import Shape
from service.modules.content import Catalogue, Module
from service.modules.paragraphs import Difference, Followed, Kind, Passage, Passages, compare, digest, follow
from service.modules.sources import Fault, SourceFile, Sources

LOCK = "paragraphs.lock.yaml"
_HEAD = """\
# Which version of the original each translation follows, as digests of their paragraphs.
# Written by `mentorready modules confirm`: see docs/TRANSLATING.md. When git finds a conflict here, take either side
# and confirm again.
"""


class PairShape(Shape):
    original = fields.List(fields.String(), required=True)
    own = fields.List(fields.String(), required=True)


class FollowedShape(Shape):
    text = fields.Dict(keys=fields.String(), values=fields.Nested(PairShape), required=True)
    words = fields.Dict(keys=fields.String(), values=fields.Tuple((fields.String(), fields.String())), required=True)


@dataclass(frozen=True)
class Standing:
    """How one translation of a module stands: not confirmed at all, or what has changed since it was."""

    module: Module
    original: str
    language: str
    is_confirmed: bool
    differences: tuple[Difference, ...]


def list_standings(sources: Sources, catalogue: Catalogue) -> Iterator[Standing]:
    """Give how each translation of each module stands; a lock that cannot be read becomes a fault of `sources`."""
    for module in catalogue.modules:
        followed = _read_lock(sources, module)
        original = _passages(sources, module, catalogue.original)
        for language in catalogue.translations:
            known = followed.get(language)
            found = compare(original, _passages(sources, module, language), known) if known else ()
            yield Standing(module, catalogue.original, language, known is not None, tuple(found))


def list_remarks(standing: Standing) -> Iterator[Fault]:
    """Give what an author should know of a translation, by file and line."""
    name = f"{_folder(standing.module)}/{standing.language}"
    if not standing.is_confirmed:
        yield Fault(f"{name}.md", 1, "Nobody has confirmed yet that this follows the original.")
    for found in standing.differences:
        kind = "md" if found.section else "yaml"
        place = f"{standing.original}.{kind}:{found.original_line}"
        yield Fault(f"{name}.{kind}", found.line, _SENTENCES[found.kind].format(place=place))


_SENTENCES = {
    Kind.OUTDATED: "This follows an older version of {place}.",
    Kind.NEW: "New in the original: {place}.",
    Kind.LEFT_OVER: "The original does not have this any more; see {place}.",
    Kind.CHANGED: "Changed here alone: does {place} say the same?",
}


def marked(catalogue: Catalogue, standings: Iterable[Standing]) -> Catalogue:
    """Return the content with each outdated paragraph of a translation holding the original that it does not follow."""
    for standing in standings:
        outdated = [found for found in standing.differences if found.kind is Kind.OUTDATED and found.position]
        if outdated:
            catalogue = _with_newer(catalogue, standing, outdated)
    return catalogue


def _with_newer(catalogue: Catalogue, standing: Standing, outdated: Sequence[Difference]) -> Catalogue:
    module = catalogue.module(standing.module.key)
    words, sections = module.words[standing.language], []
    originals = {section.key: section for section in module.words[standing.original].sections}
    for section in words.sections:
        newer = {
            found.line: (standing.original, originals[section.key].paragraphs[found.position - 1].html)
            for found in outdated
            if found.section == section.key
        }
        paragraphs = tuple(replace(one, newer=newer.get(one.line)) for one in section.paragraphs)
        sections.append(replace(section, paragraphs=paragraphs))
    changed = replace(module, words={**module.words, standing.language: replace(words, sections=tuple(sections))})
    courses = tuple(
        replace(course, modules=tuple(changed if one is module else one for one in course.modules))
        for course in catalogue.courses
    )
    return replace(catalogue, courses=courses)


def confirm(root: Path, catalogue: Catalogue, modules: Collection[str], languages: Sequence[str]) -> list[Path]:
    """Keep that these translations follow the original as both stand now; return the files that were written.

    Raise NotFoundError for a language that is none of the translations.
    """
    for language in languages:
        if language not in catalogue.translations:
            raise NotFoundError("language.unknown", f"{language} is none of {', '.join(catalogue.translations)}.")
    sources, written = Sources(root), []
    for module in (catalogue.module(key) for key in modules):
        original = _passages(sources, module, catalogue.original)
        followed = _read_lock(sources, module)
        followed |= {language: follow(original, _passages(sources, module, language)) for language in languages}
        path = root / _folder(module) / LOCK
        path.write_text(_HEAD + _as_yaml(followed), encoding="utf-8")
        written.append(path)
    return written


def _folder(module: Module) -> str:
    return f"{module.course_key}/{module.key}"


def _passages(sources: Sources, module: Module, language: str) -> Passages:
    source = sources.read_yaml(f"{_folder(module)}/{language}.yaml")
    return Passages(
        text={
            section.key: (
                Passage(section.line, digest(section.heading)),
                *(Passage(one.line, digest(one.source)) for one in section.paragraphs),
            )
            for section in module.words[language].sections
        },
        words=dict(_texts(source, source.data)) if source else {},
    )


def _texts(source: SourceFile, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, Passage]]:
    if isinstance(value, str):
        yield "/".join(map(str, path)), Passage(source.line_of(path), digest(value))
        return
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _texts(source, inner, (*path, step))


def _read_lock(sources: Sources, module: Module) -> dict[str, Followed]:
    file = f"{_folder(module)}/{LOCK}"
    if not (sources.root / file).exists():
        return {}
    source = sources.read_yaml(file)
    if source is None:
        return {}
    found = {}
    for language, data in source.data.items():
        shaped = source.shaped(FollowedShape, data, (language,))
        if shaped:
            found[language] = Followed(
                {key: (tuple(pair["original"]), tuple(pair["own"])) for key, pair in shaped["text"].items()},
                shaped["words"],
            )
    return found


def _as_yaml(followed: Mapping[str, Followed]) -> str:
    data = {
        language: {
            "text": {key: {"original": list(original), "own": list(own)} for key, (original, own) in one.text.items()},
            "words": {path: list(pair) for path, pair in one.words.items()},
        }
        for language, one in sorted(followed.items())
    }
    return yaml.safe_dump(data, default_flow_style=None, sort_keys=False, width=120)
