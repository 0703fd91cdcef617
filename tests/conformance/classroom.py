"""The tool's side of rosters, and an LMS that it calls over HTTP: launches are recorded, rosters read, no web pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from lti.claims import read_claims
from lti.http import HttpAnswer, OutgoingHttp
from lti.service_client import ServiceClient
from service.db import transaction, utc_now
from service.journey import sign_in
from service.people.models import Course, Membership, Person, RosterRead
from service.people.roster import Outcome, refresh_due
from service.people.roster_operations import queue_roster
from service.people.roster_rules import Occasion
from service.platforms.models import Platform, SigningKey
from service.platforms.operations import add_platform, public_key_set
from service.platforms.services import open_service_client
from tests.fake_lms import FakeLms
from tests.fake_lms.lms import Registration
from tests.functional.grades.school import SECRET, KeyServer, signing_key_fields
from tests.functional.lti.scripted_server import Answer, ScriptedServer
from tests.makers import make_catalogue

MEMBERS = "/courses/7/members"
CATALOGUE = make_catalogue()


@dataclass(frozen=True)
class Sent:
    """One request of the tool."""

    method: str
    url: str
    headers: Mapping[str, str]


class WatchedHttp(OutgoingHttp):
    """The tool's way out, with an eye on what it sends."""

    def __init__(self, *, read_seconds: float = 8) -> None:
        super().__init__(connect_seconds=2, read_seconds=read_seconds, total_seconds=10)
        self.sent: list[Sent] = []

    def send(self, method: str, url: str, **rest: Any) -> HttpAnswer:
        self.sent.append(Sent(method, url, rest.get("headers") or {}))
        return super().send(method, url, **rest)


@dataclass
class Classroom:
    """The tool with its database, registered at LMSs."""

    sessions: sessionmaker[Session]
    http: WatchedHttp = field(default_factory=WatchedHttp)
    keys: KeyServer | None = None

    def register(self, registration: Registration) -> Platform:
        """Make tool and LMS known to each other."""
        with transaction(self.sessions) as session:
            added = add_platform(session, **vars(registration), may_use_private_addresses=True, at=utc_now())
            if session.scalars(select(SigningKey)).first() is None:
                session.add(SigningKey(**signing_key_fields()))
                session.flush()
            if self.keys:
                self.keys.key_set = public_key_set(session, at=utc_now())
        return added.platform

    def launch(self, lms: FakeLms, username: str, activity: str, platform: Platform) -> Membership:
        """Let someone launch, as far as the tool writes it down."""
        claims = read_claims(lms.claims_for(username, activity), client_id=platform.client_id)
        with transaction(self.sessions) as session:
            launched = session.get_one(Platform, platform.id)
            return sign_in(session, CATALOGUE, launched, claims, at=utc_now()).membership

    def read(self, course: Course, *, later: timedelta = timedelta()) -> Outcome:
        """Ask for the roster, however recently that was done, and read it."""
        with transaction(self.sessions) as session:
            session.execute(update(RosterRead).values(started_at=None, next_read_at=None, is_being_read=False))
            queue_roster(session, session.get_one(Course, course.id), Occasion.REQUEST, at=utc_now())
        self.http.sent.clear()

        def clock() -> datetime:
            return utc_now() + later

        [outcome] = refresh_due(self.sessions, self.open_client, clock=clock).outcomes
        return outcome

    def open_client(self, platform_id: int) -> ServiceClient:
        return open_service_client(self.sessions, platform_id, SECRET, http=self.http)

    def asked_pages(self) -> list[Sent]:
        """Return the requests for pages of the roster."""
        return [sent for sent in self.http.sent if sent.method == "GET"]

    def present(self, course: Course) -> dict[str, Membership]:
        """Return the members who have not left, by subject."""
        with self.sessions() as session:
            wanted = select(Membership).where(Membership.course_id == course.id, Membership.left_at.is_(None))
            return {member.person.subject: member for member in session.scalars(wanted)}

    def state(self, course: Course) -> RosterRead:
        with self.sessions() as session:
            return session.get_one(RosterRead, course.id)

    def person_count(self) -> int:
        with self.sessions() as session:
            return len(session.scalars(select(Person.id)).all())


def scripted_course(room: Classroom, server: ScriptedServer) -> Course:
    """Return a course of an LMS that says exactly what a test tells it to; it grants every token."""
    token = json.dumps({"access_token": "t", "expires_in": 3600}).encode()
    server.answers["/token"] = [Answer(200, token)]
    platform = room.register(
        Registration(server.url, "client", "1", f"{server.url}/auth", f"{server.url}/token", f"{server.url}/jwks")
    )
    with transaction(room.sessions) as session:
        course = Course(
            platform_id=platform.id, context_id="7", memberships_url=server.url + MEMBERS, created_at=utc_now()
        )
        session.add(course)
    return course


def page(*entries: object, link: str = "") -> Answer:
    """Return a page of a roster as a scripted server sends it; a text is a learner."""
    members = [{"user_id": entry, "roles": ["Learner"]} if isinstance(entry, str) else entry for entry in entries]
    headers = {"Link": link} if link else {}
    return Answer(200, json.dumps({"id": "x", "context": {"id": "7"}, "members": members}).encode(), headers)


def enrol_many(lms: FakeLms, course: str, count: int) -> Sequence[str]:
    """Enrol `count` more people at once and return their subjects."""
    with lms.store.session():
        return [str(lms.add_person(f"many{number:04}", course=course).id) for number in range(count)]
