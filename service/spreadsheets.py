"""Lists for spreadsheets, in which nothing runs."""

import csv
import io
from collections.abc import Iterable, Sequence

RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
SEPARATORS = (";", ",")
"""The first is what spreadsheets in Poland and Israel expect."""


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet runs."""
    one_line = " ".join(text.split()) if text.strip() else ""
    return f"'{one_line}" if one_line.startswith(RUNS) else one_line


def write_csv(lines: Iterable[Sequence[str]], separator: str = SEPARATORS[0]) -> str:
    """Return the lines as CSV; every cell harmless."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator="\r\n")
    for line in lines:
        writer.writerow([harmless(cell) for cell in line])
    return written.getvalue()
