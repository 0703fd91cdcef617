"""Other systems that ask who is ready, and are told of it: for the administrators of an LMS.

Where a registration serves several institutions, an administrator sees those that know this course alone.
"""

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from lti.keys import SecretBox
from service.api_clients.models import ApiClient, Scope
from service.api_clients.operations import add_client, get_client, list_clients, rotate_key
from service.config import Settings
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError
from service.people.models import Role
from service.platforms.operations import get_platform_by_id
from service.platforms.profiles import profile_of
from service.web.access import me, open_to
from service.web.system_words import delivery_badge, event_words, fault_words, scope_words
from service.web.unsent import note_sent_form
from service.webhooks import operations as webhooks
from service.webhooks.models import WebhookEndpoint
from service.webhooks.rules import OVERLAP

blueprint = Blueprint("systems", __name__, url_prefix="/course/<course_id>/systems")

KEY_OVERLAP = timedelta(days=7)
Page = str | tuple[str, int]


@blueprint.get("")
@open_to(Role.ADMINISTRATOR)
def list_systems() -> str:
    """Show the systems, and a form for one more."""
    return _list_page()


@blueprint.post("")
@open_to(Role.ADMINISTRATOR)
def add() -> Page:
    """Add a system and show its key, this once. Form: `name`, a box for each scope, `covers` (course or platform)."""
    platform = get_platform_by_id(g.db, me().course.platform_id)
    scopes = [scope for scope in Scope if request.form.get(scope)]
    courses = None if request.form.get("covers") == "platform" and not _is_shared() else [me().course]
    name = request.form.get("name", "").strip()
    try:
        client, key = add_client(g.db, platform, name=name, scopes=scopes, courses=courses, by=_by(), at=utc_now())
    except InvalidInputError as error:
        return _list_page(typed=request.form, errors=_faults(error)), 422
    note_sent_form()
    return _page(_get(client.public_id), key=key)


@blueprint.get("/<client_id>")
@open_to(Role.ADMINISTRATOR)
def show(client_id: str) -> str:
    """Show one system: its keys, the addresses that are told, what was sent to them."""
    return _page(_get(client_id))


@blueprint.post("/<client_id>/key")
@open_to(Role.ADMINISTRATOR)
def rotate(client_id: str) -> Page:
    """Make another key and show it, this once; the one before opens for some days."""
    client = _get(client_id)
    try:
        key = rotate_key(g.db, client, overlap=KEY_OVERLAP, by=_by(), at=utc_now())
    except InvalidInputError as error:
        raise ConflictError(error.code, str(error)) from error
    return _page(client, key=key)


@blueprint.post("/<client_id>/revoke")
@open_to(Role.ADMINISTRATOR)
def revoke(client_id: str) -> Response:
    """End all that a system may do."""
    webhooks.revoke(g.db, _get(client_id), by=_by(), at=utc_now())
    flash(gettext("The system is revoked: its keys open nothing any more."))
    return _back(client_id)


@blueprint.post("/<client_id>/webhooks")
@open_to(Role.ADMINISTRATOR)
def listen(client_id: str) -> Page:
    """Add an address that is told of changes, and show its secret, this once. Form: `url`."""
    client, url = _get(client_id), request.form.get("url", "")
    try:
        _, secret = webhooks.add_endpoint(g.db, client, url, _box(), by=_by(), at=utc_now())
    except (InvalidInputError, ConflictError) as error:
        status = 422 if isinstance(error, InvalidInputError) else 409
        return _page(client, url=url, url_error=fault_words(error.code)), status
    note_sent_form()
    return _page(client, secret=secret)


@blueprint.post("/<client_id>/webhooks/<endpoint_id>/secret")
@open_to(Role.ADMINISTRATOR)
def rotate_secret(client_id: str, endpoint_id: str) -> str:
    """Make another secret and show it, this once; the one before signs for some days more."""
    client, endpoint = _get_both(client_id, endpoint_id)
    return _page(client, secret=webhooks.rotate_secret(g.db, endpoint, _box(), by=_by(), at=utc_now()))


@blueprint.post("/<client_id>/webhooks/<endpoint_id>/test")
@open_to(Role.ADMINISTRATOR)
def ping(client_id: str, endpoint_id: str) -> Response:
    """Have a message sent that says nothing."""
    webhooks.queue_ping(g.db, _get_both(client_id, endpoint_id)[1], at=utc_now())
    flash(gettext("A test is on its way. Reload this page in a moment: the list of what was sent says how it went."))
    return _back(client_id)


@blueprint.post("/<client_id>/webhooks/<endpoint_id>/again")
@open_to(Role.ADMINISTRATOR)
def send_again(client_id: str, endpoint_id: str) -> Response:
    """Have a message sent again. Form: `delivery`."""
    endpoint = _get_both(client_id, endpoint_id)[1]
    webhooks.send_again(g.db, endpoint, request.form.get("delivery", ""), at=utc_now())
    flash(gettext("It is sent again now, with the same number: the other system can tell that it is the same."))
    return _back(client_id)


@blueprint.post("/<client_id>/webhooks/<endpoint_id>/off")
@open_to(Role.ADMINISTRATOR)
def switch_off(client_id: str, endpoint_id: str) -> Response:
    """Send nothing more to an address."""
    webhooks.switch_off(g.db, _get_both(client_id, endpoint_id)[1], by=_by(), at=utc_now())
    flash(gettext("Nothing more is sent to the address."))
    return _back(client_id)


def _list_page(**answered: Any) -> str:
    """Return the list. `answered`: a form that was refused, as it was `typed`, and its `errors` by field."""
    platform_id, within = _within()
    return render_template(
        "systems.html",
        clients=list_clients(g.db, platform_id, **within),
        scopes=[(scope, scope_words(scope)) for scope in Scope],
        is_shared=_is_shared(),
        **{"typed": {"eligibility": "yes"}, "errors": {}} | answered,
    )


def _page(client: ApiClient, **answered: Any) -> str:
    """Return the page of a system. `answered`: a new `key` or `secret`, or an address that was refused, and why."""
    nothing = {"key": "", "secret": "", "url": "", "url_error": ""}
    return render_template(
        "system.html",
        client=client,
        scopes=[scope_words(scope) for scope in client.scopes],
        endpoints=webhooks.list_endpoints(g.db, client),
        deliveries=[
            (row, event_words(row.kind), delivery_badge(row.state)) for row in webhooks.list_deliveries(g.db, client)
        ],
        overlap_days=KEY_OVERLAP.days,
        secret_days=OVERLAP.days,
        now=utc_now(),
        **nothing | answered,
    )


def _get(client_id: str) -> ApiClient:
    platform_id, within = _within()
    return get_client(g.db, client_id, platform_id, **within)


def _get_both(client_id: str, endpoint_id: str) -> tuple[ApiClient, WebhookEndpoint]:
    client = _get(client_id)
    return client, webhooks.get_endpoint(g.db, client, endpoint_id)


def _within() -> tuple[int, dict[str, int]]:
    """Return what this administrator sees: all of the LMS, or this course alone."""
    return me().course.platform_id, {"course_id": me().course_id} if _is_shared() else {}


def _is_shared() -> bool:
    platform = get_platform_by_id(g.db, me().course.platform_id)
    return profile_of(platform.product_family, platform.issuer).is_shared


def _faults(error: InvalidInputError) -> dict[str, str]:
    fields = cast("dict[str, str]", error.details["fields"])
    return {name: fault_words(code) for name, code in fields.items()}


def _by() -> str:
    return me().person.public_id


def _box() -> SecretBox:
    settings = cast(Settings, current_app.extensions["settings"])
    return SecretBox(settings.secret_key, webhooks.SECRET_PURPOSE)


def _back(client_id: str) -> Response:
    return redirect(url_for(".show", course_id=me().course.public_id, client_id=client_id), 303)
