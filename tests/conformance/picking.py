"""Content selection as a browser takes part in it: open the picker, choose, take the answer to the LMS."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conformance.handmade import LTI, MEMBERSHIP, TOOL_URL, Change, Claims, Platform, launch

LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
SETTINGS = LINKING + "deep_linking_settings"
RETURN_URL = "https://lms.example/return_items.php?course=2&sesskey=abc"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def ask_for_content(claims: Claims) -> None:
    """Make a launch one that asks for content, by a teacher."""
    del claims[LTI + "resource_link"]
    claims[LTI + "message_type"] = "LtiDeepLinkingRequest"
    claims[LTI + "roles"] = [f"{MEMBERSHIP}#Instructor"]
    claims[SETTINGS] = {
        "deep_link_return_url": RETURN_URL,
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
    }


def open_picker(client: FlaskClient, platform: Platform, change: Change | None = None, **settings: Any) -> TestResponse:
    """Launch the picker and return what the launch answers; `settings` replace or, if None, remove those of the LMS."""

    def changed(claims: Claims) -> None:
        ask_for_content(claims)
        merged = claims[SETTINGS] | settings
        claims[SETTINGS] = {name: value for name, value in merged.items() if value is not None}
        if change is not None:
            change(claims)

    return launch(client, platform, changed)


def offered(page: TestResponse) -> list[str]:
    """Return the keys of what a picker offers."""
    return re.findall(r'name="content" value="([^"]+)"', page.text)


def choose(
    client: FlaskClient, path: str, contents: Sequence[str], act: str = "add", role: str = "mentor"
) -> TestResponse:
    """Send the form of a picker."""
    data = {"act": act, "role": role, "content": list(contents), "as": person_of(client)}
    return client.post(path, data=data, headers=OWN_PAGE)


def person_of(client: FlaskClient) -> str:
    """Return for whom the forms of the pages that this browser opens are made."""
    with client.session_transaction() as session:
        return str(session["person"])


@dataclass(frozen=True)
class Sent:
    """The form that the tool makes the browser post to the LMS."""

    action: str
    token: str
    claims: dict[str, Any]
    kid: str

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.claims[LINKING + "content_items"]
        return found


def sent(client: FlaskClient, page: TestResponse) -> Sent:
    """Return the form of the page, its token checked with the keys that the tool publishes."""
    assert page.status_code == 200, page.text
    action, token = re.findall(
        r'<form method="post" action="([^"]+)" data-send>\s*<input[^>]*value="([^"]*)"', page.text
    )[0]
    kid = jwt.get_unverified_header(token)["kid"]
    [key] = [key for key in client.get("/lti/jwks").get_json()["keys"] if key["kid"] == kid]
    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], options={"verify_aud": False})
    return Sent(unescape(action), token, claims, kid)


def pick(
    client: FlaskClient, platform: Platform, contents: Sequence[str], role: str = "mentor", **settings: Any
) -> Sent:
    """Open a picker, choose, and return what goes to the LMS."""
    path = open_picker(client, platform, **settings).location
    return sent(client, choose(client, path, contents, role=role))


def target(path: str = "/lti/launch") -> str:
    """Return an address of the tool."""
    return TOOL_URL + path
