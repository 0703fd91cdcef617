"""The board in pictures: what holds people up, how many were ready week by week, and what would free most pairs."""

from typing import Any, NamedTuple

from flask import Blueprint, g, render_template
from flask_babel import gettext, ngettext

from service.board.radar import Lever, Radar, scan
from service.board.rules import Board, Wish
from service.board.weeks import count_by_week
from service.db import utc_now
from service.pairing.operations import list_paired
from service.people.models import STAFF_ROLES
from service.readiness.keeping import BEGUN, SATISFIED_LETTERS, WAITING
from service.web.access import me, open_to
from service.web.board import LIST, Choice, title_of, whole_board
from service.web.formats import day, number

blueprint = Blueprint("board_pictures", __name__, url_prefix="/course/<course_id>/people/pictures")


class GateLine(NamedTuple):
    """A condition, and how many have met it, begun it or wait for staff, and not begun it; `href`: who lacks it."""

    title: str
    met: int
    part: int
    not_met: int
    href: str

    @property
    def all(self) -> int:
        return self.met + self.part + self.not_met


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show gates, flow and supply."""
    at = utc_now()
    board = whole_board(at)
    radar = scan(board, list_paired(g.db, me().course_id))
    weeks = count_by_week(g.db, me().course_id, at=at)
    return render_template(
        "board_pictures.html",
        gates=_gates(board),
        weeks=[(day(end), ready, not_ready) for end, ready, not_ready in weeks],
        highest=max(ready + not_ready for _end, ready, not_ready in weeks),
        flow=_flow_words(weeks),
        radar=radar,
        supply=_supply_words(radar),
        levers=[(title_of(board, one.condition), one, _lever_words(one), _lackers(one)) for one in radar.levers],
        count=board.count,
        people=Choice(Wish()).address(),
    )


def _gates(board: Board) -> list[GateLine]:
    """Return each condition with how many stand before it, the one that most lack first."""
    lines = []
    for name, counts in board.count_letters().items():
        met = sum(counts[letter] for letter in SATISFIED_LETTERS)
        part = counts[BEGUN] + counts[WAITING]
        href = Choice(Wish(lacks=name), LIST).address()
        lines.append(GateLine(title_of(board, name), met, part, counts.total() - met - part, href))
    return sorted(lines, key=lambda line: (line.met - line.all, line.title))


def _flow_words(weeks: list[tuple[Any, int, int]]) -> str:
    (_start, before, _), (_end, now, _) = weeks[0], weeks[-1]
    facts = {"before": number(before), "now": number(now), "weeks": number(len(weeks) - 1)}
    return gettext("%(before)s were ready %(weeks)s weeks ago, %(now)s are today.", **facts)


def _supply_words(radar: Radar) -> str:
    now = radar.now
    facts = {"mentors": number(now.mentors), "mentees": number(now.mentees)}
    if now.mentors == now.mentees:
        return gettext(
            "%(mentors)s mentors and %(mentees)s mentees are ready and free: neither side is short.", **facts
        )
    if now.mentors < now.mentees:
        return gettext("%(mentors)s mentors and %(mentees)s mentees are ready and free: mentors are short.", **facts)
    return gettext("%(mentors)s mentors and %(mentees)s mentees are ready and free: mentees are short.", **facts)


def _lever_words(lever: Lever) -> str:
    if not lever.gain:
        return gettext("No pair more, for the other side is the short one.")
    return ngettext("%(num)d pair more", "%(num)d pairs more", lever.gain)


def _lackers(lever: Lever) -> str:
    return Choice(Wish(missing=(lever.condition,)), LIST).address()
