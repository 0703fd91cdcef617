"""Content selection: what the pretend LMS offers, takes back, refuses, and makes of it (MOODLE.md section 8)."""

import re
import time
from html import unescape
from typing import Any

import pytest
import requests

from tests.fake_lms import FakeLms
from tests.fake_lms.claims import CLAIM, DEEP_LINKING_CLAIM
from tests.functional.fake_lms.browsing import authenticate, posted_form
from tests.functional.fake_lms.tool_stand_in import ToolStandIn, make_key

LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ITEM = {"type": "ltiResourceLink", "title": "One", "url": "http://127.0.0.1:8200/lti/launch?x=1"}


def _offer(lms: FakeLms, person: str = "coordinator") -> dict[str, Any]:
    """Begin a selection and return the claims that the tool gets."""
    answer = authenticate(lms, lms.deep_linking_form(person, "mentoring"))
    return posted_form(answer).claims()


def _respond(
    lms: FakeLms, tool: ToolStandIn, items: list[Any], key: Any = None, **changes: Any
) -> tuple[requests.Response, list[Any]]:
    """Return items to the LMS; press its button if there is one. Give its page and the activities made."""
    before = lms.activities("mentoring")
    now = int(time.time())
    claims = {
        "iss": lms.registration.client_id,
        "aud": [lms.url],
        "iat": now - 5,
        "exp": now + 60,
        "nonce": str(time.time_ns()),
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": "1",
        LINKING + "content_items": items,
    }
    address = _offer(lms)[DEEP_LINKING_CLAIM]["deep_link_return_url"]
    page = requests.post(address, data={"JWT": tool.sign(claims | changes, key=key)}, timeout=10)
    button = re.search(r'action="(/selection/\d+)"', page.text)
    if button:
        requests.post(lms.url + button[1], timeout=10)
    return page, lms.activities("mentoring")[len(before) :]


def test_request_is_moodles(shared_lms: FakeLms) -> None:
    claims = _offer(shared_lms)
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
    assert CLAIM + "resource_link" not in claims
    settings = claims[DEEP_LINKING_CLAIM]
    assert settings["accept_types"] == ["ltiResourceLink"]
    assert settings["accept_multiple"] is True
    assert "data" not in settings


@pytest.mark.parametrize("person", ["mentor_he", "assistant"])
def test_only_who_may_edit_the_course_may_select(lms: FakeLms, person: str) -> None:
    lms.add_person("assistant", role="non_editing_teacher")
    answer = authenticate(lms, lms.deep_linking_form(person, "mentoring"))
    assert answer.status_code == 404
    assert "Manage activities" in answer.text


def test_item_becomes_an_activity_with_its_column(lms: FakeLms, tool: ToolStandIn) -> None:
    item = ITEM | {
        "text": "Ten minutes",
        "custom": {"content": "module:roles"},
        "lineItem": {"label": "Not looked at", "scoreMaximum": 12.5, "resourceId": "module:roles", "tag": "module"},
    }
    page, (activity,) = _respond(lms, tool, [item])
    assert "maximum grade: 12.5" in page.text
    assert (activity.title, activity.description, activity.custom) == (
        "One",
        "Ten minutes",
        {"content": "module:roles"},
    )
    column = lms.items("mentoring")[-1]
    assert (column.activity_id, column.label, column.maximum) == (activity.id, "One", 12.5)
    assert (column.resource_id, column.tag) == ("module:roles", "module")
    lms.add_person("fresh")
    launch = lms.launch_form("fresh", activity)
    assert launch["target_link_uri"] == ITEM["url"]


def test_several_items_are_added_by_one_button(shared_lms: FakeLms, shared_tool: ToolStandIn) -> None:
    page, made = _respond(shared_lms, shared_tool, [ITEM, ITEM | {"title": "Two"}, {"type": "ltiResourceLink"}])
    assert page.text.count("<li>") == 3
    assert [activity.title for activity in made] == ["One", "Two", "MentorReady"]


def test_item_without_line_item_gets_100_points_or_none(lms: FakeLms, tool: ToolStandIn) -> None:
    _, (graded,) = _respond(lms, tool, [ITEM])
    assert lms.items("mentoring")[-1].activity_id == graded.id
    lms.switches.set("grade_without_line_item", False)
    _, (ungraded,) = _respond(lms, tool, [ITEM])
    assert lms.items("mentoring")[-1].activity_id == graded.id != ungraded.id


def test_custom_values_become_text_and_a_line_break_a_second_parameter(
    shared_lms: FakeLms, shared_tool: ToolStandIn
) -> None:
    custom = {"b": True, "n": 5, "nl": "x\ny=z", "nul": None, "s": "a;b=c"}
    _, (activity,) = _respond(shared_lms, shared_tool, [ITEM | {"custom": custom}])
    assert activity.custom == {"b": "1", "n": "5", "nl": "x", "y": "z", "nul": "", "s": "a;b=c"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"exp": 1}, "Expired token"),
        ({"iss": "http://127.0.0.1:8200"}, "Consumer key is incorrect."),
        ({"iat": 4102444800}, "Cannot handle token with iat"),
        ({CLAIM + "message_type": "LtiResourceLinkRequest"}, "isn't a Deep Linking Response"),
        ({LINKING + "content_items": "One"}, "not a list"),
        ({LINKING + "content_items": [ITEM | {"custom": {"a": {"b": 1}}}]}, "could not be converted"),
    ],
)
def test_response_is_refused(
    shared_lms: FakeLms, shared_tool: ToolStandIn, changes: dict[str, Any], sentence: str
) -> None:
    page, made = _respond(shared_lms, shared_tool, [ITEM], **changes)
    assert page.status_code == 404
    assert sentence in unescape(page.text)
    assert made == []


def test_response_signed_by_a_stranger_is_refused(shared_lms: FakeLms, shared_tool: ToolStandIn) -> None:
    page, made = _respond(shared_lms, shared_tool, [ITEM], key=make_key())
    assert (page.status_code, made) == (404, [])
    assert "Signature verification failed" in page.text


@pytest.mark.parametrize("changes", [{"aud": ["http://elsewhere.example"]}, {CLAIM + "deployment_id": "2"}])
def test_audience_and_deployment_count_only_when_strict(
    lms: FakeLms, tool: ToolStandIn, changes: dict[str, Any]
) -> None:
    page, made = _respond(lms, tool, [ITEM], **changes)
    assert (page.status_code, len(made)) == (200, 1)
    lms.switches.set("strict_assertions", True)
    page, made = _respond(lms, tool, [ITEM], **changes)
    assert (page.status_code, made) == (404, [])


def test_nothing_selected_shows_what_the_tool_says(shared_lms: FakeLms, shared_tool: ToolStandIn) -> None:
    page, made = _respond(shared_lms, shared_tool, [], **{LINKING + "msg": "Nothing chosen"})
    assert (page.status_code, made) == (200, [])
    assert "Nothing chosen" in page.text
    assert "Nothing was selected." in page.text


def test_return_needs_the_session_key(shared_lms: FakeLms) -> None:
    address = f"{shared_lms.url}/mod/lti/contentitem_return.php?course=2&id=1&sesskey=guessed"
    assert requests.post(address, data={"JWT": "x.y.z"}, timeout=10).status_code == 404
