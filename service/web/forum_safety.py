"""Somebody's safety: the form that leads to the coordinators, and their list of what came, with how far they are."""

import secrets
from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.forums import pauses, safety
from service.forums.access import OpenPost, get_post, relation_ring
from service.forums.operations import TooFastError
from service.forums.report_rules import FlagState
from service.notices.telling_moderation import tell_of_contact, tell_of_flag, tell_of_flag_seen
from service.pairing.operations import list_relations_of
from service.people.models import STAFF_ROLES
from service.web.access import me, open_to
from service.web.formats import isolated, person_name
from service.web.forum_pages import forum_place, reader, writer
from service.web.forum_report_words import flag_state_kind, flag_state_words, report_field_words

blueprint = Blueprint("forum_safety", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.get("/safety/new")
@open_to()
def new() -> str:
    """Show the form. Query: `post`, the id of one that it is about; `quote` with any value fills in what it says."""
    return _new_page(_find_post())


@blueprint.post("/safety/new")
@open_to()
def send() -> Response | tuple[str, int]:
    """Tell the coordinators. Form: `words`, `quote`, `submission_key`; query: `post`."""
    post, at = _find_post(), utc_now()
    texts = {name: request.form.get(name, "") for name in ("words", "quote")}
    try:
        flag = safety.raise_flag(g.db, me(), post, texts, request.form.get("submission_key", ""), at=at)
    except InvalidInputError as error:
        if "fields" not in error.details:
            raise
        return _new_page(post, _field_words(error)), 422
    except TooFastError as error:
        return _new_page(post, {"words": report_field_words(error.code)}), 429
    if flag.raised_at == at:
        tell_of_flag(g.db, flag, safety.list_recipients(g.db, me(), post), at=at)
    flash(gettext("Thank you. The coordinators are told. In an emergency, call for help now; do not wait for them."))
    return redirect(url_for(".new", course_id=_here()), 303)


@blueprint.get("/safety")
@open_to(*STAFF_ROLES)
def list_flags() -> str:
    """Show what came to the coordinators, the latest first. Query: `state` (see FlagState)."""
    wanted = request.args.get("state", "")
    state = FlagState(wanted) if wanted in set(FlagState) else None
    filters = [(gettext("All"), None, url_for(".list_flags", course_id=_here()), state is None)]
    for one in FlagState:
        address = url_for(".list_flags", course_id=_here(), state=one.value)
        filters.append((flag_state_words(one), None, address, state is one))
    return render_template(
        "safety.html",
        place=forum_place(),
        filters=filters,
        flags=[_line_words(line) for line in safety.list_flags(g.db, me(), state)],
    )


@blueprint.get("/safety/<flag_id>")
@open_to(*STAFF_ROLES)
def show(flag_id: str) -> str:
    """Show a flag, and what was done about it."""
    return _flag_page(flag_id)


@blueprint.post("/safety/<flag_id>")
@open_to(*STAFF_ROLES)
def set_state(flag_id: str) -> Response | tuple[str, int]:
    """Say how far one is. Form: `state` (seen, closed), `words`, `version` of the flag as the page showed it."""
    wanted, version, at = request.form.get("state", ""), request.form.get("version", ""), utc_now()
    state = FlagState.CLOSED if wanted == FlagState.CLOSED else FlagState.SEEN
    shown = int(version) if version.isdecimal() and len(version) < 9 else -1
    try:
        line = safety.set_state(g.db, me(), flag_id, state, shown, request.form.get("words", ""), at=at)
    except InvalidInputError as error:
        return _flag_page(flag_id, _field_words(error)), 422
    except ConflictError as error:
        return _flag_page(flag_id, {"words": report_field_words(error.code)}), 409
    tell_of_flag_seen(g.db, line.row, by=me(), at=at)
    flash(gettext("It is kept, and who wrote to you is told that somebody looks after it."))
    return redirect(url_for(".show", course_id=_here(), flag_id=flag_id), 303)


@blueprint.post("/safety/<flag_id>/contact")
@open_to(*STAFF_ROLES)
def set_contact(flag_id: str) -> Response:
    """Pause the conversation of a relation of who wrote, or open it again. Form: `relation`, `act` (pause, resume)."""
    line, at = safety.get_flag(g.db, me(), flag_id), utc_now()
    is_paused = request.form.get("act") == "pause"
    relations = list_relations_of(g.db, line.member.id)
    chosen = next((one for one in relations if one.public_id == request.form.get("relation")), None)
    if chosen is None:
        raise NotFoundError("relation.unknown", "Who wrote is in no such relation now.")
    ring = relation_ring(chosen.public_id)
    if pauses.set_paused(g.db, me(), line.row, ring, is_paused=is_paused, at=at):
        told = [one.membership for one in chosen.members if one.ended_at is None]
        tell_of_contact(g.db, told, ring, is_paused=is_paused, at=at)
        flash(
            gettext("The conversation is paused, and those in it are told.")
            if is_paused
            else gettext("The conversation is open again, and those in it are told.")
        )
    else:
        flash(gettext("Nothing was changed: someone else was quicker."))
    return redirect(url_for(".show", course_id=_here(), flag_id=flag_id, _anchor="contact"), 303)


def _find_post() -> OpenPost | None:
    post_id = request.args.get("post", "")
    return get_post(g.db, reader(), post_id) if post_id and post_id.isprintable() else None


def _field_words(error: InvalidInputError) -> dict[str, str]:
    found = error.details["fields"]
    return {name: report_field_words(code) for name, code in found.items()} if isinstance(found, dict) else {}


def _new_page(post: OpenPost | None, errors: Mapping[str, str] | None = None) -> str:
    is_quoted = post is not None and not safety.is_shared(post)
    text = post.row.text if post is not None and is_quoted and "quote" in request.args else ""
    post_id = post.row.public_id if post else None
    return render_template(
        "safety_new.html",
        place=forum_place(post.thread.forum if post else None),
        post=post.row if post else None,
        writer=writer(post.row) if post else "",
        is_quoted=is_quoted,
        action=url_for(".send", course_id=_here(), post=post_id),
        quote_href=url_for(".new", course_id=_here(), post=post_id, quote=1),
        quote=request.form.get("quote", text),
        words=request.form.get("words", ""),
        submission_key=request.form.get("submission_key", "") or secrets.token_urlsafe(16),
        recipients=[isolated(person_name(one.person)) for one in safety.list_recipients(g.db, me(), post)],
        own=[
            {"at": one.raised_at, "state": flag_state_words(one.state), "kind": flag_state_kind(one.state)}
            for one in safety.list_own(g.db, me())
        ],
        errors=errors or {},
    )


def _flag_page(flag_id: str, errors: Mapping[str, str] | None = None) -> str:
    line = safety.get_flag(g.db, me(), flag_id)
    return render_template(
        "safety_flag.html",
        place=[*forum_place(), (gettext("Somebody’s safety"), url_for(".list_flags", course_id=_here()))],
        flag=line.row,
        line=_line_words(line),
        steps=[
            {"state": flag_state_words(step.state), "who": person_name(person), "at": step.done_at, "words": step.words}
            for step, person in safety.list_steps(g.db, line.row)
        ],
        relations=_relations(line),
        pauses=pauses.list_pauses(g.db, line.row),
        words=request.form.get("words", ""),
        errors=errors or {},
    )


def _relations(line: safety.FlagLine) -> list[dict[str, object]]:
    """Return the relations that who wrote is in: with whom, and whether their conversation is paused."""
    found = list_relations_of(g.db, line.member.id)
    paused = pauses.find_paused(g.db, [relation_ring(one.public_id) for one in found])
    return [
        {
            "id": relation.public_id,
            "others": [
                person_name(one.membership.person) for one in relation.members if one.membership_id != line.member.id
            ],
            "is_paused": relation_ring(relation.public_id) in paused,
        }
        for relation in found
    ]


def _line_words(line: safety.FlagLine) -> dict[str, object]:
    post = line.post
    return {
        "who": person_name(line.member.person),
        "person_href": url_for("people.show_person", course_id=_here(), member_id=line.member.public_id),
        "at": line.row.raised_at,
        "state": flag_state_words(line.row.state),
        "kind": flag_state_kind(line.row.state),
        "href": url_for(".show", course_id=_here(), flag_id=line.row.public_id),
        "post_number": post.number if post else None,
        "writer": writer(post) if post else "",
        "post_href": url_for("forum_posts.show", course_id=_here(), post_id=post.public_id) if post else "",
    }


def _here() -> str:
    return me().course.public_id
