"""The board as it was asked for: the wish in the address, its words, and the same as lines of a file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext, ngettext, pgettext

from service.board.kinds import ASKED_FOR, Kind, Presence
from service.board.listing import Listing, Reader
from service.board.naming import called, code_of
from service.board.operations import BoardRow, find_people, find_shown, list_standings, read_board, read_rows
from service.board.rules import Board, Shown, Wish
from service.db import utc_now
from service.people.models import LabelKind, Role
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


def board_for(wish: Wish, *, at: datetime | None = None) -> tuple[Board, Shown, Listing]:
    """Read the board of the course, what the wish shows of it, and the people in their order."""
    board = whole_board(at or utc_now(), ASKED_FOR, with_names=wish.needs_names, with_labels=True)
    return board, *find_shown(g.db, board, wish, me().course_id, Reader(g.lang, _nameless()))


def people_for(
    wish: Wish,
    *,
    with_former: bool = False,
    with_names: bool = False,
    with_labels: bool = False,
    at: datetime | None = None,
) -> tuple[Board, Listing]:
    """Read the board of the course, and whom the wish shows, where nobody asks how many the filters would show."""
    named, labelled = with_names or wish.needs_names, with_labels or bool(wish.labels)
    board = whole_board(at or utc_now(), wish.facts, with_former=with_former, with_names=named, with_labels=labelled)
    return board, find_people(g.db, board, wish, me().course_id, Reader(g.lang, _nameless()))


def whole_board(at: datetime, facts: Collection[str] = (), **options: bool) -> Board:
    """Read the board of the course. `options` as of `read_board`."""
    return read_board(g.db, catalogue(), me().course_id, at=at, facts=facts, **options)


def rows_of(board: Board, places: Sequence[int]) -> list[BoardRow]:
    """Read the people at these places, in their order."""
    return read_rows(g.db, board, me().course_id, places)


def _nameless() -> str:
    """Return what someone without a name is called, with `%(code)s`."""
    return gettext("Participant %(code)s", code="%(code)s")


def name_of(row: BoardRow) -> str:
    """Return the name of someone as it is shown."""
    return called(row.text, _nameless())


def presence_name(presence: Presence) -> str:
    """Return where someone is, in words."""
    return {
        Presence.READY: gettext("Ready"),
        Presence.NOT_READY: gettext("Not ready"),
        Presence.NOT_COME: gettext("Has not come yet"),
    }[presence]


def label_name(kind: LabelKind) -> str:
    """Return what a kind of label is called."""
    return {LabelKind.GROUP: gettext("Group"), LabelKind.ORGANISATION: gettext("Organisation")}[kind]


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


def badges_of(board: Board, kind: Kind) -> dict[str, str]:
    """Return how each condition that is asked of someone stands, by its name, as the kind of a badge."""
    return {name: KINDS[letter] for name, letter in board.letters(kind)}


def days_unchanged(row: BoardRow, at: datetime) -> int | None:
    """Return for how many whole days nothing has changed for someone; None if they were never looked at."""
    return None if row.changed_at is None else max((at - row.changed_at).days, 0)


def days_words(days: int | None) -> str:
    """Return that in words."""
    return "" if days is None else ngettext("%(num)d day", "%(num)d days", days)


def results_of(row: BoardRow, board: Board, standing: Standing | None) -> list[ConditionResult]:
    """Return the results that were kept of someone, or what is asked of who was never looked at."""
    if standing is not None and row.kind.policy is not None:
        return [ConditionResult.from_data(data) for data in standing.results]
    return list(board.untouched[row.kind.role])


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
    columns = board.columns(row.kind for row in rows)
    named = [gettext("Code"), gettext("Name"), gettext("Role"), *map(label_name, board.labelled.used), gettext("State")]
    header = [*named, *map(gate_words.title_of, columns)]
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
        code_of(row.text),
        name_of(row),
        role_name(Role(row.kind.role)),
        *row.labels.values(),
        presence_name(Presence(row.kind.presence)),
        *cells,
    ]


def lines_of_grid(board: Board, rows: Sequence[BoardRow], at: datetime) -> list[list[Cell]]:
    """Return the board as lines: just the columns and the words that the page shows."""
    columns = board.columns(row.kind for row in rows)
    header = [*(label for label, _sort in grid_headers(board)), *map(gate_words.title_of, columns)]
    return [list(header), *(_grid_line(board, row, columns, at) for row in rows)]


def list_headers(board: Board) -> list[tuple[str, str]]:
    """Return the headers of the columns that say who someone is and where, and by what a click sorts."""
    labels = [(label_name(kind), "") for kind in board.labelled.used]
    return [(gettext("Name"), "name"), (gettext("Role"), ""), *labels, (gettext("State"), "")]


def grid_headers(board: Board) -> list[tuple[str, str]]:
    """Return the headers of the columns before the conditions, and by what a click sorts."""
    return [
        *list_headers(board),
        (gettext("How much is missing"), "missing"),
        (gettext("Unchanged for"), "still"),
    ]


def _grid_line(board: Board, row: BoardRow, columns: Sequence[Condition], at: datetime) -> list[Cell]:
    badges = badges_of(board, row.kind)
    cells = [state_words(badges[one.name]) if one.name in badges else "" for one in columns]
    role, presence = role_name(Role(row.kind.role)), presence_name(Presence(row.kind.presence))
    named = [name_of(row), role, *row.labels.values(), presence]
    return [*named, len(board.missing(row.kind)), days_words(days_unchanged(row, at)), *cells]
