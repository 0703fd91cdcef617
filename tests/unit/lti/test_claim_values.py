import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti import claim_values as read


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_text_can_be_stored_and_is_one_line(value: str) -> None:
    found = read.text(value)
    found.encode()
    assert len(found) <= 255
    assert not set(found) & set("\0\n\r\t\u202e\u2066")


def test_text_keeps_what_names_need() -> None:
    assert read.text(" R&D \t „talk”\n<b>\u200fדנה\u200f 🙂 O'Brien ") == "R&D „talk” <b>\u200fדנה\u200f 🙂 O'Brien"


@pytest.mark.parametrize("value", [None, 1, [], {}, True])
def test_text_of_another_type_is_empty(value: object) -> None:
    assert read.text(value) == ""


@pytest.mark.parametrize("value", ["7", "a b", "é", "x" * 255, '{"cmid":1}'])
def test_identifier_stays_as_it_is(value: str) -> None:
    assert read.identifier(value) == value


@pytest.mark.parametrize("value", ["", " ", "x" * 256, "a\0", "a\n", "\u202ea", "\ud800", 7, None, ["7"], True])
def test_identifier_refused(value: object) -> None:
    assert read.identifier(value) is None


def test_custom_keeps_texts_and_whole_numbers() -> None:
    sent = {
        "content": "module:roles",
        "number": 12,
        "unsubstituted": "$Context.id.history",
        "price": "$5",
        "money": "$ResourceLink.id and more",
        "nested": {"a": 1},
        "float": 1.5,
        "bool": True,
        "null": None,
        "nul": "a\0b",
        "surrogate": "\ud800",
        "long": "x" * 3000,
        "huge": 10**400,
        "": "no key",
        "empty": "",
    }
    assert read.custom(sent) == {
        "content": "module:roles",
        "number": "12",
        "price": "$5",
        "money": "$ResourceLink.id and more",
        "empty": "",
    }


def test_custom_is_bounded() -> None:
    assert len(read.custom({str(number): "x" for number in range(5000)})) == 100
    assert read.custom(["a"]) == {}
