"""What goes back to an LMS that asked for content, and where it may go."""

import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import pytest

from lti.claims import DeepLinkingSettings
from lti.deep_linking import Answer, ContentItem, LineItem, check_return_url, sign_answer, takes_links
from lti.errors import LaunchRefusedError
from lti.keys import SigningKey, make_signing_key
from lti.ports import Registration

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
URL = "https://tool.example/lti/launch"


def registration(**changes: Any) -> Registration:
    fields: dict[str, Any] = {
        "id": 1,
        "issuer": "https://lms.example",
        "client_id": "client-1",
        "auth_login_url": "https://login.example/auth",
        "token_url": "https://lms.example/token",
        "jwks_url": "https://lms.example/certs",
    }
    return Registration(**fields | changes)


def settings(return_url: str = "https://lms.example/back", **changes: Any) -> DeepLinkingSettings:
    fields: dict[str, Any] = {"accept_types": ("ltiResourceLink",), "accept_multiple": True, "data": None}
    return DeepLinkingSettings(return_url, **fields | changes)


@cache
def key() -> SigningKey:
    return make_signing_key()


def claims_of(answer: Answer, data: str | None = None) -> dict[str, Any]:
    token = sign_answer(
        answer, registration=registration(), deployment_id="1", data=data, signing_key=key(), at=datetime.now(UTC)
    )
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": key().kid}
    public = key().private_key.public_key()
    claims: dict[str, Any] = jwt.decode(token, public, algorithms=["RS256"], audience="https://lms.example")
    return claims


def test_an_item_has_what_it_was_given_and_nothing_empty() -> None:
    assert ContentItem(URL, "One").as_data() == {"type": "ltiResourceLink", "url": URL, "title": "One"}
    whole = ContentItem(URL, "One", "Text", {"content": "home"}, LineItem("Label", 12.5, "id", "tag"))
    assert whole.as_data() == {
        "type": "ltiResourceLink",
        "url": URL,
        "title": "One",
        "text": "Text",
        "custom": {"content": "home"},
        "lineItem": {"label": "Label", "scoreMaximum": 12.5, "resourceId": "id", "tag": "tag"},
    }


@pytest.mark.parametrize("custom", [{"a": 1}, {"a": None}, {"a": True}, {"a": {"b": "c"}}, {"a": "b\nc=d"}])
def test_an_item_takes_texts_of_one_line_only(custom: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one line"):
        ContentItem(URL, "One", custom=custom)


def test_an_item_keeps_no_state_in_its_address() -> None:
    with pytest.raises(ValueError, match="no query"):
        ContentItem(URL + "?content=home", "One")


def test_the_answer_says_who_to_whom_and_for_how_long() -> None:
    claims = claims_of(Answer((ContentItem(URL, "One"),)))
    assert claims.pop("nonce")
    issued_at = claims.pop("iat")
    assert -1 <= time.time() - 5 - issued_at < 5
    assert claims.pop("exp") == issued_at + 300
    assert claims == {
        "iss": "client-1",
        "aud": "https://lms.example",
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": "1",
        LINKING + "content_items": [ContentItem(URL, "One").as_data()],
    }


def test_messages_and_data_are_sent_where_there_are_some() -> None:
    claims = claims_of(Answer(message="a", log="b", error_message="c", error_log="d"), data="")
    sent = {name.removeprefix(LINKING): value for name, value in claims.items() if name.startswith(LINKING)}
    assert sent == {"content_items": [], "msg": "a", "log": "b", "errormsg": "c", "errorlog": "d", "data": ""}


@pytest.mark.parametrize(
    "address", ["https://lms.example/a?b=c", "https://login.example/x", "https://lms.example:443/"]
)
def test_an_answer_may_go_to_any_host_of_the_registration(address: str) -> None:
    check_return_url(settings(address), registration())


@pytest.mark.parametrize("address", ["https://evil.example/", "https://lms.example:444/", "http://lms.example/"])
def test_an_answer_goes_nowhere_else(address: str) -> None:
    with pytest.raises(LaunchRefusedError) as caught:
        check_return_url(settings(address), registration())
    assert caught.value.code == "return_url_foreign"


def test_plain_http_is_for_registrations_that_may_use_private_addresses() -> None:
    inside = {"issuer": "http://lms.example"}
    check_return_url(settings("http://lms.example/"), registration(**inside, may_use_private_addresses=True))
    with pytest.raises(LaunchRefusedError):
        check_return_url(settings("http://lms.example/"), registration(**inside))


def test_links_are_taken_where_the_lms_says_so() -> None:
    assert takes_links(settings(accept_types=("file", "ltiResourceLink")))
    assert not takes_links(settings(accept_types=("link", "html")))
