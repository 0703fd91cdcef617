"""The page of switches; a test may use it with JSON instead of a browser."""

from http import HTTPStatus

from flask import Blueprint, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from tests.fake_lms.keys import rotate_keys
from tests.fake_lms.lms import current_lms
from tests.fake_lms.switches import SwitchError

blueprint = Blueprint("switches", __name__)
ACTIONS = ("rotate_keys", "reset")


@blueprint.get("/switches")
def show() -> ResponseReturnValue:
    """Show all switches, in JSON if that is what is accepted."""
    switches = current_lms().switches
    if request.accept_mimetypes.best == "application/json":
        return jsonify(switches.as_dict())
    return render_template("switches.html", switches=list(switches), is_saved="saved" in request.args)


@blueprint.post("/switches")
def change() -> ResponseReturnValue:
    """Turn switches: fields (or the keys of a JSON object) are their names; `action` rotate_keys or reset does that."""
    lms = current_lms()
    wanted = request.get_json() if request.is_json else request.form.to_dict()
    if not isinstance(wanted, dict):
        abort(HTTPStatus.BAD_REQUEST, "Send an object of names and values.")
    action = wanted.pop("action", "")
    try:
        _check_action(action)
        lms.switches.update(wanted)
    except SwitchError as error:
        abort(HTTPStatus.BAD_REQUEST, str(error))
    if action == "reset":
        lms.switches.reset()
    elif action == "rotate_keys":
        with lms.store.session() as store:
            rotate_keys(store)
    if request.is_json:
        return jsonify(lms.switches.as_dict())
    return redirect("/switches?saved=1", HTTPStatus.SEE_OTHER)


def _check_action(action: str) -> None:
    if action not in ("", *ACTIONS):
        raise SwitchError(f"there is no action {action!r}; there are {', '.join(ACTIONS)}")
