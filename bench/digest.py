"""Measures the digests: made for few readers and for very many, each with five notices, and put into mails.

For each database: seconds for each thousand readers, SQL statements for each batch, and the most memory that Python
took beyond what it had before, which must not grow with the readers. Nothing is sent.
"""

import argparse
import sys
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from bench import databases
from service.config import Settings
from service.db import make_engine, make_sessions, transaction
from service.notices import outbox
from service.notices.digests import AT_ONCE, make_due
from service.notices.models import MailChoice, Notice
from service.notices.operations import add_notices
from service.notices.render import make_message
from service.notices.rules import NoticeKind, about_thread
from service.people.models import LmsRole, Membership, Person, Role
from tests.makers import AT, make_member

NOTICES = 5
DUE = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
RENDERED = 200
ROW = "{:<12} {:>9} {:>16} {:>14} {:>12} {:>16}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print one row for each database and number of readers."""
    parser = argparse.ArgumentParser(prog="python -m bench.digest", description=__doc__)
    parser.add_argument("--readers", type=int, nargs="+", default=[400, 10_000], metavar="N")
    databases.add_option(parser)
    options = parser.parse_args(arguments)
    print(databases.describe_machine())
    print(ROW.format("database", "readers", "s per thousand", "statements", "memory MB", "ms for one mail"))
    for name, url, _folder in databases.each_database(options.database):
        engine = make_engine(url)
        try:
            for readers in options.readers:
                print(ROW.format(name, readers, *_measure(engine, readers)), flush=True)
        finally:
            engine.dispose()


def _measure(engine: Engine, readers: int) -> tuple[str, str, str, str]:
    sessions = make_sessions(engine)
    _fill(sessions, readers)
    _forget_digests(sessions)
    with databases.counted(engine) as statements:
        began_at = time.perf_counter()
        made = make_due(sessions, clock=lambda: DUE)
        seconds = time.perf_counter() - began_at
    assert made == readers, (made, readers)
    _forget_digests(sessions)
    tracemalloc.start()
    make_due(sessions, clock=lambda: DUE)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    per_batch = len(statements) / -(-(readers + 1) // AT_ONCE)
    return f"{1000 * seconds / readers:.2f}", f"{per_batch:.1f}", f"{most / 1e6:.1f}", f"{1000 * _render(sessions):.2f}"


def _fill(sessions: sessionmaker[Session], readers: int) -> None:
    """Make so many readers who are told of five things, beside those who are there already."""
    with transaction(sessions) as session:
        course = make_member(session, "first").course
        present = len(session.scalars(select(Person.id)).all()) - 1
        new = [
            {"platform_id": course.platform_id, "subject": f"r{n}", "email": f"r{n}@reader.example", "created_at": AT}
            for n in range(present, readers)
        ]
        people = session.scalars(insert(Person).returning(Person.id), new).all() if new else []
        role = {"course_id": course.id, "lms_role": LmsRole.LEARNER, "role": Role.MENTOR}
        members = [{"person_id": one, **role} for one in people]
        ids = session.scalars(insert(Membership).returning(Membership.id), members).all() if members else []
        for number in range(NOTICES):
            add_notices(
                session, ids, NoticeKind.MENTION, about_thread("community", f"t{number}"), at=DUE - timedelta(1)
            )


def _forget_digests(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        session.execute(update(Notice).values(mailed_at=None))
        session.execute(update(MailChoice).values(next_at=DUE))


def _render(sessions: sessionmaker[Session]) -> float:
    """Return the seconds that it takes to write one mail."""
    settings = Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": "sqlite://",
            "MENTORREADY_SECRET_KEY": "digest" * 6,
            "MENTORREADY_BASE_URL": "https://tool.example",
            "MENTORREADY_SMTP_URL": "smtp://localhost",
            "MENTORREADY_MAIL_FROM": "info@tool.example",
        }
    )
    assert settings.mail is not None
    with sessions() as session:
        claims = outbox.claim_due(session, limit=RENDERED, at=DUE)
        session.rollback()
    began_at = time.perf_counter()
    for claim in claims:
        make_message(settings, settings.mail, claim).as_bytes()
    return (time.perf_counter() - began_at) / len(claims)


if __name__ == "__main__":
    main(sys.argv[1:])
