"""Content selection: what the tool returns, read as Moodle reads it, becomes activities (MOODLE.md section 8)."""

from dataclasses import asdict, dataclass
from typing import Any

from lti1p3platform.exceptions import LtiException
from sqlalchemy.orm import Session

from tests.fake_lms.claims import CLAIM
from tests.fake_lms.lms import Lms
from tests.fake_lms.models import Activity, Course, Selection, Tool
from tests.fake_lms.platform import PlatformConf
from tests.fake_lms.seed import add_activity

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
POINTS_WITHOUT_LINE_ITEM = 100.0


@dataclass(frozen=True)
class PickedItem:
    """One content item, as an activity of ours."""

    title: str
    text: str
    url: str
    custom: dict[str, str]
    maximum: float | None
    resource_id: str
    tag: str


@dataclass(frozen=True)
class Response:
    """A deep-linking response that may be trusted."""

    items: list[PickedItem]
    message: str
    error: str


def read_response(lms: Lms, tool: Tool, token: str) -> Response:
    """Check what the tool returned. Raise LtiException with Moodle's words.

    As in Moodle `iss` must be the client id, and aud, deployment and nonce count only under `strict_assertions`.
    """
    claims = PlatformConf(lms=lms, tool=tool).tool_validate_and_decode(token)
    if claims.get("iss") != tool.client_id:
        raise LtiException("Consumer key is incorrect.")
    if claims.get(CLAIM + "message_type") != "LtiDeepLinkingResponse":
        raise LtiException("Token isn't a Deep Linking Response message.")
    if lms.switches["strict_assertions"] and claims.get(CLAIM + "deployment_id") != tool.deployment_id:
        raise LtiException("The response is for another deployment.")
    items = claims.get(DEEP_LINKING + "content_items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise LtiException("content_items is not a list of objects.")
    return Response(
        items=[_read_item(lms, tool, item) for item in items],
        message=str(claims.get(DEEP_LINKING + "msg", "")),
        error=str(claims.get(DEEP_LINKING + "errormsg", "")),
    )


def _read_item(lms: Lms, tool: Tool, item: dict[str, Any]) -> PickedItem:
    """Take title, text, url, custom and the line item's numbers; Moodle does not look at window, iframe and dates."""
    line_item = item.get("lineItem")
    if isinstance(line_item, dict):
        maximum: float | None = float(line_item.get("scoreMaximum", POINTS_WITHOUT_LINE_ITEM))
    else:
        line_item = {}
        maximum = POINTS_WITHOUT_LINE_ITEM if lms.switches["grade_without_line_item"] else None
    return PickedItem(
        title=str(item.get("title") or tool.name),
        text=str(item.get("text") or ""),
        url=str(item.get("url") or ""),
        custom=_read_custom(item.get("custom") or {}),
        maximum=maximum,
        resource_id=str(line_item.get("resourceId") or ""),
        tag=str(line_item.get("tag") or ""),
    )


def _read_custom(custom: dict[str, Any]) -> dict[str, str]:
    """Make text of the values, one parameter a line: so a line break inside a value makes a second parameter."""
    lines = []
    for name, value in custom.items():
        if isinstance(value, dict | list):
            raise LtiException("Exception - Object of class stdClass could not be converted to string")
        lines += f"{name}={_as_php_text(value)}".splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, separator, value in pairs if separator}


def _as_php_text(value: Any) -> str:
    """Write a value as PHP does: true is 1, false and null are nothing."""
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)


def keep_selection(
    session: Session, course: Course, tool: Tool, person_id: int, items: list[PickedItem], session_id: str
) -> Selection:
    """Keep the items until the teacher presses the button that adds them."""
    selection = Selection(
        course_id=course.id,
        tool_id=tool.id,
        person_id=person_id,
        session_id=session_id,
        items=[asdict(item) for item in items],
    )
    session.add(selection)
    session.flush()
    return selection


def add_selection(session: Session, selection: Selection) -> list[Activity]:
    """Make the activities, each with its column, and forget the selection."""
    course = session.get_one(Course, selection.course_id)
    tool = session.get_one(Tool, selection.tool_id)
    activities = []
    for item in (PickedItem(**fields) for fields in selection.items):
        activities.append(
            add_activity(
                session,
                course,
                tool,
                None,
                item.title,
                item.text,
                item.custom,
                url=item.url,
                maximum=item.maximum,
                resource_id=item.resource_id,
                tag=item.tag,
            )
        )
    session.delete(selection)
    return activities
