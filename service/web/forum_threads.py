"""A thread: its posts page by page, the form of a reply, the poll; and the page that opens a thread."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, MentorReadyError, NotAllowedError, NotFoundError
from service.exercises.draft_operations import end_draft
from service.forums import operations, polls
from service.forums.access import OpenForum, OpenThread, get_forum, get_post, get_thread, person_ring
from service.forums.attachments import list_files
from service.forums.models import Thread
from service.forums.operations import TooFastError, check_opening, check_text
from service.forums.pauses import find_paused
from service.forums.polls import find_poll
from service.forums.reading import find_page, find_ring_threads, find_subjects, mark_read, read_thread, set_star
from service.forums.rules import Act, Kind, Purpose
from service.i18n import sort_key
from service.notices.following import is_following
from service.notices.operations import mark_read as mark_notices_read
from service.notices.rules import about_thread
from service.people.models import LEARNING_ROLES, STAFF_ROLES
from service.people.operations import get_member, list_members
from service.web.access import catalogue, me, open_to, writes
from service.web.formats import isolated, person_name
from service.web.forum_files import take_files, takes_files
from service.web.forum_pages import (
    Sent,
    compose,
    forum_href,
    forum_place,
    move_targets,
    new_href,
    post_words,
    read_post_form,
    reader,
    reworded,
    thread_href,
    thread_title,
    with_quote,
    writer,
)
from service.web.forum_words import forum_about, forum_readers, forum_title, named_in, opening_hint, refusal_words

blueprint = Blueprint("forum_threads", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.get("/threads/<thread_id>")
@open_to()
@writes
def show(thread_id: str) -> str | Response:
    """Show a page of a thread, and remember that it was read.

    Query: `page` from 1; or `at`, a number of a post or `unread`, which leads to the right page; `reply`, the id of a
    post, and `quote` with any value fill the form.
    """
    thread = get_thread(g.db, reader(), thread_id)
    at = request.args.get("at", "")
    if at == "unread":
        number = read_thread(g.db, thread, 1).unread_number
        return _redirect_to(thread, number or thread.row.last_number)
    if at.isdecimal() and len(at) < 9:
        return _redirect_to(thread, int(at))
    return thread_page(thread)


@blueprint.post("/threads/<thread_id>")
@open_to()
@takes_files
def reply(thread_id: str) -> Response | tuple[str, int] | str:
    """Reply, or show a preview. Form: see PostForm; `reply` is the id of the post that is answered."""
    present, at = reader(), utc_now()
    thread, sent = get_thread(g.db, present, thread_id), read_post_form()
    sent, faults = take_files(reworded(sent, thread.forum), thread.row.public_id)
    if faults:
        return thread_page(thread, sent, faults), 422
    parent = get_post(g.db, present, sent.values["reply"]).row if sent.values["reply"] else None
    try:
        if sent.is_preview:
            check_text(sent.written.text)
            return thread_page(thread, sent)
        # A savepoint: a refusal is shown on the page it came from, and must leave nothing of the try behind.
        with g.db.begin_nested():
            post = operations.reply(g.db, thread, sent.written, parent=parent, at=at)
            journey.follow_post(g.db, catalogue(), thread.forum, post, at=at)
    except (InvalidInputError, ConflictError) as error:
        again = get_thread(g.db, present, thread_id)
        return thread_page(again, sent, refusal_words(error), named_in(error)), refusal_status(error)
    end_draft(g.db, me().person_id, sent.form.submission_key, sent.form.seen)
    mark_read(g.db, thread, post.number)
    return _redirect_to(get_thread(g.db, present, thread_id), post.number)


@blueprint.post("/threads/<thread_id>/star")
@open_to()
def star(thread_id: str) -> Response:
    """Mark a thread with a star, or take it away. Form: `starred` (yes)."""
    thread = get_thread(g.db, reader(), thread_id)
    is_starred = request.form.get("starred") == "yes"
    set_star(g.db, thread, is_starred=is_starred, at=utc_now())
    flash(gettext("The thread has a star; only you see it.") if is_starred else gettext("The star is gone."))
    return redirect(thread_href(thread.row), 303)


@blueprint.post("/threads/<thread_id>/vote")
@open_to()
def vote(thread_id: str) -> Response:
    """Say which answer one would defend. Form: `answer`, its number."""
    thread = get_thread(g.db, reader(), thread_id)
    answer = request.form.get("answer", "")
    if answer.isdecimal() and len(answer) < 3:
        polls.vote(g.db, thread, int(answer), at=utc_now())
        flash(gettext("Thank you. Now say why, in a reply."))
    else:
        flash(gettext("Choose one of the answers first."), "error")
    return redirect(f"{thread_href(thread.row)}#poll", 303)


@blueprint.get("/<forum_key>/new")
@open_to()
def new(forum_key: str) -> str | Response:
    """Show the form that opens a thread. Query: `relation`, the id of one, where each relation has a thread."""
    forum = _get_startable(forum_key)
    if forum.plan.has_rings and not (forum.reader.is_staff and forum.plan.purpose is Purpose.SUPERVISION):
        ring = _ring(forum)
        begun = find_ring_threads(g.db, forum, [ring]).get(ring)
        if begun:
            return redirect(thread_href(begun.row), 302)
    return _new_page(forum)


@blueprint.post("/<forum_key>/new")
@open_to()
@takes_files
def start(forum_key: str) -> Response | tuple[str, int] | str:
    """Open a thread, or show a preview. Form: see PostForm; `person` is the member whom staff want to talk with."""
    forum, sent, at = _get_startable(forum_key), read_post_form(), utc_now()
    sent, faults = take_files(reworded(sent, forum), _draft_place(forum))
    if faults:
        return _new_page(forum, sent, faults), 422
    try:
        ring = _ring(forum, sent.values["person"]) if forum.plan.has_rings else None
        if sent.is_preview:
            _check(forum, sent)
            return _new_page(forum, sent)
        with g.db.begin_nested():
            post = operations.start_thread(g.db, forum, sent.written, ring=ring, at=at)
            journey.follow_post(g.db, catalogue(), forum, post, at=at)
    except (InvalidInputError, ConflictError) as error:
        again = _get_startable(forum_key)
        return _new_page(again, sent, refusal_words(error), named_in(error)), refusal_status(error)
    end_draft(g.db, me().person_id, sent.form.submission_key, sent.form.seen)
    return redirect(thread_href(g.db.get_one(Thread, post.thread_id), at=post.number), 303)


def refusal_status(error: MentorReadyError) -> int:
    """Return the status of a page that shows a form again."""
    if isinstance(error, TooFastError):
        return 429
    return 409 if isinstance(error, ConflictError) else 422


def thread_page(
    thread: OpenThread,
    sent: Sent | None = None,
    errors: Mapping[str, str] | None = None,
    named: Sequence[str] = (),
) -> str:
    """Return the page of a thread; its posts are read from then on."""
    at, forum, row = utc_now(), thread.forum, thread.row
    page = read_thread(g.db, thread, request.args.get("page", 1, type=int))
    if page.posts:
        mark_read(g.db, thread, page.posts[-1].row.number)
    mark_notices_read(g.db, me(), about_thread(forum.plan.key, row.public_id), up_to=at, at=at)
    form = compose(row.public_id, sent, errors, named)
    answered = _find_answered(thread, form.values.get("reply", "") or request.args.get("reply", ""))
    moderates = forum.may(Act.MODERATE)
    files = list_files(g.db, [line.row.id for line in page.posts])
    return render_template(
        "thread.html",
        here=thread_href(row, page=page.page),
        place=forum_place(forum),
        title=thread_title(row, find_subjects(g.db, [row])),
        about=forum_about(forum.plan.key) if forum.plan.kind is Kind.SINGLE else "",
        thread=row,
        forum_key=forum.plan.key,
        readers=forum_readers(forum.plan),
        posts=[post_words(line, row, forum, files.get(line.row.id, ())) for line in page.posts],
        thread_page=page,
        page_address=lambda number: thread_href(row, page=number),
        poll=find_poll(g.db, thread),
        form=form,
        text=with_quote(form.values.get("text", ""), answered if "quote" in request.args else None),
        answered=answered,
        may_reply=operations.may_reply(thread, at=at),
        may_ask_privately=forum.plan.takes_private and not operations.is_locked(thread, at=at),
        takes_unnamed=forum.plan.takes_unnamed,
        is_staff=forum.reader.is_staff,
        is_locked=operations.is_locked(thread, at=at),
        is_followed=is_following(g.db, thread),
        waits_for_answer=_waits_for_answer(thread, page.count),
        is_paused=bool(row.ring and find_paused(g.db, [row.ring])) if forum.plan.has_rings else False,
        moderates=moderates,
        targets=move_targets(thread) if moderates else [],
    )


def _redirect_to(thread: OpenThread, number: int) -> Response:
    page = find_page(g.db, thread, number)
    return redirect(f"{thread_href(thread.row, page=page)}#post-{number}", 303)


def _waits_for_answer(thread: OpenThread, count: int) -> bool:
    """Tell whether others have answered, and the reader has to answer before reading that."""
    is_hiding = thread.forum.plan.kind is Kind.QUESTIONS and not thread.forum.may(Act.MODERATE)
    return is_hiding and count == 1 and thread.row.last_number > 1


def _find_answered(thread: OpenThread, post_id: str) -> dict[str, Any] | None:
    """Return the post that the form replies to, None if it names none of this thread."""
    if not post_id or not post_id.isprintable():
        return None
    try:
        post = get_post(g.db, thread.forum.reader, post_id)
    except NotFoundError:
        return None
    if post.thread.row.id != thread.row.id or post.row.deleted_at or post.row.hidden_at:
        return None
    return {"id": post_id, "number": post.row.number, "writer": writer(post.row), "text": post.row.text}


def _get_startable(forum_key: str) -> OpenForum:
    forum = get_forum(g.db, reader(), forum_key)
    if not forum.may(Act.START):
        raise NotAllowedError("forum.no_start", "The reader may not open threads here.")
    return forum


def _ring(forum: OpenForum, person: str = "") -> str:
    """Return the ring that the form or the address names: of the learner, of a chosen person, or of a relation."""
    if forum.plan.purpose is Purpose.RELATION:
        return f"relation:{request.values.get('relation', '')}"
    if not forum.reader.is_staff:
        return person_ring(me().person_id)
    if not person:
        raise InvalidInputError("post.incomplete", "No person is named.", fields={"person": "person.missing"})
    member = get_member(g.db, me().course_id, person)
    if member.role in STAFF_ROLES:
        raise NotFoundError("forum.ring", "Staff have no such thread of their own.")
    return person_ring(member.person_id)


def _check(forum: OpenForum, sent: Sent) -> None:
    if forum.plan.has_rings or forum.plan.kind is Kind.SINGLE:
        check_text(sent.written.text)
    else:
        check_opening(forum, sent.written)


def _new_page(
    forum: OpenForum,
    sent: Sent | None = None,
    errors: Mapping[str, str] | None = None,
    named: Sequence[str] = (),
) -> str:
    plan = forum.plan
    people: list[tuple[str, str]] = []
    if plan.purpose is Purpose.SUPERVISION and forum.reader.is_staff:
        members = list_members(g.db, me().course_id, LEARNING_ROLES)
        by_name = sorted(members, key=lambda member: sort_key(person_name(member.person), g.lang))
        people = [(member.public_id, isolated(person_name(member.person))) for member in by_name]
    relation = request.values.get("relation", "")
    ring = f"relation:{relation}" if relation else ""
    return render_template(
        "thread_new.html",
        here=new_href(plan.key, ring),
        action=new_href(plan.key, ring, ".start"),
        place=forum_place(forum),
        forum_title=forum_title(plan.key),
        forum_key=plan.key,
        hint=opening_hint(plan),
        readers=forum_readers(plan),
        has_title=not plan.has_rings and plan.kind is not Kind.SINGLE,
        has_options=plan.kind is Kind.DILEMMA,
        is_staff=forum.reader.is_staff,
        is_paused=bool(ring and find_paused(g.db, [ring])),
        takes_unnamed=plan.takes_unnamed,
        people=people,
        cancel=forum_href(plan.key),
        # A draft stays with its course or relation: it was meant for those readers.
        draft_place=_draft_place(forum),
        form=compose(_draft_place(forum), sent, errors, named),
    )


def _draft_place(forum: OpenForum) -> str:
    return f"new-{forum.plan.key}-{request.values.get('relation', '') or me().course.public_id}"
