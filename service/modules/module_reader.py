"""Reads one module: its structure here, its words with `words_reader`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from service.errors import InvalidInputError
from service.exercise_types import ExerciseType, Finding, Structure, exercise_types
from service.modules.content import Exercise, Module, ModuleWords
from service.modules.credits import Credit, check_named
from service.modules.figures import read_figures
from service.modules.media import read_media
from service.modules.redo_reader import check_refresher, read_redos
from service.modules.requirement_reader import Parts, RuleReader
from service.modules.requirements import DISCUSSION_ROLES, IN_FORUM, Rule, asks_for
from service.modules.shapes import ExerciseShape, ModuleShape
from service.modules.sources import SourceFile, Sources
from service.modules.tries import Redo, TryRule
from service.modules.words_reader import Outline, digest_of, read_words

_COMMON_NAMES = ("key", "type", "after", "points", "pass", "rows", "review", "tries", "counts", "feedback_when")


def read_module(
    sources: Sources, course_key: str, key: str, languages: Sequence[str], credits_: Sequence[Credit] = ()
) -> Module | None:
    """Return the module in the folder `course_key`/`key`; None, with faults in `sources`, if it has any.

    `credits_` are the texts that it may name as its sources.
    """
    faults_before = len(sources.faults)
    folder = f"{course_key}/{key}"
    source = sources.read_yaml(f"{folder}/module.yaml")
    if source is None:
        return None
    header = source.shaped(ModuleShape, source.data)
    source.check_key(key)
    outline = _read_outline(sources, source, folder, languages)
    redos = read_redos(source, header, outline.exercises or ()) if header else ()
    if header:
        check_named(source, header, credits_)
        check_refresher(source, header, outline.exercises or {})
        outline = replace(outline, redo_versions=[redo.version for redo in redos])
    words = {language: read_words(sources, folder, language, outline) for language in languages}
    rule = _read_rule(source, key, outline)
    if header and rule and asks_for(rule, *IN_FORUM) and not set(header["required_for"]) <= set(DISCUSSION_ROLES):
        source.add(("complete",), f"asks for a discussion that only {' and '.join(DISCUSSION_ROLES)} can take part in.")
    if header is None or len(sources.faults) > faults_before:
        return None
    found = {language: one for language, one in words.items() if one}
    module = _module(course_key, header, outline, redos, found)
    return replace(module, complete=rule, digest=digest_of([module.digest, rule.as_data()])) if rule else module


def _read_rule(source: SourceFile, key: str, outline: Outline) -> Rule | None:
    """Return what completes the module, None where module.yaml leaves that open."""
    if "complete" not in source.data or outline.sections is None or outline.exercises is None:
        return None
    reader = RuleReader(source, {key: Parts(outline.sections, outline.exercises)}, key)
    return reader.read(source.data["complete"], ("complete",))


def _module(
    course_key: str, header: dict[str, Any], outline: Outline, redos: tuple[Redo, ...], words: dict[str, ModuleWords]
) -> Module:
    exercises = tuple(exercise for exercise in (outline.exercises or {}).values() if exercise)
    seen = {
        "version": header["version"],
        "sections": header["sections"],
        "exercises": [exercise.as_data() for exercise in exercises],
        "words": {language: found.digest for language, found in words.items()},
    }
    if outline.figures:
        seen["figures"] = [figure.as_data() for figure in outline.figures.values() if figure]
    media = tuple(medium for medium in outline.media.values() if medium)
    if media:
        seen["media"] = [medium.as_data() for medium in media]
    return Module(
        key=header["key"],
        course_key=course_key,
        version=header["version"],
        digest=digest_of(seen),
        minutes=header["minutes"],
        required_for=tuple(header["required_for"]),
        rows=tuple(header.get("rows", ())),
        sections=tuple(header["sections"]),
        exercises=exercises,
        words=words,
        redos=redos,
        media=media,
        better_after=tuple(header.get("better_after", ())),
        only_after=tuple(header.get("only_after", ())),
        sources=tuple(header.get("sources", ())),
        refresher=tuple(header.get("refresher", ())),
        updated=header["updated"],
    )


def _read_outline(sources: Sources, source: SourceFile, folder: str, languages: Sequence[str]) -> Outline:
    sections, exercises = source.keys("sections"), source.data.get("exercises")
    figures, media = read_figures(sources, source, folder), read_media(sources, source, folder, languages)
    if not isinstance(exercises, list):
        return Outline(sections, None, figures, media)
    found: dict[str, Exercise | None] = {}
    for number, data in enumerate(exercises):
        if not isinstance(data, dict):
            source.add(("exercises", number), "must consist of lines of the form `name: value`.")
            continue
        key, exercise = data.get("key"), _read_exercise(source, number, data, sections, languages)
        if not isinstance(key, str):
            continue
        if key in found:
            source.add(("exercises", number, "key"), f"is `{key}` a second time.")
        found.setdefault(key, exercise)
    return Outline(sections, found, figures, media)


def _read_exercise(
    source: SourceFile, number: int, data: dict[str, Any], sections: Sequence[str] | None, languages: Sequence[str]
) -> Exercise | None:
    path = ("exercises", number)
    common = source.shaped(ExerciseShape, {name: data[name] for name in _COMMON_NAMES if name in data}, path)
    if sections is not None and data.get("after", sections[0] if sections else None) not in sections:
        source.add((*path, "after"), f"is `{data['after']}`, which is none of the sections.")
    kind = exercise_types().get(str(data.get("type")))
    if kind is None:
        if "type" in data:
            source.add((*path, "type"), f"must be one of {', '.join(exercise_types())}.")
        return None
    own = source.shaped(
        kind.structure_shape, {name: value for name, value in data.items() if name not in _COMMON_NAMES}, path
    )
    if own is not None:
        findings = [*kind.structure_faults(own), *_language_faults(kind, own, languages)]
        if common is not None and not findings:
            findings += _mark_faults(kind, {"points": common["points"], **own})
        for finding in findings:
            source.add((*path, *finding.path), finding.sentence)
    if common is None or own is None:
        return None
    points, pass_points = common["points"], common["pass_points"]
    if pass_points > points:
        source.add((*path, "pass"), f"is {pass_points:g}, which cannot be reached with {points:g} points.")
    return Exercise(
        key=common["key"],
        type=kind.name,
        after=common["after"],
        points=points,
        pass_points=pass_points,
        structure={"points": points, **own},
        rows=tuple(common.get("rows", ())),
        review=common["review"],
        rule=TryRule.from_data(common),
    )


def _mark_faults(kind: ExerciseType, structure: Structure) -> Iterator[Finding]:
    """Give a fault where nobody could earn full marks: the model answer, handed in as a learner would, must."""
    try:
        answer = kind.read_answer(structure, kind.form_fields(structure, kind.model_answer(structure)))
    except InvalidInputError as error:
        yield Finding((), f"has a model answer that its own form refuses: {error}")
        return
    mark = kind.mark(structure, answer)
    if mark.points < mark.max_points:
        sentence = f"is {mark.max_points:g}, but the answer that should be best earns {mark.points:g}."
        yield Finding(("points",), sentence)


def _language_faults(kind: ExerciseType, structure: Structure, languages: Sequence[str]) -> Iterator[Finding]:
    for path, given in kind.by_language(structure):
        for language in languages:
            if language not in given:
                yield Finding((*path, language), "is missing.")
        for language in given:
            if language not in languages:
                yield Finding((*path, language), "is not a language of catalog.yaml.")
