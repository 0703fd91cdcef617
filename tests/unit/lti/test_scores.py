"""AGS as bytes: what is sent to an LMS, and what each of its answers means. Moodle's answers are recorded ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from lti.answers import AnswerError, service_url
from lti.scores import PostKind, Result, ScorePayload, post_score, read_result
from lti.service_client import ServiceAnswer

ITEM = "http://lms.example/mod/lti/services.php/2/lineitems/7/lineitem?type_id=1"
LIST = "http://lms.example/mod/lti/services.php/2/lineitems?type_id=1"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
AT = datetime(2026, 11, 21, 16, 41, 8, tzinfo=UTC)


def answer(
    status: int, body: str = "", *, reason: str = "", next_url: str | None = None, wait: float | None = None
) -> ServiceAnswer:
    return ServiceAnswer(status, reason, CaseInsensitiveDict(), body.encode(), next_url, wait)


@dataclass
class Lms:
    """Answers in turn, and keeps what it was asked."""

    answers: Sequence[ServiceAnswer]
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def request(self, method: str, url: str, **rest: Any) -> ServiceAnswer:
        self.asked.append((method, url, rest))
        return self.answers[len(self.asked) - 1]


def payload(**changes: Any) -> ScorePayload:
    values = {"user_id": "10", "score_given": 70.0, "score_maximum": 100.0, "comment": "3/3", "timestamp": AT}
    return ScorePayload(**(values | changes))


@pytest.mark.row("A08", "A12", "A14", "A20")
def test_a_score_goes_to_its_own_address_in_its_own_type_on_one_line() -> None:
    lms = Lms([answer(200)])
    post_score(lms, ITEM, payload(comment="done\nwell: ħ"))
    method, url, rest = lms.asked[0]
    assert (method, url) == ("POST", "http://lms.example/mod/lti/services.php/2/lineitems/7/lineitem/scores?type_id=1")
    assert rest["content_type"] == "application/vnd.ims.lis.v1.score+json"
    assert rest["scopes"] == (AGS + "score",)
    assert b"\n" not in rest["body"]
    assert b" " not in rest["body"].replace(b"done\\nwell: ", b"")
    assert json.loads(rest["body"]) == {
        "userId": "10",
        "scoreGiven": 70.0,
        "scoreMaximum": 100.0,
        "comment": "done\nwell: ħ",
        "timestamp": "2026-11-21T16:41:08.000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }


@pytest.mark.row("A16")
def test_a_score_of_zero_and_an_empty_comment_are_sent() -> None:
    lms = Lms([answer(200)])
    post_score(lms, ITEM, payload(score_given=0.0, comment="", is_complete=False))
    sent = json.loads(lms.asked[0][2]["body"])
    assert (sent["scoreGiven"], sent["comment"], sent["activityProgress"]) == (0, "", "InProgress")
    assert sent["gradingProgress"] == "FullyGraded"


@pytest.mark.row("A15")
def test_a_score_is_cleared_by_one_without_a_value() -> None:
    lms = Lms([answer(200)])
    post_score(lms, ITEM, payload(score_given=None))
    sent = json.loads(lms.asked[0][2]["body"])
    assert (sent["activityProgress"], sent["gradingProgress"]) == ("Initialized", "NotReady")
    assert not {"scoreGiven", "scoreMaximum"} & set(sent)


@pytest.mark.row("A08")
def test_the_timestamp_is_told_in_utc() -> None:
    lms = Lms([answer(200)])
    post_score(lms, ITEM, payload(timestamp=AT.astimezone(timezone(timedelta(hours=2)))))
    assert json.loads(lms.asked[0][2]["body"])["timestamp"] == "2026-11-21T16:41:08.000Z"


@pytest.mark.row("A08")
@pytest.mark.parametrize(
    "fault",
    [
        {"score_given": -0.1},
        {"score_given": float("nan")},
        {"score_given": float("inf")},
        {"score_maximum": 0.0},
        {"score_maximum": -1.0},
        {"score_maximum": float("nan")},
        {"timestamp": datetime(2026, 11, 21, 16, 41, 8)},  # noqa: DTZ001 (that is the fault)
    ],
)
def test_a_score_that_no_gradebook_can_take_is_not_made(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"score|maximum|zone"):
        payload(**fault)


INCORRECT = 'Incorrect score received{"userId":"36","timestamp":"2026-11-21T16:37:07.822Z","scoreGiven":10}'
CANVAS_NOT_A_STUDENT = (
    '{"errors":{"type":"unprocessable_entity","message":"User not found in course or is not a student"}}'
)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        # Moodle 4.5.6
        (answer(200, reason="OK"), PostKind.ACCEPTED),
        (answer(200, "[]", reason="OK"), PostKind.DOUBTFUL),
        (answer(400, "[]", reason=INCORRECT), PostKind.NOT_GRADABLE),
        (answer(400, '{"status":400}', reason="No handler found for /2/lineitems/7/lineitem/scores"), PostKind.REFUSED),
        (answer(401, '{"status":401,"reason":"Unauthorized"}', reason="Unauthorized"), PostKind.UNAUTHORIZED),
        (answer(403, '{"status":403}', reason="Invalid LTI id supplied."), PostKind.ITEM_GONE),
        (answer(404, '{"status":404}', reason="Not Found: Grade item 13 doesn't exist"), PostKind.ITEM_GONE),
        (
            answer(409, "[]", reason="Refusing score with an earlier timestamp for item 7 and user 10"),
            PostKind.NEWER_THERE,
        ),
        (answer(500, "[]", reason="Internal Server Error"), PostKind.LOCKED),
        (answer(500, "<html>Error", reason="Internal Server Error"), PostKind.UNAVAILABLE),
        (answer(502, "<html>502 Bad Gateway"), PostKind.UNAVAILABLE),
        # Canvas, Blackboard, D2L
        (answer(200, '{"resultUrl":"https://canvas.example/results/1"}'), PostKind.ACCEPTED),
        (answer(422, CANVAS_NOT_A_STUDENT), PostKind.NOT_GRADABLE),
        (answer(422, '{"errors":{"message":"This course has concluded."}}'), PostKind.REFUSED),
        (answer(400, "User could not be found: 8a3c"), PostKind.NOT_GRADABLE),
        (answer(403, '{"title":"User not found"}'), PostKind.NOT_GRADABLE),
        # Anyone
        (answer(201), PostKind.ACCEPTED),
        (answer(204), PostKind.ACCEPTED),
        (answer(200, "<html><title>Please sign in</title>"), PostKind.DOUBTFUL),
        (answer(302), PostKind.REFUSED),
        (answer(405), PostKind.REFUSED),
        (answer(408), PostKind.UNAVAILABLE),
        (answer(410), PostKind.ITEM_GONE),
        (answer(415), PostKind.REFUSED),
        (answer(429), PostKind.BUSY),
        (answer(503), PostKind.BUSY),
        (answer(504), PostKind.UNAVAILABLE),
    ],
)
def test_each_answer_has_its_meaning(given: ServiceAnswer, kind: PostKind) -> None:
    outcome = post_score(Lms([given]), ITEM, payload())
    assert (outcome.kind, outcome.status) == (kind, given.status)


def test_the_wait_that_is_asked_for_is_handed_on() -> None:
    assert post_score(Lms([answer(429, wait=30.0)]), ITEM, payload()).retry_after == 30.0


def test_the_score_that_moodle_quotes_back_does_not_reach_our_log() -> None:
    outcome = post_score(Lms([answer(400, "[]", reason=INCORRECT)]), ITEM, payload())
    assert outcome.detail == "400 Incorrect score received"


def result(**changes: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "userId": "10",
        "resultScore": 75,
        "resultMaximum": 100,
        "timestamp": "2026-11-21T16:37:06+00:00",
    } | changes


@pytest.mark.row("A19")
def test_the_result_of_one_person_is_asked_for_by_name_and_without_limit() -> None:
    lms = Lms([answer(200, json.dumps([result()]))])
    assert read_result(lms, ITEM, "10") == Result(75.0, 100.0, "2026-11-21T16:37:06+00:00")
    method, url, rest = lms.asked[0]
    assert (method, url) == (
        "GET",
        "http://lms.example/mod/lti/services.php/2/lineitems/7/lineitem/results?type_id=1&user_id=10",
    )
    assert rest["accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    assert rest["scopes"] == (AGS + "result.readonly",)


@pytest.mark.row("A19")
@pytest.mark.parametrize(
    "entries",
    [[], [result(userId="11")], [result(resultScore=None)], [result(resultScore="abc")], ["not an object"]],
)
def test_no_grade_is_no_result(entries: list[Any]) -> None:
    assert read_result(Lms([answer(200, json.dumps(entries))]), ITEM, "10") is None


def test_a_result_without_maximum_is_on_a_scale_of_one() -> None:
    lms = Lms([answer(200, json.dumps([{"userId": "10", "resultScore": 0.83}]))])
    assert read_result(lms, ITEM, "10") == Result(0.83, 1.0)


@pytest.mark.row("A19")
def test_an_lms_that_ignores_the_filter_is_read_to_the_page_with_the_person() -> None:
    pages = [
        answer(200, json.dumps([result(userId="1")]), next_url="http://lms.example/p2"),
        answer(200, json.dumps([result()])),
    ]
    lms = Lms(pages)
    found = read_result(lms, ITEM, "10")
    assert found is not None
    assert found.score == 75.0
    assert lms.asked[1][1] == "http://lms.example/p2"


def test_a_list_that_leads_back_to_itself_ends() -> None:
    loop = answer(200, "[]", next_url="http://lms.example/again")
    assert read_result(Lms([loop, loop, loop]), ITEM, "10") is None


@pytest.mark.parametrize(
    "given", [answer(404, "<html>"), answer(401), answer(200, "<html>"), answer(200, '{"status":200}')]
)
def test_an_answer_that_is_no_list_of_results_is_an_error(given: ServiceAnswer) -> None:
    with pytest.raises(AnswerError) as caught:
        read_result(Lms([given]), ITEM, "10")
    assert caught.value.status == given.status


@pytest.mark.row("A03")
@pytest.mark.parametrize(
    ("url", "suffix", "query", "expected"),
    [
        ("https://a.example/7/lineitem?type_id=1", "scores", {}, "https://a.example/7/lineitem/scores?type_id=1"),
        ("https://a.example/7/lineitem", "scores", {}, "https://a.example/7/lineitem/scores"),
        ("https://a.example/7/lineitem/", "scores", {}, "https://a.example/7/lineitem/scores"),
        ("https://a.example/7", "results", {"user_id": "a b&c"}, "https://a.example/7/results?user_id=a+b%26c"),
        ("https://a.example/L?x=1", "", {"tag": "", "resource_id": "m:1"}, "https://a.example/L?x=1&resource_id=m%3A1"),
    ],
)
def test_a_suffix_goes_before_the_query(url: str, suffix: str, query: dict[str, str], expected: str) -> None:
    assert service_url(url, suffix, **query) == expected
