"""The board: people by conditions, as files, as views that are kept, and one person after the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.board.kinds import Presence
from service.board.operations import BoardRow, find_public_ids, list_standings
from service.board.reminding import REST_DAYS
from service.board.rules import Board
from service.board.views import change_view, keep_view, list_views
from service.db import utc_now
from service.errors import InvalidInputError
from service.i18n import direction, sort_key
from service.people.known import Member
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Membership
from service.people.operations import list_former_members
from service.people.roster_operations import find_roster_read
from service.readiness.models import Standing
from service.spreadsheets import SEPARATORS, write_csv, write_xlsx
from service.web.access import me, open_to
from service.web.board import (
    GRID,
    LIST,
    Cell,
    Choice,
    badges_of,
    board_for,
    days_unchanged,
    days_words,
    grid_headers,
    lines_of_grid,
    list_headers,
    missing_words,
    name_of,
    people_for,
    presence_name,
    rows_of,
    title_of,
)
from service.web.board_filters import describe_filters, view_filters
from service.web.formats import person_name
from service.web.lists import Header, one_page, sorting_header
from service.web.rosters import describe_roster
from service.web.words import role_name

PAGES = {LIST: 100, GRID: 50}
"""How many people are on a page. The board has a cell for each condition of each."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ANYONE = "0" * 16
"""Stands for a public id, which has no such digit."""
EVERYONE = "all"
"""What the parameter `view` says to open the board and no view of it."""

blueprint = Blueprint("board", __name__, url_prefix="/course/<course_id>/people/board")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str | Response:
    """Show people by conditions. Query: as `people.list_people`; `view=all` opens no view by itself."""
    return board_page(GRID)


@blueprint.get("/file")
@open_to(*STAFF_ROLES)
def give_file() -> Response:
    """Give the board as it is shown, all pages of it. Query: as `show`; `separator`, and `format` (csv, xlsx)."""
    at = utc_now()
    board, people = people_for(Choice.of_request(GRID).wish, with_labels=True, at=at)
    return as_file(lines_of_grid(board, rows_of(board, people[:]), at), "board")


def board_page(endpoint: str, errors: Sequence[tuple[str, str]] = ()) -> str | Response:
    """Return the list or the board as it is asked for, or the way to the view that opens by itself."""
    at, choice, views = utc_now(), Choice.of_request(endpoint), list_views(g.db, me())
    opening = next((view for view in views if view.is_default), None)
    if opening and not request.args and request.method == "GET":
        return redirect(f"{request.path}?{opening.query or f'view={EVERYONE}'}", 302)
    board, shown, people = board_for(choice.wish, at=at)
    places, page, pages = one_page(people, request.args.get("page", 1, type=int), PAGES[endpoint])
    on_page = rows_of(board, places)
    is_list = on_page and endpoint == LIST
    standings = list_standings(g.db, me().course_id, [row.id for row in on_page]) if is_list else {}
    columns = board.columns(row.kind for row in on_page) if endpoint == GRID else []
    query = query_of(choice)
    return render_template(
        "people.html",
        is_grid=endpoint == GRID,
        rows=_rows(on_page, board, standings, choice, at),
        columns=[(one.name, title_of(board, one.name)) for one in columns],
        headers=_headers(board, choice, [title_of(board, one.name) for one in columns]),
        choice=choice,
        count=shown.count,
        all_count=len(board.ids),
        old_count=board.old_count,
        filters_of=describe_filters(board, shown, choice),
        views=views,
        view_filters=view_filters(views, choice, query),
        query=query,
        errors=errors,
        rest_days=REST_DAYS,
        page=page,
        pages=pages,
        page_address=lambda number: choice.address(page=number),
        files=_files(choice),
        roster=describe_roster(me().course, find_roster_read(g.db, me().course_id), at=at),
        former=_by_name(list_former_members(g.db, me().course_id)),
        here=choice.address(),
    )


def query_of(choice: Choice) -> str:
    """Return what is asked for as the query of an address."""
    return urlencode(choice.query, doseq=True)


class Neighbours(NamedTuple):
    """Whom the person stands between, where one goes through the list; `number` from 1, and the way back."""

    number: int
    all: int
    previous: str
    following: str
    back: str


def neighbours_of(member: Member) -> Neighbours | None:
    """Return the people before and after this one in the list that the address names; None where it names none."""
    endpoint = {"list": LIST, "board": GRID}.get(request.args.get("among", ""))
    if endpoint is None:
        return None
    choice = Choice.of_request(endpoint)
    board, people = people_for(choice.wish)
    ids = [board.ids[place] for place in people[:]]
    # What was just done for this person may have taken them off the list; its first one is next then.
    place = ids.index(member.id) if member.id in ids else -1
    beside = [*(ids[place - 1 : place] if place > 0 else ()), *ids[place + 1 : place + 2]]
    addresses = {one: person_address(public_id, choice) for one, public_id in find_public_ids(g.db, beside).items()}
    after = addresses.get(ids[place + 1], "") if place + 1 < len(ids) else ""
    if place < 0:
        return Neighbours(0, len(ids), "", after, choice.address())
    before = addresses.get(ids[place - 1], "") if place else ""
    page = place // PAGES[endpoint] + 1
    return Neighbours(place + 1, len(ids), before, after, choice.address(page=page if page > 1 else None))


def list_query() -> dict[str, Any]:
    """Return what the address says of the list that staff go through, for acts on the way; {} where it names none."""
    return {name: values for name, values in request.args.lists() if name != "was"} if "among" in request.args else {}


def person_address(public_id: str, choice: Choice) -> str:
    """Return the page of a person, which then leads on through the list."""
    among = "board" if choice.endpoint == GRID else "list"
    return url_for(
        "people.show_person", course_id=me().course.public_id, member_id=public_id, among=among, **choice.query
    )


def _headers(board: Board, choice: Choice, titles: Sequence[str]) -> list[Header]:
    present = choice.wish.sort or "name"
    labels = grid_headers(board) if choice.endpoint == GRID else [*list_headers(board), (gettext("Missing"), "missing")]
    columns = [
        sorting_header(label, sort, present, lambda order: choice.address(sort=order)) if sort else {"label": label}
        for label, sort in labels
    ]
    return [*columns, *({"label": title} for title in titles)]


def _rows(
    rows: Sequence[BoardRow], board: Board, standings: Mapping[int, Standing], choice: Choice, at: datetime
) -> list[dict[str, Any]]:
    """Return the lines of the page. What many of them say alike is put in words once."""
    is_grid, somebody = choice.endpoint == GRID, person_address(_ANYONE, choice)
    roles = {role.value: role_name(role) for role in LEARNING_ROLES}
    presences = {presence.value: presence_name(presence) for presence in Presence}
    return [
        {
            "row": row,
            "name": name_of(row),
            "href": somebody.replace(_ANYONE, row.public_id, 1),
            "role": roles[row.kind.role],
            "labels": list(row.labels.values()),
            "presence_name": presences[row.kind.presence],
            "missing_count": len(board.missing(row.kind)),
            "missing": []
            if is_grid or row.kind.presence == Presence.READY
            else missing_words(row, board, standings.get(row.id)),
            "kinds": badges_of(board, row.kind) if is_grid else {},
            "unchanged": days_words(days_unchanged(row, at)),
        }
        for row in rows
    ]


def _files(choice: Choice) -> list[tuple[str, str]]:
    """Return what the list can be taken as, in words, with the addresses."""
    endpoint = "board.give_file" if choice.endpoint == GRID else "people.give_list"
    place = choice.address(endpoint)
    joined = f"{place}{'&' if '?' in place else '?'}"
    return [
        (gettext("Excel workbook (XLSX)"), f"{joined}format=xlsx"),
        (gettext("CSV with semicolons"), f"{joined}separator=%3B"),
        (gettext("CSV with commas"), f"{joined}separator=%2C"),
    ]


def as_file(lines: Sequence[Sequence[Cell]], name: str) -> Response:
    """Return the lines as the file that is asked for: CSV with a byte order mark, or XLSX in the reading direction."""
    separator = request.args.get("separator", SEPARATORS[0])
    wanted = request.args.get("format", "csv")
    if separator not in SEPARATORS:
        raise InvalidInputError("list.separator", "The separator is a comma or a semicolon.")
    if wanted == "xlsx":
        answer = make_response(write_xlsx(lines, me().course.title, is_right_to_left=direction(g.lang) == "rtl"))
        answer.headers["Content-Type"] = XLSX
    elif wanted == "csv":
        answer = make_response(f"\ufeff{write_csv(lines, separator)}".encode())
        answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    else:
        raise InvalidInputError("list.format", "A list is given as csv or xlsx.")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{wanted}"'
    return answer


@blueprint.post("/views")
@open_to(*STAFF_ROLES)
def keep() -> Response | tuple[str | Response, int]:
    """Keep what is shown under a name. Query: as `show`; form: `name`, `is_default`, `layout` (list, board)."""
    endpoint = LIST if request.form.get("layout") == "list" else GRID
    choice = Choice.of_request(endpoint)
    try:
        keep_view(
            g.db,
            me(),
            request.form.get("name", ""),
            query_of(choice),
            is_default=request.form.get("is_default") == "yes",
        )
    except InvalidInputError as error:
        return board_page(endpoint, [("field-name", view_refusal(error.code))]), 422
    flash(gettext("The view is kept."))
    return redirect(choice.address(), 303)


def view_refusal(code: str) -> str:
    """Return why a view was not kept, and what to do."""
    return {
        "view.name_missing": gettext("Give the view a name."),
        "view.name_long": gettext("The name is too long: 80 characters at most."),
        "view.query_long": gettext("There are too many filters for one view. Take some away."),
        "view.too_many": gettext("You keep as many views as there is room for. Delete one first."),
    }[code]


@blueprint.post("/views/<view_id>")
@open_to(*STAFF_ROLES)
def change(view_id: str) -> Response:
    """Change a view. Form: `act` (default, no_default, delete)."""
    change_view(g.db, me(), view_id, request.form.get("act", ""))
    flash(gettext("Done."))
    return redirect(url_for(GRID, course_id=me().course.public_id, view=EVERYONE), 303)


def _by_name(members: Sequence[Membership]) -> list[Membership]:
    return sorted(members, key=lambda member: sort_key(person_name(member.person), g.lang))
