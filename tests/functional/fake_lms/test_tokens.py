"""The token endpoint, held against the recorded token messages, and its strict mode."""

import time
from typing import Any

import pytest
import requests

from tests.fake_lms import FakeLms
from tests.fake_lms.lms import TOKEN_PATH
from tests.fake_lms.service_answers import AGS_SCOPE, ALL_SCOPES, SCORE_SCOPE
from tests.functional.fake_lms.moodle_twin import READ_ONLY_SCOPES, RECORDED
from tests.functional.fake_lms.tool_stand_in import ITEMS_TYPE, ServiceClient, ToolStandIn, make_key

NOTHING = AGS_SCOPE + "nothing"
# Recorded case -> how it differs from a good request: claims, kid, or form fields.
CASES: dict[str, dict[str, Any]] = {
    "ok": {},
    "aud_issuer": {"claims": {"aud": "http://localhost"}},
    "aud_list": {"claims": {"aud": ["http://localhost/mod/lti/token.php"]}},
    "aud_wrong": {"claims": {"aud": "http://elsewhere.example/"}},
    "iss_not_client": {"claims": {"iss": "somebody"}},
    "no_exp": {"claims": {"exp": None}},
    "no_jti": {"claims": {"jti": None}},
    "expired_assertion": {"claims": {"iat": 1000, "exp": 1300}},
    "unknown_client": {"claims": {"sub": "nobody"}},
    "no_kid": {"kid": None},
    "unknown_kid": {"kid": "never-published"},
    "unknown_kid_2": {"kid": "never-published-either"},
    "wrong_key": {"key": make_key()},
    "unknown_scope_only": {"form": {"scope": NOTHING}},
    "one_unknown_scope": {"form": {"scope": " ".join([*ALL_SCOPES, NOTHING])}},
    "no_scope": {"form": {"scope": ""}},
    "wrong_grant_type": {"form": {"grant_type": "authorization_code"}},
}
# Replays and the other tool have tests of their own below; this one holds a date.
OTHER_CASES = {"replay_1", "replay_2_same_jti", "minimal_tool_asks_all", "json_body", "iat_future_120s"}


def _ask(lms: FakeLms, tool: ToolStandIn, **case: Any) -> requests.Response:
    claims = tool.assertion_claims(lms, **case.get("claims", {}))
    assertion = tool.sign(claims, case.get("kid", "key-1"), case.get("key"))
    return tool.ask_token(lms, assertion, **case.get("form", {}))


@pytest.mark.parametrize("name", CASES)
def test_answer_is_moodles(shared_lms: FakeLms, shared_tool: ToolStandIn, name: str) -> None:
    recorded = RECORDED["tokens"][name]
    answer = _ask(shared_lms, shared_tool, **CASES[name])
    assert answer.status_code == recorded["status"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    if isinstance(recorded["answer"], str):  # Moodle's own JSON error, which is none
        assert answer.text == recorded["answer"]
        return
    got = answer.json()
    if "access_token" in got:
        assert len(got.pop("access_token")) == 32
        assert set(got.pop("scope").split()) == set(recorded["answer"].pop("scope").split())
        recorded["answer"].pop("access_token")
    assert got == recorded["answer"]


def test_every_recorded_case_is_tried() -> None:
    assert set(RECORDED["tokens"]) == set(CASES) | OTHER_CASES


def test_json_body_is_refused(shared_lms: FakeLms) -> None:
    answer = requests.post(shared_lms.url + TOKEN_PATH, json={"grant_type": "client_credentials"}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, RECORDED["tokens"]["json_body"]["answer"])


def test_assertion_from_the_future_is_refused(shared_lms: FakeLms, shared_tool: ToolStandIn) -> None:
    answer = _ask(shared_lms, shared_tool, claims={"iat": int(time.time()) + 120})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Cannot handle token with iat prior to 2")


def test_read_only_tool_gets_three_of_four_scopes(lms: FakeLms, tool: ToolStandIn) -> None:
    lms.add_tool("reader", tool.url, scopes=READ_ONLY_SCOPES)
    claims = {"iss": "reader", "sub": "reader"}
    scopes = set(_ask(lms, tool, claims=claims).json()["scope"].split())
    assert scopes == set(RECORDED["tokens"]["minimal_tool_asks_all"]["answer"]["scope"].split())


def test_replay_passes_as_in_moodle_but_not_when_strict(lms: FakeLms, tool: ToolStandIn) -> None:
    assertion = tool.sign(tool.assertion_claims(lms))
    assert [tool.ask_token(lms, assertion).status_code for _ in range(2)] == [200, 200]
    lms.switches.set("strict_assertions", True)
    assert [tool.ask_token(lms, assertion).status_code for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    "changes", [{"aud": "http://elsewhere.example"}, {"iss": "somebody"}, {"exp": None}, {"jti": None}]
)
def test_strict_mode_refuses_what_moodle_overlooks(lms: FakeLms, tool: ToolStandIn, changes: dict[str, Any]) -> None:
    assert _ask(lms, tool, claims=changes).status_code == 200
    lms.switches.set("strict_assertions", True)
    assert _ask(lms, tool, claims=changes).status_code == 400
    assert _ask(lms, tool).status_code == 200


def test_key_set_is_cached_and_read_again_for_an_unknown_kid(lms: FakeLms, tool: ToolStandIn) -> None:
    for _ in range(3):
        tool.token(lms)
    assert tool.key_set_reads == 1
    tool.keys["key-2"] = make_key()
    assert _ask(lms, tool, kid="key-2").status_code == 200
    assert tool.key_set_reads == 2


def test_withheld_scope_is_not_granted(lms: FakeLms, tool: ToolStandIn) -> None:
    lms.switches.set("withheld_scopes", "score lineitem")
    granted = _ask(lms, tool).json()["scope"].split()
    assert set(ALL_SCOPES) - set(granted) == {SCORE_SCOPE, AGS_SCOPE + "lineitem"}
    answer = _ask(lms, tool, form={"scope": SCORE_SCOPE})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_scope"})


def test_expired_token_gets_401(lms: FakeLms, tool: ToolStandIn) -> None:
    client = ServiceClient(tool.token(lms))
    address = f"{lms.url}/mod/lti/services.php/2/lineitems"
    assert client.get(address, ITEMS_TYPE).status_code == 200
    lms.switches.set("clock_offset_s", 3601)
    assert client.get(address, ITEMS_TYPE).status_code == 401
