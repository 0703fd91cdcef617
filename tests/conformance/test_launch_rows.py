"""CONFORMANCE.md sections A, B and C: bad payloads, valid launches, and each claim with its type."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Course, LmsRole, Membership, Person
from service.platforms.models import Deployment
from tests.conformance.conftest import register
from tests.conformance.handmade import AGS, LTI, MEMBERSHIP, Change, Claims, Platform, begin, launch, rsa_key, send
from tests.conformance.refusals import assert_refused, count_people, return_link

STAFF_ROLE = f"{MEMBERSHIP}#Instructor"
PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"


def put(name: str, value: Any) -> Change:
    """Return a change that sets a claim; names without a colon that are not of JWT itself are LTI's."""
    jwt_names = {"iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "name", "given_name", "family_name", "email"}
    full = name if ":" in name or name in jwt_names else LTI + name
    return lambda claims: claims.__setitem__(full, value)


def drop(*names: str) -> Change:
    def change(claims: Claims) -> None:
        for name in names:
            del claims[name if name in claims else LTI + name]

    return change


def shift(name: str, seconds: int) -> Change:
    return lambda claims: claims.__setitem__(name, claims[name] + seconds)


def both(*changes: Change) -> Change:
    def change(claims: Claims) -> None:
        for one in changes:
            one(claims)

    return change


def only(body: Claims) -> Change:
    def change(claims: Claims) -> None:
        claims.clear()
        claims.update(body)

    return change


def review(claims: Claims) -> None:
    claims[LTI + "message_type"] = "LtiSubmissionReviewRequest"
    claims[LTI + "roles"] = [STAFF_ROLE]


LONG = "x" * 10_000
REFUSED: list[tuple[str, Change, str, int]] = [
    ("B03-11.3", put("version", "11.3"), "version_unknown", 400),
    ("B03-1.3", put("version", "1.3"), "version_unknown", 400),
    ("B03-1.1.0", put("version", "1.1.0"), "version_unknown", 400),
    ("B03-LTI-1p0", put("version", "LTI-1p0"), "version_unknown", 400),
    ("B03-number", put("version", 1.3), "version_unknown", 400),
    ("B04", drop("version"), "version_unknown", 400),
    ("B05", only({"name": "badltilaunch"}), "deployment_missing", 400),
    ("B06", drop("aud", "iss", "sub", "deployment_id", "roles"), "deployment_missing", 400),
    ("B06-with-deployment", drop("aud", "iss", "sub", "roles"), "issuer_mismatch", 400),
    ("B07", both(put("iat", 11111), put("exp", 22222)), "token_expired", 400),
    ("B08", drop("message_type"), "message_type_unknown", 400),
    ("B09", drop("roles"), "roles_missing", 400),
    ("B10", drop("deployment_id"), "deployment_missing", 400),
    ("B11-none", drop("resource_link"), "resource_link_missing", 400),
    ("B11-no-id", put("resource_link", {"title": "T"}), "resource_link_missing", 400),
    ("B11-empty-id", put("resource_link", {"id": ""}), "resource_link_missing", 400),
    ("B12", drop("sub"), "claim_missing", 400),
    ("C01", drop("exp"), "claim_missing", 400),
    ("C02", drop("iat"), "claim_missing", 400),
    ("C03", drop("nonce"), "nonce_mismatch", 400),
    ("C04-iss", drop("iss"), "issuer_mismatch", 400),
    ("C04-aud", drop("aud"), "audience_mismatch", 401),
    ("C05", drop("target_link_uri"), "target_missing", 400),
    ("C06-past-leeway", both(shift("iat", -135), shift("exp", -125)), "token_expired", 400),
    ("C08", both(shift("iat", 3600), shift("exp", 3600)), "clock_differs", 400),
    ("X05", both(shift("iat", 90), shift("exp", 90)), "clock_differs", 400),
    ("C09", shift("iat", -10 * 24 * 3600), "token_expired", 400),
    *[(f"C11-iat-{value!r}", put("iat", value), "times_malformed", 400) for value in ("1", 1.5, -5, True, 0, [])],
    *[(f"C11-exp-{value!r}", put("exp", value), "times_malformed", 400) for value in ("9", 2e12, -5, True, 10**400)],
    ("C12", lambda claims: put("nbf", claims["iat"] + 300)(claims), "clock_differs", 400),
    ("C12-text", put("nbf", "soon"), "times_malformed", 400),
    ("C14", both(put("aud", ["other", "client-1"]), put("azp", "client-1")), "audience_mismatch", 401),
    ("C15-no-azp", put("aud", ["client-1", "other"]), "audience_mismatch", 401),
    ("C15-azp-other", both(put("aud", ["client-1", "other"]), put("azp", "other")), "audience_mismatch", 401),
    ("C15-azp-other-alone", put("azp", "other"), "audience_mismatch", 401),
    *[(f"C04-aud-{value!r}", put("aud", value), "audience_mismatch", 401) for value in (1, None, {}, [], [None], [[]])],
    ("C17-slash", put("iss", "https://lms.example/"), "issuer_mismatch", 400),
    ("C17-case", put("iss", "https://LMS.example"), "issuer_mismatch", 400),
    ("C17-http", put("iss", "http://lms.example"), "issuer_mismatch", 400),
    ("C19", put("deployment_id", "2"), "deployment_mismatch", 400),
    ("C20", put("deployment_id", "1 "), "deployment_mismatch", 400),
    *[
        (f"C22-{target}", put("target_link_uri", target), code, 400)
        for target, code in [
            ("https://evil.example/lti/launch", "target_foreign"),
            ("javascript:alert(1)", "target_missing"),
            ("//evil.example", "target_missing"),
            ("http://127.0.0.1:8080@evil.example/", "target_missing"),
            ("http://user@127.0.0.1:8080/lti/launch", "target_missing"),
            ("http://127.0.0.1:8080/..%2fadmin", "target_foreign"),
            ("http://127.0.0.1:8080/a/../b", "target_foreign"),
            ("http://127.0.0.1:8080\\@evil.example/", "target_missing"),
            ("http://127.0.0.1:8081/lti/launch", "target_foreign"),
            ("https://127.0.0.1:8080/lti/launch", "target_foreign"),
            ("http://127.0.0.1:port/", "target_missing"),
            ("http://[::1", "target_missing"),
        ]
    ],
    *[(f"C05-{value!r}", put("target_link_uri", value), "target_missing", 400) for value in (1, [], None, "")],
    *[(f"C23-{value!r}", put("roles", value), "roles_missing", 400) for value in ("Instructor", None, 7, {})],
    *[
        (f"C24-{name}", put("resource_link", value), "resource_link_missing", 400)
        for name, value in {
            "text": "11",
            "list": [],
            "null": None,
            "number-id": {"id": 11},
            "long-id": {"id": LONG},
            "nul-id": {"id": "a\0"},
        }.items()
    ],
    *[
        (f"C25-{name}", put("context", value), "context_malformed", 400)
        for name, value in {"text": "2", "no-id": {"title": "T"}, "number-id": {"id": 2}, "list": ["2"]}.items()
    ],
    *[
        (f"C26-{name}", put("sub", value), code, 400)
        for name, value, code in [
            ("empty", "", "subject_missing"),
            ("number", 7, "signature_invalid"),
            ("long", "x" * 256, "subject_missing"),
            ("nul", "7\0", "subject_missing"),
            ("control", "7\x1b", "subject_missing"),
            ("line", "7\n8", "subject_missing"),
            ("surrogate", "7\ud800", "subject_missing"),
        ]
    ],
    *[
        (f"C28-{value!r}", put("message_type", value), "message_type_unknown", 400)
        for value in ("LtiOther", [], {}, 1, "ltiresourcelinkrequest", ["LtiResourceLinkRequest"])
    ],
    ("C29-deep-linking", put("message_type", "LtiDeepLinkingRequest"), "deep_linking_malformed", 400),
    ("C32-no-user", review, "for_user_missing", 400),
    ("C32-no-line-item", both(review, put("for_user", {"user_id": "7"})), "line_item_missing", 400),
    (
        "C32-learner",
        both(
            review,
            put("for_user", {"user_id": "7"}),
            put(AGS, {"lineitem": "https://lms.example/item/1"}),
            put("roles", []),
        ),
        "role_not_allowed",
        403,
    ),
    ("C33-privacy", put("message_type", "DataPrivacyLaunchRequest"), "message_type_unknown", 400),
    ("C33-proctoring", put("message_type", "LtiStartProctoring"), "message_type_unknown", 400),
    ("C34", both(put("message_type", "LtiContextLaunchRequest"), drop("resource_link")), "message_type_unknown", 400),
]


@pytest.mark.parametrize(("change", "code", "status"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_refused_row(
    client: FlaskClient,
    platform: Platform,
    door: sessionmaker[Session],
    change: Change,
    code: str,
    status: int,
) -> None:
    before = count_people(door)
    begun = begin(client, platform)
    claims = platform.claims(begun.nonce)
    change(claims)
    answer = send(client, begun.state, platform.sign(claims))
    assert_refused(answer, code, door, before, status=status, state=begun.state)
    again = send(client, begun.state, platform.sign(platform.claims(begun.nonce)))
    assert_refused(again, "launch_used", door, before)


NAMELESS = drop("name", "given_name", "family_name")
AS_STAFF = put("roles", [STAFF_ROLE])

ACCEPTED: list[tuple[str, Change, LmsRole]] = [
    ("G01", put("roles", [STAFF_ROLE]), LmsRole.STAFF),
    ("G11", put("roles", [f"{MEMBERSHIP}#Learner"]), LmsRole.LEARNER),
    ("G02", put("roles", [STAFF_ROLE, f"{PERSON}#Staff", f"{PERSON}#Other"]), LmsRole.STAFF),
    (
        "G12",
        put("roles", [f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Mentor", f"{PERSON}#Student"]),
        LmsRole.LEARNER,
    ),
    ("G12-faculty", put("roles", [f"{MEMBERSHIP}#Learner", f"{PERSON}#Instructor"]), LmsRole.LEARNER),
    ("G03", put("roles", ["Instructor"]), LmsRole.STAFF),
    ("G13", put("roles", ["Learner"]), LmsRole.LEARNER),
    ("G04", put("roles", ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Instructor"]), LmsRole.LEARNER),
    ("G14", put("roles", ["http://x.example/unknown#Helper", f"{MEMBERSHIP}#Learner"]), LmsRole.LEARNER),
    ("G14-sub-role", put("roles", [f"{MEMBERSHIP}/Learner#Instructor"]), LmsRole.LEARNER),
    ("G05", put("roles", []), LmsRole.LEARNER),
    ("G15", put("roles", [""]), LmsRole.LEARNER),
    ("G06", both(AS_STAFF, NAMELESS), LmsRole.STAFF),
    ("G07", both(AS_STAFF, drop("email")), LmsRole.STAFF),
    ("G08", both(AS_STAFF, NAMELESS, drop("email")), LmsRole.STAFF),
    ("G09", both(AS_STAFF, NAMELESS, drop("context")), LmsRole.STAFF),
    ("G16", NAMELESS, LmsRole.LEARNER),
    ("G17", drop("email"), LmsRole.LEARNER),
    ("G18", both(NAMELESS, drop("email")), LmsRole.LEARNER),
    ("G19", both(NAMELESS, drop("context")), LmsRole.LEARNER),
    (
        "G20",
        drop("name", "given_name", "family_name", "email", "context", "launch_presentation"),
        LmsRole.LEARNER,
    ),
    (
        "G21",
        both(put("https://x.example/claim", [1]), put("custom", {"a": 1, "b": {"c": []}, "d": None})),
        LmsRole.LEARNER,
    ),
    (
        "G22",
        both(
            put("lis", {"person_sourcedid": ""}),
            put("tool_platform", {"guid": "g", "product_family_code": "moodle"}),
            put("lti1p1", {"user_id": "9"}),
            put("launch_presentation", {"locale": "he", "width": 1, "height": 2, "document_target": "window"}),
        ),
        LmsRole.LEARNER,
    ),
    ("G23", put("custom", {"content": "$ResourceLink.id.history"}), LmsRole.LEARNER),
    ("C06-within-leeway", both(shift("iat", -70), shift("exp", -70)), LmsRole.LEARNER),
    ("C07", both(shift("iat", 2), shift("exp", 2)), LmsRole.LEARNER),
    ("C13", put("aud", ["client-1"]), LmsRole.LEARNER),
    ("C21", put("target_link_uri", "http://127.0.0.1:8080/other?x=1"), LmsRole.LEARNER),
    ("C23-null-inside", put("roles", [None]), LmsRole.LEARNER),
    ("C23-number-inside", put("roles", [1]), LmsRole.LEARNER),
    ("C23-many", put("roles", ["x"] * 5000), LmsRole.LEARNER),
    ("C25-empty", put("context", {}), LmsRole.LEARNER),
    ("C25-no-type", put("context", {"id": "2"}), LmsRole.LEARNER),
    ("C27-list", put("custom", ["a"]), LmsRole.LEARNER),
    ("C27-nested", put("custom", {"content": {"a": ["b"]}}), LmsRole.LEARNER),
    ("C27-long", put("custom", {"content": "x" * 30_000}), LmsRole.LEARNER),
    (
        "C30",
        both(put("name", "<script>\u202e\0\u200fדנה 🙂" + LONG), put("context", {"id": "2", "title": LONG})),
        LmsRole.LEARNER,
    ),
    ("C30-surrogate", both(put("name", "\ud800"), put("email", "\udfff@x")), LmsRole.LEARNER),
    ("C30-numbers", both(put("name", 1), put("email", []), put("given_name", {})), LmsRole.LEARNER),
]


@pytest.mark.parametrize(("change", "role"), [pytest.param(*row[1:], id=row[0]) for row in ACCEPTED])
def test_accepted_row(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session], change: Change, role: LmsRole
) -> None:
    answer = launch(client, platform, change)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert client.get(answer.location).status_code == 200
    with transaction(door, reads_only=True) as session:
        course = Course.public_id == answer.location.split("/")[2]
        member = session.scalars(select(Membership).join(Membership.course).where(course)).one()
    assert member.lms_role is role
    assert member.person.subject == "7"
    assert "\0" not in member.person.name
    assert "\u202e" not in member.person.name


def test_c16_audience_of_another_registration(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    register(door, Platform(platform.key_server, client_id="client-2"))
    before = count_people(door)
    answer = launch(client, platform, put("aud", "client-2"))
    assert_refused(answer, "audience_mismatch", door, before, status=401)


def test_c18_issuer_of_another_platform(client: FlaskClient, platform: Platform, door: sessionmaker[Session]) -> None:
    other = Platform(platform.key_server, issuer="https://other.example", key=rsa_key(2))
    platform.key_server.publish(platform.jwk, other.jwk)
    register(door, other)
    before = count_people(door)
    begun = begin(client, platform)
    answer = send(client, begun.state, other.sign(other.claims(begun.nonce)))
    assert_refused(answer, "issuer_mismatch", door, before, state=begun.state)


def test_c19_unknown_deployment_waits_for_approval(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    before = count_people(door)
    begun = begin(client, platform, lti_deployment_id=None)
    claims = platform.claims(begun.nonce)
    claims[LTI + "deployment_id"] = "new"
    answer = send(client, begun.state, platform.sign(claims))
    assert_refused(answer, "deployment_pending", door, before, status=403, state=begun.state)
    with transaction(door, reads_only=True) as session:
        waiting = session.scalars(select(Deployment).filter_by(deployment_id="new")).one()
    assert waiting.approved_at is None


def test_c26_upper_and_lower_case_are_two_people(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    for subject in ("u1", "U1"):
        assert launch(client, platform, put("sub", subject)).status_code == 303
    with transaction(door, reads_only=True) as session:
        found = session.scalars(select(Person.subject).where(Person.subject.in_(["u1", "U1"]))).all()
    assert sorted(found) == ["U1", "u1"]


def test_c31_same_subject_of_two_issuers_are_two_people(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    third = register(door, Platform(platform.key_server, issuer="https://third.example", key=rsa_key(1)))
    for one in (platform, third):
        assert launch(client, one, put("sub", "same")).status_code == 303
    with transaction(door, reads_only=True) as session:
        platforms = session.scalars(select(Person.platform_id).filter_by(subject="same")).all()
        courses = session.scalars(select(Course.platform_id).filter_by(context_id="2")).all()
    assert len(set(platforms)) == 2
    assert len(courses) == len(set(courses)) >= 2


def test_c31_same_subject_of_two_deployments_of_one_client_is_one_person(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    """By design: a subject is unique within the issuer (Core 5.3.6), and training belongs to the person."""
    second = register(door, Platform(platform.key_server, deployment_id="second"))
    for one in (platform, second):
        assert launch(client, one, put("sub", "in both")).status_code == 303
    with transaction(door, reads_only=True) as session:
        assert len(session.scalars(select(Person).filter_by(subject="in both")).all()) == 1


def test_c32_staff_review_the_work_of_that_learner(client: FlaskClient, platform: Platform) -> None:
    assert launch(client, platform, put("sub", "learner")).status_code == 303
    with client.session_transaction() as session:
        learner = session["person"]
    line_item = put(AGS, {"lineitem": "https://lms.example/item/1"})
    staff = both(put("sub", "staff"), put("roles", [STAFF_ROLE]))
    answer = launch(client, platform, both(review, put("for_user", {"user_id": "learner"}), line_item, staff))
    assert answer.status_code == 303
    assert f"person={learner}" in answer.location
    assert client.get(answer.location).status_code == 200


def test_refusal_leads_back_only_when_the_token_was_verified(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    before = count_people(door)
    page = assert_refused(launch(client, platform, drop("roles")), "roles_missing", door, before)
    link = return_link(page)
    assert link is not None
    assert link.startswith("https://lms.example/return.php?course=2&sesskey=abc&lti_errormsg=")
    assert "lti_errorlog=roles_missing+" in link
    forged = launch(client, platform, drop("roles"), key=rsa_key(2))
    assert return_link(assert_refused(forged, "signature_invalid", door, before)) is None


def test_return_url_that_is_no_address_is_not_linked(
    client: FlaskClient, platform: Platform, door: sessionmaker[Session]
) -> None:
    change = both(drop("roles"), put("launch_presentation", {"return_url": "javascript:alert(1)"}))
    page = assert_refused(launch(client, platform, change), "roles_missing", door, count_people(door))
    assert "javascript:" not in page
