"""The tool's side of grades and a running pretend LMS, known to each other as after a launch, with no web pages."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.http import OutgoingHttp
from lti.keys import SecretBox, encrypt_private_key, make_signing_key, public_jwk
from lti.service_client import ServiceClient
from service.db import transaction, utc_now
from service.grades.models import LineItem, PlatformSending, Score, ScoreTry
from service.grades.operations import note_line_item, queue_score
from service.grades.sender import SendReport, send_due
from service.people.arrivals import Arrival, record_arrival
from service.people.models import LmsRole, Membership
from service.platforms.models import Platform, SigningKey
from service.platforms.operations import KEY_PURPOSE, add_platform, public_key_set
from service.platforms.services import open_service_client
from tests.fake_lms import FakeLms
from tests.fake_lms.claims import AGS_CLAIM
from tests.fake_lms.gradebook import cell_of
from tests.fake_lms.models import Grade, GradeItem
from tests.ports import open_server

SECRET = "the secret of the tests: 32 characters and more"
COMMENT = "3/3"


@cache
def signing_key_fields() -> dict[str, Any]:
    """Return the columns of one key of the tool for all tests: making one takes a while."""
    key = make_signing_key()
    return {
        "kid": key.kid,
        "encrypted_private_pem": encrypt_private_key(key, SecretBox(SECRET, KEY_PURPOSE)),
        "public_jwk": public_jwk(key.private_key.public_key()),
        "created_at": utc_now(),
    }


class KeyServer:
    """Publishes the tool's keys, as its web pages do."""

    def __init__(self) -> None:
        self.key_set: dict[str, Any] = {"keys": []}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(server.key_set).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = open_server(Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class School:
    """An LMS that has registered the tool. Learners go by username, activities by key ("mentoring/roles")."""

    def __init__(self, sessions: sessionmaker[Session], lms: FakeLms, keys: KeyServer) -> None:
        self.sessions = sessions
        self.lms = lms
        self.http = OutgoingHttp()
        """As patient as the worker: on a busy machine an honest answer may take seconds."""
        with transaction(sessions) as session:
            added = add_platform(session, **vars(lms.registration), may_use_private_addresses=True, at=utc_now())
            session.add(SigningKey(**signing_key_fields()))
            session.flush()
            self.platform: Platform = added.platform
            keys.key_set = public_key_set(session, at=utc_now())

    def arrive(self, username: str, activity: str) -> Membership:
        """Record what a launch says of person, course and column."""
        claims = self.lms.claims_for(username, activity)
        ags = claims[AGS_CLAIM]
        link = claims["https://purl.imsglobal.org/spec/lti/claim/resource_link"]
        custom = claims["https://purl.imsglobal.org/spec/lti/claim/custom"]
        arrival = Arrival(
            subject=claims["sub"],
            name="",
            email="",
            language="en",
            context_id=claims["https://purl.imsglobal.org/spec/lti/claim/context"]["id"],
            course_title="",
            return_url="",
            line_items_url=ags["lineitems"],
            grade_scopes=tuple(ags["scope"]),
            memberships_url="",
            lms_role=LmsRole.LEARNER,
            suggested_role=None,
            is_test_user=False,
        )
        with transaction(self.sessions) as session:
            member = record_arrival(session, self.platform.id, arrival, at=utc_now())
            session.flush()
            if "lineitem" in ags:
                subject, url = custom["content"], ags["lineitem"]
                note_line_item(session, member.course_id, subject, link["id"], link["title"], 100.0, url, at=utc_now())
        return member

    def queue(
        self,
        member: Membership,
        fraction: float,
        subject: str = "module:roles",
        *,
        at: datetime | None = None,
        label: str = "",
    ) -> None:
        """Queue a score for work done at `at`, a minute ago if not given."""
        with transaction(self.sessions) as session:
            queue_score(
                session,
                course_id=member.course_id,
                person_id=member.person_id,
                subject=subject,
                label=label or subject.rpartition(":")[2].title(),
                fraction=fraction,
                comment=COMMENT,
                at=at or utc_now() - timedelta(minutes=1),
            )

    def open_client(self, platform_id: int) -> ServiceClient:
        return open_service_client(self.sessions, platform_id, SECRET, http=self.http)

    def send(self, *, limit: int = 200, clock: Callable[[], datetime] = utc_now) -> SendReport:
        """Run a sender once."""
        return send_due(self.sessions, self.open_client, clock=clock, limit=limit)

    def send_again(self) -> SendReport:
        """Run a sender once when all waiting is over, leases and rests included."""
        with transaction(self.sessions) as session:
            session.execute(update(PlatformSending).values(paused_until=None))
            due = Score.next_try_at.is_not(None)
            session.execute(update(Score).where(due).values(next_try_at=utc_now() - timedelta(seconds=1)))
        return self.send()

    def score(self, member: Membership) -> Score:
        """Return a person's only score."""
        with self.sessions() as session:
            return session.scalars(select(Score).filter_by(person_id=member.person_id)).one()

    def tries(self) -> list[tuple[str, int | None]]:
        """List the tries so far: outcome and status."""
        with self.sessions() as session:
            return [(row.outcome.value, row.status) for row in session.scalars(select(ScoreTry).order_by(ScoreTry.id))]

    def columns(self) -> list[LineItem]:
        """List the columns that the tool knows."""
        with self.sessions() as session:
            return list(session.scalars(select(LineItem).order_by(LineItem.id)))

    def shown(self, username: str, item: GradeItem) -> float | None:
        """Return what the gradebook shows."""
        grade = self.lms.grade(username, item)
        return grade.final if grade else None

    def column_named(self, label: str, course: str = "mentoring") -> GradeItem:
        """Return the only column of the gradebook with this label."""
        [item] = [item for item in self.lms.items(course) if item.label == label]
        return item

    def calls(self, service: str, method: str) -> list[int]:
        """List the statuses of the calls of a service so far; 0: no answer came."""
        return [call.status for call in self.lms.calls if (call.service, call.method) == (service, method)]

    def remove_column(self, item: GradeItem) -> None:
        """Delete a column as a teacher, with its grades."""
        with self.lms.store.session() as session:
            session.execute(delete(Grade).where(Grade.item_id == item.id))
            session.delete(session.get_one(GradeItem, item.id))

    def blank_cell(self, username: str, item: GradeItem, *, at: datetime) -> None:
        """Leave a cell without a grade, last touched at `at`."""
        with self.lms.store.session() as session:
            cell = cell_of(session, item, self.lms.person(username).id)
            cell.final = cell.raw = None
            cell.graded_at = int(at.timestamp())
