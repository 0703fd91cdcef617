"""Launches: login initiation, checks of the authentication request, and claims, held against the recordings."""

import re
from typing import Any

import jwt
import pytest
import requests

from tests.fake_lms import FakeLms, LaunchRefusedError
from tests.fake_lms.claims import AGS_CLAIM, CLAIM, NRPS_CLAIM, ROLE
from tests.functional.fake_lms.browsing import authenticate, posted_form
from tests.functional.fake_lms.moodle_twin import RECORDED
from tests.functional.fake_lms.tool_stand_in import ToolStandIn

NAMES = {"name", "given_name", "family_name", "email"}


def _launch(lms: FakeLms, person: str = "mentor_he", activity: str = "mentoring/roles", **options: Any) -> Any:
    return posted_form(authenticate(lms, lms.launch_form(person, activity, **options)))


def test_login_initiation_has_moodles_six_fields(shared_lms: FakeLms) -> None:
    fields = shared_lms.launch_form("mentor_he", "mentoring/roles")
    assert sorted(fields) == RECORDED["login_fields"]
    assert fields["iss"] == shared_lms.url == shared_lms.registration.issuer
    assert (fields["client_id"], fields["lti_deployment_id"]) == ("mentorready-demo", "1")


# The recorded requests, as changes to a good one; None leaves a parameter away.
AUTH_CASES = RECORDED["auth"]


@pytest.mark.parametrize("case", AUTH_CASES)
def test_authentication_request_is_answered_as_moodle_does(shared_lms: FakeLms, case: str) -> None:
    recorded = AUTH_CASES[case]
    changes = dict(recorded["changed"])
    if changes.get("redirect_uri"):
        changes["redirect_uri"] = changes["redirect_uri"].replace(
            "http://127.0.0.1:8200/lti/launch", shared_lms.tool().launch_url
        )
    answer = authenticate(shared_lms, shared_lms.launch_form("mentor_he", "mentoring/roles"), **changes)
    if recorded["status"] == 404:
        assert answer.status_code == 404
        assert "Invalid request" in answer.text
        return
    form = posted_form(answer)
    state = "" if "state" in changes else "state-1"
    assert form.action == shared_lms.tool().launch_url
    assert form.fields.pop("state") == state
    assert ("id_token" in form.fields) is recorded["id_token"]
    form.fields.pop("id_token", None)
    assert form.fields == recorded["posted"]


def test_message_hint_works_once(shared_lms: FakeLms) -> None:
    login = shared_lms.launch_form("mentor_he", "mentoring/roles")
    assert authenticate(shared_lms, login).status_code == 200
    assert authenticate(shared_lms, login).status_code == 404


def test_two_launches_side_by_side_both_work(shared_lms: FakeLms) -> None:
    first, second = (shared_lms.launch_form("mentor_he", f"mentoring/{key}") for key in ("roles", "stages"))
    titles = [
        posted_form(authenticate(shared_lms, login)).claims()[CLAIM + "resource_link"]["title"]
        for login in (second, first)
    ]
    assert titles == ["Stages of the process", "Roles in mentoring"]


def test_id_token_is_signed_by_the_published_key_and_lives_60_s(shared_lms: FakeLms) -> None:
    token = _launch(shared_lms).fields["id_token"]
    header = jwt.get_unverified_header(token)
    assert re.fullmatch(r"[0-9a-f]{20}", header["kid"])
    (key,) = requests.get(shared_lms.registration.jwks_url, timeout=10).json()["keys"]
    claims = jwt.decode(token, jwt.PyJWK(key), audience="mentorready-demo", issuer=shared_lms.url, leeway=1)
    assert claims["exp"] - claims["iat"] == 60
    assert claims["nonce"] == "nonce-1"
    assert set(header) == {"alg", "kid", "typ"}


@pytest.mark.parametrize(
    ("recording", "person", "options"),
    [
        ("student3_embed", "mentor_he", {}),
        ("teacher1", "coordinator", {}),
        ("admin", "admin", {}),
        ("teacher1_submission_review", "coordinator", {"for_user": "mentor_he"}),
    ],
)
def test_claims_are_those_that_moodle_sends(shared_lms: FakeLms, recording: str, person: str, options: Any) -> None:
    """The names of all claims, and their members, are the recorded ones; so are roles and types."""
    if "for_user" in options:
        options |= {"message_type": "LtiSubmissionReviewRequest"}
    claims, recorded = _launch(shared_lms, person, **options).claims(), RECORDED["claims"][recording]
    assert set(claims) == set(recorded)
    own_customs = {CLAIM + "custom", "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"}
    for name in set(claims) - own_customs:
        assert type(claims[name]) is type(recorded[name]), name
        if isinstance(claims[name], dict):
            assert set(claims[name]) == set(recorded[name]), name
    assert claims[CLAIM + "roles"] == recorded[CLAIM + "roles"]
    assert claims[CLAIM + "message_type"] == recorded[CLAIM + "message_type"]


def test_service_addresses_carry_the_tool_type(shared_lms: FakeLms) -> None:
    claims = _launch(shared_lms).claims()
    services = f"{shared_lms.url}/mod/lti/services.php"
    assert claims[AGS_CLAIM]["lineitems"] == f"{services}/2/lineitems?type_id=1"
    assert re.fullmatch(re.escape(services) + r"/2/lineitems/\d+/lineitem\?type_id=1", claims[AGS_CLAIM]["lineitem"])
    assert claims[NRPS_CLAIM]["context_memberships_url"] == f"{services}/CourseSection/2/bindings/1/memberships"


def test_line_item_is_named_only_if_there_is_exactly_one(shared_lms: FakeLms) -> None:
    assert "lineitem" not in shared_lms.claims_for("mentor_he", "mentoring/home")[AGS_CLAIM]
    assert "lineitem" in shared_lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]


def test_custom_parameters_twice_where_moodle_does(lms: FakeLms) -> None:
    custom = {"Amp&Key": "v&w", "course": "$Context.title", "unknown": "$Not.Known", "plain": "x"}
    activity = lms.add_activity("mentoring", "Custom", custom, key="custom")
    claims = _launch(lms, activity=activity).claims()[CLAIM + "custom"]
    assert (claims["amp_key"], claims["Amp&Key"]) == ("v&w", "v&w")
    assert (claims["course"], claims["unknown"], claims["plain"]) == ("Mentoring 2026", "$Not.Known", "x")
    assert all(isinstance(value, str) for value in claims.values())
    assert claims["link_setting_url"].endswith("/links/{link_id}/custom")


def test_nameless_person_is_launched_without_name(lms: FakeLms) -> None:
    claims = _launch(lms, "nameless").claims()
    assert not NAMES & set(claims)
    assert claims[CLAIM + "ext"] == {"lms": "moodle-2"}
    assert set(_launch(lms, "mentor_pl").claims()) >= NAMES
    lms.switches.set("names_withheld", True)
    assert not NAMES & set(_launch(lms, "mentor_pl").claims())


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("mentor_he", ["membership#Learner"]),
        ("coordinator", ["membership#Instructor"]),
        ("assistant", ["membership#Instructor"]),
        ("admin", ["institution/person#Administrator", "membership#Instructor", "system/person#Administrator"]),
    ],
)
def test_roles(lms: FakeLms, person: str, roles: list[str]) -> None:
    lms.add_person("assistant", role="non_editing_teacher")
    assert _launch(lms, person).claims()[CLAIM + "roles"] == [ROLE + role for role in roles]


@pytest.mark.parametrize(("container", "target"), [("iframe", "iframe"), ("window", "window"), ("frame", "frame")])
def test_container_and_locale_are_told(lms: FakeLms, container: str, target: str) -> None:
    lms.switches.set("launch_container", container)
    presentation = _launch(lms).claims()[CLAIM + "launch_presentation"]
    assert (presentation["document_target"], presentation["locale"]) == (target, "he")
    assert "sesskey=" in presentation["return_url"]


def test_strangers_and_suspended_people_are_kept_out(lms: FakeLms) -> None:
    lms.enrol("mentor_he", "mentoring", suspended=True)
    for person in ("mentor_he", "youth_worker"):
        with pytest.raises(LaunchRefusedError):
            lms.launch_form(person, "mentoring/roles")


def test_clock_offset_moves_the_id_token(lms: FakeLms) -> None:
    before = _launch(lms).claims()["iat"]
    lms.switches.set("clock_offset_s", 3600)
    assert _launch(lms).claims()["iat"] - before >= 3600


def test_authentication_error_is_posted_to_the_tool(lms: FakeLms) -> None:
    lms.switches.set("authentication_error", "login_required")
    assert _launch(lms).fields == {"error": "login_required", "state": "state-1"}


def test_keys_change_and_old_ones_go(lms: FakeLms) -> None:
    def kids() -> list[str]:
        return [key["kid"] for key in requests.get(lms.registration.jwks_url, timeout=10).json()["keys"]]

    (old,) = kids()
    new = lms.rotate_keys()
    assert kids() == [new]
    assert jwt.get_unverified_header(_launch(lms).fields["id_token"])["kid"] == new
    lms.switches.set("keep_old_keys", True)
    assert kids() == [new, old]
    lms.switches.set("jwks_down", True)
    assert requests.get(lms.registration.jwks_url, timeout=10).status_code == 503


def test_sign_id_token_signs_what_it_is_given(shared_lms: FakeLms) -> None:
    claims = shared_lms.claims_for("mentor_he", "mentoring/roles", nonce="n") | {"aud": "somebody-else"}
    del claims["exp"]
    token = shared_lms.sign_id_token(claims)
    (key,) = requests.get(shared_lms.registration.jwks_url, timeout=10).json()["keys"]
    options = {"verify_iat": False}
    assert jwt.decode(token, jwt.PyJWK(key), audience="somebody-else", options=options) == claims


def test_course_copy_has_new_links_and_the_same_content(lms: FakeLms) -> None:
    copy = lms.copy_course("mentoring", "again", "Mentoring again")
    before, after = lms.activities("mentoring"), lms.activities(copy)
    assert [activity.custom for activity in after] == [activity.custom for activity in before]
    assert not {activity.id for activity in before} & {activity.id for activity in after}
    assert [item.resource_id for item in lms.items(copy)] == [item.resource_id for item in lms.items("mentoring")]
    link = _launch(lms, activity="again/roles").claims()
    assert link[CLAIM + "context"]["id"] == str(copy.id)
    assert link[AGS_CLAIM]["lineitem"] != _launch(lms).claims()[AGS_CLAIM]["lineitem"]


def test_a_launch_from_a_page_belongs_to_that_browser(lms: FakeLms, tool: ToolStandIn) -> None:
    """Without the cookie the sign-in page repeats itself once, as Moodle's does, and then gives up."""
    browser = requests.Session()
    browser.get(f"{lms.url}/enter/mentor_he/mentoring", timeout=10)
    login = posted_form(
        browser.get(f"{lms.url}/mod/lti/launch.php?id={lms.activity('mentoring/roles').cmid}", timeout=10)
    )
    assert login.action == f"{tool.url}/lti/login"
    stranger = authenticate(lms, login.fields)
    form = posted_form(stranger)
    assert form.fields == {"repost": "1"}
    address = lms.url + form.action
    assert requests.post(address, data=form.fields, timeout=10).status_code == 404
    assert posted_form(browser.post(address, data=form.fields, timeout=10)).claims()["name"] == "נועה בדויה"


@pytest.mark.parametrize(("where", "target"), [("_parent", "_parent"), ("frame", "post_message_forwarding")])
def test_storage_is_named_in_the_login_where_there_is_one(lms: FakeLms, where: str, target: str) -> None:
    assert "lti_storage_target" not in lms.launch_form("mentor_he", "mentoring/roles")
    lms.switches.set("platform_storage", where)
    assert lms.launch_form("mentor_he", "mentoring/roles")["lti_storage_target"] == target
