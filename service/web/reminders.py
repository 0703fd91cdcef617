"""Reminders to many people at once: first who gets one and who does not, and why; then they are sent, once."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service.board.reminding import (
    MOST_REST_DAYS,
    REST_DAYS,
    Selection,
    Skip,
    list_lately,
    list_reminders,
    record_reminder,
    select_people,
)
from service.board.rules import Board, BoardRow
from service.db import utc_now
from service.errors import InvalidInputError
from service.notices.choices import NoMail, list_unmailed
from service.notices.operations import add_notices
from service.notices.rules import READINESS, NoticeKind
from service.people.models import STAFF_ROLES
from service.web.access import me, open_to
from service.web.board import LIST, Choice, rows_for, title_of

SHOWN = 50
"""How many people of a kind are named; the rest are counted."""
NAMED = 2
"""How many of the conditions that someone lacks are named."""
LONGEST_KEY = 32

blueprint = Blueprint("reminders", __name__, url_prefix="/course/<course_id>/people/reminders")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show who would get a reminder of those that the list shows, and who would not. Query: the list's, and `rest`."""
    rest, faults = _read_rest(request.args.get("rest", str(REST_DAYS)))
    return _page(rest, faults, at=utc_now())


@blueprint.post("/")
@open_to(*STAFF_ROLES)
def send() -> Response | tuple[str, int]:
    """Send it to those who are still meant now. Query: the list's; form: `rest`, `submission_key`."""
    at, key = utc_now(), request.form.get("submission_key", "")
    rest, faults = _read_rest(request.form.get("rest", ""))
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidInputError("reminder.key", "The form has lost its key.")
    if faults:
        return _page(rest, faults, at=at), 422
    _board, selection = _select(rest, at)
    if not selection.recipients:
        return _page(
            rest, [("selection", gettext("Nobody is left to be reminded: see the reasons below."))], at=at
        ), 422
    if record_reminder(g.db, me(), key, selection.recipients, at=at):
        count = len(selection.recipients)
        add_notices(g.db, [row.id for row in selection.recipients], NoticeKind.REMINDER, READINESS, at=at)
        flash(ngettext("%(num)d person is reminded.", "%(num)d people are reminded.", count))
    else:
        flash(gettext("This reminder was sent already; nobody gets it twice."))
    return redirect(Choice.of_request().address("reminders.show"), 303)


def _page(rest: int, faults: Sequence[tuple[str, str]], *, at: datetime) -> str:
    board, selection = _select(rest, at)
    missing = {row.id: board.missing(row) for row in selection.recipients[:SHOWN]}
    sends_mail = current_app.extensions["settings"].mail is not None
    return render_template(
        "reminders.html",
        choice=Choice.of_request(),
        board=board,
        selection=selection,
        gaps={
            one: ([title_of(board, name) for name in names[:NAMED]], max(len(names) - NAMED, 0))
            for one, names in missing.items()
        },
        sends_mail=sends_mail,
        unmailed=_unmailed(selection.recipients) if sends_mail else [],
        skipped=[(_skip_words(reason, rest), rows) for reason, rows in selection.skipped.items()],
        shown=SHOWN,
        rest=rest,
        most_rest=MOST_REST_DAYS,
        faults=faults,
        submission_key=secrets.token_urlsafe(12),
        sent=list_reminders(g.db, me().course_id),
        here=Choice.of_request(LIST).address("reminders.show"),
    )


def _select(rest: int, at: datetime) -> tuple[Board, Selection]:
    board, rows = rows_for(Choice.of_request().wish, with_former=True, at=at)
    return board, select_people(board, rows, list_lately(g.db, me().course_id, rest, at=at))


def _unmailed(recipients: Sequence[BoardRow]) -> list[tuple[str, list[BoardRow]]]:
    """Return which of those who are reminded get no mail, by reason in words."""
    reasons, found = list_unmailed(g.db, me().course_id), dict[NoMail, list[BoardRow]]()
    for row in recipients:
        if row.id in reasons:
            found.setdefault(reasons[row.id], []).append(row)
    return [(_no_mail_words(reason), found[reason]) for reason in NoMail if reason in found]


def _no_mail_words(reason: NoMail) -> str:
    return {
        NoMail.SWITCHED_OFF: gettext("switched off by themselves"),
        NoMail.REFUSED: gettext("their address takes no mail"),
        NoMail.NO_ADDRESS: gettext("no address is known"),
    }[reason]


def _read_rest(text: str) -> tuple[int, list[tuple[str, str]]]:
    """Return the days of rest, and what is wrong with them; then the usual ones."""
    if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) <= MOST_REST_DAYS:
        return int(text), []
    words = gettext("The days of rest are a whole number from 0 to %(most)s.", most=MOST_REST_DAYS)
    return REST_DAYS, [("field-rest", words)]


def _skip_words(reason: Skip, rest: int) -> str:
    return {
        Skip.READY: gettext("ready already"),
        Skip.LATELY: ngettext("reminded less than a day ago", "reminded less than %(num)d days ago", rest),
        Skip.STAFF: gettext("waiting for a decision of staff, and not for them"),
        Skip.LEFT: gettext("no longer on the list of members"),
        Skip.TEST_USER: gettext("test users"),
    }[reason]
