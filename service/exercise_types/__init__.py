"""The exercise types: what each consists of, how an answer is read and marked. Pure, found by name.

Each type is one module of this package with one subclass of ExerciseType; nothing else has to be told of it.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure

__all__ = ["Answer", "ExerciseType", "Finding", "Mark", "PartMark", "Structure", "exercise_types"]


@cache
def exercise_types() -> Mapping[str, ExerciseType]:
    """Return one instance of every type, by name."""
    kinds = [kind for module in pkgutil.iter_modules(__path__) for kind in _types_in(f"{__name__}.{module.name}")]
    return {kind.name: kind() for kind in sorted(kinds, key=lambda kind: kind.name)}


def _types_in(module_name: str) -> Iterator[type[ExerciseType]]:
    for value in vars(importlib.import_module(module_name)).values():
        is_type = isinstance(value, type) and issubclass(value, ExerciseType) and not inspect.isabstract(value)
        if is_type and value.__module__ == module_name:
            yield value
