"""The address of the roster service (NRPS)."""

from http import HTTPStatus

from flask import Blueprint, Response, request
from lti1p3platform.exceptions import LtiServiceException

from tests.fake_lms.lms import SERVICES_PATH, Lms
from tests.fake_lms.member_service import MemberService
from tests.fake_lms.paging import MEMBERS, link_header, links_of, moodle_link_header, slice_of
from tests.fake_lms.service_answers import (
    MEMBERS_SCOPE,
    Endpoint,
    ServiceError,
    error_answer,
    json_answer,
    open_service,
)

blueprint = Blueprint("members", __name__, url_prefix=SERVICES_PATH)
ROSTER = Endpoint("application/vnd.ims.lti-nrps.v2.membershipcontainer+json", (MEMBERS_SCOPE,), takes_any=True)


@blueprint.get("/<any(CourseSection,coursesection,Group):_kind>/<int:course_id>/bindings/<int:tool_id>/memberships")
def list_members(_kind: str, course_id: int, tool_id: int) -> Response:
    """List the roster. A lower-cased path is served too, as Moodle does."""
    try:
        with open_service(ROSTER, course_id) as (lms, session, tool, course):
            if tool.id != tool_id:
                raise ServiceError("Unauthorized", HTTPStatus.UNAUTHORIZED)
            service = MemberService(lms, session, tool, course)
            answer = service.handle_get_members()
    except LtiServiceException as error:
        return error_answer(error)
    return json_answer(answer.result, ROSTER.media_type, answer.code, _link(lms, service.total))


def _link(lms: Lms, count: int) -> str:
    """Return the Link header. As in Moodle a `role` filter is lost on the way to the next page (FEATURES M8)."""
    start, limit = slice_of(request.args.to_dict(), lms.switches["page_size"])
    kept = {"rlid": request.args["rlid"]} if "rlid" in request.args else {}
    links = links_of(lms.url + request.path, start, limit, count, leading={}, trailing=kept)
    form = str(lms.switches["link_form"])
    if not links:
        return ""
    if form == "moodle":
        return moodle_link_header(MEMBERS, links, typographic=False)
    return link_header(form, links)
