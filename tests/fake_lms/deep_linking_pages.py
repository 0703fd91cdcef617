"""The addresses of content selection: the picker's frame, the tool's way back, and the button that adds the items."""

from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from lti1p3platform.exceptions import LtiException

from tests.fake_lms.deep_linking import add_selection, keep_selection, read_response
from tests.fake_lms.launch_pages import refuse
from tests.fake_lms.launches import login_fields, start_selection
from tests.fake_lms.lms import current_lms
from tests.fake_lms.message import DEEP_LINKING
from tests.fake_lms.models import Course, Launch, Selection, Tool
from tests.fake_lms.seed import DEPLOYMENT_ID
from tests.fake_lms.service_answers import without_fraction
from tests.fake_lms.visitors import browser_session, visit, visitor

blueprint = Blueprint("deep_linking", __name__)


@blueprint.get("/course/<int:course_id>/select")
def select_content(course_id: int) -> ResponseReturnValue:
    """Show the tool's picker in a frame."""
    with current_lms().store.session() as store:
        here = visit(store, course_id, staff_only=True)
    return render_template("select.html", here=here)


@blueprint.get("/mod/lti/contentitem.php")
def start() -> ResponseReturnValue:
    """Post the login initiation of a content selection to the tool."""
    lms = current_lms()
    with lms.store.session() as store:
        person = visitor(store)
        course = store.get(Course, request.args.get("course", 0, type=int))
        tool = store.get(Tool, request.args.get("id", int(DEPLOYMENT_ID), type=int))
        if person is None or course is None or tool is None:
            return refuse()
        launch = start_selection(store, person, course, tool, session_id=browser_session())
        return render_template("post.html", address=tool.login_url, fields=login_fields(store, lms, launch))


@blueprint.post("/mod/lti/contentitem_return.php")
def take_back() -> ResponseReturnValue:
    """Read the tool's response and show what would be added."""
    lms = current_lms()
    with lms.store.session() as store:
        launch = store.get(Launch, request.args.get("sesskey", ""))
        if launch is None or launch.message_type != DEEP_LINKING or not launch.is_used:
            return refuse("Your session has most likely timed out.")
        if launch.session_id and launch.session_id != session.get("id"):
            fields = {"JWT": request.form.get("JWT", ""), "repost": "1"}
            return refuse() if "repost" in request.form else render_template("repost.html", fields=fields)
        course, tool = store.get_one(Course, launch.course_id), store.get_one(Tool, launch.tool_id)
    try:
        response = read_response(lms, tool, request.form.get("JWT", ""))
    except (LtiException, ValueError, TypeError) as error:
        return refuse(str(error))
    with lms.store.session() as store:
        selection = None
        if response.items:
            selection = keep_selection(store, course, tool, launch.person_id, response.items, launch.session_id)
    return render_template(
        "selected.html", course=course, response=response, selection=selection, number=without_fraction
    )


@blueprint.post("/selection/<int:selection_id>")
def add(selection_id: int) -> ResponseReturnValue:
    """Add the picked items to the course."""
    with current_lms().store.session() as store:
        selection = store.get(Selection, selection_id)
        if selection is None or selection.session_id not in ("", session.get("id")):
            abort(HTTPStatus.NOT_FOUND, "There is nothing to add any more.")
        add_selection(store, selection)
    return redirect(f"/course/{selection.course_id}", HTTPStatus.SEE_OTHER)
