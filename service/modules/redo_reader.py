"""Reads what a new version of a module asks to be done again, and why; and what renews a module that runs out."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from service.modules.content import Exercise
from service.modules.sources import SourceFile
from service.modules.tries import Redo


def read_redos(source: SourceFile, header: Mapping[str, Any], exercises: Container[str]) -> tuple[Redo, ...]:
    """Return the entries of `redo` in module.yaml; what they name and is not there becomes a fault of `source`."""
    found: dict[int, Redo] = {}
    for number, data in enumerate(header.get("redo", ())):
        path, version = ("redo", number), data["version"]
        if version > header["version"]:
            source.add((*path, "version"), f"is {version}: the module is at version {header['version']} only.")
        if version in found:
            source.add((*path, "version"), f"is {version} a second time.")
        for place, key in enumerate(data["exercises"]):
            if key not in exercises:
                source.add((*path, "exercises", place), f"is `{key}`, which is none of the exercises.")
        found[version] = Redo(version, tuple(data["exercises"]))
    return tuple(found.values())


def check_refresher(source: SourceFile, header: Mapping[str, Any], exercises: Mapping[str, Exercise | None]) -> None:
    """Keep a fault for each entry of `refresher` in module.yaml that is not there, or cannot be tried again."""
    for place, key in enumerate(header.get("refresher", ())):
        found = exercises.get(key)
        if key not in exercises:
            source.add(("refresher", place), f"is `{key}`, which is none of the exercises.")
        elif found and found.rule.limit is not None:
            source.add(("refresher", place), f"is `{key}`, whose tries are counted: some could never renew it.")


def read_reasons(source: SourceFile, versions: Sequence[int]) -> dict[int, str]:
    """Return why exercises are asked again, by version, as en.yaml or another language says; a fault for each gap."""
    given = source.data.get("redo", {})
    if not isinstance(given, dict):
        return {}  # the shape of the words says so
    for version in versions:
        if str(version) not in given:
            source.add(("redo", str(version)), "has no words in this language: say why it is asked again.")
    for version in given:
        if version not in map(str, versions):
            source.add(("redo", version), "has words, but module.yaml asks for nothing again in this version.")
    return {version: given[str(version)].strip() for version in versions if isinstance(given.get(str(version)), str)}
