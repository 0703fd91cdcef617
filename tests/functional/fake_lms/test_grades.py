"""What teachers and switches change about grades; what Moodle itself does is in test_replay."""

from typing import Any

import pytest
import requests

from tests.fake_lms import FakeLms
from tests.functional.fake_lms.tool_stand_in import ITEM_TYPE, RESULTS_TYPE, ServiceClient, score_body

FIRST, LATER = "2026-11-21T10:00:00Z", "2026-11-21T10:00:01Z"
TEACHER_AT = 1795255200.0  # the second of FIRST


def _person(lms: FakeLms) -> int:
    return lms.person("mentor_he").id


def _made_by_tool(lms: FakeLms, client: ServiceClient, **fields: Any) -> str:
    address = f"{lms.url}/mod/lti/services.php/2/lineitems?type_id=1"
    answer = client.send(
        "POST", address, {"label": "Readiness", "scoreMaximum": 100, "resourceId": "readiness"} | fields
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_score_reaches_the_gradebook_with_its_comment(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    answer = client.score(item_url, score_body(_person(lms), FIRST, 81.5, comment="שלום & <b>bold</b>\nsecond line"))
    assert (answer.status_code, answer.content) == (200, b"")
    (cell,) = lms.gradebook("mentoring")
    assert (cell.person, cell.item, cell.score) == ("mentor_he", "Roles in mentoring", 81.5)
    assert client.results(item_url)[0]["comment"] == cell.comment == "שלום & <b>bold</b>\nsecond line"


def test_later_score_without_comment_erases_the_comment(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    client.score(item_url, score_body(_person(lms), FIRST, comment="kept?"))
    client.score(item_url, score_body(_person(lms), LATER))
    assert "comment" not in client.results(item_url)[0]


def test_override_outlasts_scores_on_an_activity_only(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    made_url = _made_by_tool(lms, client)
    made = lms.items("mentoring")[-1]
    for url, item in ((item_url, lms.item_of("mentoring/roles")), (made_url, made)):
        client.score(url, score_body(_person(lms), FIRST, 40))
        lms.override_grade("mentor_he", item, 88, "teacher says", at=TEACHER_AT)
        assert client.score(url, score_body(_person(lms), FIRST, 55)).status_code == 409
        assert client.score(url, score_body(_person(lms), LATER, 55)).status_code == 200
    (kept,), (replaced,) = client.results(item_url), client.results(made_url)
    assert (kept["resultScore"], kept["comment"]) == (88, "teacher says")
    assert (replaced["resultScore"], "comment" in replaced) == (55, False)
    lms.clear_override("mentor_he", lms.item_of("mentoring/roles"))
    assert client.results(item_url)[0]["resultScore"] == 55


def test_locked_cell_and_locked_column_get_500(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    item = lms.item_of("mentoring/roles")
    lms.lock_grade("mentor_he", item)
    answer = client.score(item_url, score_body(_person(lms), FIRST))
    assert (answer.status_code, answer.json()) == (500, [])
    assert client.score(item_url, score_body(lms.person("mentor_pl").id, FIRST)).status_code == 200
    lms.lock_grade("mentor_he", item, locked=False)
    assert client.score(item_url, score_body(_person(lms), FIRST)).status_code == 200
    lms.lock_item(item)
    assert client.score(item_url, score_body(_person(lms), LATER)).status_code == 500
    assert client.results(item_url)[0]["timestamp"] == "2026-11-21T10:00:00+00:00"


def test_grade_comes_and_goes_with_grading_progress(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    client.score(item_url, score_body(_person(lms), FIRST))
    client.score(item_url, score_body(_person(lms), LATER, gradingProgress="Pending"))
    assert client.results(item_url) == []


@pytest.mark.parametrize(
    ("switch", "change", "moodle", "otherwise"),
    [
        ("refuse_not_gradable", {"userId": "3"}, 400, 200),
        ("conflict_on_old_timestamp", {"timestamp": "2026-11-20T10:00:00Z"}, 409, 200),
    ],
)
def test_switch_turns_a_refusal_off(
    lms: FakeLms, client: ServiceClient, item_url: str, switch: str, change: dict[str, str], moodle: int, otherwise: int
) -> None:
    client.score(item_url, score_body(_person(lms), FIRST))
    body = score_body(_person(lms), LATER) | change
    assert client.score(item_url, body).status_code == moodle
    lms.switches.set(switch, False)
    assert client.score(item_url, body).status_code == otherwise


def test_switches_of_what_is_stored(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    lms.switches.set("clamp_scores", False)
    client.score(item_url, score_body(_person(lms), FIRST, 150))
    assert client.results(item_url)[0]["resultScore"] == 150
    lms.switches.set("wipe_unless_fully_graded", False)
    client.score(item_url, score_body(_person(lms), LATER, gradingProgress="Pending"))
    assert client.results(item_url)[0]["resultScore"] == 150
    lms.override_grade("mentor_he", lms.item_of("mentoring/roles"), 88, at=TEACHER_AT)
    lms.switches.set("keep_teacher_override", False)
    client.score(item_url, score_body(_person(lms), LATER, 20))
    assert client.results(item_url)[0]["resultScore"] == 20


def test_switches_of_how_it_is_answered(lms: FakeLms, client: ServiceClient, item_url: str) -> None:
    body = '{"userId": "99999",\n "timestamp": "2026-11-21T10:00:00Z"}'
    assert client.score(item_url, body).status_code == 200
    lms.switches.set("drop_status_on_line_breaks", False)
    assert client.score(item_url, body).status_code == 400
    assert client.score(item_url, score_body(_person(lms), FIRST), "application/json").status_code == 400
    lms.switches.set("exact_media_types", False)
    assert client.score(item_url, score_body(_person(lms), FIRST), "application/json").status_code == 200
    results = item_url.replace("?", "/results?")
    assert client.get(results, RESULTS_TYPE, limit=1).status_code == 404
    lms.switches.set("results_limit_is_broken", False)
    assert len(client.get(results, RESULTS_TYPE, limit=1).json()) == 1


def test_duplicate_line_item_is_a_second_column_unless_refused(lms: FakeLms, client: ServiceClient) -> None:
    assert _made_by_tool(lms, client) != _made_by_tool(lms, client)
    lms.switches.set("refuse_duplicate_line_items", True)
    address = f"{lms.url}/mod/lti/services.php/2/lineitems"
    again = client.send("POST", address, {"label": "x", "scoreMaximum": 1, "resourceId": "readiness"})
    assert again.status_code == 409
    assert [item.resource_id for item in lms.items("mentoring")].count("readiness") == 2


def test_deleted_column_never_gives_its_number_to_another(lms: FakeLms, client: ServiceClient) -> None:
    first = _made_by_tool(lms, client)
    client.score(first, score_body(_person(lms), FIRST))
    assert client.send("DELETE", first, "", ITEM_TYPE).status_code == 204
    assert _made_by_tool(lms, client) != first
    assert lms.gradebook("mentoring") == []


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", '{"scoreGiven": NaN}', '{"userId": "abc", "timestamp": "2026-11-21"}', '"text"'],
)
def test_what_is_no_score_is_refused(
    shared_lms: FakeLms, shared_client: ServiceClient, shared_item_url: str, body: str
) -> None:
    answer = shared_client.score(shared_item_url, body)
    assert (answer.status_code, answer.json()) == (400, [])
    assert shared_lms.gradebook("mentoring") == []


@pytest.mark.parametrize("body", ["", "[]", '{"label": "x"}', '{"label": "", "scoreMaximum": 1}'])
def test_what_is_no_line_item_is_refused(
    shared_lms: FakeLms, shared_client: ServiceClient, shared_item_url: str, body: str
) -> None:
    address = f"{shared_lms.url}/mod/lti/services.php/2/lineitems"
    assert shared_client.send("POST", address, body).status_code == 400
    assert shared_client.send("PUT", shared_item_url, body).status_code == 400
    assert shared_lms.item_of("mentoring/roles").label == "Roles in mentoring"


def test_foreign_item_may_be_read_and_not_touched(lms: FakeLms, client: ServiceClient) -> None:
    other = lms.add_tool("other", "http://127.0.0.1:1", scopes=[])
    activity = lms.add_activity("mentoring", "Theirs", {}, key="theirs", tool=other, maximum=10)
    address = f"{lms.url}/mod/lti/services.php/2/lineitems/{lms.item_of(activity).id}/lineitem"
    assert client.get(address, ITEM_TYPE).status_code == 200
    assert client.send("PUT", address, {"label": "mine", "scoreMaximum": 1}).status_code == 403
    assert client.send("DELETE", address, "").status_code == 403
    assert requests.post(address + "/scores", timeout=10).status_code == 400
