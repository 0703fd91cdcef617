"""The addresses of dynamic registration: for the tool, and for the administrator who adds or activates one."""

from http import HTTPStatus
from urllib.parse import urlsplit

import jwt
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.launch_pages import refuse
from tests.fake_lms.lms import current_lms
from tests.fake_lms.models import Tool
from tests.fake_lms.registration import (
    CONFIGURATION_PATH,
    REGISTRATION_PATH,
    RegistrationRefusedError,
    activate,
    begin_registration,
    client_of_token,
    configuration,
    is_pending,
    register_tool,
)
from tests.fake_lms.visitors import visitor

blueprint = Blueprint("registration", __name__)


@blueprint.get(CONFIGURATION_PATH)
def show_configuration() -> Response:
    """Say who the LMS is and where its endpoints are."""
    return jsonify(configuration(current_lms()))


@blueprint.route(REGISTRATION_PATH, methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Take a registration. Refusals are plain text that says it is HTML, as Moodle's are."""
    lms = current_lms()
    try:
        client_id = client_of_token(lms, request.headers.get("Authorization", ""))
        body = request.get_json(silent=True)
        if request.method == "GET" or not isinstance(body, dict):
            raise RegistrationRefusedError(HTTPStatus.BAD_REQUEST, "invalid_request")
        return jsonify(register_tool(lms, client_id, body))
    except RegistrationRefusedError as error:
        return Response(str(error), error.status, mimetype="text/html")
    except jwt.InvalidTokenError:
        return refuse("Invalid token")


@blueprint.get("/tools")
def list_tools() -> str:
    """List the tools, and let an administrator add or activate one. Query: `url` shows its registration in a frame."""
    lms = current_lms()
    with lms.store.session() as store:
        _require_admin(store)
        tools = list(store.scalars(select(Tool).order_by(Tool.id)))
    address, choice = request.args.get("url", ""), request.args.get("tool", "")
    known = [tool for tool in tools if urlsplit(tool.launch_url).netloc == urlsplit(address).netloc]
    return render_template(
        "tools.html",
        tools=[(tool, is_pending(lms, tool)) for tool in tools],
        address=address,
        known=known if address and not choice else [],
        choice=choice,
    )


@blueprint.get("/mod/lti/startltiadvregistration.php")
def start() -> ResponseReturnValue:
    """Lead the frame to the tool. Query: `url`, and `tool` for the one to update, or `new`."""
    lms = current_lms()
    with lms.store.session() as store:
        _require_admin(store)
    address = request.args.get("url", "")
    if urlsplit(address).scheme not in {"http", "https"}:
        return refuse("This is not an address of a tool.")
    return redirect(begin_registration(lms, address, tool_id=request.args.get("tool", type=int)))


@blueprint.post("/tools/<int:tool_id>/activate")
def activate_tool(tool_id: int) -> ResponseReturnValue:
    lms = current_lms()
    with lms.store.session() as store:
        _require_admin(store)
        tool = store.get(Tool, tool_id)
        if tool is None:
            abort(HTTPStatus.NOT_FOUND, "This tool does not exist.")
    activate(lms, tool)
    return redirect("/tools", HTTPStatus.SEE_OTHER)


def _require_admin(store: Session) -> None:
    person = visitor(store)
    if person is None or not person.is_site_admin:
        abort(HTTPStatus.FORBIDDEN, "Only a site administrator may do this.")
