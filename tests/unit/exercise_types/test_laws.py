"""The laws that hold for every exercise type, tried on drawn exercises and answers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.exercise_types import exercise_types
from tests.unit.exercise_types.drawing import KEYS, Case
from tests.unit.exercise_types.drawing_mentoring import DRAWN, WITHOUT_OTHER_ANSWER

# There is a test for each law and type, so a few examples each make many; and a busy machine is no fault.
settings.register_profile("patient", deadline=None, max_examples=25)
settings.load_profile("patient")

each_type = pytest.mark.parametrize("name", DRAWN)


def test_every_type_is_drawn() -> None:
    assert DRAWN.keys() == exercise_types().keys()


@each_type
@given(data=st.data())
def test_a_mark_lies_between_nothing_and_full_marks_and_is_the_same_again(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    before = repr((structure, answer))
    mark = kind.mark(structure, answer)
    assert 0 <= mark.points <= mark.max_points == structure["points"]
    assert all(0 <= part.share < 1 for part in mark.parts)
    assert kind.mark(structure, answer) == mark
    assert repr((structure, answer)) == before


@each_type
@given(data=st.data())
def test_the_model_answer_earns_full_marks(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    model = kind.model_answer(structure)
    assert kind.read_answer(structure, model) == model
    assert kind.mark(structure, model).points == structure["points"]
    assert all(part.is_right for part in kind.mark(structure, model).parts)
    if name in WITHOUT_OTHER_ANSWER:
        assert (kind.mark(structure, answer).points == structure["points"]) == (answer == model)


@each_type
@given(data=st.data())
def test_an_answer_reads_as_itself_from_the_database_and_from_its_form(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    assert kind.read_answer(structure, answer) == answer
    assert kind.read_answer(structure, json.loads(json.dumps(answer))) == answer
    fields = kind.form_fields(structure, answer)
    assert all(isinstance(value, str) for value in fields.values())
    assert kind.read_answer(structure, fields) == answer


@each_type
@given(data=st.data())
def test_a_structure_survives_a_database_that_forgets_the_order_of_mappings(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    stored = json.loads(json.dumps(structure, sort_keys=True))
    assert stored == structure
    assert kind.mark(stored, answer) == kind.mark(structure, answer)
    assert kind.display_order(stored, "seed") == kind.display_order(structure, "seed")


@each_type
@given(data=st.data(), seed=st.text(max_size=10))
def test_the_display_order_holds_no_key_twice_and_is_stable(name: str, data: st.DataObject, seed: str) -> None:
    kind, structure, _ = data.draw(DRAWN[name]())
    shown = kind.display_order(structure, seed)
    assert shown == kind.display_order(structure, seed)
    assert sorted(set(shown)) == sorted(shown)


anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([*KEYS, "yes", "1", "true"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


@each_type
@given(data=st.data())
def test_whatever_is_sent_is_an_answer_or_refused(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    fields: dict[str, Any] = {**answer, **kind.form_fields(structure, answer), "csrf": ""}
    names = st.sampled_from([*fields, *(f"{field}{key}" for field in ("group.", "tick.", "text.") for key in KEYS[:2])])
    raw = data.draw(st.dictionaries(names, anything | st.sampled_from([*fields.values()]), max_size=6))
    refused = None
    try:
        kind.mark(structure, kind.read_answer(structure, raw))
    except InvalidInputError as error:
        refused = error
    assert refused is None or (refused.code.startswith("answer.") and refused.details["fields"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(KEYS[:3]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(KEYS), inner),
    max_leaves=6,
)


def _replaced(data: st.DataObject, value: Any) -> Any:
    """Return an answer in which something, at any depth, was replaced, left out or doubled."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _replaced(data, value[key])}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        new = _replaced(data, value[place])
        return data.draw(
            st.sampled_from([value[:place], [*value, value[place]], [*value[:place], new, *value[place:]]])
        )
    return data.draw(json_values)


@each_type
@given(data=st.data())
def test_an_answer_that_was_tampered_with_is_marked_within_bounds_or_refused(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    raw = _replaced(data, answer) if data.draw(st.booleans()) else data.draw(json_values)
    if not isinstance(raw, dict):
        return
    try:
        read = kind.read_answer(structure, raw)
    except InvalidInputError:
        return
    mark = kind.mark(structure, read)
    assert 0 <= mark.points <= mark.max_points
    assert kind.mark(structure, read) == mark
    assert kind.read_answer(structure, json.loads(json.dumps(read))) == read


MEGABYTE = "<script>alert(1)</script> " * 40_000


@each_type
@given(data=st.data())
@settings(max_examples=2)
def test_a_megabyte_in_a_field_is_refused(name: str, data: st.DataObject) -> None:
    kind, structure, answer = data.draw(DRAWN[name]())
    fields = kind.form_fields(structure, answer)
    field = data.draw(st.sampled_from([*fields, "other"]))
    try:
        read = kind.read_answer(structure, {**fields, field: MEGABYTE})
    except InvalidInputError:
        return
    # A box that is ticked by another word than ours is not ticked, and a strange field is not looked at.
    assert len(json.dumps(read)) < 50_000


@given(case=DRAWN["order"](), seed=st.text(max_size=10))
def test_the_right_order_is_never_shown(case: Case, seed: str) -> None:
    kind, structure, _ = case
    assert kind.display_order(structure, seed) != structure["items"]


@given(case=DRAWN["order"](), data=st.data())
def test_one_misplaced_item_costs_one_share_wherever_it_went(case: Case, data: st.DataObject) -> None:
    kind, structure, _ = case
    items = list(structure["items"])
    given_order = list(items)
    place, new_place = (data.draw(st.integers(0, len(items) - 1)) for _ in range(2))
    given_order.insert(new_place, given_order.pop(place))
    mark = kind.mark(structure, {"order": given_order})
    right = len(items) if given_order == items else len(items) - 1
    assert mark.points == pytest.approx(structure["points"] * right / len(items), abs=1e-6)
    assert sum(part.is_right for part in mark.parts) == right


@given(case=DRAWN["several-answers"]())
def test_ticking_everything_earns_nothing(case: Case) -> None:
    kind, structure, _ = case
    assert kind.mark(structure, {"ticked": structure["options"]}).points == 0
