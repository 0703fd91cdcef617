"""Sessions of the professional forum in the house: one that was held, and the next one, with what was left open."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.cycles.models import PointList
from service.cycles.operations import (
    Draft,
    Part,
    PointAct,
    act_on_point,
    add_dilemmas,
    add_point,
    carry_over,
    list_open_dilemmas,
    write_down,
)
from service.db import new_public_id, utc_now
from service.events.models import EventKind
from service.forums.access import get_forum, open_reader
from service.forums.operations import Written, start_thread
from service.people.models import Membership
from tests.features.events.events import make_event

SUMMARY = "**What we tried**\n\n- questions before advice\n- לשאול לפני שעונים\n- pytać, zanim się doradzi\n\nhttps://example.org"


def hold_sessions(session: Session, staff: Membership, title: str = "Jesień / סתיו / autumn") -> dict[str, str]:
    """Hold a session and plan the next one, and return the ids by which their pages are found."""
    at, reader = utc_now(), open_reader(session, staff, {})
    cases = get_forum(session, reader, "cases")
    for name in ("A mentee stays away", f"{title[:60]} – מתנה", "Zbyt wiele rad"):
        written = Written("What would you do?", new_public_id(), title=name, options="Wait\nלשאול")
        start_thread(session, cases, written, ring=None, at=at)
    cases = get_forum(session, reader, "cases")
    held, following = (
        make_event(
            session,
            staff,
            kind=EventKind.FORUM_SESSION,
            title=title[:200],
            roles=[],
            starts_at=at + timedelta(days=days),
            ends_at=at + timedelta(days=days, hours=2),
        )
        for days in (-20, 70)
    )
    dilemmas = list_open_dilemmas(session, cases, held, at=at)
    add_dilemmas(session, held, staff, [one.thread for one in dilemmas[:2]], at=at)
    point = add_point(session, cases, held, PointList.AGENDA, Draft(title), at=at)
    act_on_point(session, held, point.public_id, PointAct.SETTLE, at=at)
    add_point(session, cases, held, PointList.QUESTIONS, Draft("Who trains the new ones? מי?"), at=at)
    write_down(session, cases, held, Part.SUMMARY, Draft(SUMMARY), at=at)
    carry_over(session, held, following, staff, at=at)
    return {"forum_session": held.public_id, "next_session": following.public_id}
