"""What an exercise type is, and the values that all types share."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from service.exercise_types.shapes import Shape

Structure = Mapping[str, Any]
"""An exercise without words: the type's own keys in the form that its `structure_shape` gives, and `points`."""

Answer = dict[str, Any]
"""An answer in the one form in which it is stored."""


@dataclass(frozen=True)
class PartMark:
    """How one part of an answer fared: what was given, and what earns full marks.

    Both are keys of the structure, positions from 1 on, numbers of words, or words that a learner wrote.
    """

    key: str
    is_right: bool
    given: str | int
    expected: str | int
    share: float = 0.0
    """Of a part that is not right: how much of it counts nevertheless, 0 to 1."""


@dataclass(frozen=True)
class Mark:
    """What an answer is worth: 0 <= points <= max_points, rounded to six decimals."""

    points: float
    max_points: float
    parts: tuple[PartMark, ...]
    needs_review: bool = False
    """Whether a person should still look at the answer: no rule can judge it. Until then the points count."""


@dataclass(frozen=True)
class Finding:
    """Something wrong in content: where, as a path of keys from the exercise on, and a sentence for its author."""

    path: tuple[str | int, ...]
    sentence: str


class ExerciseType(ABC):
    """One kind of exercise. It holds no state: everything is in the structure and the answer."""

    name: ClassVar[str]
    """As in `type:` of module.yaml."""
    structure_shape: ClassVar[type[Shape]]
    """Its own keys in module.yaml. Loading it gives JSON with order in lists only: databases drop that of mappings."""
    words_shape: ClassVar[type[Shape]]
    """Its own keys in en.yaml, he.yaml, pl.yaml."""
    is_judged: ClassVar[bool] = True
    """Whether answers are right or wrong. If not, points are for answering in full, and pages say so."""
    is_shuffled: ClassVar[bool] = False
    """Whether `display_order` is another one for each person."""

    @abstractmethod
    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        """Give what is wrong with a structure whose shape is right, such as an answer that is no option."""

    @abstractmethod
    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        """Return the keys that need words, by the name under which the words stand, such as `options`."""

    @abstractmethod
    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Return the answer in `raw`, the fields of a form or JSON. Raise InvalidInputError if it is none."""

    @abstractmethod
    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        """Return the fields of the form that gives this answer, by name, as `read_answer` takes them."""

    @abstractmethod
    def mark(self, structure: Structure, answer: Answer) -> Mark:
        """Return the mark of an answer that `read_answer` gave."""

    @abstractmethod
    def model_answer(self, structure: Structure) -> Answer:
        """Return an answer that earns full marks."""

    @abstractmethod
    def display_order(self, structure: Structure, seed: str) -> list[str]:
        """Return the keys to answer in the order to show them; the same for the same seed."""

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        """Give every key that lacks words in one language, and words for keys that are not there.

        `words` are as their author wrote them, so that one fault of shape does not hide the rest.
        """
        for part, keys in self.worded_keys(structure).items():
            yield from key_faults((part,), keys, words.get(part))

    def by_language(self, structure: Structure) -> Iterator[tuple[tuple[str | int, ...], Collection[str]]]:
        """Give what the structure says for each language, as (path, languages there), so that none is forgotten."""
        return iter(())


def key_faults(path: tuple[str | int, ...], keys: Collection[str], given: object) -> Iterator[Finding]:
    """Give the `keys` that lack words in the mapping `given` at `path`, and what has words but is none of them."""
    if not isinstance(given, Mapping):
        return  # the shape of the words says so
    for key in keys:
        if key not in given:
            yield Finding((*path, key), "has no words in this language.")
    for key in given:
        if key not in keys:
            yield Finding((*path, key), "has words, but module.yaml does not have this key.")


def nested_key_faults(words: Mapping[str, Any], path: tuple[str, ...], keys: Collection[str]) -> Iterator[Finding]:
    """Give what `key_faults` gives for the mapping at `path` inside `words`; where it is left out, it is empty."""
    holder: object = words
    for step in path[:-1]:
        holder = holder.get(step) if isinstance(holder, Mapping) else None
    if isinstance(holder, Mapping):
        yield from key_faults(path, keys, holder.get(path[-1], {}))
