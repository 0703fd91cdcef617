"""Small changes to what a course asks, each giving a new list: the editor is made of them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from service.readiness.conditions import ALL_OF, ANY_OF, AT_LEAST, GROUPS, Condition

Conditions = tuple[Condition, ...]


def with_condition(own: Sequence[Condition], condition: Condition) -> Conditions:
    """Return the list with a condition at its end, or in the place of the one with its name."""
    if any(one.name == condition.name for one in own):
        return tuple(condition if one.name == condition.name else one for one in own)
    return (*own, condition)


def without_condition(own: Sequence[Condition], name: str) -> Conditions:
    """Return the list without the condition of that name, wherever it stands; a group that loses all parts goes too."""
    kept = []
    for one in own:
        if one.name == name:
            continue
        parts = without_condition(one.parts, name)
        if one.parts and not parts:
            continue
        kept.append(replace(one, parts=parts, count=min(one.count, len(parts))) if one.parts else one)
    return tuple(kept)


def combined(
    own: Sequence[Condition], names: Collection[str], count: int, title: str, before: Sequence[Condition] = ()
) -> Conditions:
    """Return the list with the conditions of these names as parts of one group, of which `count` are enough.

    `before`: as `new_key` has it.
    """
    parts = tuple(one for one in own if one.name in names)
    kind = ANY_OF if count == 1 else ALL_OF if count >= len(parts) else AT_LEAST
    group = Condition(
        kind, new_key(own, title, before), title=title.strip(), count=count if kind == AT_LEAST else 0, parts=parts
    )
    return (*(one for one in own if one.name not in names), group)


def split_up(own: Sequence[Condition], name: str) -> Conditions:
    """Return the list with the parts of a group in its place."""
    found: list[Condition] = []
    for one in own:
        found += one.parts if one.name == name and one.kind in GROUPS else [one]
    return tuple(found)


def key_in_own_words(own: Sequence[Condition], kind: str, title: str, before: Sequence[Condition] = ()) -> str:
    """Return the key of a declaration or decision in a course's own words: the same words have the same key.

    What was said or decided is kept by the key, so other words never get one that was in use, in any policy of the
    course, at any time. `before`: all that the course ever asked.
    """
    taken = {part.name for one in own for part in one.walk()}
    for one in before:
        if one.kind == kind and one.title == title.strip() and one.name not in taken:
            return one.key
    return new_key(own, title, before)


def new_key(own: Sequence[Condition], title: str, before: Sequence[Condition] = ()) -> str:
    """Return a key that nothing in the lists has: from the Latin letters of the title, or a number."""
    taken = {part.key for one in (*own, *before) for part in one.walk()}
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "own"
    return next(key for key in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)
