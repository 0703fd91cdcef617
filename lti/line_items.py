"""Assignment and Grade Services 2.0: the columns of a gradebook. Find, read, make, change and delete one.

An LMS that answers with anything but what was asked for raises AnswerError; what ServiceClient raises passes through.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lti.answers import AnswerError, Pages, decoded, detail_of, json_body, number_of, service_url
from lti.service_client import ServiceAnswer, ServiceClient

LINE_ITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"

LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@dataclass(frozen=True)
class LineItemInfo:
    """A column of the gradebook as the LMS tells it. `url` is its id."""

    url: str
    label: str
    score_maximum: float
    resource_id: str = ""
    tag: str = ""
    resource_link_id: str = ""
    told: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """All that the LMS tells of it, to be sent back whole with a change."""


def find_line_items(
    client: ServiceClient,
    line_items_url: str,
    resource_id: str,
    tag: str = "",
    *,
    scopes: tuple[str, ...] = (LINE_ITEM_SCOPE,),
) -> list[LineItemInfo]:
    """Return our columns of a course that carry the marks, an empty one being any (AGS 3.2)."""
    url = service_url(line_items_url, "", resource_id=resource_id, tag=tag)
    items = [_line_item_of(entry) for entry in Pages(client, url, LINE_ITEMS_TYPE, scopes)]
    # Not every LMS heeds the filters.
    return [item for item in items if item.resource_id == resource_id and tag in {"", item.tag}]


def create_line_item(
    client: ServiceClient, line_items_url: str, *, label: str, score_maximum: float, resource_id: str, tag: str
) -> LineItemInfo:
    """Make a column of the course and return it (AGS 3.2.4).

    Moodle makes a second column for the same `resource_id`: look with `find_line_items` first.
    """
    body = {"label": label, "scoreMaximum": score_maximum, "resourceId": resource_id, "tag": tag}
    answer = _send(client, "POST", line_items_url, body)
    entry = decoded(answer)
    if answer.status not in {200, 201} or not isinstance(entry, dict) or not entry.get("id"):
        raise AnswerError(f"The LMS did not make the line item: {detail_of(answer)}", answer.status)
    return _line_item_of(entry)


def read_line_item(client: ServiceClient, url: str) -> LineItemInfo:
    """Return a column (AGS 3.2.5)."""
    answer = client.request("GET", url, scopes=(LINE_ITEM_SCOPE,), accept=LINE_ITEM_TYPE)
    entry = decoded(answer)
    if answer.status != 200 or not isinstance(entry, dict):
        raise AnswerError(f"The LMS did not give the line item: {detail_of(answer)}", answer.status)
    return _line_item_of({**entry, "id": url})


def update_line_item(
    client: ServiceClient, item: LineItemInfo, *, label: str | None = None, score_maximum: float | None = None
) -> None:
    """Change what is not None of a column just read (AGS 3.2.5, CONFORMANCE A07).

    A PUT replaces the whole column, so all else goes with it as the LMS told it.
    """
    changes = {"label": label, "scoreMaximum": score_maximum}
    body = {**item.told, **{name: value for name, value in changes.items() if value is not None}}
    answer = _send(client, "PUT", item.url, body)
    if not 200 <= answer.status < 300:
        raise AnswerError(f"The LMS did not change the line item: {detail_of(answer)}", answer.status)


def delete_line_item(client: ServiceClient, url: str) -> None:
    """Delete a column, with all that is in it (AGS 3.2.5)."""
    answer = client.request("DELETE", url, scopes=(LINE_ITEM_SCOPE,), accept="*/*")
    if not 200 <= answer.status < 300:
        raise AnswerError(f"The LMS did not delete the line item: {detail_of(answer)}", answer.status)


def _send(client: ServiceClient, method: str, url: str, body: Mapping[str, Any]) -> ServiceAnswer:
    return client.request(
        method,
        url,
        scopes=(LINE_ITEM_SCOPE,),
        accept=LINE_ITEM_TYPE,
        content_type=LINE_ITEM_TYPE,
        body=json_body(body),
    )


def _line_item_of(entry: Mapping[str, Any]) -> LineItemInfo:
    def text(name: str) -> str:
        return str(entry.get(name) or "")

    return LineItemInfo(
        url=text("id"),
        label=text("label"),
        score_maximum=number_of(entry.get("scoreMaximum")) or 0.0,
        resource_id=text("resourceId"),
        tag=text("tag"),
        resource_link_id=text("resourceLinkId"),
        told=entry,
    )
