"""Every recorded service message of Moodle, sent again in its order: the pretend LMS must answer as Moodle did."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_lms.models import GradeItem
from tests.functional.fake_lms.moodle_twin import RECORDED, Replay, build_twin
from tests.functional.fake_lms.tool_stand_in import ITEM_TYPE, ToolStandIn

SERVICES = RECORDED["services"]
SEQUENCE: list[str] = RECORDED["sequence"]
"""Names of recorded messages in their order, and between them, with colons, what a person did."""
# Sent with another token than the first tool's token for everything.
AUTHORIZATIONS = {
    "token_absent": "",
    "token_bogus": "Bearer 0123456789abcdef0123456789abcdef",
    "token_bogus_score": "Bearer 0123456789abcdef0123456789abcdef",
    "nrps_no_token": "",
    "token_lowercase_bearer": "bearer {all}",
    "token_other_tool": "Bearer {other}",
    "scope_missing_score_with_nrps_token": "Bearer {contextmembership.readonly}",
    "scope_missing_lineitems_with_score_token": "Bearer {score}",
    "scope_missing_lineitem_create_ro_token": "Bearer {lineitem.readonly}",
    "scope_missing_results_with_score_token": "Bearer {score}",
    "scope_missing_nrps_with_score_token": "Bearer {score}",
}
# The proxy and Moodle's error page are not rebuilt: their status counts, their words do not.
HTML_PAGES = {
    "ags_lineitem_label_300",
    "ags_lineitem_tag_300",
    "ags_results_all_limit_3",
    "ags_results_limit_3_from_3",
}
REQUESTS = [name for name in SEQUENCE if ":" not in name]


def _act(replay: Replay, step: str) -> None:
    """Do what a person did between two recorded messages."""
    lms = replay.lms
    verb, recorded, *rest = step.split(":")
    if verb == "make":
        body = {"label": f"Column {recorded}", "scoreMaximum": 100}
        address = f"{lms.url}/mod/lti/services.php/2/lineitems?type_id=1"
        made = replay.client.send("POST", address, body, ITEM_TYPE).json()["id"]
        replay.number(recorded, made.partition("lineitems/")[2].partition("/")[0])
        return
    with lms.store.session() as session:
        item = session.get_one(GradeItem, int(replay.numbers.get(recorded, recorded)))
    if verb == "lock":
        lms.lock_item(item)
    elif verb == "hide":
        lms.hide_item(item)
    else:
        person = next(person for person in lms.people() if str(person.id) == rest[0])
        # The recording's clock: after the tool's first score, before its second.
        lms.override_grade(person, item, 88, at=1795279269)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    tool = ToolStandIn()
    with build_twin(tmp_path_factory.mktemp("twin") / "lms.sqlite", tool.url) as lms:
        replay = Replay(lms, tool)
        got: dict[str, Any] = {}
        for step in SEQUENCE:
            if ":" in step:
                _act(replay, step)
            else:
                got[step] = replay.send(step)
        for name, authorization in AUTHORIZATIONS.items():
            got[name] = replay.send(name, _fill(authorization, lms, tool))
        yield got
    tool.close()


def _fill(authorization: str, lms: Any, tool: ToolStandIn) -> str:
    """Put a fresh token of the named scope, or of the other tool, where the braces are."""
    name = authorization.partition("{")[2].rstrip("}")
    if not name:
        return authorization
    scheme = authorization.partition(" ")[0]
    if name == "other":
        assertion = tool.sign(tool.assertion_claims(lms, iss="client-2", sub="client-2"))
        return f"{scheme} {tool.ask_token(lms, assertion).json()['access_token']}"
    if name == "all":
        return f"{scheme} {tool.token(lms)}"
    scopes = ("https://purl.imsglobal.org/spec/lti-ags/scope/", "https://purl.imsglobal.org/spec/lti-nrps/scope/")
    return f"{scheme} {tool.token(lms, ' '.join(prefix + name for prefix in scopes))}"


@pytest.mark.parametrize("name", [*REQUESTS, *AUTHORIZATIONS])
def test_answer_is_moodles(answers: dict[str, Any], name: str) -> None:
    recorded, got = SERVICES[name], answers[name]
    assert (got["status"], got["reason"]) == (recorded["status"], recorded["reason"])
    if name in HTML_PAGES:
        return
    assert got["media"] == recorded["media"]
    assert got.get("link") == recorded.get("link")
    assert got["answer"] == _without_outcome_service(recorded["answer"])


def _without_outcome_service(answer: Any) -> Any:
    """Take LTI 1.1's outcome service out of a roster: this LMS does not speak of it there."""
    for member in answer["members"] if isinstance(answer, dict) and "members" in answer else []:
        for message in member.get("message", []):
            message.pop("https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome", None)
    return answer


def test_every_recorded_message_is_sent() -> None:
    assert set(SERVICES) == {*REQUESTS, *AUTHORIZATIONS}
