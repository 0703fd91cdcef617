"""Reminders to many people at once: first who gets one and who does not, and why; then they are sent, once."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service.board.listing import Listing
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
from service.board.rules import Board
from service.db import utc_now
from service.errors import InvalidInputError
from service.notices.choices import NoMail, list_unmailed
from service.notices.operations import add_notices
from service.notices.rules import READINESS, NoticeKind
from service.people.models import STAFF_ROLES
from service.web.access import me, open_to
from service.web.board import LIST, Choice, people_for, title_of

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
    board, _people, selection = _select(rest, at)
    recipients = [board.ids[place] for place in selection.recipients]
    if not recipients:
        return _page(
            rest, [("selection", gettext("Nobody is left to be reminded: see the reasons below."))], at=at
        ), 422
    if record_reminder(g.db, me(), key, recipients, at=at):
        count = len(recipients)
        add_notices(g.db, recipients, NoticeKind.REMINDER, READINESS, at=at)
        flash(ngettext("%(num)d person is reminded.", "%(num)d people are reminded.", count))
    else:
        flash(gettext("This reminder was sent already; nobody gets it twice."))
    return redirect(Choice.of_request().address("reminders.show"), 303)


class Group(NamedTuple):
    """People who have something in common: how many there are, and the names of the first ones."""

    words: str
    size: int
    names: list[str]


def _page(rest: int, faults: Sequence[tuple[str, str]], *, at: datetime) -> str:
    board, people, selection = _select(rest, at)
    first = people.of(selection.recipients)[:SHOWN]
    missing = {place: board.missing(board.kind_at(place)) for place in first}
    named = {name for names in missing.values() for name in names[:NAMED]}
    titles = {name: title_of(board, name) for name in named}
    sends_mail = current_app.extensions["settings"].mail is not None
    return render_template(
        "reminders.html",
        choice=Choice.of_request(),
        count=len(selection.recipients),
        recipients=[
            (
                people.orders.name_at(place),
                [titles[name] for name in missing[place][:NAMED]],
                max(len(missing[place]) - NAMED, 0),
            )
            for place in first
        ],
        sends_mail=sends_mail,
        unmailed=_unmailed(board, people, selection.recipients) if sends_mail else [],
        skipped=[_group(_skip_words(reason, rest), people, places) for reason, places in selection.skipped.items()],
        shown=SHOWN,
        rest=rest,
        most_rest=MOST_REST_DAYS,
        faults=faults,
        submission_key=secrets.token_urlsafe(12),
        sent=list_reminders(g.db, me().course_id),
        here=Choice.of_request(LIST).address("reminders.show"),
    )


def _select(rest: int, at: datetime) -> tuple[Board, Listing, Selection]:
    board, people = people_for(Choice.of_request().wish, with_former=True, with_names=True, at=at)
    return board, people, select_people(board, people.places, list_lately(g.db, me().course_id, rest, at=at))


def _group(words: str, people: Listing, places: Sequence[int]) -> Group:
    return Group(words, len(places), list(map(people.orders.name_at, people.of(places)[:SHOWN])))


def _unmailed(board: Board, people: Listing, recipients: Sequence[int]) -> list[Group]:
    """Return which of those who are reminded get no mail, by reason in words."""
    reasons, found = list_unmailed(g.db, me().course_id), dict[NoMail, list[int]]()
    for place in recipients:
        if board.ids[place] in reasons:
            found.setdefault(reasons[board.ids[place]], []).append(place)
    return [_group(_no_mail_words(reason), people, found[reason]) for reason in NoMail if reason in found]


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
