"""Words for the professional forum: how its cycle stands, who was there, why something was not taken."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext, ngettext

from service.cycles.due import MONTHS_BETWEEN
from service.cycles.models import SessionPoint
from service.cycles.operations import LONGEST_POINT, MOST_POINTS
from service.errors import InvalidInputError, MentorReadyError
from service.events.models import AttendanceState, Event, Reply
from service.forums.models import Forum
from service.forums.rules import LONGEST_REASON, LONGEST_TEXT
from service.i18n import HOME_ZONES
from service.readiness.months import add_months
from service.web.event_words import attendance_name
from service.web.formats import day, number


@dataclass(frozen=True)
class CycleWords:
    """How the cycle stands: a kind of state (see macros/states.html), and a sentence."""

    state: str
    words: str


def cycle_words(sessions: Sequence[Event], cases: Forum | None, *, at: datetime) -> CycleWords:
    """Return whether a session is planned, and if not, whether three months have passed without one.

    Days are those of the place of the session; where there was none, those of the reader.
    """
    held = [one for one in sessions if one.cancelled_at is None]
    to_come = [one for one in held if one.ends_at > at]
    if to_come:
        there = to_come[-1].starts_at.astimezone(ZoneInfo(to_come[-1].zone))
        return CycleWords("met", gettext("The next session is on %(day)s.", day=day(there)))
    since = held[0].ends_at if held else cases.created_at if cases else None
    if since is None:
        return CycleWords("not_met", gettext("There has been no session yet."))
    due = add_months(since, MONTHS_BETWEEN)
    if due < at:
        return CycleWords("alarm", gettext("Three months have passed without a session. Plan the next one."))
    zone = ZoneInfo(held[0].zone if held else HOME_ZONES.get(g.lang, "UTC"))
    due_day = day(due.astimezone(zone))
    return CycleWords("waiting", gettext("No session is planned. The next one is due by %(day)s.", day=due_day))


def count_of_open(points: Sequence[SessionPoint]) -> str:
    """Return how many points a session has, and how many of them are open; nothing where there are none."""
    if not points:
        return ""
    left = sum(one.settled_at is None for one in points)
    all_words = ngettext("%(num)d point", "%(num)d points", len(points))
    return gettext("%(points)s, open: %(count)s", points=all_words, count=number(left))


def attendance_words(states: Mapping[int, AttendanceState]) -> str:
    """Return how many were there, excused and absent, in a line; nothing while nothing is entered."""
    counts = Counter(states.values())
    return ", ".join(f"{attendance_name(state)}: {number(counts[state])}" for state in AttendanceState if counts[state])


def replies_words(replies: Iterable[Reply]) -> str:
    """Return how many say that they come, and that they do not, in a line; nothing while nobody has said so."""
    coming = Counter(reply.number is not None for reply in replies)
    words = {True: gettext("Come"), False: gettext("Do not come")}
    return ", ".join(f"{words[one]}: {number(coming[one])}" for one in (True, False) if coming[one])


def fault_words(error: InvalidInputError) -> dict[str, str]:
    """Return what is wrong with a form, by field."""
    words = {
        ("text", "missing"): gettext("Write something first."),
        ("text", "long"): gettext("Shorten it to at most %(most)s characters.", most=number(LONGEST_POINT)),
        ("text", "many"): gettext("The list is full: at most %(most)s points.", most=number(MOST_POINTS)),
        ("reason", "long"): gettext(
            "The reason is too long: at most %(most)s characters.", most=number(LONGEST_REASON)
        ),
        ("reason", "names"): gettext(
            "This seems to name a mentee. Write of “a mentee”, or say why the name is needed."
        ),
    }
    too_long = gettext("Shorten it to at most %(most)s characters.", most=number(LONGEST_TEXT))
    found = error.details.get("fields")
    return {name: words.get((name, code), too_long) for name, code in found.items()} if isinstance(found, dict) else {}


def refusal(error: MentorReadyError) -> str:
    """Return why something was not done with a session, and what to do."""
    return {
        "point.carried": gettext(
            "A later session carries this point on: it stays here, so that one sees where it began."
        ),
        "record.changed": gettext(
            "Someone else has written here meanwhile; what is saved now stands above. Compare, and save once more."
        ),
    }[error.code]
