"""What a running Moodle sent goes through the tool: recorded launches, signed anew; recorded answers as they were."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from requests.structures import CaseInsensitiveDict
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.links import find_next_url
from lti.roles import LaunchRole
from lti.roster import read_roster
from lti.scores import PostKind, Result, ScorePayload, post_score, read_results
from lti.service_client import ServiceAnswer
from service.db import transaction
from service.people.models import LmsRole, Membership, Person
from tests.conformance.conftest import register
from tests.conformance.handmade import AGS, LTI, TOOL_URL, Claims, KeyServer, Platform, launch
from tests.functional.fake_lms.moodle_twin import RECORDED

SERVICES: dict[str, Any] = RECORDED["services"]
SITE = "https://moodle.example"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
COLUMN = f"{SITE}/mod/lti/services.php/2/lineitems/7/lineitem?type_id=1"
MEMBERS = f"{SITE}/mod/lti/services.php/CourseSection/2/bindings/1/memberships"


@dataclass
class Moodle:
    """Answers the one request of a recording."""

    name: str
    asked: dict[str, Any] = field(default_factory=dict)

    def request(self, method: str, url: str, **rest: Any) -> ServiceAnswer:
        sent = SERVICES[self.name]
        self.asked = {"method": method, "path": url.removeprefix(SITE), **rest}
        body = sent["answer"] if isinstance(sent["answer"], str) else json.dumps(sent["answer"])
        next_url = find_next_url(sent.get("link", "").replace("{lms}", SITE), url)
        return ServiceAnswer(
            sent["status"], sent["reason"], CaseInsensitiveDict(), body.replace("{lms}", SITE).encode(), next_url, None
        )


@pytest.mark.parametrize(
    ("name", "role", "called", "place"),
    [
        ("student3_embed", LmsRole.LEARNER, "Sam3 O'Brien & Søn", ""),
        ("student3_minimal_privacy", LmsRole.LEARNER, "", ""),
        ("teacher1", LmsRole.STAFF, "Tina Teacher", ""),
        ("admin", LmsRole.ADMINISTRATOR, "Ada Admin", ""),
        ("deep_linking", LmsRole.STAFF, "Tina Teacher", "/pick/"),
        ("teacher1_submission_review", LmsRole.STAFF, "Tina Teacher", "/review"),
    ],
)
def test_recorded_launch_opens(
    client: FlaskClient,
    door: sessionmaker[Session],
    keys: KeyServer,
    name: str,
    role: LmsRole,
    called: str,
    place: str,
) -> None:
    site = f"https://{name.replace('_', '-')}.moodle.example"
    recorded: Claims = json.loads(json.dumps(RECORDED["claims"][name]).replace("{lms}", site))
    deployment = recorded[f"{LTI}deployment_id"]
    moodle = register(door, Platform(keys, site, deployment_id=deployment, auth_login_url=f"{site}/mod/lti/auth.php"))
    assert set(moodle.login_form()) == set(RECORDED["login_fields"])

    def as_recorded(claims: Claims) -> None:
        signed_anew = {key: claims[key] for key in ("iss", "aud", "iat", "exp", "nonce")}
        claims.clear()
        claims.update(recorded | signed_anew)
        claims[f"{LTI}target_link_uri"] = f"{TOOL_URL}/lti/launch"

    answer = launch(client, moodle, as_recorded)
    assert answer.status_code == 303, answer.text
    assert place in answer.location
    assert client.get(answer.location).status_code == 200
    with client.session_transaction() as browser, transaction(door, reads_only=True) as session:
        wanted = select(Membership).join(Membership.person).where(Person.public_id == browser["person"])
        member = session.scalars(wanted).one()
        assert (member.lms_role, member.person.name) == (role, called)
        assert member.course.title == "Mentor training"
        assert member.course.memberships_url == recorded.get(ROSTER, {}).get("context_memberships_url", "")
        assert member.course.line_items_url == recorded[AGS]["lineitems"]


def test_every_recorded_launch_is_tried() -> None:
    [marks] = [mark for mark in test_recorded_launch_opens.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {row[0] for row in marks.args[1]} == set(RECORDED["claims"])


def test_recorded_roster_is_read_as_moodle_was_asked() -> None:
    moodle = Moodle("nrps_all")
    roster = read_roster(moodle, MEMBERS)  # type: ignore[arg-type]
    recorded = SERVICES["nrps_all"]
    assert {key: moodle.asked[key] for key in ("method", "path", "accept")} == {
        key: recorded[key] for key in ("method", "path", "accept")
    }
    people = {member.subject: member for member in roster.members}
    assert len(people) == len(recorded["answer"]["members"])
    assert (roster.skipped, roster.is_whole) == (0, True)
    assert people["7"].full_name == "Sam3 O'Brien & Søn"
    assert people["4"].roles.role is LaunchRole.LEARNER  # a non-editing teacher, as Moodle lists him
    assert people["37"].roles.role is LaunchRole.STAFF


def test_recorded_page_names_the_next_one() -> None:
    answer = Moodle("nrps_limit_10").request("GET", f"{MEMBERS}?limit=10")
    assert answer.next_url == f"{SITE}{SERVICES['nrps_limit_10_from_10']['path']}"


def test_recorded_results_are_read() -> None:
    moodle = Moodle("ags_results_all")
    results = read_results(moodle, COLUMN)  # type: ignore[arg-type]
    assert moodle.asked["accept"] == SERVICES["ags_results_all"]["accept"]
    assert results.gap == ""
    assert len(results.by_user) == len(SERVICES["ags_results_all"]["answer"])
    assert results.by_user["10"] == Result(60, 100, "2026-11-21T16:37:06+00:00")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ags_score_first", PostKind.ACCEPTED),
        ("ags_score_zero", PostKind.ACCEPTED),
        ("ags_score_same_timestamp_again", PostKind.NEWER_THERE),
        ("ags_score_retry_identical", PostKind.NEWER_THERE),
        ("ags_score_bad_pretty_printed_body", PostKind.DOUBTFUL),
        ("ags_score_teacher", PostKind.NOT_GRADABLE),
        ("ags_score_not_enrolled_user", PostKind.NOT_GRADABLE),
        ("ags_score_locked_standalone", PostKind.LOCKED),
        ("ags_score_foreign_tool_item", PostKind.ITEM_GONE),
        ("token_bogus_score", PostKind.UNAUTHORIZED),
    ],
)
def test_recorded_answer_to_a_score_is_understood(name: str, kind: PostKind) -> None:
    score = ScorePayload(
        user_id="10", score_given=75, score_maximum=100, comment="", timestamp=datetime(2026, 11, 21, tzinfo=UTC)
    )
    moodle = Moodle(name)
    outcome = post_score(moodle, COLUMN, score)  # type: ignore[arg-type]
    assert outcome.kind is kind
    assert '"' not in outcome.detail
    assert moodle.asked["content_type"] == SERVICES["ags_score_first"]["content_type"]
    assert moodle.asked["path"] == SERVICES["ags_score_first"]["path"]
