"""Modules that others should come before, or must: known to be there, and in no circle."""

from collections.abc import Mapping, Sequence

from service.modules.content import Module
from service.modules.sources import Sources

NAMES = ("better_after", "only_after")


def check_prerequisites(sources: Sources, modules: Sequence[Module]) -> None:
    """Keep a fault for each module that is named and is not there, and for each circle."""
    known = {module.key: module for module in modules}
    for module in modules:
        for name in NAMES:
            for number, key in enumerate(getattr(module, name)):
                if key not in known:
                    _add(sources, module, (name, number), f"is `{key}`, which is no module.")
    asked = {module.key: [*module.better_after, *module.only_after] for module in modules}
    for circle in find_circles(asked):
        first = known[circle[0]]
        name = NAMES[circle[1] in first.only_after]
        _add(sources, first, (name,), f"leads in a circle: {' → '.join(circle)}. Nobody would know where to begin.")


def find_circles(asked: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return each circle once, as the keys along it, the first of them again at the end."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in asked:
        path: list[str] = []
        open_: list[tuple[str, int]] = [(start, 0)]
        while open_:
            key, depth = open_.pop()
            del path[depth:]
            if key in path:
                found.append([*path[path.index(key) :], key])
            elif key not in done:
                path.append(key)
                done.add(key)
                open_.extend((after, len(path)) for after in asked.get(key, ()))
    return found


def _add(sources: Sources, module: Module, path: tuple[str | int, ...], sentence: str) -> None:
    source = sources.read_yaml(f"{module.course_key}/{module.key}/module.yaml")
    if source:
        source.add(path, sentence)
