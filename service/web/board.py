"""The board as it was asked for: the wish in the address, its words, and the same as lines of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext, ngettext, pgettext

from service.board.operations import list_standings, read_board
from service.board.rules import Board, BoardRow, Presence, Shown, Wish, look, select_rows
from service.db import utc_now
from service.people.models import Role
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.keeping import BEGUN, EXPIRED, MET, NOT_MET, OTHER, WAITING, WAIVED
from service.readiness.models import Standing
from service.web import gate_words
from service.web.access import catalogue, me
from service.web.condition_words import ConditionWords
from service.web.conditions import describe_to_staff
from service.web.words import role_name

LIST, GRID = "people.list_people", "board.show"
KINDS = {
    MET: "met",
    NOT_MET: "not_met",
    BEGUN: "part",
    WAITING: "waiting",
    WAIVED: "waived",
    EXPIRED: "expired",
    OTHER: "waived",
}
"""How a letter is shown, see macros/states.html."""


@dataclass(frozen=True)
class Choice:
    """What is asked for, and on which page."""

    wish: Wish
    endpoint: str = LIST

    @classmethod
    def of_request(cls, endpoint: str = LIST) -> "Choice":
        """Return what the address of the present request asks for."""
        names = [name for name in Wish.__dataclass_fields__ if name != "missing"]
        missing = tuple(dict.fromkeys(filter(None, request.args.getlist("missing"))))
        given = {name: request.args.get(name, "").replace("\0", "") for name in names}
        return cls(Wish(**given, missing=missing), endpoint)

    @property
    def query(self) -> dict[str, Any]:
        """Return what is asked for, without what is left open."""
        return {name: value for name, value in asdict(self.wish).items() if value}

    def address(self, endpoint: str = "", page: int | None = None, **changes: Any) -> str:
        """Return the address with changes; another choice begins on its first page."""
        query = Choice(replace(self.wish, **changes)).query
        return url_for(endpoint or self.endpoint, course_id=me().course.public_id, **query, page=page)

    def place(self, endpoint: str = "", **more: Any) -> str:
        """Return the address of a page of the course, without what is asked for."""
        return url_for(endpoint or self.endpoint, course_id=me().course.public_id, **more)

    @property
    def is_filtered(self) -> bool:
        return bool(self.query.keys() - {"sort"})


def board_for(wish: Wish, *, with_former: bool = False, at: datetime | None = None) -> tuple[Board, Shown]:
    """Read the board of the course, and what the wish shows of it."""
    board = whole_board(at or utc_now(), with_former=with_former, by_waiting=wish.sort.removeprefix("-") == "still")
    return board, look(board, wish, g.lang)


def rows_for(wish: Wish, *, with_former: bool = False, at: datetime | None = None) -> tuple[Board, list[BoardRow]]:
    """Read the board of the course, and whom the wish shows, where nobody asks how many the filters would show."""
    board = whole_board(at or utc_now(), with_former=with_former, by_waiting=wish.sort.removeprefix("-") == "still")
    return board, select_rows(board, wish, g.lang)


def whole_board(at: datetime, *, with_former: bool = False, by_waiting: bool = False) -> Board:
    """Read the board of the course."""
    nameless = gettext("Participant %(code)s", code="%(code)s")
    options = {"with_former": with_former, "by_waiting": by_waiting}
    return read_board(g.db, catalogue(), me().course_id, nameless, at=at, **options)


def presence_name(presence: Presence) -> str:
    """Return where someone is, in words."""
    return {
        Presence.READY: gettext("Ready"),
        Presence.NOT_READY: gettext("Not ready"),
        Presence.NOT_COME: gettext("Has not come yet"),
    }[presence]


def state_words(state: str) -> str:
    """Return the state of a condition in words, as its badge says it."""
    return {
        "met": pgettext("state", "Done"),
        "not_met": pgettext("state", "Not yet"),
        "part": pgettext("state", "Begun"),
        "waiting": pgettext("state", "Waiting"),
        "waived": pgettext("state", "Not needed"),
        "expired": pgettext("state", "No longer valid"),
    }[state]


def kinds_of(board: Board, row: BoardRow) -> dict[str, str]:
    """Return how each condition that is asked of someone stands, by its name, as the kind of a badge."""
    return {name: KINDS[letter] for name, letter in board.letters(row)}


def days_unchanged(standing: Standing | None, at: datetime) -> int | None:
    """Return for how many whole days nothing has changed for someone; None if they were never looked at."""
    return None if standing is None else max((at - standing.changed_at).days, 0)


def days_words(days: int | None) -> str:
    """Return that in words."""
    return "" if days is None else ngettext("%(num)d day", "%(num)d days", days)


def results_of(row: BoardRow, board: Board, standing: Standing | None) -> list[ConditionResult]:
    """Return the results that were kept of someone, or what is asked of who was never looked at."""
    if standing is not None and row.policy is not None:
        return [ConditionResult.from_data(data) for data in standing.results]
    return list(board.untouched[row.role])


def missing_words(row: BoardRow, board: Board, standing: Standing | None) -> list[ConditionWords]:
    """Return what someone lacks, in words."""
    return describe_to_staff([one for one in results_of(row, board, standing) if not one.is_satisfied])


def title_of(board: Board, name: str) -> str:
    """Return the name of a condition in words; of one that nobody is asked, its key."""
    condition = board.conditions.get(name)
    return gate_words.title_of(condition) if condition else name


Cell = str | int


def lines_of_list(board: Board, rows: Sequence[BoardRow]) -> list[list[Cell]]:
    """Return the list as lines: a column for each condition that is asked of someone on it, with its evidence."""
    columns = board.columns(rows)
    header = [gettext("Code"), gettext("Name"), gettext("Role"), gettext("State"), *map(gate_words.title_of, columns)]
    standings = list_standings(g.db, me().course_id)
    return [list(header), *(_list_line(board, row, columns, standings) for row in rows)]


def _list_line(
    board: Board, row: BoardRow, columns: Sequence[Condition], standings: Mapping[int, Standing]
) -> list[Cell]:
    results = results_of(row, board, standings.get(row.id))
    words = {one.condition.name: said for one, said in zip(results, describe_to_staff(results), strict=True)}
    found = [words.get(column.name) for column in columns]
    cells = [f"{state_words(one.state)}: {one.evidence}" if one else "" for one in found]
    return [
        board.code_of(row),
        board.name_of(row),
        role_name(Role(row.role)),
        presence_name(Presence(row.presence)),
        *cells,
    ]


def lines_of_grid(board: Board, rows: Sequence[BoardRow], at: datetime) -> list[list[Cell]]:
    """Return the board as lines: just the columns and the words that the page shows."""
    columns = board.columns(rows)
    standings = list_standings(g.db, me().course_id)
    header = [*(label for label, _sort in grid_headers()), *map(gate_words.title_of, columns)]
    return [list(header), *(_grid_line(board, row, columns, standings.get(row.id), at) for row in rows)]


def grid_headers() -> list[tuple[str, str]]:
    """Return the labels of the columns before the conditions, and by what a click sorts."""
    return [
        (gettext("Name"), "name"),
        (gettext("Role"), ""),
        (gettext("State"), ""),
        (gettext("How much is missing"), "missing"),
        (gettext("Unchanged for"), "still"),
    ]


def _grid_line(
    board: Board, row: BoardRow, columns: Sequence[Condition], standing: Standing | None, at: datetime
) -> list[Cell]:
    kinds = kinds_of(board, row)
    cells = [state_words(kinds[one.name]) if one.name in kinds else "" for one in columns]
    named = [board.name_of(row), role_name(Role(row.role)), presence_name(Presence(row.presence))]
    return [*named, len(board.missing(row)), days_words(days_unchanged(standing, at)), *cells]
