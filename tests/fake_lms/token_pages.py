"""The token endpoint, with Moodle's checks, Moodle's order and Moodle's broken JSON (MOODLE.md section 4)."""

import json
from http import HTTPStatus

import jwt
from flask import Blueprint, Response, request
from lti1p3platform.exceptions import LtiException
from sqlalchemy import select

from tests.fake_lms.lms import TOKEN_PATH, Lms, current_lms
from tests.fake_lms.models import Tool
from tests.fake_lms.platform import PlatformConf

blueprint = Blueprint("token", __name__)
NEEDED = ("grant_type", "client_assertion_type", "client_assertion", "scope")


@blueprint.post(TOKEN_PATH)
def token() -> Response:
    """Answer a client credentials grant. The JSON is labelled text/html, as Moodle labels it."""
    lms = current_lms()
    form = request.form.to_dict()
    if not all(form.get(name) for name in NEEDED):
        return _error("invalid_request")
    if form["grant_type"] != "client_credentials":
        return _error("unsupported_grant_type")
    tool = _tool_of(lms, form["client_assertion"])
    if tool is None:
        return _error("invalid_client")
    try:
        answer = PlatformConf(lms=lms, tool=tool).issue_token(form)
    except LtiException as error:
        return _error(str(error))
    return Response(json.dumps(answer, indent=2), mimetype="text/html")


def _tool_of(lms: Lms, assertion: str) -> Tool | None:
    """Find the tool that the assertion says it is from. Nothing is believed yet: the tool's key decides."""
    try:
        subject = jwt.decode(assertion, options={"verify_signature": False}).get("sub")
    except jwt.InvalidTokenError:
        return None
    with lms.store.session() as session:
        return session.scalars(select(Tool).where(Tool.client_id == subject)).first()


def _error(text: str) -> Response:
    """Write the error as Moodle does: the text is not escaped, so a quote in it makes the JSON invalid."""
    body = '{\n  "error" : "' + text + '"\n}'
    return Response(body, HTTPStatus.BAD_REQUEST, mimetype="text/html")
