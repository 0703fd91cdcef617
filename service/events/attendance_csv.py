"""Attendance as a list for spreadsheets: written so that nothing in it runs, read whatever its columns are called."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.errors import InvalidInputError
from service.events.models import AttendanceState
from service.i18n import fold
from service.spreadsheets import RUNS, write_csv

MOST_LINES = 5000
_WORDS: Mapping[AttendanceState, Sequence[str]] = {
    AttendanceState.PRESENT: (
        *("present", "attended", "here", "yes", "1", "x", "✓", "✔", "p"),
        *("obecność", "obecna", "obecny", "tak", "נוכחות", "נוכח", "נוכחת", "כן"),
    ),
    AttendanceState.EXCUSED: (
        *("excused", "e", "nieobecność usprawiedliwiona", "usprawiedliwiona", "usprawiedliwiony"),
        *("היעדרות מוצדקת", "מוצדק", "מוצדקת"),
    ),
    AttendanceState.ABSENT: (
        *("absent", "missing", "no", "0", "a", "nieobecność", "nieobecna", "nieobecny", "nie"),
        *("היעדרות", "נעדר", "נעדרת", "חסר", "חסרה", "לא"),
    ),
}
_STATES = {fold(word) or word: state for state, words in _WORDS.items() for word in words}


class LineProblem(StrEnum):
    """Why a line was not taken."""

    NOBODY = "nobody"
    """It names no one who is in the course."""
    SEVERAL = "several"
    """Several people are called so."""
    NO_STATE = "no_state"
    TWICE = "twice"
    """It says something else of a person than a line before."""


@dataclass(frozen=True)
class Listed:
    """A person by whom a line may speak of them: any of `marks` (code, e-mail, id in the LMS), or the name."""

    person_id: int
    code: str
    name: str
    marks: Collection[str]


@dataclass(frozen=True)
class LeftOut:
    """A line that was not taken: its number from 1, what stands in it, and why."""

    number: int
    text: str
    problem: LineProblem


def write_list(people: Sequence[Listed], states: Mapping[int, AttendanceState], header: Sequence[str]) -> str:
    """Return the list with a line for each person: code, name, state; `header` names the three columns."""
    lines = [(one.code, one.name, states[one.person_id].value if one.person_id in states else "") for one in people]
    return write_csv([header, *lines])


def read_list(text: str, people: Sequence[Listed]) -> tuple[dict[int, AttendanceState], list[LeftOut]]:
    """Return the states by person id, and the lines that were not taken.

    A line needs a cell that says a state and one that says who. A first line without either is a heading.
    Raise InvalidInputError for what is no list, or too long a one.
    """
    by_mark, by_name = _index(people)
    states: dict[int, AttendanceState] = {}
    left_out = []
    for number, cells in _lines(text):
        place = _place_of_state(cells, by_mark)
        others = [cell for at, cell in enumerate(cells) if at != place]
        found = _find(others, by_mark, by_name)
        problem = None
        if place is None:
            if number == 1 and not found:
                continue
            problem = LineProblem.NO_STATE
        elif len(found) != 1:
            problem = LineProblem.SEVERAL if found else LineProblem.NOBODY
        elif states.setdefault(found[0], _state(cells[place]) or AttendanceState.ABSENT) is not _state(cells[place]):
            problem = LineProblem.TWICE
        if problem:
            left_out.append(LeftOut(number, " · ".join(filter(None, cells))[:200], problem))
    return states, left_out


def decode(content: bytes) -> str:
    """Return the text of a file as spreadsheets save it. Raise InvalidInputError for anything else."""
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInputError("list.not_text", "The file is not text in UTF-8.") from error


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    plain = text.replace("\0", "").lstrip("\ufeff")
    first = next((line for line in plain.splitlines() if line.strip()), "")
    delimiter = max(";\t,", key=first.count)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter), start=1):
            if number > MOST_LINES:
                raise InvalidInputError("list.too_long", f"The list has more than {MOST_LINES} lines.")
            cells = [_plain(cell) for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise InvalidInputError("list.unreadable", f"The list cannot be read: {error}.") from error


def _index(people: Sequence[Listed]) -> tuple[dict[str, int], dict[str, list[int]]]:
    by_mark = {mark.casefold(): one.person_id for one in people for mark in (one.code, *one.marks) if mark}
    by_name: dict[str, list[int]] = {}
    for one in people:
        if fold(one.name):
            by_name.setdefault(fold(one.name), []).append(one.person_id)
    return by_mark, by_name


def _find(cells: Sequence[str], by_mark: Mapping[str, int], by_name: Mapping[str, list[int]]) -> list[int]:
    """Return whom the cells name: one person if a mark does, else all with that name."""
    marked = [by_mark[cell.casefold()] for cell in cells if cell.casefold() in by_mark]
    if marked:
        return sorted(set(marked))
    whole = fold(" ".join(filter(None, cells)))
    named = [fold(cell) for cell in cells] + [whole, " ".join(reversed(whole.split()))]
    return next((by_name[name] for name in named if name in by_name), [])


def _place_of_state(cells: Sequence[str], by_mark: Mapping[str, int]) -> int | None:
    """Return which cell says the state: beside a code the last of all, for names are free; else the last that can."""
    last = len(cells) - 1
    if any(cell.casefold() in by_mark for cell in cells[:last]):
        return last if _state(cells[last]) else None
    return next((at for at in range(last, -1, -1) if _state(cells[at])), None)


def _state(cell: str) -> AttendanceState | None:
    return _STATES.get(fold(cell) or cell)


def _plain(cell: str) -> str:
    plain = cell.strip()
    return plain[1:] if plain.startswith("'") and plain[1:].startswith(RUNS) else plain
