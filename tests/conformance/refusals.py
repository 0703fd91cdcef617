"""What "refuse" means in CONFORMANCE.md, as one check."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from lti.browser_binding import hash_token
from service.db import transaction
from service.modules.models import Placement
from service.people.models import Course, Membership, Person
from service.platforms.models import AuditEvent, LoginAttempt

Rows = tuple[int, ...]
SESSION_COOKIE = "__Host-mentorready="


def count_people(door: sessionmaker[Session]) -> Rows:
    """Return how many persons, courses, memberships and links there are."""
    tables = (Person, Course, Membership, Placement)
    with transaction(door, reads_only=True) as session:
        return tuple(session.scalars(select(func.count()).select_from(table)).one() for table in tables)


def assert_refused(
    answer: TestResponse,
    code: str,
    door: sessionmaker[Session],
    people_before: Rows,
    *,
    status: int = 400,
    state: str | None = None,
) -> str:
    """Check a refused launch and return its page: no row, no session, an audit row, a support id, the login used up."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    assert answer.mimetype == "text/html"
    assert "frame-ancestors" not in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert not any(cookie.startswith(SESSION_COOKIE) for cookie in answer.headers.getlist("Set-Cookie"))
    assert count_people(door) == people_before
    with transaction(door, reads_only=True) as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        attempt = session.get(LoginAttempt, hash_token(state)) if state else None
    assert event.detail["code"] == code
    assert event.support_id in page
    assert code in page
    if state:
        assert attempt is not None
        assert attempt.consumed_at is not None
    return page


def return_link(page: str) -> str | None:
    """Return where the page leads back to, if anywhere."""
    found = re.search(r'href="(https://lms\.example/return[^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else None
