"""What the services share: finding the tool by its token, refusing other media types, Moodle's way to answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, request
from lti1p3platform.exceptions import LtiServiceException
from sqlalchemy.orm import Session

from tests.fake_lms.lms import SERVICES_PATH, Lms, current_lms
from tests.fake_lms.models import AccessToken, Course, Tool

AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM_SCOPE = AGS_SCOPE + "lineitem"
LINE_ITEM_READ_SCOPE = AGS_SCOPE + "lineitem.readonly"
RESULT_SCOPE = AGS_SCOPE + "result.readonly"
SCORE_SCOPE = AGS_SCOPE + "score"
MEMBERS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ALL_SCOPES = [LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE, RESULT_SCOPE, SCORE_SCOPE, MEMBERS_SCOPE]


@dataclass(frozen=True)
class Endpoint:
    """A method of a service: its media type, the scopes of which one is needed, and whether `Accept: */*` will do."""

    media_type: str
    scopes: tuple[str, ...]
    takes_any: bool = False


class ServiceError(LtiServiceException):
    """A service call refused: a reason phrase and a status."""


def require_media_type(lms: Lms, endpoint: Endpoint) -> None:
    """Refuse other media types, in Accept for GET and in Content-Type else. Raise ServiceError 400."""
    accept, sent = request.headers.get("Accept", ""), request.mimetype
    if not lms.switches["exact_media_types"] or request.method == "DELETE":
        return
    shown_accept = "" if accept == "*/*" else accept
    if request.method == "GET":
        if shown_accept in ("", endpoint.media_type):
            if not shown_accept and not endpoint.takes_any:
                raise ServiceError("No context or unsupported content type", HTTPStatus.BAD_REQUEST)
            return
    elif sent == endpoint.media_type:
        return
    path = request.path.removeprefix(SERVICES_PATH)
    content_type = request.headers.get("Content-Type", "")
    raise ServiceError(f"No handler found for {path} {shown_accept} {content_type}", HTTPStatus.BAD_REQUEST)


@contextmanager
def open_service(endpoint: Endpoint, course_id: int) -> Iterator[tuple[Lms, Session, Tool, Course]]:
    """Check media type and token, and give LMS, transaction, tool and course. Raise ServiceError 400, 401 or 404."""
    lms = current_lms()
    require_media_type(lms, endpoint)
    with lms.store.session() as session:
        tool = _tool_of_token(session)
        course = session.get(Course, course_id)
        if course is None or course.key == lms.switches["closed_course"]:
            raise ServiceError(f"Not Found: Course {course_id} doesn't exist", HTTPStatus.NOT_FOUND)
        yield lms, session, tool, course


def _tool_of_token(session: Session) -> Tool:
    """Find whose token it is; scope and age are checked later. `Bearer` counts only with a capital B."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = session.get(AccessToken, text) if scheme == "Bearer" else None
    if token is None:
        raise ServiceError("Unauthorized", HTTPStatus.UNAUTHORIZED)
    tool = session.get_one(Tool, token.tool_id)
    if request.args.get("type_id", str(tool.id)) != str(tool.id):
        raise ServiceError("Unauthorized", HTTPStatus.UNAUTHORIZED)
    return tool


def status_line(status: int) -> str:
    """Return status and phrase as Moodle writes them: "201 Created", where Flask would write CREATED."""
    return f"{int(status)} {HTTPStatus(status).phrase}"


def json_answer(body: Any, media_type: str, status: int = HTTPStatus.OK, link: str = "") -> Response:
    answer = Response(json.dumps(body), content_type=f"{media_type}; charset=utf-8")
    answer.status = status_line(status)
    if link:
        # Moodle sends the curly quotes as UTF-8; WSGI wants header bytes as Latin-1 letters.
        answer.headers["Link"] = link.encode().decode("latin-1")
    return answer


def error_answer(error: LtiServiceException) -> Response:
    """Write Moodle's JSON for a refused call; the reason phrase says why."""
    status = error.status_code
    reason = "Unauthorized" if status == HTTPStatus.UNAUTHORIZED else error.message
    body = {
        "status": int(status),
        "reason": reason,
        "request": {
            "method": request.method,
            "url": request.full_path.rstrip("?"),
            "accept": request.headers.get("Accept", ""),
            "contentType": request.headers.get("Content-Type", ""),
        },
    }
    answer = json_answer(body, "application/json")
    answer.status = f"{int(status)} {reason.rstrip()}"
    return answer


def without_fraction(value: float) -> int | float:
    """Return 100 for 100.0: Moodle's numbers have no empty fraction."""
    return int(value) if value == int(value) else value
