"""The addresses of the gradebook service (AGS): Moodle's media types, statuses, bodies and oddities around it."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from lti1p3platform.exceptions import LtiServiceException
from lti1p3platform.response import Response as ServiceResponse

from tests.fake_lms.grade_service import GradeService, ScoreError
from tests.fake_lms.lms import SERVICES_PATH, Lms, current_lms
from tests.fake_lms.paging import LINE_ITEMS, link_header, links_of, moodle_link_header, slice_of
from tests.fake_lms.platform import read_json
from tests.fake_lms.service_answers import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    RESULT_SCOPE,
    SCORE_SCOPE,
    Endpoint,
    ServiceError,
    error_answer,
    json_answer,
    open_service,
    status_line,
)

blueprint = Blueprint("grades", __name__, url_prefix=SERVICES_PATH + "/<int:course_id>/lineitems")
_IMS = "application/vnd.ims.lis."
LIST = Endpoint(_IMS + "v2.lineitemcontainer+json", (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE))
READ = Endpoint(_IMS + "v2.lineitem+json", (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE), takes_any=True)
WRITE = Endpoint(_IMS + "v2.lineitem+json", (LINE_ITEM_SCOPE,))
SCORES = Endpoint(_IMS + "v1.score+json", (SCORE_SCOPE,))
RESULTS = Endpoint(_IMS + "v2.resultcontainer+json", (RESULT_SCOPE,), takes_any=True)
ITEM = "/<int:item_id>/lineitem"


def _serve(
    endpoint: Endpoint,
    course_id: int,
    call: Callable[[GradeService], ServiceResponse],
    refuse: Callable[[LtiServiceException], Response] = error_answer,
) -> Response:
    """Run one call of the service and write its answer; a refused call leaves nothing behind."""
    try:
        with open_service(endpoint, course_id) as (lms, session, tool, course):
            service = GradeService(lms, session, tool, course, endpoint.scopes)
            answer = call(service)
    except LtiServiceException as error:
        return refuse(error)
    if answer.code == HTTPStatus.NO_CONTENT:
        return Response(status="204 OK", mimetype="text/html")
    if answer.result is None:
        return Response(b"", answer.code, content_type=f"{endpoint.media_type}; charset=utf-8")
    body, link = answer.result, ""
    if "has_next" in body:
        body, link = body["content"], _link(lms, service.total)
    return json_answer(body, endpoint.media_type, answer.code, link)


def _link(lms: Lms, count: int) -> str:
    """Return the Link header of a list, or nothing on its last page."""
    start, limit = slice_of(request.args.to_dict(), lms.switches["page_size"])
    kept = {name: value for name, value in request.args.items() if name not in ("limit", "from")}
    links = links_of(lms.url + request.path, start, limit, count, leading=kept, trailing={})
    form = str(lms.switches["link_form"])
    if not links:
        return ""
    if form == "moodle":
        return moodle_link_header(LINE_ITEMS, links, typographic=lms.switches["typographic_quotes_in_link"])
    return link_header(form, links)


@blueprint.get("")
def list_line_items(course_id: int) -> Response:
    return _serve(LIST, course_id, lambda service: service.handle_get_lineitems())


@blueprint.post("")
def create_line_item(course_id: int) -> Response:
    return _serve(WRITE, course_id, lambda service: service.handle_create_lineitem())


@blueprint.get(ITEM)
def read_line_item(course_id: int, item_id: int) -> Response:
    return _serve(READ, course_id, lambda service: service.handle_get_lineitem(item_id))


@blueprint.put(ITEM)
def update_line_item(course_id: int, item_id: int) -> Response:
    if not isinstance(read_json(request.get_data(as_text=True)), dict):
        return error_answer(ServiceError("No label or Score Maximum", HTTPStatus.BAD_REQUEST))
    return _serve(WRITE, course_id, lambda service: service.handle_update_lineitem(item_id))


@blueprint.delete(ITEM)
def delete_line_item(course_id: int, item_id: int) -> Response:
    return _serve(WRITE, course_id, lambda service: service.handle_delete_lineitem(item_id))


@blueprint.route(ITEM + "/scores", methods=["GET", "PUT", "DELETE"])
def refuse_score_method(course_id: int, item_id: int) -> Response:
    return error_answer(ServiceError("Method Not Allowed", HTTPStatus.METHOD_NOT_ALLOWED))


@blueprint.post(ITEM + "/scores")
def post_score(course_id: int, item_id: int) -> Response:
    """Take a score: 200 with an empty body, or a refusal."""
    return _serve(SCORES, course_id, lambda service: service.handle_update_score(item_id), _refuse_score)


def _refuse_score(error: LtiServiceException) -> Response:
    """Write `[]` and a reason phrase with all that was sent. A line break in it costs Moodle the whole status line."""
    if not isinstance(error, ScoreError):
        return error_answer(error)
    answer = json_answer([], SCORES.media_type)
    if "\n" not in error.message or not current_lms().switches["drop_status_on_line_breaks"]:
        answer.status = f"{int(error.status_code)} {' '.join(error.message.splitlines())}"
    return answer


@blueprint.get(ITEM + "/results")
def list_results(course_id: int, item_id: int) -> Response:
    """List results; Moodle breaks down on `limit`."""
    if "limit" in request.args and current_lms().switches["results_limit_is_broken"]:
        page = render_template("error.html", sentence="Call to a member function out() on null")
        return Response(page, status_line(HTTPStatus.NOT_FOUND))
    return _serve(RESULTS, course_id, lambda service: service.handle_get_results(item_id))
