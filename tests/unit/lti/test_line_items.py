"""AGS line items as bytes: what is sent to an LMS, and what each of its answers means."""

import json

import pytest

from lti.answers import AnswerError
from lti.line_items import (
    LineItemInfo,
    create_line_item,
    delete_line_item,
    find_line_items,
    read_line_item,
    update_line_item,
)
from lti.service_client import ServiceAnswer
from tests.unit.lti.test_scores import ITEM, LIST, Lms, answer

COLUMN = {
    "id": "http://lms.example/9",
    "label": "Readiness",
    "scoreMaximum": 100,
    "resourceId": "readiness",
    "tag": "t",
}


def test_columns_are_found_by_their_marks_even_where_filters_are_ignored() -> None:
    others = [COLUMN | {"resourceId": "module:roles"}, COLUMN | {"tag": ""}, COLUMN | {"resourceId": None}]
    lms = Lms([answer(200, json.dumps([*others, COLUMN | {"resourceLinkId": "5"}]))])
    assert find_line_items(lms, LIST, "readiness", "t") == [
        LineItemInfo("http://lms.example/9", "Readiness", 100.0, "readiness", "t", "5")
    ]
    method, url, rest = lms.asked[0]
    assert (method, url) == ("GET", LIST + "&resource_id=readiness&tag=t")
    assert rest["accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"


def test_without_a_tag_any_tag_will_do() -> None:
    lms = Lms([answer(200, json.dumps([COLUMN, COLUMN | {"tag": ""}]))])
    assert len(find_line_items(lms, LIST, "readiness")) == 2
    assert lms.asked[0][1] == LIST + "&resource_id=readiness"


@pytest.mark.row("A04")
def test_a_column_is_made_with_its_marks() -> None:
    lms = Lms([answer(201, json.dumps(COLUMN))])
    made = create_line_item(lms, LIST, label="Readiness", score_maximum=100.0, resource_id="readiness", tag="t")
    assert made.url == "http://lms.example/9"
    method, url, rest = lms.asked[0]
    assert (method, url) == ("POST", LIST)
    assert rest["content_type"] == rest["accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert json.loads(rest["body"]) == {
        "label": "Readiness",
        "scoreMaximum": 100.0,
        "resourceId": "readiness",
        "tag": "t",
    }


@pytest.mark.parametrize("given", [answer(403, "{}"), answer(201, "[]"), answer(201, "{}"), answer(502, "<html>")])
def test_a_column_that_was_not_made_is_an_error(given: ServiceAnswer) -> None:
    with pytest.raises(AnswerError):
        create_line_item(Lms([given]), LIST, label="x", score_maximum=1.0, resource_id="x", tag="t")


@pytest.mark.row("A01", "A07")
def test_a_change_puts_the_whole_column_as_last_read() -> None:
    shown = COLUMN | {"id": ITEM, "submissionReview": {"label": "x"}, "https://lms.example/extra": [1]}
    lms = Lms([answer(200, json.dumps(shown)), answer(200)])
    item = read_line_item(lms, ITEM)
    update_line_item(lms, item, label="Ready", score_maximum=10.0)
    assert [(method, url) for method, url, _ in lms.asked] == [("GET", ITEM), ("PUT", ITEM)]
    rest = lms.asked[1][2]
    assert rest["content_type"] == rest["accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert json.loads(rest["body"]) == shown | {"label": "Ready", "scoreMaximum": 10.0}


def test_a_column_is_changed_where_it_was_read_whatever_it_says_of_itself() -> None:
    lms = Lms([answer(200, json.dumps(COLUMN | {"id": "https://evil.example/"})), answer(200)])
    update_line_item(lms, read_line_item(lms, ITEM), label="Ready")
    assert lms.asked[1][1] == ITEM


@pytest.mark.row("A01")
def test_a_column_is_deleted() -> None:
    lms = Lms([answer(204)])
    delete_line_item(lms, ITEM)
    assert lms.asked[0][:2] == ("DELETE", ITEM)


@pytest.mark.parametrize("given", [answer(403), answer(404, "<html>"), answer(200, "[]")])
def test_a_column_that_cannot_be_read_is_an_error(given: ServiceAnswer) -> None:
    with pytest.raises(AnswerError):
        read_line_item(Lms([given]), ITEM)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_column_that_cannot_be_changed_or_deleted_is_an_error(status: int) -> None:
    with pytest.raises(AnswerError):
        update_line_item(Lms([answer(status)]), LineItemInfo(ITEM, "x", 1.0), label="y")
    with pytest.raises(AnswerError):
        delete_line_item(Lms([answer(status)]), ITEM)
