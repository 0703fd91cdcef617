"""Whatever is sent to the door, the answer is a redirect or a page: never a 500 (CONFORMANCE C, "no 500")."""

import base64
import json
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.handmade import AGS, LTI, Platform, begin, launch, send

quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
PLAIN = ["iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "jti", "name", "given_name", "email"]
LTI_CLAIMS = [
    "version", "message_type", "deployment_id", "target_link_uri", "resource_link", "context", "roles", "custom",
    "launch_presentation", "tool_platform", "for_user",
]  # fmt: skip
CLAIMS = PLAIN + [LTI + name for name in LTI_CLAIMS] + [AGS, NRPS, DEEP_LINKING]
MESSAGES = ["LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest"]

words = st.text(alphabet=st.characters(exclude_categories=[]), max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
json_values = st.recursive(
    scalars | st.sampled_from(["https://lms.example/x", "http://[", "Instructor", "7", "$X.y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "title", "return_url", "user_id", "scope", "lineitem", "lineitems", "locale"])
            | words,
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
form_names = ["iss", "client_id", "login_hint", "lti_message_hint", "lti_deployment_id", "target_link_uri"]


@quick
@given(fields=st.dictionaries(st.sampled_from(form_names), st.text(max_size=60)), by_post=st.booleans())
def test_any_login(client: FlaskClient, platform: Platform, fields: dict[str, str], by_post: bool) -> None:
    form = platform.login_form() | fields
    answer = client.post("/lti/login", data=form) if by_post else client.get("/lti/login", query_string=form)
    assert answer.status_code in {303, 400, 403}


@quick
@given(body=st.binary(max_size=300))
def test_any_bytes(client: FlaskClient, platform: Platform, body: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        assert client.post("/lti/launch", data=b"id_token=" + body, content_type=kind).status_code == 400
        assert client.post("/lti/login", data=b"iss=" + body, content_type=kind).status_code in {400, 403}


@quick
@given(
    token=st.text(max_size=100) | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,10}"), state=st.text(max_size=40)
)
def test_any_token(client: FlaskClient, platform: Platform, token: str, state: str) -> None:
    assert send(client, state, token).status_code == 400
    assert send(client, begin(client, platform).state, token).status_code == 400


@quick
@given(
    changes=st.dictionaries(st.sampled_from(CLAIMS), json_values, max_size=3),
    message=st.sampled_from(MESSAGES),
)
def test_any_claims_that_are_signed(
    client: FlaskClient, platform: Platform, changes: dict[str, Any], message: str
) -> None:
    def change(claims: dict[str, Any]) -> None:
        claims[LTI + "message_type"] = message
        if message != MESSAGES[0]:
            claims[LTI + "roles"] = ["Instructor"]
            claims[DEEP_LINKING] = {"deep_link_return_url": "https://lms.example/dl", "accept_types": 5}
            claims[AGS] = {"lineitem": "https://lms.example/1"}
            claims[LTI + "for_user"] = {"user_id": "7"}
        claims.update(changes)

    answer = launch(client, platform, change)
    assert answer.status_code in {303, 400, 401, 403}
    if answer.status_code == 303:
        assert client.get(answer.location).status_code == 200


@quick
@given(header=st.dictionaries(st.sampled_from(["kid", "jku", "crit", "cty", "x5c"]), json_values, max_size=3))
def test_any_header(client: FlaskClient, platform: Platform, header: dict[str, Any]) -> None:
    begun = begin(client, platform)
    _, body, signature = platform.sign(platform.claims(begun.nonce)).split(".")
    raw = json.dumps({"alg": "RS256", "kid": platform.kid, **header}).encode()
    changed = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert send(client, begun.state, f"{changed}.{body}.{signature}").status_code in {303, 400}
