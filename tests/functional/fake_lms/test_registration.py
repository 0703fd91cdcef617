"""Dynamic registration at the pretend LMS, held to what Moodle 4.5 answered."""

from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from tests.fake_lms import FakeLms
from tests.fake_lms.registration import TOOL, activate, begin_registration, is_pending

LAUNCH = "http://127.0.0.1:8200/lti/launch"
BODY = {
    "application_type": "web",
    "client_name": "Mentor practice",
    "grant_types": ["implicit", "client_credentials"],
    "initiate_login_uri": "http://127.0.0.1:8200/lti/login",
    "jwks_uri": "http://127.0.0.1:8200/lti/jwks",
    "redirect_uris": [LAUNCH],
    "response_types": ["id_token"],
    "scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score openid",
    "token_endpoint_auth_method": "private_key_jwt",
    TOOL: {"domain": "127.0.0.1:8200", "target_link_uri": LAUNCH, "claims": ["iss", "sub"], "messages": []},
}


def begin(lms: FakeLms, tool_id: int | None = None) -> tuple[str, str]:
    """Return the registration endpoint and the token that a tool is given."""
    query = parse_qs(urlsplit(begin_registration(lms, "http://tool.example/x?a=b", tool_id=tool_id)).query)
    configuration = requests.get(query["openid_configuration"][0], timeout=5).json()
    assert query["a"] == ["b"]
    return configuration["registration_endpoint"], query["registration_token"][0]


def post(endpoint: str, token: str, body: dict[str, Any]) -> requests.Response:
    return requests.post(endpoint, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_configuration_names_what_moodle_does(lms: FakeLms) -> None:
    found = requests.get(f"{lms.url}/mod/lti/openid-configuration.php", timeout=5).json()
    assert found["issuer"] == lms.url
    assert found["registration_endpoint"] == f"{lms.url}/mod/lti/openid-registration.php"
    assert "openid" in found["scopes_supported"]
    platform = found["https://purl.imsglobal.org/spec/lti-platform-configuration"]
    assert platform["product_family_code"] == "moodle"
    assert {message["type"] for message in platform["messages_supported"]} == {
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    }


def test_tool_is_made_pending_with_what_it_asked_for(lms: FakeLms) -> None:
    endpoint, token = begin(lms)
    answer = post(endpoint, token, BODY)
    assert answer.status_code == 200
    given = answer.json()
    assert given["client_id"] == jwt.decode(token, options={"verify_signature": False})["sub"]
    assert given["scope"] == "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    tool = lms.tool(int(given[TOOL]["deployment_id"]))
    assert (tool.client_id, tool.launch_url, tool.shares_names) == (given["client_id"], LAUNCH, False)
    assert is_pending(lms, tool)
    activate(lms, tool)
    assert not is_pending(lms, tool)


def test_token_is_used_once(lms: FakeLms) -> None:
    endpoint, token = begin(lms)
    assert post(endpoint, token, BODY).status_code == 200
    bearer = {"Authorization": f"Bearer {token}"}
    for again in (post(endpoint, token, BODY), requests.get(endpoint, headers=bearer, timeout=5)):
        assert (again.status_code, again.text) == (401, "token_already_used")
        assert again.headers["Content-Type"].startswith("text/html")


def test_without_token_or_with_a_forged_one(lms: FakeLms) -> None:
    endpoint, token = begin(lms)
    without = requests.post(endpoint, json=BODY, timeout=5)
    assert (without.status_code, without.text) == (401, "missing_registration_token")
    forged = post(endpoint, token[:-4] + "AAAA", BODY)
    assert forged.status_code == 404
    assert "<html" in forged.text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"client_name": ""}, "missing required attribute client_name"),
        ({"jwks_uri": ""}, "missing required attribute jwks_uri"),
        ({"application_type": "native"}, "invalid_application_type"),
        ({"response_types": ["code"]}, "invalid_response_types"),
        ({"token_endpoint_auth_method": "none"}, "invalid_token_endpoint_auth_method"),
        ({TOOL: {"target_link_uri": LAUNCH}}, "missing_domain"),
        ({TOOL: {"target_link_uri": LAUNCH, "domain": "127.0.0.1"}}, "domain_targetlinkuri_mismatch"),
    ],
)
def test_what_moodle_refuses_in_its_words(lms: FakeLms, change: dict[str, Any], reason: str) -> None:
    endpoint, token = begin(lms)
    answer = post(endpoint, token, deepcopy(BODY) | change)
    assert (answer.status_code, answer.text) == (400, reason)
    assert post(endpoint, token, BODY).status_code == 200


def test_update_keeps_client_and_deployment(lms: FakeLms) -> None:
    tool = lms.tool()
    endpoint, token = begin(lms, tool.id)
    given = post(endpoint, token, BODY).json()
    assert (given["client_id"], given[TOOL]["deployment_id"]) == (tool.client_id, tool.deployment_id)
    assert lms.tool().name == "Mentor practice"


def test_only_a_site_administrator_manages_tools(lms: FakeLms) -> None:
    browser = requests.Session()
    for person, status in ((lms.person("mentor_pl"), 403), (lms.person("admin"), 200)):
        browser.post(f"{lms.url}/person", data={"person": person.id}, timeout=5)
        assert browser.get(f"{lms.url}/tools", timeout=5).status_code == status
    shown = browser.get(f"{lms.url}/tools", params={"url": f"{lms.tool().launch_url}?invite=x"}, timeout=5).text
    assert "Update MentorReady" in shown
    frame = browser.get(f"{lms.url}/tools", params={"url": "http://new.example/register"}, timeout=5).text
    assert 'id="registration"' in frame
