"""Workbooks that every title of a course gives a sheet."""

import io
import zipfile
from xml.etree import ElementTree

import pytest

from service.spreadsheets import write_xlsx

SHEET = ".//{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Mentoring", "Mentoring"),
        ("", "Sheet1"),
        ("[2026/27] 'Mentoring': who?", "202627 Mentoring who"),
        ("x" * 40, "x" * 31),
        ("\N{SEEDLING}" * 40, "\N{SEEDLING}" * 15),  # two units of UTF-16 each: Excel takes 31
        ("\N{SEEDLING} Mentoring for young people 2026", "\N{SEEDLING} Mentoring for young people 2"),
    ],
)
def test_a_sheet_is_named_after_the_course_as_far_as_excel_lets_it(title: str, name: str) -> None:
    book = zipfile.ZipFile(io.BytesIO(write_xlsx([["Name", "Number"], ["=1", 1]], title)))
    [sheet] = ElementTree.fromstring(book.read("xl/workbook.xml")).iterfind(SHEET)
    assert sheet.get("name") == name
