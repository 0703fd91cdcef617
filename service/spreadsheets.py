"""Lists for spreadsheets, in which nothing runs."""

import csv
import io
from collections.abc import Iterable, Sequence

from xlsxwriter import Workbook

RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
SEPARATORS = (";", ",")
"""The first is what spreadsheets in Poland and Israel expect."""


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    one_line = " ".join(text.split()) if text.strip() else ""
    return f"'{one_line}" if one_line.startswith(RUNS) else one_line


def write_csv(lines: Iterable[Sequence[str | int]], separator: str = SEPARATORS[0]) -> str:
    """Return the lines as CSV; every cell harmless."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator="\r\n")
    for line in lines:
        writer.writerow([harmless(str(cell)) for cell in line])
    return written.getvalue()


WIDEST = 40
"""Characters that a column is wide at most."""


def write_xlsx(lines: Sequence[Sequence[str | int]], title: str, *, is_right_to_left: bool = False) -> bytes:
    """Return the lines, the first of which is the header, as an XLSX workbook; every cell harmless.

    Numbers stay numbers. The header stays in sight; columns are as wide as what stands in them, within bounds.
    """
    written = io.BytesIO()
    # Text is only ever text: nothing becomes a formula, an address or a number by how it looks.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(written, options) as book:
        sheet = book.add_worksheet(_sheet_name(title) or None)
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        if is_right_to_left:
            sheet.right_to_left()
        sheet.freeze_panes(1, 1)
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                written_cell = cell if isinstance(cell, int) else harmless(cell)
                sheet.write(number, column, written_cell, *([bold] if number == 0 else []))
        for column in range(len(lines[0]) if lines else 0):
            longest = max(len(str(line[column])) for line in lines)
            sheet.set_column(column, column, min(max(longest + 2, 8), WIDEST))
    return written.getvalue()


def _sheet_name(title: str) -> str:
    """Return the title as Excel takes the name of a sheet: without `[]:*?/\\'`, at most 31 units of UTF-16."""
    plain = "".join(letter for letter in title if letter not in "[]:*?/\\'")
    return plain.encode("utf-16-le")[: 2 * 31].decode("utf-16-le", "ignore")
