"""Deep linking: what we offer to an LMS that asks for content, signed, and where the answer may go."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from lti.claims import DeepLinkingSettings
from lti.errors import LaunchRefusedError
from lti.keys import SigningKey
from lti.ports import Registration

LINK_TYPE = "ltiResourceLink"
ANSWER_LIFETIME = timedelta(minutes=5)

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_CLOCKS_DIFFER_BY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class LineItem:
    """The gradebook column that the LMS makes together with a link; `resource_id` and `tag` find it again (D14)."""

    label: str
    score_maximum: float
    resource_id: str
    tag: str


@dataclass(frozen=True, slots=True)
class ContentItem:
    """A link of ours, of which the LMS makes an activity. `text` is plain, not HTML.

    What it shows stands in `custom`, never in the query of `url`, which D2L and Moodle refuse; and `custom` holds
    texts of one line only, since Moodle breaks off at anything else (D15). Raises ValueError for what breaks that.
    """

    url: str
    title: str
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: LineItem | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.url).query:
            raise ValueError(f"The address of an item may hold no query: {self.url}")
        for key, value in self.custom.items():
            if not isinstance(value, str) or not value.isprintable():
                raise ValueError(f"The custom value {key} is not a text of one line: {value!r}")

    def as_data(self) -> dict[str, Any]:
        """Return the item as JSON (Deep Linking 3.2)."""
        data: dict[str, Any] = {"type": LINK_TYPE, "url": self.url, "title": self.title}
        if self.text:
            data["text"] = self.text
        if self.custom:
            data["custom"] = dict(self.custom)
        if self.line_item:
            data["lineItem"] = {
                "label": self.line_item.label,
                "scoreMaximum": self.line_item.score_maximum,
                "resourceId": self.line_item.resource_id,
                "tag": self.line_item.tag,
            }
        return data


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the LMS. Messages are for its user, logs for its administrators; "" is not sent."""

    items: tuple[ContentItem, ...] = ()
    message: str = ""
    log: str = ""
    error_message: str = ""
    error_log: str = ""


def check_return_url(settings: DeepLinkingSettings, registration: Registration) -> None:
    """Raise LaunchRefusedError unless the answer would go to the LMS, and over https (D12).

    Plain http is for registrations that may use private addresses.
    """
    if not registration.is_own_host(settings.return_url):
        raise LaunchRefusedError("return_url_foreign", "The deep linking return URL is not on a host of the platform.")
    if urlsplit(settings.return_url).scheme != "https" and not registration.may_use_private_addresses:
        raise LaunchRefusedError("return_url_foreign", "The deep linking return URL is not https.")


def takes_links(settings: DeepLinkingSettings) -> bool:
    """Say whether the LMS takes what we have: links to ourselves (D10)."""
    return LINK_TYPE in settings.accept_types


def sign_answer(
    answer: Answer,
    *,
    registration: Registration,
    deployment_id: str,
    data: str | None,
    signing_key: SigningKey,
    at: datetime,
) -> str:
    """Return the JWT that takes `answer` to the LMS (Deep Linking 4.5, D03 to D06); `data` is echoed if it was sent."""
    issued_at = at - _CLOCKS_DIFFER_BY
    claims = {
        "iss": registration.client_id,
        "aud": registration.issuer,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + ANSWER_LIFETIME).timestamp()),
        "nonce": secrets.token_urlsafe(24),
        _LTI + "message_type": "LtiDeepLinkingResponse",
        _LTI + "version": "1.3.0",
        _LTI + "deployment_id": deployment_id,
        _DEEP_LINKING + "content_items": [item.as_data() for item in answer.items],
    }
    messages = {
        "msg": answer.message,
        "log": answer.log,
        "errormsg": answer.error_message,
        "errorlog": answer.error_log,
    }
    claims |= {_DEEP_LINKING + name: words for name, words in messages.items() if words}
    if data is not None:
        claims[_DEEP_LINKING + "data"] = data
    return jwt.encode(claims, signing_key.private_key, algorithm="RS256", headers={"kid": signing_key.kid})
