"""What ends by itself: recognitions whose last day has passed. Run by the worker."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from service.completion.operations import list_expired
from service.db import transaction
from service.journey import follow_up
from service.modules.content import Catalogue
from service.people.operations import list_locked_memberships


def end_expired(
    sessions: sessionmaker[Session], load_content: Callable[[], Catalogue], *, clock: Callable[[], datetime]
) -> int:
    """Bring up to date what rested on recognitions that have ended, some at a time; return how many there were."""
    at = clock()
    with transaction(sessions, reads_only=True) as session:
        expired = list_expired(session, at=at)
    known = {module.key for module in load_content().modules} if expired else set()
    due = sorted((person_id, module_key) for person_id, module_key in expired if module_key in known)
    for person_id, module_key in due:
        with transaction(sessions) as session:
            list_locked_memberships(session, [person_id])
            follow_up(session, load_content(), person_id, module_key, at=at, may_fall=True)
    return len(due)
