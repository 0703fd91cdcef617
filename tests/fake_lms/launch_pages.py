"""The addresses of a launch: the form that starts it, the authentication request, the key set and the way back."""

from http import HTTPStatus

from flask import Blueprint, jsonify, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from tests.fake_lms.claims import load_scene
from tests.fake_lms.keys import key_set
from tests.fake_lms.launches import LaunchRefusedError, login_fields, may_edit, start_launch
from tests.fake_lms.lms import AUTH_PATH, JWKS_PATH, Lms, current_lms
from tests.fake_lms.message import DEEP_LINKING, RESOURCE_LINK, SUBMISSION_REVIEW, MessageLaunch
from tests.fake_lms.models import Activity, Enrolment, Launch, Tool
from tests.fake_lms.platform import PlatformRequest, read_json
from tests.fake_lms.visitors import browser_session, visitor

blueprint = Blueprint("launch", __name__)


def refuse(sentence: str = "Invalid request") -> ResponseReturnValue:
    """Return Moodle's error page, whose status is 404 whatever the reason."""
    return render_template("error.html", sentence=sentence), HTTPStatus.NOT_FOUND


@blueprint.get("/mod/lti/launch.php")
def launch() -> ResponseReturnValue:
    """Post the login initiation to the tool, in the frame or window that asked for this page."""
    lms = current_lms()
    for_user = request.args.get("user", type=int)
    with lms.store.session() as store:
        activity = store.get(Activity, request.args.get("id", 0, type=int) - 1000)
        person = visitor(store)
        if activity is None:
            return refuse("This activity does not exist.")
        if person is None:
            return redirect("/", HTTPStatus.SEE_OTHER)
        try:
            started = start_launch(
                store,
                lms,
                person,
                activity,
                message_type=SUBMISSION_REVIEW if for_user else RESOURCE_LINK,
                container=request.args.get("container", ""),
                session_id=browser_session(),
                for_user=for_user,
            )
        except LaunchRefusedError:
            return redirect(f"/course/{activity.course_id}", HTTPStatus.SEE_OTHER)
        tool = store.get_one(Tool, activity.tool_id)
        return render_template("post.html", address=tool.login_url, fields=login_fields(store, lms, started))


@blueprint.route(AUTH_PATH, methods=["GET", "POST"])
def authenticate() -> ResponseReturnValue:
    """Answer the tool's authentication request, with Moodle's checks in Moodle's order (MOODLE.md section 2)."""
    lms = current_lms()
    asked = request.values
    hint = read_json(asked.get("lti_message_hint", ""))
    hint_id = hint.get("launchid") if isinstance(hint, dict) else None
    is_well_formed = (
        asked.get("scope") == "openid"
        and asked.get("response_type") == "id_token"
        and all(asked.get(name) for name in ("client_id", "redirect_uri", "login_hint", "nonce"))
    )
    if not is_well_formed or not isinstance(hint_id, str):
        return refuse()
    with lms.store.session() as store:
        started = store.get(Launch, hint_id)
        if started is None or started.is_used:
            return refuse()
        if started.session_id and started.session_id != session.get("id"):
            # A cross-site request brings no cookie; one that the page itself repeats does.
            return refuse() if "repost" in asked else render_template("repost.html", fields={"repost": "1"})
        started.is_used = True
        tool = store.get_one(Tool, started.tool_id)
        if asked["redirect_uri"] not in tool.redirect_uris:
            return refuse()
        error = _find_error(lms, tool, started)
        if error:
            fields = error | {"state": asked.get("state", "")}
            return render_template("post.html", address=asked["redirect_uri"], fields=fields)
        return _send_message(lms, started)


def _find_error(lms: Lms, tool: Tool, started: Launch) -> dict[str, str]:
    """Return the error that is posted back to the tool, or nothing."""
    asked = request.values
    forced = str(lms.switches["authentication_error"])
    if forced:
        return {"error": forced}
    if asked["client_id"] != tool.client_id:
        return {"error": "unauthorized_client"}
    if asked["login_hint"] != str(started.person_id):
        return {"error": "access_denied"}
    if asked.get("response_mode") != "form_post":
        return {"error": "invalid_request", "error_description": "Invalid response_mode"}
    if asked.get("prompt", "none") != "none":
        return {"error": "invalid_request", "error_description": "Invalid prompt"}
    return {}


def _send_message(lms: Lms, started: Launch) -> ResponseReturnValue:
    with lms.store.session() as store:
        scene = load_scene(store, started)
        enrolment = store.get(Enrolment, (started.course_id, started.person_id))
    if started.message_type == DEEP_LINKING and not may_edit(scene.person, enrolment):
        return refuse("Sorry, but you do not currently have permissions to do that (Manage activities).")
    page: str = MessageLaunch(lms, scene, PlatformRequest(request)).lti_launch()
    return page


@blueprint.get(JWKS_PATH)
def keys() -> ResponseReturnValue:
    """Publish the key set, without cache headers as Moodle does."""
    lms = current_lms()
    if lms.switches["jwks_down"]:
        return "Service Unavailable", HTTPStatus.SERVICE_UNAVAILABLE
    with lms.store.session() as store:
        return jsonify(key_set(store, keeps_old_keys=lms.switches["keep_old_keys"]))


@blueprint.get("/mod/lti/return.php")
def come_back() -> ResponseReturnValue:
    """Show what the tool has to say on the way back, or go to the course."""
    course_id = request.args.get("course", 0, type=int)
    message, error = request.args.get("lti_msg", ""), request.args.get("lti_errormsg", "")
    if not message and not error:
        return redirect(f"/course/{course_id}", HTTPStatus.SEE_OTHER)
    return render_template("return.html", course_id=course_id, message=message, error=error)
