"""Attendance as a list: what is written is read again, nothing in it runs, and no line is dropped in silence."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.events.attendance_csv import MOST_LINES, LineProblem, Listed, decode, read_list, write_list
from service.events.models import AttendanceState

PRESENT, EXCUSED, ABSENT = AttendanceState
ADA = Listed(1, "aaaa", "Ada Example", ("ada@example.org", "u-1"))
BEN = Listed(2, "bbbb", "Łukasz O’Neill", ("", "u-2"))
TWIN = Listed(3, "cccc", "ada example", ("", "u-3"))
NOA = Listed(4, "dddd", "נועה בדויה", ("", "u-4"))
HEADER = ("Code", "Name", "Attendance")
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, st.none() | st.sampled_from(AttendanceState)), max_size=8))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(rows) -> None:
    people = [Listed(number, f"code{number}", name, ()) for number, (name, _) in enumerate(rows)]
    states = {number: state for number, (_, state) in enumerate(rows) if state}
    text = write_list(people, states, HEADER)
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    found, left_out = read_list(text, people)
    assert found == states
    assert {one.problem for one in left_out} <= {LineProblem.NO_STATE}


@pytest.mark.parametrize("hurtful", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_a_name_that_begins_like_a_formula_is_found_again(hurtful: str) -> None:
    person = Listed(7, "x", hurtful, ())
    text = write_list([person], {7: PRESENT}, HEADER)
    assert f"'{hurtful}" in text
    assert read_list(text, [person]) == ({7: PRESENT}, [])


@pytest.mark.parametrize(
    "text",
    [
        "lukasz oneill;present",
        "Name,State\nŁukasz O'Neill,x",
        "O’Neill\tŁukasz\tobecny",
        "bbbb;;1",
        "u-2;נוכח",
        "\ufeffstan;kto\nobecność;BBBB",
    ],
)
def test_a_person_is_found_by_code_id_or_name_whatever_the_columns_are(text: str) -> None:
    assert read_list(text, [ADA, BEN, TWIN, NOA]) == ({2: PRESENT}, [])


def test_every_state_is_understood_in_three_languages() -> None:
    words = {
        PRESENT: ("Present", "yes", "✓", "Obecna", "נוכחות"),
        EXCUSED: ("Excused", "nieobecność usprawiedliwiona", "היעדרות מוצדקת"),
        ABSENT: ("Absent", "0", "Nieobecny", "נעדרת"),
    }
    for state, said in words.items():
        for word in said:
            assert read_list(f"נועה בדויה;{word}", [NOA]) == ({4: state}, [])


def test_every_line_that_is_not_taken_is_named_with_its_reason() -> None:
    text = "who,state\nNobody,present\nAda Example,present\naaaa,present\naaaa,absent\nbbbb,perhaps\n,\n"
    states, left_out = read_list(text, [ADA, BEN, TWIN])
    assert states == {1: PRESENT}
    assert [(one.number, one.problem) for one in left_out] == [
        (2, LineProblem.NOBODY),
        (3, LineProblem.SEVERAL),
        (5, LineProblem.TWICE),
        (6, LineProblem.NO_STATE),
    ]
    assert left_out[0].text == "Nobody · present"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInputError):
        assert set(read_list(text, [ADA, BEN, TWIN, NOA])[0]) <= {1, 2, 3, 4}


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_list("a;b\n" * (MOST_LINES + 1), [ADA])
    assert caught.value.code == "list.too_long"


def test_files_are_read_as_spreadsheets_save_them() -> None:
    assert decode("\ufeffŁ".encode()) == decode("Ł".encode("utf-16")) == "Ł"
    with pytest.raises(InvalidInputError):
        decode("Ł".encode("cp1250"))
