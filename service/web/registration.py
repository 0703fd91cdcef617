"""Registration by an LMS's administrator: a page that says what will happen, and the button that does it; or by hand.

The page only reads; LMSs load it more than once. What was read goes with the button, signed, so that what is
registered is what was shown. No transaction is open while an LMS is spoken to.
"""

import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, make_response, render_template, request
from flask.blueprints import BlueprintSetupState
from itsdangerous import BadSignature
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.wrappers import Response

from lti import registration as lti_registration
from lti.errors import RegistrationError
from lti.http import OutgoingHttp
from lti.registration import PlatformConfiguration, ToolDescription, fetch_configuration
from lti.urls import web_origin
from service.config import Settings
from service.db import new_public_id, transaction, utc_now
from service.errors import InvalidInputError, NotAllowedError
from service.placing import CONTEXT_HISTORY, LINK_HISTORY
from service.platforms.by_hand import FIELDS, MAKES, record_by_hand
from service.platforms.invites import (
    Outcome,
    Registered,
    free_invite,
    get_invite,
    has_platform,
    record_registration,
    use_invite,
)
from service.platforms.models import PlatformInvite
from service.platforms.profiles import profile_of
from service.web.access import public, without_database
from service.web.errors import show_error
from service.web.headers import CONTENT_POLICY
from service.web.registration_words import fault_words, registration_words, said_words
from service.web.signing import signer

log = logging.getLogger(__name__)

TOOL_NAME = "MentorReady"
HISTORY = {LINK_HISTORY: "$ResourceLink.id.history", CONTEXT_HISTORY: "$Context.id.history"}
OFFER_SALT = "registration-offer"
OFFER_SECONDS = 3600
RENEW, NEW = "renew", "new"
TYPED = ("make", "site", *FIELDS)
STATUS = {"address_refused": 400, "issuer_foreign": 400, "endpoint_foreign": 400, "offer_expired": 400}

blueprint = Blueprint("registration", __name__, url_prefix="/lti/register")


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """Give the process its way out to LMSs that are not known yet. A browser waits for these requests."""
    state.app.extensions["registration_http"] = OutgoingHttp(connect_seconds=3, read_seconds=8, total_seconds=12)


@blueprint.get("")
@public
@without_database
def show() -> Response:
    """Say what the button will do. Query: `invite`, and from the LMS `openid_configuration`, `registration_token`."""
    sent = request.args
    with transaction(_sessions(), reads_only=True) as session:
        invite = get_invite(session, sent.get("invite", ""), at=utc_now())
    address, token = sent.get("openid_configuration", ""), sent.get("registration_token", "")
    if not address:
        return _invited_page(sent["invite"], dict.fromkeys(TYPED, ""))
    configuration = fetch_configuration(
        address,
        token,
        _http(),
        domains_of=lambda family, issuer: profile_of(family, issuer).domains,
        may_use_private_addresses=invite.may_use_private_addresses,
    )
    offer = {"invite": sent["invite"], "token": token, "configuration": asdict(configuration), "url": address}
    return _offer_page(configuration, offer, invite)


@blueprint.post("")
@public
@without_database
def register() -> Response:
    """Register at the LMS. Form: `offer`, and `choice` (renew or new) where the LMS is known already."""
    offer = _read_offer()
    configuration = PlatformConfiguration(**_with_tuples(offer["configuration"]))
    choice, at = request.form.get("choice", ""), utc_now()
    with transaction(_sessions(), reads_only=True) as session:
        invite = get_invite(session, offer["invite"], at=at)
        is_asked = has_platform(session, configuration.issuer)
    if is_asked and choice not in {RENEW, NEW}:
        return _offer_page(configuration, offer, invite, is_unanswered=True)
    with transaction(_sessions()) as session:
        invite = use_invite(session, offer["invite"], at=at)
    registered = _register(configuration, offer["token"], invite, at)
    return _page(
        "registered.html",
        registered=registered,
        is_surprise=is_asked and (choice == NEW) != (registered.outcome is Outcome.NEW),
        origins=_origins(configuration, offer["url"]),
    )


@blueprint.post("/by-hand")
@public
def register_by_hand() -> Response:
    """Take the values of a connection by hand. Form: `invite`, `make`, `site`, and the fields of a registration."""
    token = request.form.get("invite", "")
    typed = {name: request.form.get(name, "").strip() for name in TYPED}
    try:
        platform = record_by_hand(g.db, token, typed, at=utc_now())
    except InvalidInputError as error:
        return _invited_page(token, typed, cast("dict[str, str]", error.details["fields"]))
    return _page("registered.html", registered=Registered(platform, Outcome.NEW), is_surprise=False, origins="")


def _invited_page(token: str, typed: dict[str, str], faults: dict[str, str] | None = None) -> Response:
    errors = {name: fault_words(fault) for name, fault in (faults or {}).items()}
    return _page(
        "invited.html",
        status=422 if errors else 200,
        token=token,
        base_url=_base_url(),
        makes=[(make.key, make.name) for make in MAKES.values()],
        typed=typed,
        errors=errors,
        faults=[(f"field-{name}", words) for name, words in errors.items()],
    )


def _register(configuration: PlatformConfiguration, token: str, invite: PlatformInvite, at: datetime) -> Registered:
    profile = profile_of(configuration.product_family, configuration.issuer)
    tool = ToolDescription(TOOL_NAME, _base_url(), custom=HISTORY, extras=profile.registration_extras)
    try:
        answer = lti_registration.register(
            configuration, token, tool, _http(), may_use_private_addresses=invite.may_use_private_addresses
        )
    except RegistrationError as error:
        with transaction(_sessions()) as session:
            free_invite(session, invite.id, code=error.code, at=at)
        raise
    with transaction(_sessions()) as session:
        return record_registration(session, invite.id, configuration, answer, at=at)


def _offer_page(
    configuration: PlatformConfiguration,
    offer: dict[str, Any],
    invite: PlatformInvite,
    *,
    is_unanswered: bool = False,
) -> Response:
    with transaction(_sessions(), reads_only=True) as session:
        is_known = has_platform(session, configuration.issuer)
    return _page(
        "register.html",
        status=422 if is_unanswered else 200,
        configuration=configuration,
        missing_scopes=[s for s in lti_registration.SCOPES if configuration.scopes and s not in configuration.scopes],
        note=invite.note,
        offer=signer(OFFER_SALT).dumps(offer),
        is_known=is_known,
        is_unanswered=is_unanswered,
    )


@blueprint.errorhandler(RegistrationError)
@blueprint.errorhandler(NotAllowedError)
def _refuse(error: RegistrationError | NotAllowedError) -> Response | tuple[str, int]:
    """Say why not, and what to do."""
    words = registration_words(error.code)
    if words is None:
        return show_error(error.code, 403)
    said = error.said if isinstance(error, RegistrationError) else ""
    status = STATUS.get(error.code, 502) if isinstance(error, RegistrationError) else 403
    support_id = new_public_id()
    log.warning("A registration was refused: %s (%s; %s), support id %s", error.code, error, said, support_id)
    return _page(
        "register_refused.html",
        status=status,
        words=words,
        code=error.code,
        said=said,
        said_words=said_words(said),
        support_id=support_id,
    )


def _page(template: str, *, status: int = 200, **words: Any) -> Response:
    answer = make_response(render_template(template, **words), status)
    # Without the frame rule of a session that this browser may have at another LMS: the page must show here.
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY
    return answer


def _read_offer() -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", signer(OFFER_SALT).loads(request.form.get("offer", ""), max_age=OFFER_SECONDS))
    except BadSignature as error:
        raise RegistrationError("offer_expired", "The form is too old, or not ours.") from error


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _origins(configuration: PlatformConfiguration, url: str) -> str:
    """Return the origins that the LMS's page may have, to which the closing message goes (CONFORMANCE R09)."""
    urls = [url, configuration.issuer, configuration.auth_login_url, configuration.registration_url]
    found = (urlsplit(each) for each in urls if web_origin(each))
    return " ".join(dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in found))


def _http() -> OutgoingHttp:
    return cast(OutgoingHttp, current_app.extensions["registration_http"])


def _sessions() -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", current_app.extensions["sessions"])


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def _base_url() -> str:
    return _settings().base_url
