"""What a browser does in a launch, without one: ask for authentication, and read the form that posts itself."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import jwt
import requests

from tests.fake_lms import FakeLms


@dataclass
class PostedForm:
    """A form that a page posts by itself."""

    action: str
    fields: dict[str, str]

    def claims(self) -> dict[str, Any]:
        """Return what the id_token says, unverified."""
        return jwt.decode(self.fields["id_token"], options={"verify_signature": False})


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = PostedForm("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form.action = values["action"]
        elif tag == "input":
            self.form.fields[values["name"]] = values["value"]


def posted_form(answer: requests.Response) -> PostedForm:
    assert answer.status_code == 200, answer.text
    reader = _FormReader()
    reader.feed(answer.text)
    return reader.form


def authenticate(lms: FakeLms, login: dict[str, str], **changes: str | None) -> requests.Response:
    """Send the authentication request of a well-behaved tool, with changes; None leaves a parameter away."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": login["client_id"],
        "redirect_uri": lms.tool().launch_url,
        "login_hint": login["login_hint"],
        "lti_message_hint": login["lti_message_hint"],
        "state": "state-1",
        "nonce": "nonce-1",
    } | changes
    return requests.get(lms.registration.auth_login_url, params=asked, timeout=10)
