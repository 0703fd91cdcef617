"""The inbox: what a member was told, each line a link to what it is about."""

from datetime import UTC, datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import InvalidInputError
from service.forums.access import get_forum, get_thread
from service.notices.following import follow_forum, follow_thread
from service.notices.operations import get_notice, list_notices, mark_read
from service.web.access import me, open_to, writes
from service.web.forum_pages import forum_href, reader, thread_href
from service.web.notice_words import describe_notices

blueprint = Blueprint("notices", __name__, url_prefix="/course/<course_id>/notices")


@blueprint.get("/")
@open_to()
def show() -> str:
    """Show the notices of the member, the latest first. Query: `page` from 1."""
    found = list_notices(g.db, me(), request.args.get("page", 1, type=int))
    return render_template(
        "notices.html",
        notices=describe_notices(found.rows),
        has_unread=found.unread > 0,
        latest_at=found.latest_at,
        page=found.page,
        pages=found.pages,
        page_address=lambda number: url_for(".show", course_id=me().course.public_id, page=number),
    )


@blueprint.get("/<notice_id>")
@open_to()
@writes
def follow(notice_id: str) -> Response:
    """Lead to what a notice is about; from then on it is read."""
    notice = get_notice(g.db, me(), notice_id)
    notice.read_at = notice.read_at or utc_now()
    target = describe_notices([notice])[0].target
    if not target:
        flash(gettext("What this notice was about is no longer there, or no longer open to you."), "error")
    return redirect(target or url_for(".show", course_id=me().course.public_id), 303)


@blueprint.post("/read")
@open_to()
def read_all() -> Response:
    """Mark as read what there was when the page was shown, on all pages. Form: `up_to`, when the latest was told.

    What was told since, also of something that was told before, stays new.
    """
    mark_read(g.db, me(), up_to=_moment(request.form.get("up_to", "")), at=utc_now())
    flash(gettext("All notices are marked as read."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


@blueprint.post("/follow")
@open_to()
def set_following() -> Response:
    """Follow a forum or a thread, or no longer. Form: `forum`, its key, or `thread`, its id; `followed` (yes)."""
    present, at = reader(), utc_now()
    is_followed = request.form.get("followed") == "yes"
    if thread_id := request.form.get("thread", ""):
        thread = get_thread(g.db, present, thread_id)
        follow_thread(g.db, thread, is_followed=is_followed, at=at)
        back = thread_href(thread.row)
    else:
        forum = get_forum(g.db, present, request.form.get("forum", ""))
        follow_forum(g.db, forum, is_followed=is_followed, at=at)
        back = forum_href(forum.plan.key)
    stands = gettext("What is new here then stands under “Notices”.")
    flash(stands if is_followed else gettext("You no longer follow this. Who names you or answers you is still told."))
    return redirect(back, 303)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInputError("form.incomplete", "The form is not ours: it says no moment.")
