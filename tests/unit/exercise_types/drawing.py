"""Draws an exercise of each general type with an answer to it: what the laws of test_laws.py are tried on."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from service.exercise_types import ExerciseType, Structure, exercise_types
from service.exercise_types.shapes import Shape
from service.exercise_types.texts import written

TYPES = exercise_types()
KEYS = [f"item-{letter}" for letter in "abcdefghijkl"]
PHRASES = ["trust", "*secret*", "in other words", "you should", "why don't you", "אמון", "*סודי*", "zaufa*", "what"]
Case = tuple[ExerciseType, Structure, dict[str, Any]]
Draw = st.DrawFn

points = st.decimals(min_value="0.01", max_value=1000, places=2).map(float)
written_words = st.lists(st.sampled_from([*PHRASES, "and", "?", "\n", "o'clock", "קוראים"]), max_size=20).map(" ".join)
texts = (st.text(max_size=40) | written_words).map(lambda text: written("text", text))
some_text = texts.filter(bool)
phrases = st.fixed_dictionaries(
    {language: st.lists(st.sampled_from(PHRASES), min_size=1, unique=True) for language in ("en", "he")}
)


def keys(least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(KEYS), min_size=least, max_size=most, unique=True)


def assigned(items: list[str], values: list[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({item: st.sampled_from(values) for item in items})


def loaded(name: str, data: dict[str, Any], draw: Draw) -> tuple[ExerciseType, Structure]:
    """Return the type and the structure that the loader would make of `data`; it has no fault."""
    kind = TYPES[name]
    shape: Shape = kind.structure_shape()
    structure = shape.load(data)
    assert list(kind.structure_faults(structure)) == []
    return kind, {"points": draw(points), **structure}


@st.composite
def one_answers(draw: Draw) -> Case:
    options = draw(keys(2, 8))
    case = loaded("one-answer", {"options": options, "answer": draw(st.sampled_from(options))}, draw)
    return *case, {"choice": draw(st.sampled_from(options))}


@st.composite
def several_answers(draw: Draw) -> Case:
    options = draw(keys(3, 10))
    right = draw(st.integers(1, len(options) - 1))
    answers = draw(st.permutations(options))[:right]
    ticked = draw(st.sets(st.sampled_from(options), min_size=1))
    case = loaded("several-answers", {"options": options, "answers": answers}, draw)
    return *case, {"ticked": [option for option in options if option in ticked]}


@st.composite
def sorts(draw: Draw) -> Case:
    groups, items = draw(keys(2, 5)), draw(keys(3, 12))
    case = loaded("sort", {"groups": groups, "items": draw(assigned(items, groups))}, draw)
    return *case, {"groups": draw(assigned(items, groups))}


@st.composite
def true_false(draw: Draw) -> Case:
    items, values = draw(keys(2, 12)), ["true", "false"]
    return *loaded("true-false", {"statements": draw(assigned(items, values))}, draw), {
        "groups": draw(assigned(items, values))
    }


@st.composite
def matchings(draw: Draw) -> Case:
    items, matches = draw(keys(2, 10)), draw(keys(2, 10))
    kind, structure = loaded("matching", {"pairs": draw(assigned(items, matches)), "extra": matches[:5]}, draw)
    return kind, structure, {"groups": draw(assigned(items, structure["groups"]))}


@st.composite
def orders(draw: Draw) -> Case:
    items = draw(keys(3, 9))
    return *loaded("order", {"items": items}, draw), {"order": draw(st.permutations(items))}


@st.composite
def gap_texts(draw: Draw) -> Case:
    gaps: dict[str, Any] = {}
    given = {}
    for key in draw(keys(1, 4)):
        if draw(st.booleans()):
            options = draw(keys(2, 8))
            gaps[key] = {"options": options, "answer": draw(st.sampled_from(options))}
            given[key] = draw(st.sampled_from(options))
        else:
            gaps[key] = {"accepted": draw(phrases)}
            given[key] = draw(some_text | st.sampled_from(PHRASES)).strip("*")[:200].strip() or "x"
    return *loaded("fill-the-gap", {"gaps": gaps}, draw), {"gaps": given}


@st.composite
def short_texts(draw: Draw) -> Case:
    ideas = draw(keys(1, 4))
    self_check = draw(st.sampled_from(["yes", "no"]))
    claimed = draw(st.sets(st.sampled_from(ideas))) if self_check == "yes" else set()
    case = loaded("short-text", {"ideas": {key: draw(phrases) for key in ideas}, "self_check": self_check}, draw)
    return *case, {"text": draw(some_text), "claimed": [key for key in ideas if key in claimed]}


@st.composite
def long_texts(draw: Draw) -> Case:
    rubric = draw(keys(1, 8))
    met = draw(st.sets(st.sampled_from(rubric)))
    case = loaded("long-text", {"words": draw(st.integers(1, 12)), "rubric": rubric}, draw)
    return *case, {"text": draw(some_text), "met": [key for key in rubric if key in met]}


@st.composite
def scales(draw: Draw) -> Case:
    items, lowest = draw(keys(1, 12)), draw(st.integers(0, 8))
    kind, structure = loaded("scale", {"items": items, "from": lowest, "to": draw(st.integers(lowest + 2, 10))}, draw)
    return kind, structure, {"values": draw(assigned(items, structure["values"]))}


GENERAL: dict[str, Callable[[], st.SearchStrategy[Case]]] = {
    "fill-the-gap": gap_texts,
    "long-text": long_texts,
    "matching": matchings,
    "one-answer": one_answers,
    "order": orders,
    "scale": scales,
    "several-answers": several_answers,
    "short-text": short_texts,
    "sort": sorts,
    "true-false": true_false,
}
"""For each general type, what draws a case of it."""
