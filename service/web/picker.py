"""The content pickers: one that an LMS opens to fill a course, one for a link that nobody has set up."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from lti.deep_linking import Answer
from service.db import utc_now
from service.errors import NotFoundError
from service.forums.access import has_network
from service.i18n import LANGUAGE_NAMES
from service.modules.deep_linking import check_open, get_request
from service.modules.models import DeepLinkingRequest, Placement
from service.modules.operations import find_placement, set_placement
from service.people.models import LEARNING_ROLES, STAFF_ROLES
from service.people.rules import DEFAULT_LEARNER_ROLE
from service.placing import answer_picker, content_path
from service.web.access import catalogue, me, open_to
from service.web.offers import Group, list_chosen, list_groups, make_item, read_role, search
from service.web.words import role_name

blueprint = Blueprint("picker", __name__, url_prefix="/course/<course_id>")


@blueprint.get("/pick/<request_id>")
@open_to(*STAFF_ROLES)
def show(request_id: str) -> str:
    """Show what can be placed. Query: `q` to search, `content` for what is chosen already, `role`."""
    asked = get_request(g.db, me(), request_id, at=utc_now())
    check_open(asked)
    return _picker_page(asked)


@blueprint.post("/pick/<request_id>")
@open_to(*STAFF_ROLES)
def answer(request_id: str) -> str | tuple[str, int]:
    """Send the choice to the LMS by way of the browser. Form: `act` (`add` or `cancel`), `content`, `role`."""
    at = utc_now()
    asked = get_request(g.db, me(), request_id, at=at)
    role = read_role(request.form.get("role", ""))
    chosen = list_chosen(_offered(), set(request.form.getlist("content")))
    launch_url = f"{current_app.extensions['settings'].base_url}/lti/launch"
    if not asked.takes_links:
        reply = _refusal()
    elif request.form.get("act") == "cancel":
        chosen, reply = [], Answer(message=gettext("Nothing was added."))
    elif not chosen or (len(chosen) > 1 and not asked.takes_many):
        return _picker_page(asked, error=_what_to_choose(asked)), 422
    else:
        reply = Answer(items=tuple(make_item(offer, role, launch_url) for offer in chosen))
    form = {"act": request.form.get("act", ""), "role": role, "content": [offer.content for offer in chosen]}
    secret_key = current_app.extensions["settings"].secret_key
    signed = answer_picker(g.db, me(), request_id, form, reply, secret_key=secret_key, at=at)
    parts = urlsplit(signed.return_url)
    g.form_target = f"{parts.scheme}://{parts.netloc}"
    return render_template("picked.html", signed=signed, count=len(reply.items), refusal=reply.error_message, nav=[])


@blueprint.get("/link")
@open_to()
def show_link() -> str | Response:
    """Show staff the choice of what a link shows, learners that there is none yet. Query: `id` of the link, `q`."""
    placement = _get_placement()
    if me().role not in LEARNING_ROLES:
        return _link_page(placement)
    if placement.content:
        return redirect(content_path(me(), placement.content), 303)
    return render_template("not_set_up.html", placement=placement)


@blueprint.post("/link")
@open_to(*STAFF_ROLES)
def choose_link() -> Response | tuple[str, int]:
    """Make a link show what staff chose. Query: `id` of the link. Form: `content`."""
    placement = _get_placement()
    chosen = list_chosen(_offered(), {request.form.get("content", "")})
    if not chosen:
        return _link_page(placement, error=gettext("Choose what the activity shows.")), 422
    link_id, content = placement.resource_link_id, chosen[0].content
    set_placement(g.db, catalogue(), me().course_id, link_id, placement.title, content, at=utc_now())
    flash(gettext("From now on the activity shows this: %(title)s", title=chosen[0].title))
    return redirect(content_path(me(), content), 303)


def _picker_page(asked: DeepLinkingRequest, error: str = "") -> str:
    here = url_for(".show", course_id=me().course.public_id, request_id=asked.public_id)
    if not asked.takes_links:
        return render_template("picker_useless.html", action=here, nav=[])
    role = read_role(request.values.get("role", "")) or DEFAULT_LEARNER_ROLE
    return render_template(
        "picker.html",
        action=here,
        is_multiple=asked.takes_many,
        role=role,
        roles=[(choice, role_name(choice)) for choice in LEARNING_ROLES],
        error=error,
        **_list_words(here),
    )


def _link_page(placement: Placement, error: str = "") -> str:
    here = url_for(".show_link", course_id=me().course.public_id, id=placement.resource_link_id)
    return render_template(
        "picker_link.html", action=here, placement=placement, error=error, **_list_words(here, placement.content)
    )


def _list_words(here: str, present: str = "") -> dict[str, Any]:
    """Return what both pickers show: the offers that were searched for, and the chosen ones whatever was searched."""
    query = request.values.get("q", "").strip()[:100]
    chosen = set(request.values.getlist("content")) or {present}
    return {
        "groups": search(_offered(), query, chosen),
        "chosen": chosen,
        "query": query,
        "languages": [(language, LANGUAGE_NAMES[language]) for language in catalogue().languages],
        "path_of": lambda content: content_path(me(), content),
        "here": request.full_path.rstrip("?") if request.method == "GET" else here,
        "nav": "",
    }


def _offered() -> list[Group]:
    return list_groups(catalogue(), g.lang, has_network=has_network(g.db, me()))


def _get_placement() -> Placement:
    link_id = request.args.get("id", "")
    placement = find_placement(g.db, me().course_id, link_id) if link_id.isprintable() else None
    if placement is None:
        raise NotFoundError("placement.unknown", "This link was never opened.")
    return placement


def _what_to_choose(asked: DeepLinkingRequest) -> str:
    if asked.takes_many:
        return gettext("Choose at least one activity, or cancel.")
    return gettext("Choose one activity, or cancel.")


def _refusal() -> Answer:
    return Answer(
        error_message=gettext("MentorReady can only add links to itself, and this place in the course takes none."),
        error_log="accept_types has no ltiResourceLink",
    )
