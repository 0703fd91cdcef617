"""The door: the LMS's login initiation and launch, and our public keys. A refused launch is a page that says why."""

import logging
from datetime import datetime
from functools import partial
from typing import cast
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, g, jsonify, make_response, redirect, render_template, request, session
from flask.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from lti.browser_binding import Tool, cookie_name, hash_token
from lti.claims import LaunchClaims, MessageType
from lti.errors import LaunchRefusedError, StorageNeededError
from lti.http import OutgoingHttp
from lti.key_sets import KeySetCache
from lti.launch import BrowserProofs, LaunchPorts, check_launch
from lti.login import start_login
from lti.ports import Registration
from lti.urls import web_origin
from service.config import Settings
from service.db import new_public_id, single_statements, transaction, utc_now
from service.journey import SignedIn, sign_in
from service.platforms.launches import KnownPlatform, LaunchStore, LoginStore, consume_attempt
from service.platforms.operations import public_key_set, record_pending_deployment, record_refusal
from service.web.access import catalogue, public, without_database
from service.web.forgery import came_from_us
from service.web.headers import CONTENT_POLICY
from service.web.held import held_page
from service.web.refusals import refusal_words

log = logging.getLogger(__name__)

OFFERED = frozenset(MessageType)
MOST_FORM_BYTES = 128 * 1024
KEYS_CACHED_SECONDS = 300

blueprint = Blueprint("lti", __name__, url_prefix="/lti")


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """Give the process its cache of platform keys. A browser waits for these requests, so they are short."""
    http = OutgoingHttp(connect_seconds=3, read_seconds=5, total_seconds=8)
    state.app.extensions["platform_keys"] = KeySetCache(http)


@blueprint.route("/login", methods=["GET", "POST"])
@public
@without_database
def login() -> Response:
    """Begin a login: send the browser back to its LMS, with a cookie that ties the launch to it.

    Where the LMS offers storage and the browser may keep no cookie, a page leaves the proof there first (P01, P06).
    """
    form = _parameters()
    with single_statements(_sessions()) as connection:
        store = LoginStore(connection)
        started = start_login(form, store, store, tool=_tool(), at=utc_now())
    target = form.get("lti_storage_target")
    if target is None or _keeps_cookies():
        answer: Response = redirect(started.redirect_url, 303)
    else:
        answer = make_response(render_template("storage_put.html", started=started, target=target))
    _set_cookie(answer, started.cookie_name, started.proof, started.max_age)
    return answer


def _keeps_cookies() -> bool:
    """Say whether this browser keeps cookies for us here: it brought one, or we have a window of our own."""
    has_brought_one = any(name.startswith("__Host-") for name in request.cookies)
    return has_brought_one or request.headers.get("Sec-Fetch-Dest") == "document"


@blueprint.post("/launch")
@public
def launch() -> Response:
    """Take a launch and lead on to its page by a redirect, so that a reload repeats nothing."""
    at = utc_now()
    form = _parameters()
    store = LaunchStore(_sessions(), g.db, partial(_sign_in, at=at))
    ports = LaunchPorts(attempts=store, key_sets=store, keys=current_app.extensions["platform_keys"])
    proofs = BrowserProofs(request.cookies, _stored_proof(form))
    verified = check_launch(form, proofs, tool=_tool(), ports=ports, offered=OFFERED, at=at)
    signed_in = cast(SignedIn, store.done)
    session.clear()
    session["person"] = signed_in.membership.person.public_id
    session["at"] = int(at.timestamp())
    session["frame"] = _frames(verified.registration)
    if not verified.keeps_cookies:
        return held_page(signed_in.path)
    answer = redirect(signed_in.path, 303)
    _set_cookie(answer, cookie_name(form["state"]), "", 0)
    return answer


def _sign_in(db: Session, platform: KnownPlatform, claims: LaunchClaims, *, at: datetime) -> SignedIn:
    return sign_in(db, catalogue(), platform, claims, at=at)


def _stored_proof(form: dict[str, str]) -> str | None:
    """Return what our page read in the LMS's storage; "" from anyone else's page, None if it was not asked (P03)."""
    if "storage_proof" not in form:
        return None
    return form["storage_proof"] if came_from_us() else ""


@blueprint.get("/jwks")
@public
def jwks() -> Response:
    """Return our public keys (CONFORMANCE T13)."""
    answer = jsonify(public_key_set(g.db, at=utc_now()))
    answer.headers["Cache-Control"] = f"public, max-age={KEYS_CACHED_SECONDS}"
    return answer


@blueprint.errorhandler(StorageNeededError)
def _ask_storage(error: StorageNeededError) -> Response:
    """Show the page that asks the LMS's storage for the proof and posts the launch once more with it."""
    answer = make_response(render_template("storage_get.html", needed=error, form=request.form))
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY
    return answer


@blueprint.errorhandler(LaunchRefusedError)
def _refuse(error: LaunchRefusedError) -> Response:
    """Show why, and write it down; the view's transaction has been rolled back before."""
    support_id = new_public_id()
    log.warning("%s refused: %s (%s), support id %s", request.endpoint, error.code, error, support_id)
    state = ""
    if request.endpoint == "lti.launch":
        state = "" if error.code == "form_too_large" else request.form.get("state", "")
        _write_down(error, support_id, state)
    return_url = _return_url(error, support_id)
    page = render_template("refused.html", code=error.code, support_id=support_id, return_url=return_url)
    answer = make_response(page, error.status)
    # Without the frame rule of a session that this browser may still have at another LMS: the page must show here.
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY
    if state:
        _set_cookie(answer, cookie_name(state), "", 0)
    return answer


def _write_down(error: LaunchRefusedError, support_id: str, state: str) -> None:
    """Use up the login, so that nothing can be tried again with it, and record the refusal."""
    at = utc_now()
    detail = {"code": error.code, "message": str(error)}
    with transaction(_sessions()) as db:
        if state:
            consume_attempt(db, hash_token(state), at=at)
        if error.registration_id is not None and error.deployment_id is not None:
            detail["deployment"] = error.deployment_id
            record_pending_deployment(db, error.registration_id, error.deployment_id, at=at)
        record_refusal(db, support_id=support_id, platform_id=error.registration_id, detail=detail, at=at)


def _parameters() -> dict[str, str]:
    """Return the parameters: of the form for a POST, never of its query (CONFORMANCE S19)."""
    request.max_content_length = MOST_FORM_BYTES
    try:
        return (request.args if request.method == "GET" else request.form).to_dict()
    except RequestEntityTooLarge as error:
        raise LaunchRefusedError("form_too_large", "The form is larger than 128 kB.", status=413) from error


def _tool() -> Tool:
    settings = cast(Settings, current_app.extensions["settings"])
    return Tool(settings.base_url, f"{settings.base_url}/lti/launch", settings.secret_key)


def _sessions() -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", current_app.extensions["sessions"])


def _frames(registration: Registration) -> str:
    """Return the origins whose pages may frame ours: those of the LMS (CONFORMANCE P08)."""
    urls = [url for url in (registration.issuer, registration.auth_login_url) if web_origin(url)]
    return " ".join(dict.fromkeys("{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in urls))


def _return_url(error: LaunchRefusedError, support_id: str) -> str | None:
    """Return the way back to the LMS, with words for the user and for its log (Core 5.4.4 and its return message)."""
    if error.return_url is None:
        return None
    parts = urlsplit(error.return_url)
    words = refusal_words(error.code)
    message = {"lti_errormsg": f"{words.title}. {words.why}", "lti_errorlog": f"{error.code} {support_id}"}
    query = "&".join(filter(None, (parts.query, urlencode(message))))
    return parts._replace(query=query, fragment="").geturl()


def _set_cookie(answer: Response, name: str, value: str, max_age: int) -> None:
    """Set the cookie of a login, in the one form that survives in a frame of another site; 0 seconds deletes it."""
    answer.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )
