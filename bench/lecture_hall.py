"""What the benches of grades share: a course with very many learners in it, known to a pretend LMS and to the tool."""

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import make_engine, make_sessions, transaction, utc_now
from service.grades.models import LineItem, PlatformSending, Score, ScoreState
from service.grades.operations import count_waiting, queue_score
from service.people.models import Membership, Person
from tests.demo.ports import free_port
from tests.demo.processes import Program
from tests.fake_lms.models import LEARNER, Enrolment
from tests.fake_lms.models import Person as Learner
from tests.fake_lms.server import FakeLms
from tests.functional.grades.school import SECRET, KeyServer, School

ACTIVITY = "mentoring/roles"
SUBJECT = "module:roles"
COMMENT = "3 of 3 exercises passed"
CHUNK = 500


@dataclass(frozen=True)
class Hall:
    """The course: the tool's database, the LMS's store and port, and the ids of all learners in both."""

    sessions: sessionmaker[Session]
    database_url: str
    folder: Path
    lms_port: int
    tool_url: str
    """Where the LMS finds the tool's keys."""
    platform_id: int
    course_id: int
    line_item_id: int
    line_item_url: str
    people: Sequence[tuple[str, int]]
    """Of each learner the id in the LMS and the id in the tool."""

    @property
    def store(self) -> Path:
        """Return the LMS's file."""
        return self.folder / "lms.sqlite"

    @property
    def journal(self) -> Path:
        """Return what the LMS writes down (see bench/faulty_lms.py)."""
        return self.folder / "journal"

    def lms(self, *, share: float = 0.0, hold: float = 1.0) -> Program:
        """Return the LMS as a program."""
        command = [sys.executable, "-m", "bench.faulty_lms", "--port", str(self.lms_port), "--tool-url", self.tool_url]
        command += ["--store", str(self.store), "--journal", str(self.journal)]
        command += ["--share", str(share), "--hold", str(hold)]
        return Program("lms", command, _surroundings(), says="open")

    def environment(self, broker_url: str = "") -> dict[str, str]:
        """Return the environment of the tool's processes."""
        return _surroundings() | {
            "MENTORREADY_DATABASE_URL": self.database_url,
            "MENTORREADY_SECRET_KEY": SECRET,
            "MENTORREADY_BASE_URL": "http://127.0.0.1:8080",
            "MENTORREADY_STATE_PATH": str(self.folder),
            "MENTORREADY_BROKER_URL": broker_url,
        }

    def fill(self, scores: Sequence[tuple[int, float]], *, at: datetime) -> None:
        """Put first scores into the queue, as `queue` does, but all at once."""
        given = {"platform_id": self.platform_id, "line_item_id": self.line_item_id, "comment": COMMENT}
        times = dict.fromkeys(("queued_at", "asked_at", "next_try_at"), at)
        for start in range(0, len(scores), CHUNK):
            some = scores[start : start + CHUNK]
            rows = [{**given, **times, "person_id": person_id, "score_given": value} for person_id, value in some]
            with transaction(self.sessions) as session:
                session.execute(insert(Score), rows)

    def queue(self, scores: Sequence[tuple[int, float]], *, at: datetime) -> None:
        """Queue scores, each of a person (the tool's id) and from 0 to 100, for work done at `at`."""
        for start in range(0, len(scores), CHUNK):
            with transaction(self.sessions) as session:
                for person_id, value in scores[start : start + CHUNK]:
                    queue_score(
                        session,
                        course_id=self.course_id,
                        person_id=person_id,
                        subject=SUBJECT,
                        label="Roles",
                        fraction=value / 100,
                        comment=COMMENT,
                        at=at,
                    )

    def count_waiting(self) -> int:
        """Return how many scores are still to be sent or looked at."""
        with transaction(self.sessions, reads_only=True) as session:
            return count_waiting(session)

    def move_on(self, longest_wait: float) -> None:
        """Let time pass: no score waits longer (seconds) for its next try, nor the LMS's rest longer than a tenth."""
        latest = utc_now() + timedelta(seconds=longest_wait)
        end_of_rest = utc_now() + timedelta(seconds=longest_wait / 10)
        late = update(Score).where(Score.state != ScoreState.SENDING, Score.next_try_at > latest)
        long = update(PlatformSending).where(PlatformSending.paused_until > end_of_rest)
        with transaction(self.sessions) as session:
            session.execute(late.values(next_try_at=latest))
            session.execute(long.values(paused_until=end_of_rest))

    def end_leases(self) -> None:
        """Let the time pass for which a dead worker's rows stay its own; no worker may be alive."""
        with transaction(self.sessions) as session:
            held = update(Score).where(Score.state == ScoreState.SENDING)
            session.execute(held.values(next_try_at=utc_now()))

    def shown(self) -> dict[str, float]:
        """Return what the gradebook shows for each learner, whether the LMS runs or not."""
        with sqlite3.connect(self.store) as connection:
            rows = connection.execute("select person_id, final from grade where final is not null").fetchall()
        connection.close()
        return {str(person): value for person, value in rows}


@contextmanager
def open_hall(database_url: str, folder: Path, learners: int) -> Iterator[Hall]:
    """Fill an empty database with tables and a new LMS; the LMS does not run yet."""
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    keys = KeyServer()
    port = free_port()
    try:
        with FakeLms(keys.url, folder / "lms.sqlite", port) as lms:
            member = School(sessions, lms, keys).arrive("mentor_he", ACTIVITY)
            subjects = _enrol(lms, learners)
            item = lms.item_of(ACTIVITY)
            url = f"{lms.url}/mod/lti/services.php/{item.course_id}/lineitems/{item.id}/lineitem?type_id={item.tool_id}"
        people = _add_people(sessions, member, subjects)
        with transaction(sessions) as session:
            line_item_id = session.scalars(select(LineItem.id)).one()
        platform_id = member.person.platform_id
        yield Hall(
            sessions, database_url, folder, port, keys.url, platform_id, member.course_id, line_item_id, url, people
        )
    finally:
        keys.close()
        engine.dispose()


def _enrol(lms: FakeLms, count: int) -> list[str]:
    """Enrol new learners and return their ids in the LMS."""
    course_id = lms.course("mentoring").id
    first = 1000
    ids = range(first, first + count)
    people = [
        {"id": n, "username": f"learner{n}", "given_name": "L", "family_name": "N", "email": f"{n}@x", "locale": "en"}
        for n in ids
    ]
    enrolments = [{"course_id": course_id, "person_id": n, "role": LEARNER, "is_suspended": False} for n in ids]
    with lms.store.session() as session:
        session.execute(insert(Learner), people)
        session.execute(insert(Enrolment), enrolments)
    return [str(n) for n in ids]


def _add_people(
    sessions: sessionmaker[Session], member: Membership, subjects: Sequence[str]
) -> Sequence[tuple[str, int]]:
    rows = [{"platform_id": member.person.platform_id, "subject": each, "created_at": utc_now()} for each in subjects]
    with transaction(sessions) as session:
        added = session.execute(insert(Person).returning(Person.subject, Person.id), rows)
        return [(subject, id_) for subject, id_ in added]


def _surroundings() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MENTORREADY_")}
    return inherited | {"NO_PROXY": "localhost,127.0.0.1", "PYTHONUNBUFFERED": "1"}
