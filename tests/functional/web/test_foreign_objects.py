"""Whatever has an id of its own in a course in full swing, asked for from other courses and other LMSs: not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, sessionmaker

from service.api_clients.models import ApiClient
from service.board.models import SavedView
from service.board.views import keep_view
from service.cycles.models import SessionPoint
from service.db import Base, transaction, utc_now
from service.events.models import Event
from service.exercises.models import ExtraTries
from service.forums.file_models import PostFile
from service.forums.file_store import FolderStore
from service.forums.models import Post, Thread
from service.forums.report_models import Measure, SafetyFlag
from service.modules.content import Catalogue
from service.modules.models import DeepLinkingRequest
from service.notices.models import Notice
from service.pairing.models import Relation
from service.people.models import Membership, Role
from service.platforms.operations import ensure_signing_key
from service.readiness.conditions import MODULE_COMPLETE
from service.readiness.models import Waiver
from service.records.keys import Signer
from service.records.models import TrainingRecord
from service.reviews.models import PeerAccess, ReviewEntry
from service.standing import waive
from service.webhooks.models import WebhookEndpoint
from tests.browser import residents
from tests.browser.holders import give_records
from tests.browser.house import everything
from tests.browser.talkers import send_files
from tests.functional.web.conftest import Browser
from tests.functional.web.test_access import FILLED, each_route
from tests.makers import make_member, make_platform

ISSUER = "https://lms.example"
SYSTEMS = {"client_id", "endpoint_id"}
HAS_ID = {
    "client_id": ApiClient,
    "endpoint_id": WebhookEndpoint,
    "entry_id": ReviewEntry,
    "event_id": Event,
    "file_id": PostFile,
    "flag_id": SafetyFlag,
    "former_id": Membership,
    "measure_id": Measure,
    "member_id": Membership,
    "notice_id": Notice,
    "point_id": SessionPoint,
    "post_id": Post,
    "record_id": TrainingRecord,
    "relation_id": Relation,
    "request_id": DeepLinkingRequest,
    "thread_id": Thread,
    "tries_id": ExtraTries,
    "view_id": SavedView,
    "waiver_id": Waiver,
}
FORM = {
    "act": "withdraw",
    "access": PeerAccess.NAMED,
    "role": "mentor",
    "reason": "Curious.",
    "text": "Mine now.",
    "title": "Mine now",
    "name": "Mine now",
    "seen": "0",
    "version": "1",
    "state": "closed",
    "decision": "yes",
    "submission_key": "k" * 16,
}
"""Fields of many forms: none is to be refused for its form before it is looked for."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return everything()


@pytest.fixture
def busy(app: Flask, database: sessionmaker[Session], catalogue: Catalogue, tmp_path: Path) -> dict[str, str]:
    """Fill one course with everything; return an id of each kind of thing."""
    settings = app.extensions["settings"]
    with transaction(database) as session:
        platform = make_platform(session, ISSUER)
        ensure_signing_key(session, settings.secret_key, at=utc_now())
        facts = residents.busy_course(session, catalogue, platform)
        send_files(session, FolderStore(tmp_path), facts["administrator_member"], facts["thread"], "Sala")
        give_records(session, catalogue, facts["mentor_person"], Signer(settings.secret_key, settings.base_url))
        _look_after(session, catalogue, facts["coordinator_member"], facts["mentor_member"])
        found = {name: session.scalars(select(model).limit(1)).one().public_id for name, model in HAS_ID.items()}
        return found | {"former_id": facts["former_member"]}


def _look_after(session: Session, catalogue: Catalogue, staff_id: str, mentor_id: str) -> None:
    """Let a coordinator keep a view of the board, and waive a condition."""
    staff = session.scalars(select(Membership).filter_by(public_id=staff_id)).one()
    keep_view(session, staff, "Waiting", "state=waiting", is_default=False)
    condition = f"{MODULE_COMPLETE}:trust"
    waive(session, catalogue, staff, mentor_id, condition, reason="Taught it.", until=None, at=utc_now())


def _everything_kept(database: sessionmaker[Session]) -> dict[str, list[tuple[object, ...]]]:
    with transaction(database, reads_only=True) as session:
        tables = {mapper.local_table for mapper in Base.registry.mappers if inspect(mapper).concrete is False}
        return {str(table): sorted(map(repr, session.execute(select(table)))) for table in tables}


def test_nothing_of_a_course_is_reached_from_another_by_its_id(
    app: Flask, database: sessionmaker[Session], busy: dict[str, str]
) -> None:
    with transaction(database) as session:
        own, other = make_platform(session, ISSUER), make_platform(session, "https://other.example")
        strangers = [
            (platform is own, make_member(session, f"stranger-{role}", role, platform=platform, context_id="their-own"))
            for platform in (own, other)
            for role in Role
        ]
    before = _everything_kept(database)
    reached = [
        (stranger.role, is_same_lms, method, address, status)
        for is_same_lms, stranger in strangers
        for method, address, status in _ask_for(app, stranger, busy, is_same_lms=is_same_lms)
        if status not in {403, 404}
    ]
    assert reached == []
    assert _everything_kept(database) == before


def _ask_for(
    app: Flask, stranger: Membership, ids: dict[str, str], *, is_same_lms: bool
) -> Iterator[tuple[str, str, int]]:
    browser = Browser(app, stranger)
    # Other systems are connected to an LMS, not to a course: its administrators see them everywhere.
    sees_systems = is_same_lms and stranger.role is Role.ADMINISTRATOR
    needed = HAS_ID.keys() - SYSTEMS if sees_systems else HAS_ID.keys()
    for method, address, _audience in each_route(app, stranger.course.public_id, FILLED | ids, needs=needed):
        form = FORM | ({"decision": "accept"} if "/reviews/" in address else {})
        answer = browser.get(address) if method == "GET" else browser.post(address, form)
        yield method, address, answer.status_code
