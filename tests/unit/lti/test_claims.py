from typing import Any

import pytest

from lti.claims import Context, DeepLinkingSettings, GradeService, LaunchUser, MessageType, ResourceLink, read_claims
from lti.errors import LaunchRefusedError
from lti.roles import LaunchRole, Roles

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def moodle_body() -> dict[str, Any]:
    """Return a launch as Moodle 4.5 sends it (MOODLE.md section 3)."""
    return {
        "iss": "https://moodle.example",
        "sub": "5",
        "name": "Sam Student",
        "given_name": "Sam",
        "family_name": "Student",
        "email": "sam@example.com",
        LTI + "version": "1.3.0",
        LTI + "message_type": "LtiResourceLinkRequest",
        LTI + "deployment_id": "1",
        LTI + "target_link_uri": "https://tool.example/lti/launch",
        LTI + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        LTI + "resource_link": {"id": "1", "title": 'R&D "talk"', "description": "Intro"},
        LTI + "context": {"id": "2", "label": "MENTOR1", "title": "Mentor training", "type": ["CourseSection"]},
        LTI + "launch_presentation": {
            "document_target": "window",
            "locale": "en",
            "return_url": "https://moodle.example/mod/lti/return.php?course=2&sesskey=x",
        },
        LTI + "custom": {"content": "module:roles", "context_start": "", "unknown": "$Not.Known"},
        LTI + "tool_platform": {"product_family_code": "moodle", "version": "2024100706", "guid": "g"},
        AGS: {
            "scope": [SCORE],
            "lineitems": "https://moodle.example/services/lineitems?type_id=1",
            "lineitem": "https://moodle.example/services/lineitems/2/lineitem?type_id=1",
        },
        NRPS: {"context_memberships_url": "https://moodle.example/memberships", "service_versions": ["2.0"]},
    }


def read(**changes: Any) -> Any:
    body = moodle_body()
    for name, value in changes.items():
        body[{"ags": AGS, "nrps": NRPS, "deep_linking": DEEP_LINKING}.get(name, LTI + name)] = value
    return read_claims(body, client_id="client-1")


def test_moodles_launch() -> None:
    claims = read()
    assert claims.message_type is MessageType.RESOURCE_LINK
    assert (claims.issuer, claims.client_id, claims.deployment_id) == ("https://moodle.example", "client-1", "1")
    assert claims.target_link_uri == "https://tool.example/lti/launch"
    assert claims.resource_link == ResourceLink("1", 'R&D "talk"')
    assert claims.context == Context("2", "Mentor training", "MENTOR1")
    assert claims.roles == Roles(LaunchRole.LEARNER, is_test_user=False)
    assert claims.user == LaunchUser("5", "Sam Student", "Sam", "Student", "sam@example.com")
    assert (claims.locale, claims.document_target, claims.product_family) == ("en", "window", "moodle")
    assert claims.return_url == "https://moodle.example/mod/lti/return.php?course=2&sesskey=x"
    assert claims.custom == {"content": "module:roles", "context_start": ""}
    assert claims.ags == GradeService(
        (SCORE,),
        "https://moodle.example/services/lineitems?type_id=1",
        "https://moodle.example/services/lineitems/2/lineitem?type_id=1",
    )
    assert claims.nrps_url == "https://moodle.example/memberships"
    assert claims.deep_linking is None
    assert claims.for_user is None


def test_what_is_optional_may_be_gone() -> None:
    needed = {LTI + name for name in ("version", "message_type", "deployment_id", "target_link_uri", "roles")}
    body = {n: v for n, v in moodle_body().items() if n in needed | {"iss", "sub", LTI + "resource_link"}}
    claims = read_claims(body, client_id="client-1")
    assert claims.user == LaunchUser("5", "", "", "", "")
    assert (claims.context, claims.return_url, claims.ags, claims.nrps_url) == (None, None, None, None)
    assert (claims.locale, claims.document_target, claims.product_family, claims.custom) == ("", "", "", {})


@pytest.mark.parametrize("sent", [None, [], "x", {}, {"scope": ["a"]}, {"lineitems": 5}, {"lineitems": "ftp://x/"}])
def test_grade_service_that_cannot_be_used(sent: object) -> None:
    assert read(ags=sent).ags is None


def test_grade_service_with_one_usable_address() -> None:
    ags = read(ags={"scope": [SCORE, None, 7], "lineitem": "https://m.example/1", "lineitems": None}).ags
    assert ags == GradeService((SCORE,), None, "https://m.example/1")


@pytest.mark.parametrize("sent", [None, [], "x", {}, {"context_memberships_url": "x"}])
def test_roster_that_cannot_be_used(sent: object) -> None:
    assert read(nrps=sent).nrps_url is None


def test_deep_linking() -> None:
    settings = {
        "deep_link_return_url": "https://moodle.example/return?sesskey=x",
        "accept_types": ["ltiResourceLink", "file", 5],
        "accept_multiple": True,
        "data": "opaque",
    }
    claims = read(message_type="LtiDeepLinkingRequest", resource_link=None, roles=["Instructor"], deep_linking=settings)
    assert claims.resource_link is None
    assert claims.deep_linking == DeepLinkingSettings(
        "https://moodle.example/return?sesskey=x", ("ltiResourceLink", "file"), True, "opaque"
    )


def test_d01_deep_linking_is_for_staff() -> None:
    settings = {"deep_link_return_url": "https://moodle.example/return"}
    with pytest.raises(LaunchRefusedError) as caught:
        read(message_type="LtiDeepLinkingRequest", deep_linking=settings)
    assert (caught.value.code, caught.value.status) == ("role_not_allowed", 403)


def test_c32_submission_review() -> None:
    claims = read(message_type="LtiSubmissionReviewRequest", for_user={"user_id": "9"}, roles=["Instructor"])
    assert claims.for_user == "9"
