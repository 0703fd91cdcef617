"""What each exercise type makes of certain answers, and how a new type is found. The laws are in test_laws.py."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import service.exercise_types
from service.errors import InvalidInputError
from service.exercise_types import Structure, exercise_types

TYPES = exercise_types()


def test_an_order_backwards_earns_nothing() -> None:
    structure = {"items": ["a", "b", "c", "d"], "points": 4.0}
    mark = TYPES["order"].mark(structure, {"order": ["d", "c", "b", "a"]})
    assert mark.points == 0
    assert not any(part.is_right for part in mark.parts)


def test_of_two_equal_readings_the_items_in_their_places_count() -> None:
    structure = {"items": ["a", "b", "c", "d", "e"], "points": 5.0}
    mark = TYPES["order"].mark(structure, {"order": ["a", "d", "c", "b", "e"]})
    assert [(part.key, part.is_right, part.given, part.expected) for part in mark.parts] == [
        ("a", True, 1, 1),
        ("b", False, 4, 2),
        ("c", True, 3, 3),
        ("d", False, 2, 4),
        ("e", True, 5, 5),
    ]


def test_sorting_gives_a_share_for_each_item() -> None:
    structure = {
        "groups": ["x", "y"],
        "items": ["a", "b", "c"],
        "answer": {"a": "x", "b": "y", "c": "x"},
        "points": 3.0,
    }
    mark = TYPES["sort"].mark(structure, {"groups": {"a": "x", "b": "x", "c": "x"}})
    assert mark.points == 2
    assert [(part.key, part.is_right, part.given, part.expected) for part in mark.parts] == [
        ("a", True, "x", "x"),
        ("b", False, "x", "y"),
        ("c", True, "x", "x"),
    ]


def test_forms_are_read() -> None:
    order = {"items": ["a", "b", "c"], "points": 3.0}
    sort = {"groups": ["x", "y"], "items": ["a", "b", "c"], "answer": {}, "points": 3.0}
    assert TYPES["order"].read_answer(order, {"position.a": "3", "position.b": "1", "position.c": "2"}) == {
        "order": ["b", "c", "a"]
    }
    assert TYPES["sort"].read_answer(sort, {"group.a": "x", "group.b": "y", "group.c": "x", "other": "1"}) == {
        "groups": {"a": "x", "b": "y", "c": "x"}
    }


ONE = {"options": ["a", "b"], "answer": "a", "points": 1.0}
SORT = {"groups": ["x", "y"], "items": ["a", "b", "c"], "answer": {"a": "x", "b": "y", "c": "x"}, "points": 3.0}
ORDER = {"items": ["a", "b", "c"], "points": 3.0}


@pytest.mark.parametrize(
    ("name", "structure", "raw", "code", "fields"),
    [
        ("one-answer", ONE, {}, "answer.missing", {"choice"}),
        ("one-answer", ONE, {"choice": ""}, "answer.missing", {"choice"}),
        ("one-answer", ONE, {"choice": "z"}, "answer.unknown_option", {"choice"}),
        ("one-answer", ONE, {"choice": ["a"]}, "answer.wrong_shape", {"choice"}),
        ("sort", SORT, {"group.a": "x", "group.c": ""}, "answer.missing", {"group.b", "group.c"}),
        ("sort", SORT, {"group.a": "x", "group.b": "x", "group.c": "z"}, "answer.unknown_option", {"group.c"}),
        ("sort", SORT, {"groups": {"a": "x", "b": "x", "c": "x", "d": "x"}}, "answer.unknown_option", {"groups"}),
        ("sort", SORT, {"groups": ["x"]}, "answer.wrong_shape", {"groups"}),
        ("sort", SORT, {"groups": {"a": 1, "b": "x", "c": "x"}}, "answer.wrong_shape", {"groups"}),
        ("order", ORDER, {"position.a": "1", "position.b": "2"}, "answer.missing", {"position.c"}),
        (
            "order",
            ORDER,
            {"position.a": "1", "position.b": "1", "position.c": "2"},
            "answer.same_position",
            {"position.a", "position.b"},
        ),
        (
            "order",
            ORDER,
            {"position.a": "1", "position.b": "2", "position.c": "4"},
            "answer.unknown_option",
            {"position.c"},
        ),
        ("order", ORDER, {"order": ["a", "b"]}, "answer.missing", {"position.c"}),
        ("order", ORDER, {"order": ["a", "b", "b"]}, "answer.same_position", {"order"}),
        ("order", ORDER, {"order": ["a", "b", "z"]}, "answer.unknown_option", {"positions"}),
        ("order", ORDER, {"order": "abc"}, "answer.wrong_shape", {"order"}),
    ],
)
def test_what_is_no_answer_is_refused_field_by_field(
    name: str, structure: Structure, raw: Mapping[str, Any], code: str, fields: set[str]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        TYPES[name].read_answer(structure, raw)
    assert caught.value.code == code
    assert caught.value.details["fields"] == dict.fromkeys(fields, code)


NEW_TYPE = """
from service.exercise_types.base import ExerciseType, Mark
from service.exercise_types.shapes import Shape

class Coin(ExerciseType):
    name = "coin"
    structure_shape = words_shape = Shape
    def structure_faults(self, structure): return iter(())
    def worded_keys(self, structure): return {}
    def read_answer(self, structure, raw): return {}
    def form_fields(self, structure, answer): return {}
    def mark(self, structure, answer): return Mark(0.0, 1.0, ())
    def model_answer(self, structure): return {}
    def display_order(self, structure, seed): return []
"""


def test_a_new_type_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(exercise_types())
    (tmp_path / "coin.py").write_text(NEW_TYPE)
    monkeypatch.setattr(service.exercise_types, "__path__", [*service.exercise_types.__path__, str(tmp_path)])
    exercise_types.cache_clear()
    try:
        assert sorted(exercise_types()) == list(exercise_types()) == sorted([*names, "coin"])
    finally:
        monkeypatch.undo()
        sys.modules.pop("service.exercise_types.coin", None)
        exercise_types.cache_clear()
