"""What ends by itself: recognitions whose last day has passed, a quarter without a session. Run by the worker."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from service.completion.operations import Occasion, list_expired
from service.consequences import follow_up
from service.cycles.due import MONTHS_BETWEEN, MONTHS_TOLD, list_coordinators, list_courses_due, quarter_of
from service.db import transaction
from service.modules.content import Catalogue
from service.notices.operations import add_notices, list_told
from service.notices.rules import NoticeKind
from service.people.operations import list_locked_memberships
from service.readiness.months import add_months


def end_expired(
    sessions: sessionmaker[Session], load_content: Callable[[], Catalogue], *, clock: Callable[[], datetime]
) -> int:
    """Bring up to date what rested on recognitions that have ended, some at a time; return how many there were."""
    at = clock()
    # Of a module that the content has lost nothing is brought up to date: its rows must not stand before the others.
    known = [module.key for module in load_content().modules]
    with transaction(sessions, reads_only=True) as session:
        due = sorted(list_expired(session, known, at=at))
    for person_id, module_key in due:
        with transaction(sessions) as session:
            list_locked_memberships(session, [person_id])
            follow_up(session, load_content(), person_id, module_key, at=at, occasion=Occasion(may_fall=True))
    return len(due)


def tell_sessions_due(sessions: sessionmaker[Session], *, clock: Callable[[], datetime]) -> int:
    """Tell coordinators that three months have passed without a session of the professional forum (S2-37).

    Each is told once a quarter, for a year at most; return how many were told now.
    """
    at = clock()
    before, after = add_months(at, -MONTHS_BETWEEN), add_months(at, -MONTHS_TOLD)
    with transaction(sessions, reads_only=True) as session:
        due = list_courses_due(session, before=before, after=after)
        told = _list_untold(session, due, at) if due else set()
    if told:
        with transaction(sessions) as session:
            told = _list_untold(session, due, at)
            add_notices(session, told, NoticeKind.FORUM_SESSION_DUE, quarter_of(at), at=at)
    return len(told)


def _list_untold(session: Session, course_ids: Collection[int], at: datetime) -> set[int]:
    coordinators = list_coordinators(session, course_ids)
    return set(coordinators) - list_told(session, coordinators, NoticeKind.FORUM_SESSION_DUE, quarter_of(at))
