"""The forums of a course: their list with what is new, a search through all, one forum with its threads."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.exercises.draft_operations import end_draft
from service.forums.access import EVERYONE, OpenForum, get_forum, list_open, person_ring
from service.forums.attachments import drop_waiting, take_over
from service.forums.drafts import save_post_draft
from service.forums.reading import (
    MOST_COUNTED,
    News,
    Show,
    ThreadLine,
    find_ring_threads,
    find_subjects,
    list_news,
    list_threads,
    mark_all_read,
)
from service.forums.rules import PLANS, Act, Kind, Purpose
from service.forums.search import Hit, list_mentions, search
from service.notices.following import list_followed
from service.people.models import Person
from service.web.access import me, open_to
from service.web.drafts import saved_words
from service.web.formats import number
from service.web.forum_pages import (
    TYPED,
    forum_href,
    list_relation_rings,
    new_href,
    read_post_form,
    reader,
    thread_href,
    thread_title,
    writer,
)
from service.web.forum_words import forum_about, forum_readers, forum_title

blueprint = Blueprint("forums", __name__, url_prefix="/course/<course_id>/forums")

LONGEST_QUERY = 100
LAST_PAGE = 100
"""Of what a search found: who has read so many adds a word."""


@blueprint.get("/")
@open_to()
def show_all() -> str | Response:
    """Show the forums that are open to the member. Query: `q` searches through them, `page` from 1.

    `open`, the key of one, comes with an activity of the LMS: it leads there, or the page says that it is for others.
    """
    present = reader()
    forums = list_open(g.db, present)
    placed = request.args.get("open", "")
    if any(forum.plan.key == placed for forum in forums):
        return redirect(forum_href(placed), 302)
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    hits, has_more = search(g.db, forums, query, page) if query.isprintable() else ([], False)
    news = list_news(g.db, forums) if not query else {}
    rings = {ring for ring, _ in list_relation_rings()}
    shown = [forum for forum in forums if forum.plan.purpose is not Purpose.RELATION or rings]
    return render_template(
        "forums.html",
        shut=forum_title(placed) if placed in PLANS else "",
        query=query,
        hits=_hits(hits),
        page=page,
        has_more=has_more,
        is_staff=present.is_staff,
        moderates=any(forum.may(Act.MODERATE) for forum in forums),
        mentions=[] if query else _hits(list_mentions(g.db, forums, me().person_id)),
        forums=[_forum_words(forum, news.get(forum.plan.key, News())) for forum in shown],
    )


@blueprint.get("/<forum_key>")
@open_to()
def show(forum_key: str) -> str | Response:
    """Show the threads of a forum. Query: `show` (unread, starred), `page` from 1.

    A forum of one thread is that thread; where each ring of readers has one, they are listed by their ring.
    """
    forum = get_forum(g.db, reader(), forum_key)
    if forum.plan.kind is Kind.SINGLE:
        only = find_ring_threads(g.db, forum, [EVERYONE]).get(EVERYONE)
        if only:
            return redirect(thread_href(only.row), 302)
    if forum.plan.purpose is Purpose.RELATION or (forum.plan.has_rings and not forum.reader.is_staff):
        return _page(forum, rings=_rings(forum))
    wanted = request.args.get("show", "")
    kind = Show(wanted) if wanted in set(Show) else Show.ALL
    found = list_threads(g.db, forum, kind, request.args.get("page", 1, type=int), at=utc_now())
    subjects = find_subjects(g.db, [line.row for line in found.lines])
    return _page(
        forum,
        threads=[_thread_words(line, subjects) for line in found.lines],
        shown=kind,
        page=found.page,
        pages=found.pages,
        is_counted=found.is_counted,
        page_address=lambda n: url_for(
            ".show", course_id=me().course.public_id, forum_key=forum_key, show=kind.value or None, page=n
        ),
    )


@blueprint.post("/<forum_key>/read")
@open_to()
def mark_read(forum_key: str) -> Response:
    """Take everything in the forum as read."""
    mark_all_read(g.db, get_forum(g.db, reader(), forum_key), at=utc_now())
    flash(gettext("Everything here is marked as read."))
    return redirect(forum_href(forum_key), 303)


@blueprint.post("/drafts/<place>")
@open_to()
def save_draft(place: str) -> dict[str, str]:
    """Keep the form of a post as it stands. Answers with JSON: `words` say when it was saved."""
    sent, at = read_post_form(), utc_now()
    typed = {name: request.form[name] for name in TYPED if name in request.form}
    save_post_draft(g.db, me().person_id, place, sent.form, typed, at=at)
    take_over(g.db, me().person_id, sent.form.submission_key, [version.submission_key for version in sent.form.seen])
    return saved_words(at)


@blueprint.post("/drafts/<place>/discard")
@open_to()
def discard_draft(place: str) -> Response:
    """Forget what was begun, and go back to where it was written. The form is that of the draft."""
    key = read_post_form().form.submission_key
    end_draft(g.db, me().person_id, key)
    drop_waiting(g.db, me().person_id, key, at=utc_now())
    if place.startswith("new-"):
        _, forum_key, whose = f"{place}-".split("-")[:3]
        return redirect(new_href(forum_key, f"relation:{whose}" if whose != me().course.public_id else ""), 303)
    return redirect(url_for("forum_threads.show", course_id=me().course.public_id, thread_id=place), 303)


_NO_THREADS: dict[str, Any] = {
    "threads": [],
    "rings": None,
    "shown": Show.ALL,
    "page": 1,
    "pages": 1,
    "is_counted": True,
    "page_address": None,
}


def _page(forum: OpenForum, **context: Any) -> str:
    key = forum.plan.key
    return render_template(
        "forum.html",
        **_NO_THREADS | context,
        key=key,
        title=forum_title(key),
        about=forum_about(key),
        readers=forum_readers(forum.plan),
        may_start=forum.may(Act.START),
        may_configure=forum.may(Act.CONFIGURE),
        has_statistics=forum.may(Act.MODERATE) and not forum.plan.has_rings,
        is_staff=forum.reader.is_staff,
        is_single=forum.plan.kind is Kind.SINGLE,
        is_followed=bool(forum.row and list_followed(g.db, me().person_id, [forum.row.id])),
        here=forum_href(key),
        filters=[(words, None, _filter_href(key, kind), kind) for words, kind in _filters()],
    )


def _filters() -> list[tuple[str, Show]]:
    return [(gettext("All"), Show.ALL), (gettext("Unread"), Show.UNREAD), (gettext("With a star"), Show.STARRED)]


def _filter_href(key: str, kind: Show) -> str:
    return url_for(".show", course_id=me().course.public_id, forum_key=key, show=kind.value or None)


def _forum_words(forum: OpenForum, news: News) -> dict[str, Any]:
    key = forum.plan.key
    most = news.unread >= MOST_COUNTED
    return {
        "href": forum_href(key),
        "title": forum_title(key),
        "about": forum_about(key),
        "readers": forum_readers(forum.plan),
        "unread": news.unread,
        "unread_words": gettext("%(num)s or more threads with something new", num=number(MOST_COUNTED)) if most else "",
        "last_post_at": news.last_post_at,
    }


def _thread_words(line: ThreadLine, subjects: Mapping[str, Person]) -> dict[str, Any]:
    opening = line.opening
    return {
        "row": line.row,
        "title": thread_title(line.row, subjects),
        "href": thread_href(line.row),
        "unread_href": thread_href(line.row, at="unread"),
        "writer": writer(opening) if opening and opening.deleted_at is None and opening.hidden_at is None else "",
        "posts": line.posts,
        "unread": line.unread,
        "is_starred": line.is_starred,
        "is_locked": line.is_locked,
    }


def _rings(forum: OpenForum) -> list[dict[str, Any]]:
    """Return the conversations of a learner, begun or not, each with its address."""
    key = forum.plan.key
    if forum.plan.purpose is Purpose.RELATION:
        rings = list_relation_rings()
    else:
        rings = [(person_ring(me().person_id), forum_title(key))]
    begun = find_ring_threads(g.db, forum, [ring for ring, _ in rings])
    return [
        {
            "title": title,
            "thread": begun.get(ring),
            "href": thread_href(begun[ring].row) if ring in begun else new_href(key, ring),
        }
        for ring, title in rings
    ]


def _hits(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    subjects = find_subjects(g.db, [hit.thread for hit in hits])
    return [_hit(hit, subjects) for hit in hits]


def _hit(hit: Hit, subjects: Mapping[str, Person]) -> dict[str, Any]:
    return {
        "title": thread_title(hit.thread, subjects),
        "forum": forum_title(hit.thread.forum.key),
        "href": thread_href(hit.thread, at=hit.post.number),
        "number": hit.post.number,
        "writer": writer(hit.post),
        "excerpt": hit.excerpt,
        "language": hit.post.language,
        "at": hit.post.posted_at,
    }
