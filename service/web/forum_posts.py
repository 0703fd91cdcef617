"""One post, changed or deleted by its writer, hidden or split off by a moderator; threads and forums as moderated."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.forums import moderation, operations
from service.forums.access import OpenForum, OpenPost, get_forum, get_post, get_thread
from service.forums.attachments import list_files, list_waiting
from service.forums.file_changes import FileChange, form_key, list_past_files
from service.forums.models import Post, PostRevision
from service.forums.moderation import list_history
from service.forums.render import render_post
from service.forums.rules import SEATED_PURPOSES, Act, Purpose, is_editable
from service.i18n import sort_key
from service.people.models import LEARNING_ROLES, STAFF_ROLES
from service.people.operations import list_members
from service.web.access import catalogue, me, open_to
from service.web.file_words import file_form, file_words
from service.web.formats import person_name
from service.web.forum_files import take_changes, takes_files
from service.web.forum_pages import forum_href, forum_place, reader, thread_href, writer
from service.web.forum_threads import refusal_status
from service.web.forum_words import act_words, field_words, forum_readers, forum_title, named_in, refusal_words

blueprint = Blueprint("forum_posts", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.get("/posts/<post_id>")
@open_to()
def show(post_id: str) -> str:
    """Show a post alone, with what this member may do with it, and to writer and moderators what it said before."""
    return _page(get_post(g.db, reader(), post_id))


@blueprint.post("/posts/<post_id>")
@open_to()
@takes_files
def edit(post_id: str) -> Response | tuple[str, int]:
    """Change one's own post.

    Form: `text`, `edits`: how often it had been changed when the page was made, `name-reason`; for files `file`, `alt`,
    `alt-` and the id of a picture, and `drop`, the ids of those to take out.
    """
    post, at = get_post(g.db, reader(), post_id, locked=True), utc_now()
    text, edits = request.form.get("text", ""), request.form.get("edits", "")
    change = FileChange()
    try:
        seen = int(edits) if edits.isdecimal() and len(edits) < 6 else -1
        operations.check_editable(post, at=at)
        change, faults = take_changes(post.row)
        if faults:
            return _page(post, text, faults, change=change), 422
        operations.edit_post(g.db, post, text, seen, change, reason=request.form.get("name-reason", ""), at=at)
    except (InvalidInputError, ConflictError) as error:
        return _page(post, text, refusal_words(error), named_in(error), change), refusal_status(error)
    flash(gettext("The post is changed."))
    return _back(post)


@blueprint.post("/posts/<post_id>/delete")
@open_to()
def delete(post_id: str) -> Response:
    """Delete one's own post for good; its place stays."""
    post = get_post(g.db, reader(), post_id, locked=True)
    at = utc_now()
    operations.delete_post(g.db, post, at=at)
    journey.follow_lost_posts(g.db, catalogue(), [post.row.author_id], at=at)
    flash(gettext("The post is deleted. Its place stays, so that replies to it make sense."))
    return _back(post)


@blueprint.post("/posts/<post_id>/hide")
@open_to()
def hide(post_id: str) -> Response | tuple[str, int]:
    """Hide a post, or show it again. Form: `act` (hide, show), `reason`."""
    post = get_post(g.db, reader(), post_id, locked=True)
    act, at = "hide" if request.form.get("act") == "hide" else "show", utc_now()
    try:
        moderation.set_hidden(g.db, post, request.form.get("reason", ""), is_hidden=act == "hide", at=at)
    except InvalidInputError as error:
        return _page(post, errors=refusal_words(error)), 422
    journey.follow_lost_posts(g.db, catalogue(), [post.row.author_id], at=at)
    flash(act_words(act))
    return _back(post)


@blueprint.post("/posts/<post_id>/split")
@open_to()
def split(post_id: str) -> Response | tuple[str, int]:
    """Make a post and the replies to it a thread. Form: `title`, `version` of the thread as the page showed it."""
    post, at = get_post(g.db, reader(), post_id, locked=True), utc_now()
    try:
        thread, authors = moderation.split_thread(g.db, post, _version(), request.form.get("title", ""), at=at)
    except InvalidInputError as error:
        return _page(post, errors=refusal_words(error)), 422
    journey.follow_lost_posts(g.db, catalogue(), authors, at=at)
    flash(gettext("The post and the replies to it are a thread of their own now."))
    return redirect(thread_href(thread), 303)


@blueprint.post("/threads/<thread_id>/manage")
@open_to()
def manage(thread_id: str) -> Response:
    """Pin, lock or move a thread. Form: `act`, `version` of the thread as the page showed it, `forum` to move it to."""
    thread = get_thread(g.db, reader(), thread_id, locked=True)
    act, at = request.form.get("act", ""), utc_now()
    if act in {"pin", "unpin"}:
        moderation.set_pinned(g.db, thread, _version(), is_pinned=act == "pin", at=at)
    elif act in {"lock", "unlock"}:
        moderation.set_locked(g.db, thread, _version(), is_locked=act == "lock", at=at)
    elif act == "move":
        target = request.form.get("forum", "")
        authors = moderation.move_thread(g.db, thread, _version(), target, at=at)
        journey.follow_lost_posts(g.db, catalogue(), authors, at=at)
        flash(gettext("The thread now stands in “%(forum)s”.", forum=forum_title(target)))
        return redirect(thread_href(thread.row), 303)
    else:
        raise InvalidInputError("thread.unknown_act", f"There is no act {act!r}.")
    flash(act_words(act))
    return redirect(thread_href(thread.row), 303)


@blueprint.get("/<forum_key>/settings")
@open_to(*STAFF_ROLES)
def show_settings(forum_key: str) -> str:
    """Show when threads of a forum are locked by themselves, and who has a seat in it."""
    return _settings_page(_get_configurable(forum_key))


@blueprint.post("/<forum_key>/settings")
@open_to(*STAFF_ROLES)
def set_settings(forum_key: str) -> Response | tuple[str, int]:
    """Set up a forum. Form: `days` until a silent thread is locked (empty: never), `seat`: members, by public id."""
    forum, at = _get_configurable(forum_key), utc_now()
    days = request.form.get("days", "").strip()
    if days and not (days.isdecimal() and len(days) < 6 and 1 <= int(days) <= moderation.LONGEST_PAUSE_DAYS):
        return _settings_page(forum, days, field_words("days.range")), 422
    moderation.set_lock_after(g.db, forum, int(days) if days else None, at=at)
    if forum.plan.purpose in SEATED_PURPOSES:
        moderation.set_seats(g.db, get_forum(g.db, forum.reader, forum_key), request.form.getlist("seat"), at=at)
    flash(gettext("The settings are saved."))
    return redirect(forum_href(forum_key), 303)


def _get_configurable(forum_key: str) -> OpenForum:
    forum = get_forum(g.db, reader(), forum_key)
    if not forum.may(Act.CONFIGURE):
        raise NotFoundError("forum.no_settings", "The reader does not set up this forum.")
    return forum


def _settings_page(forum: OpenForum, days: str | None = None, error: str = "") -> str:
    key = forum.plan.key
    stands = forum.row.lock_after_days if forum.row else None
    has_seats = forum.plan.purpose in SEATED_PURPOSES
    roles = [role for role in LEARNING_ROLES if forum.plan.purpose is Purpose.STEERING or role != "mentee"]
    members = list_members(g.db, me().course_id, roles) if has_seats else []
    seats = moderation.list_seats(g.db, forum)
    people = [(one.public_id, person_name(one.person), one.id in seats) for one in members]
    return render_template(
        "forum_settings.html",
        here=url_for(".show_settings", course_id=me().course.public_id, forum_key=key),
        place=forum_place(forum),
        title=forum_title(key),
        days=str(stands or "") if days is None else days,
        error=error,
        is_steering=forum.plan.purpose is Purpose.STEERING,
        has_seats=has_seats,
        people=sorted(people, key=lambda one: (not one[2], sort_key(one[1], g.lang))),
    )


def _version() -> int:
    version = request.form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 9 else -1


def _back(post: OpenPost) -> Response:
    return redirect(thread_href(post.thread.row, at=post.row.number), 303)


def _page(
    post: OpenPost,
    text: str | None = None,
    errors: Mapping[str, str] | None = None,
    named: Sequence[str] = (),
    change: FileChange | None = None,
) -> str:
    row, thread = post.row, post.thread
    moderates = thread.forum.may(Act.MODERATE)
    is_shown = row.deleted_at is None and (row.hidden_at is None or moderates)
    may_edit = post.is_own and is_shown and row.hidden_at is None and is_editable(row.posted_at, utc_now())
    return render_template(
        "post.html",
        sent=request.form,
        here=url_for(".show", course_id=me().course.public_id, post_id=row.public_id),
        place=[*forum_place(thread.forum), (gettext("Thread"), thread_href(thread.row, at=row.number))],
        post=row,
        thread=thread.row,
        writer=writer(row) if is_shown else "",
        html=render_post(row.text) if is_shown else "",
        files=[file_words(file) for file in list_files(g.db, [row.id]).get(row.id, [])] if is_shown else [],
        back=thread_href(thread.row, at=row.number),
        readers=forum_readers(thread.forum.plan),
        past=_past(row) if is_shown and (post.is_own or moderates) else [],
        may_edit=may_edit,
        form=_changing(row, change or FileChange(), errors or {}) if may_edit else None,
        may_delete=post.is_own and is_shown and row.hidden_at is None,
        may_hide=moderates and row.deleted_at is None,
        may_judge=moderates and not post.is_own and not thread.forum.plan.has_rings,
        may_split=moderates and row.number > 1 and row.private_to_id is None and thread.row.ring is None,
        text=row.text if text is None else text,
        named=named,
        errors=errors or {},
    )


def _past(row: Post) -> list[tuple[PostRevision, str, list[dict[str, Any]]]]:
    """Return what a post was before: when, its text, its files."""
    history = list_history(g.db, row)
    files = list_past_files(g.db, row, history)
    words = [[{**file_words(file.row), "alt": file.alt} for file in had] for had in files]
    return [(one, render_post(one.text), had) for one, had in zip(history, words, strict=True)]


def _changing(row: Post, change: FileChange, errors: Mapping[str, str]) -> dict[str, Any]:
    """Return the files as the form of a change shows them: those of the post, and those that wait for it."""
    present = [
        {
            **file_words(file),
            "alt": change.alts.get(file.public_id, file.alt),
            "is_out": file.public_id in change.taken_out,
        }
        for file in list_files(g.db, [row.id]).get(row.id, [])
    ]
    waiting = [{**file_words(file), "is_new": True} for file in list_waiting(g.db, row.author_id, [form_key(row)])]
    return {"files": [*present, *waiting], "takes": file_form(), "errors": errors, "is_change": True}
