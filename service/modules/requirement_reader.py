"""Reads the rules in content files: `complete:` of a module and the evidence of an outcome are one language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.modules.content import Exercise
from service.modules.requirements import (
    DISCUSSED,
    DISCUSSION_FORUMS,
    EVENT_KINDS,
    Group,
    Kind,
    Requirement,
    Rule,
    all_of,
)
from service.modules.sources import SourceFile

ALL = "all"
OWN_EVENTS = "module"
"""As the value of `attended`: an event for this module, of whatever kind."""
MOST_POSTS = 20
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Parts:
    """What a rule may name in a module; an exercise is None where it has faults of its own."""

    sections: Sequence[str]
    exercises: Mapping[str, Exercise | None]


class RuleReader:
    """Reads rules out of one file. `own` is the module whose rule it is; "" for the evidence of an outcome."""

    def __init__(self, source: SourceFile, modules: Mapping[str, Parts], own: str = "") -> None:
        self._source, self._modules, self._own = source, modules, own

    def read(self, data: Any, path: Path) -> Rule | None:
        """Return the rule at `path` of the file; None, with every fault kept, if it cannot be met or understood."""
        names = set(data) if isinstance(data, dict) else set()
        if names == {"at_least", "of"}:
            return self._group(data["of"], (*path, "of"), self._least(data, path))
        if len(names) != 1:
            self._fault(path, f"must have one name of {self._known()}; or `at_least` and `of`.")
            return None
        name = next(iter(names))
        value, path = data[name], (*path, name)
        if name in {"all", "any"}:
            return self._group(value, path, 1 if name == "any" else 0)
        readers = self._readers()
        if name not in readers:
            self._fault(path, f"is not known here: it must be one of {self._known()}.")
            return None
        return readers[name](value, path)

    def _group(self, data: Any, path: Path, least: int | None) -> Rule | None:
        """Return a group; `least` is 0 for all of its parts, None where it could not be read."""
        if not isinstance(data, list) or not data:
            self._fault(path, "must be a list with at least one entry: an empty one can never be met.")
            return None
        parts = [self.read(entry, (*path, number)) for number, entry in enumerate(data)]
        if least is not None and least > len(data):
            self._fault(path[:-1], f"asks for {least} of {len(data)}, which nobody can meet.")
            return None
        known = tuple(part for part in parts if part)
        return Group(least or len(data), known) if least is not None and len(known) == len(data) else None

    def _least(self, data: Mapping[str, Any], path: Path) -> int | None:
        return self._whole(data["at_least"], (*path, "at_least"), 100)

    def _whole(self, value: Any, path: Path, most: int) -> int | None:
        if isinstance(value, str) and value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= most:
            return int(value)
        self._fault(path, f"must be a whole number from 1 to {most}.")
        return None

    def _readers(self) -> dict[str, Callable[[Any, Path], Rule | None]]:
        common: dict[str, Callable[[Any, Path], Rule | None]] = {}
        common |= {Kind.PASSED: self._passed, Kind.REVIEWED: self._reviewed}
        if self._own:
            common |= {DISCUSSED: self._discussed, Kind.ATTENDED: self._attended}
            return common | {Kind.READ: self._read_own, Kind.POSTED: self._posted}
        return common | {kind: self._of_modules(kind) for kind in (Kind.READ, Kind.ATTENDED, Kind.COMPLETED)}

    def _known(self) -> str:
        return ", ".join(f"`{name}`" for name in ("all", "any", *self._readers()))

    def _passed(self, value: Any, path: Path) -> Rule | None:
        return self._exercises(Kind.PASSED, value, path)

    def _reviewed(self, value: Any, path: Path) -> Rule | None:
        return self._exercises(Kind.REVIEWED, value, path)

    def _exercises(self, kind: Kind, value: Any, path: Path) -> Rule | None:
        if self._own and value == ALL and kind is Kind.PASSED:
            return Requirement(kind, self._own, tuple(self._modules[self._own].exercises))
        found: dict[str, list[str]] = {}
        names = self._names(value, path)
        for name in names:
            module_key, _, key = (f"{self._own}/{name}" if self._own else name).partition("/")
            exercises = self._modules[module_key].exercises if module_key in self._modules else {}
            if key not in exercises:
                self._fault(path, f"names `{name}`, which is no exercise{'' if self._own else ' of this course'}.")
            elif kind is Kind.REVIEWED and not _is_reviewed(exercises[key]):
                self._fault(path, f"names `{name}`, which nobody reviews: nobody could meet this.")
            else:
                found.setdefault(module_key, []).append(key)
        if not names or sum(map(len, found.values())) < len(names):
            return None
        if self._own:
            return Requirement(kind, self._own, tuple(found[self._own]))
        # Each piece of evidence has its own day and link.
        return all_of(*(Requirement(kind, module_key, (key,)) for module_key, keys in found.items() for key in keys))

    def _read_own(self, value: Any, path: Path) -> Rule | None:
        sections = self._modules[self._own].sections
        names = list(sections) if value == ALL else self._names(value, path)
        unknown = [name for name in names if name not in sections]
        for name in unknown:
            self._fault(path, f"names `{name}`, which is no section of this module.")
        return Requirement(Kind.READ, self._own, tuple(names)) if names and not unknown else None

    def _posted(self, value: Any, path: Path) -> Rule | None:
        count = self._whole(value, path, MOST_POSTS)
        return Requirement(Kind.POSTED, self._own, count=count) if count else None

    def _discussed(self, value: Any, path: Path) -> Rule | None:
        """Return what a discussion asks for: posts of one's own, and answers to those of others, in one forum."""
        if not isinstance(value, dict) or not {"forum"} < set(value) <= {"forum", "posts", "answers"}:
            self._fault(path, "must have `forum`, and `posts` or `answers` or both.")
            return None
        if value["forum"] not in DISCUSSION_FORUMS:
            self._fault((*path, "forum"), f"must be one of {', '.join(DISCUSSION_FORUMS)}.")
            return None
        names = {Kind.TALKED: "posts", Kind.ANSWERED: "answers"}
        counts = {
            kind: self._whole(value[name], (*path, name), MOST_POSTS) for kind, name in names.items() if name in value
        }
        parts = [Requirement(kind, self._own, (value["forum"],), count) for kind, count in counts.items() if count]
        return all_of(*parts) if len(parts) == len(counts) else None

    def _attended(self, value: Any, path: Path) -> Rule | None:
        names = self._names(value, path)
        for name in names:
            if name != OWN_EVENTS and name not in EVENT_KINDS:
                self._fault(path, f"names `{name}`: it must be `{OWN_EVENTS}` or one of {', '.join(EVENT_KINDS)}.")
                return None
        if OWN_EVENTS in names and len(names) > 1:
            self._fault(path, f"names `{OWN_EVENTS}` beside a kind of event: put them into an `any`.")
            return None
        return Requirement(Kind.ATTENDED, self._own, () if OWN_EVENTS in names else tuple(names)) if names else None

    def _of_modules(self, kind: Kind) -> Callable[[Any, Path], Rule | None]:
        def read(value: Any, path: Path) -> Rule | None:
            names = self._names(value, path)
            unknown = [name for name in names if name not in self._modules]
            for name in unknown:
                self._fault(path, f"names `{name}`, which is no module of this course.")
            if not names or unknown:
                return None
            keys = {name: tuple(self._modules[name].sections) if kind is Kind.READ else () for name in names}
            return all_of(*(Requirement(kind, name, keys[name]) for name in names))

        return read

    def _names(self, value: Any, path: Path) -> list[str]:
        """Return the one name or the names of a list, each once; nothing, with a fault, for anything else."""
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(name, str) and name for name in given):
            self._fault(path, "must be a name, or a list with at least one.")
            return []
        return list(dict.fromkeys(given))

    def _fault(self, path: Path, sentence: str) -> None:
        self._source.add(path, sentence)


def _is_reviewed(exercise: Exercise | None) -> bool:
    """Say whether a person looks at the answers to an exercise; one that has faults of its own gets no second one."""
    return exercise is None or exercise.may_be_read
