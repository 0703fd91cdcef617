"""Other systems are told who has become ready and who no longer is: once, in order, signed, whatever they answer."""

import base64
import hashlib
import hmac
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.http import OutgoingHttp
from lti.keys import SecretBox
from service import standing
from service.api_clients.models import ApiClient, Scope
from service.api_clients.operations import add_client
from service.db import transaction
from service.modules.content import Catalogue
from service.people.models import Course, Membership, Role
from service.readiness.conditions import DECLARED, Condition
from service.web.api_shapes import EventShape
from service.webhooks import outbox
from service.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from service.webhooks.operations import add_endpoint, queue_ping, revoke, rotate_secret, send_again
from service.webhooks.rules import GIVE_UP_AFTER, LEASE, OVERLAP
from service.webhooks.sender import Teller, tell_due
from tests.features.readiness.test_gate import ask, make_ready
from tests.functional.lti.scripted_server import Answer, Asked, ScriptedServer, scripted_server
from tests.makers import AT, make_catalogue, make_member, make_platform

BOX = SecretBox("webhooks-" * 5, "webhook secrets")
TOLERANCE = 300


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def move(self, **much: float) -> None:
        self.now += timedelta(**much)


@pytest.fixture
def receiver() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        server.answers["/hook"] = [Answer(204)]
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tell(sessions: sessionmaker[Session], clock: Clock) -> Callable[[], bool]:
    """A run of the sender."""
    http = OutgoingHttp(read_seconds=2, total_seconds=2)
    return lambda: tell_due(Teller(sessions, http, BOX, clock))


@pytest.fixture
def catalogue() -> Catalogue:
    return make_catalogue()


def listen(session: Session, url: str, *, contexts: tuple[str, ...] = (), issuer: str = "https://lms.example"):
    """Return an address of a new client, and its secret."""
    platform = make_platform(session, issuer)
    of_platform = select(Course).where(Course.platform_id == platform.id, Course.context_id.in_(contexts))
    courses = session.scalars(of_platform).all() if contexts else None
    client, _ = add_client(session, platform, name="CRM", scopes=[Scope.ELIGIBILITY], courses=courses, at=AT)
    return add_endpoint(session, client, url, BOX, may_use_private_addresses=True, at=AT)


def verify(secret: str, asked: Asked, *, at: datetime) -> dict[str, Any]:
    """Return what a message says; fail if it is not signed with this secret now. As docs/API.md tells receivers to."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message_id, timestamp = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
    signed = b".".join([message_id.encode(), timestamp.encode(), asked.body])
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert any(hmac.compare_digest(expected, one) for one in asked.headers["webhook-signature"].split())
    assert abs(at.timestamp() - int(timestamp)) <= TOLERANCE
    body: dict[str, Any] = json.loads(asked.body)
    return body


def told(receiver: ScriptedServer) -> list[tuple[str, str]]:
    """Return what was asked of the receiver: what kind, and of whom."""
    bodies = [json.loads(asked.body) for asked in receiver.asked]
    return [(body["type"], body["data"].get("lms_user_id", "")) for body in bodies]


def test_who_becomes_ready_is_told_once_signed_and_without_a_name(
    sessions, receiver, clock, tell, catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        _, secret = listen(session, f"{receiver.url}/hook")
        mentee = make_member(session, "m-1", Role.MENTEE)
        make_ready(session, catalogue, mentee)
        assert "mentorready.tell_systems" in session.info["wake"]
        standing.stand(session, catalogue, mentee, at=AT)
    assert receiver.asked == []
    assert [tell(), tell()] == [False, False]
    [asked] = receiver.asked
    body = verify(secret, asked, at=clock())
    assert EventShape().validate(body) == {}
    assert (body["type"], body["timestamp"]) == ("readiness.gained", AT.isoformat())
    known = {"person": mentee.person.public_id, "lms_user_id": "m-1", "programme": mentee.course.public_id}
    assert {**body["data"], "sequence": 0} == {**known, "role": "mentee", "eligible": True, "sequence": 0}
    assert b"Name of" not in asked.body
    with pytest.raises(AssertionError):
        verify(secret, Asked("POST", "/hook", asked.headers, asked.body + b" "), at=clock())
    with pytest.raises(AssertionError):
        verify(secret, asked, at=clock() + timedelta(seconds=TOLERANCE + 1))


def test_both_secrets_sign_while_one_takes_over(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, first = listen(session, f"{receiver.url}/hook")
        second = rotate_secret(session, endpoint, BOX, at=clock())
        queue_ping(session, endpoint, at=clock())
        assert first.encode() not in endpoint.secrets[0].encrypted_secret
    tell()
    for secret in (first, second):
        assert EventShape().load(verify(secret, receiver.asked[0], at=clock()))["type"] == "ping"
    clock.move(seconds=OVERLAP.total_seconds())
    with transaction(sessions) as session:
        queue_ping(session, session.get_one(WebhookEndpoint, endpoint.id), at=clock())
    tell()
    verify(second, receiver.asked[1], at=clock())
    with pytest.raises(AssertionError):
        verify(first, receiver.asked[1], at=clock())


def test_an_hour_of_errors_loses_nothing_keeps_the_order_and_is_no_flood(
    sessions, receiver, clock, tell, catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, f"{receiver.url}/hook")
        members = [make_member(session, f"m-{number}", Role.MENTEE) for number in range(10)]
        for member in members:
            make_ready(session, catalogue, member)
    receiver.answers["/hook"] = [Answer(500)]
    tell()
    with transaction(sessions) as session:
        for is_given in (False, True):
            clock.move(seconds=1)
            if is_given:
                standing.give_commitment(session, catalogue, members[0], "confidentiality", 1, "en", at=clock())
            else:
                standing.withdraw_commitment(session, catalogue, members[0], "confidentiality", at=clock())
    for _ in range(360):
        clock.move(seconds=10)
        tell()
    assert len(receiver.asked) < 40
    receiver.asked.clear()
    receiver.answers["/hook"] = [Answer(200)]
    for _ in range(200):
        clock.move(seconds=10)
        tell()
    # Each of the ten, and the first one's loss and second gain, all once.
    assert sorted(told(receiver)) == sorted(
        [("readiness.lost", "m-0"), *(("readiness.gained", f"m-{number}") for number in [0, *range(10)])]
    )
    bodies = [json.loads(asked.body)["data"] for asked in receiver.asked]
    of_first = [(body["eligible"], body["sequence"]) for body in bodies if body["lms_user_id"] == "m-0"]
    assert [eligible for eligible, _ in of_first] == [True, False, True]
    assert of_first == sorted(of_first, key=lambda one: one[1])
    with transaction(sessions, reads_only=True) as session:
        row = session.get_one(WebhookEndpoint, endpoint.id)
        assert (row.failures, row.reason) == (0, "")


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def _drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(20):
        handler.wfile.write(b".")
        time.sleep(0.1)


FAULTS = [
    (Answer(500), 500, "500"),
    (Answer(302, headers={"Location": "/elsewhere"}), 302, "302"),
    (Answer(404), 404, "404"),
    (Answer(200, write=_drip, headers={"Content-Length": "1000"}), None, "timeout"),
    (Answer(200, write=lambda _: time.sleep(3), headers={"Content-Length": "5"}), None, "timeout"),
    (Answer(200, write=_reset, headers={"Content-Length": "5"}), None, "connection"),
    (Answer(200, body=b"x" * 2_000_000), None, "larger"),
]


def test_whatever_goes_wrong_is_written_down_and_tried_again(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, f"{receiver.url}/hook")
    for answer, status, reason in FAULTS:
        receiver.answers["/hook"] = [answer, Answer(204)]
        with transaction(sessions) as session:
            delivery = queue_ping(session, session.get_one(WebhookEndpoint, endpoint.id), at=clock())
        for expected in (DeliveryState.WAITING, DeliveryState.DELIVERED):
            tell()
            with transaction(sessions) as session:
                row = session.get_one(WebhookDelivery, delivery.id)
                assert row.state is expected, reason
                if expected is DeliveryState.WAITING:
                    assert (row.status, reason in row.reason) == (status, True), row.reason
            clock.move(hours=1)
    assert {asked.path for asked in receiver.asked} == {"/hook"}


def test_a_retry_after_is_kept_to_and_gone_is_for_ever(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, f"{receiver.url}/hook")
        queue_ping(session, endpoint, at=clock())
    receiver.answers["/hook"] = [Answer(429, headers={"Retry-After": "7200"}), Answer(410)]
    tell()
    clock.move(seconds=7199)
    tell()
    assert len(receiver.asked) == 1
    clock.move(hours=2)
    tell()
    assert len(receiver.asked) == 2
    with transaction(sessions) as session:
        row = session.get_one(WebhookEndpoint, endpoint.id)
        assert row.disabled_at == clock()
        [delivery] = session.scalars(select(WebhookDelivery)).all()
        assert (delivery.state, delivery.next_try_at) == (DeliveryState.GIVEN_UP, None)


def test_what_is_given_up_can_be_sent_again_with_its_id(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, f"{receiver.url}/hook")
        delivery = queue_ping(session, endpoint, at=clock())
    receiver.answers["/hook"] = [Answer(500)]
    tell()
    clock.move(seconds=GIVE_UP_AFTER.total_seconds())
    tell()
    with transaction(sessions) as session:
        assert session.get_one(WebhookDelivery, delivery.id).state is DeliveryState.GIVEN_UP
        send_again(session, session.get_one(WebhookEndpoint, endpoint.id), delivery.public_id, at=clock())
    receiver.answers["/hook"] = [Answer(204)]
    tell()
    assert {asked.headers["webhook-id"] for asked in receiver.asked} == {delivery.public_id}
    with transaction(sessions) as session:
        assert session.get_one(WebhookDelivery, delivery.id).state is DeliveryState.DELIVERED
    clock.move(days=31)
    tell()
    with transaction(sessions) as session:
        assert session.scalars(select(WebhookDelivery)).all() == []


def test_what_a_killed_worker_held_is_sent_when_its_lease_is_over(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, f"{receiver.url}/hook")
        queue_ping(session, endpoint, at=clock())
    with transaction(sessions) as session:
        claim = outbox.claim_next(session, endpoint.id, BOX, at=clock())
    assert claim
    tell()
    assert receiver.asked == []
    clock.move(seconds=LEASE.total_seconds())
    tell()
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == [claim.message_id]
    with transaction(sessions) as session:
        late = outbox.Report(500, "Of the one who was thought dead")
        outbox.settle(session, claim, late, at=clock(), jitter=0)
        assert session.scalars(select(WebhookDelivery.state)).one() is DeliveryState.DELIVERED


@pytest.mark.postgres
def test_several_senders_and_several_evaluations_at_once_tell_everyone_once(
    sessions, receiver, tell, catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        listen(session, f"{receiver.url}/hook")
        members = [make_member(session, f"m-{number}", Role.MENTEE) for number in range(8)]
        for member in members:
            make_ready(session, catalogue, member)
            standing.withdraw_commitment(session, catalogue, member, "confidentiality", at=AT)

    def gain(member: Membership) -> None:
        with transaction(sessions) as session:
            same = session.get_one(Membership, member.id)
            standing.give_commitment(session, catalogue, same, "confidentiality", 1, "en", at=AT)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(gain, [*members, *members]))
        list(threads.map(lambda _: tell(), range(6)))
    tell()
    ids = [asked.headers["webhook-id"] for asked in receiver.asked]
    assert len(ids) == len(set(ids)) == 24
    for number in range(8):
        of_one = [kind for kind, who in told(receiver) if who == f"m-{number}"]
        assert of_one == ["readiness.gained", "readiness.lost", "readiness.gained"]


def test_an_address_is_told_of_its_own_people_only(sessions, clock, tell, receiver, catalogue: Catalogue) -> None:
    with transaction(sessions) as session:
        other = make_platform(session, "https://other.example")
        people = {
            "here": make_member(session, "here", Role.MENTEE),
            "there": make_member(session, "there", Role.MENTEE, context_id="course-2"),
            "twin": make_member(session, "twin", Role.MENTEE, platform=other),
            "test": make_member(session, "test", Role.MENTEE, context_id="course-2"),
        }
        people["test"].is_test_user = True
        wanted = {
            "/all": ((), "https://lms.example", {"here", "there"}),
            "/one": (("course-1",), "https://lms.example", {"here"}),
            "/foreign": ((), "https://other.example", {"twin"}),
            "/revoked": ((), "https://lms.example", set()),
        }
        for path, (contexts, issuer, _) in wanted.items():
            receiver.answers[path] = [Answer(204)]
            endpoint, _ = listen(session, f"{receiver.url}{path}", contexts=contexts, issuer=issuer)
            if path == "/revoked":
                revoke(session, session.get_one(ApiClient, endpoint.client_id), at=AT)
        for member in people.values():
            make_ready(session, catalogue, member)
    tell()
    got = {
        path: {json.loads(one.body)["data"]["lms_user_id"] for one in receiver.asked if one.path == path}
        for path in wanted
    }
    assert got == {path: names for path, (_, _, names) in wanted.items()}


def test_time_a_policy_and_the_roster_take_readiness_away_too(
    sessions, receiver, clock, tell, catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        staff, mentee = make_member(session, "staff", Role.COORDINATOR), make_member(session, "m-1", Role.MENTEE)
        make_ready(session, catalogue, mentee)
        # Whoever was ready before the address was added is not told of.
        clock.move(seconds=1)
        endpoint, _ = listen(session, f"{receiver.url}/hook")
        endpoint.created_at = clock()
        clock.move(seconds=1)
        ask(session, catalogue, staff, [Condition(DECLARED, "yes_now", valid_months=1)])
    standing.refresh_due_standings(sessions, lambda: catalogue, clock=clock)
    tell()
    with transaction(sessions) as session:
        standing.declare(session, catalogue, mentee, "yes_now", is_given=True, at=clock())
    tell()
    clock.move(days=40)
    standing.refresh_due_standings(sessions, lambda: catalogue, clock=clock)
    tell()
    with transaction(sessions) as session:
        standing.declare(session, catalogue, mentee, "yes_now", is_given=True, at=clock())
    tell()
    for left_at in (clock(), None):
        clock.move(minutes=1)
        with transaction(sessions) as session:
            session.get_one(Membership, mentee.id).left_at = left_at
        tell()
        tell()
    expected = ["lost", "gained", "lost", "gained", "lost", "gained"]
    assert [kind for kind, _ in told(receiver)] == [f"readiness.{one}" for one in expected]


def test_a_name_that_leads_into_a_private_network_is_not_called(sessions, receiver, clock, tell) -> None:
    with transaction(sessions) as session:
        endpoint, _ = listen(session, receiver.url.replace("http://127.0.0.1", "https://localhost"))
        endpoint.may_use_private_addresses = False
        queue_ping(session, endpoint, at=clock())
    tell()
    with transaction(sessions) as session:
        [row] = session.scalars(select(WebhookDelivery)).all()
    assert (row.state, row.status, receiver.asked) == (DeliveryState.WAITING, None, [])
    assert "may be called" in row.reason
