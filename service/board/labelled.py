"""Which group and organisation people are of. Kinds know nothing of it: a course may have hundreds of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from service.people.labels import folded
from service.people.models import Label, LabelKind

NONE = "-"
"""What a wish says for people without a label; no label is written so."""
_NOBODY = -1


@dataclass(frozen=True)
class Labelled:
    """The labels of people by their places; nothing where nobody asked, or the course has no labels."""

    labels: Mapping[int, Label] = field(default_factory=dict)
    ids: Mapping[LabelKind, Sequence[int]] = field(default_factory=dict)
    """The id of the label of each, 0 for none."""

    @cached_property
    def used(self) -> list[LabelKind]:
        """Return the kinds that anyone has a label of."""
        return [kind for kind, ids in self.ids.items() if any(ids)]

    def words_at(self, place: int) -> dict[LabelKind, str]:
        """Return the labels of someone in words, of the kinds that are used; "" for none."""
        found = {kind: self.labels.get(self.ids[kind][place]) for kind in self.used}
        return {kind: label.words if label else "" for kind, label in found.items()}

    def find(self, kind: LabelKind, words: str) -> int:
        """Return the id of a label by its words, however they are spelled; 0 for NONE. What is no label, nobody has."""
        if words == NONE:
            return 0
        known = (label.id for label in self.labels.values() if (label.kind, label.folded) == (kind, folded(words)))
        return next(known, _NOBODY)

    def narrow(self, places: Sequence[int], wanted: Mapping[LabelKind, str]) -> Sequence[int]:
        """Return who of these people has all the labels that are wanted, by kind."""
        for kind, words in wanted.items():
            label, ids = self.find(kind, words), self.ids.get(kind)
            places = [place for place in places if (ids[place] if ids else 0) == label]
        return places

    def count(self, kind: LabelKind, places: Sequence[int]) -> Counter[int]:
        """Return how many of these people have each label of a kind, by its id."""
        ids = self.ids.get(kind)
        if not ids:
            return Counter({0: len(places)})
        return Counter(ids if len(places) == len(ids) else map(ids.__getitem__, places))
