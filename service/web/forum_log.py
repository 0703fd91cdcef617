"""The log of moderation, for those who moderate: what, when, who, why, and the way back where there is one."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from service.db import utc_now
from service.forums.access import OpenForum
from service.forums.log import ACTS, LogLine, list_entries, list_moderated
from service.forums.report_rules import MeasureKind
from service.forums.rules import PLANS, Act
from service.web.access import me, open_to
from service.web.formats import isolated, person_name
from service.web.forum_pages import forum_place, reader, thread_href, thread_title, writer
from service.web.forum_report_words import log_words
from service.web.forum_words import forum_title

blueprint = Blueprint("forum_log", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.get("/moderation/log")
@open_to()
def show() -> str:
    """Show the log of the forums that the member moderates, the latest first. Query: `act`, `page` from 1."""
    moderated = {forum.plan.key: forum for forum in list_moderated(g.db, reader())}
    act = request.args.get("act", "")
    act = act if act in ACTS else ""
    lines, page, pages = list_entries(g.db, [*moderated.values()], act, request.args.get("page", 1, type=int))
    here = me().course.public_id
    return render_template(
        "moderation_log.html",
        place=[*forum_place(), (gettext("Reports"), url_for("forum_reports.list_reports", course_id=here))],
        moderates=bool(moderated),
        entries=[_entry_words(line, moderated[line.thread.forum.key]) for line in lines],
        act=act,
        acts=[(one, log_words(one)) for one in ACTS],
        page=page,
        pages=pages,
        page_address=lambda number: url_for(".show", course_id=here, act=act or None, page=number),
    )


def _entry_words(line: LogLine, forum: OpenForum) -> dict[str, Any]:
    entry, post = line.entry, line.post
    is_by_writer = entry.act == "name"
    return {
        "what": log_words(entry.act),
        "at": entry.done_at,
        # Who posts without a name has none in the log either.
        "who": writer(post) if is_by_writer and post else isolated(person_name(line.person)),
        "writer": writer(post) if post and not is_by_writer else "",
        "reason": _moved(entry.reason) if entry.act == "move" else entry.reason,
        "until": line.measure.until if line.measure else None,
        "forum": forum_title(forum.plan.key),
        "title": thread_title(line.thread, {}),
        "number": post.number if post else None,
        "href": thread_href(line.thread, at=post.number if post else None),
        "undo": _undo(line, forum),
    }


def _moved(reason: str) -> str:
    source, _, target = reason.partition(" > ")
    if source not in PLANS or target not in PLANS:
        return reason
    return gettext("From “%(source)s” to “%(target)s”", source=forum_title(source), target=forum_title(target))


def _undo(line: LogLine, forum: OpenForum) -> tuple[str, dict[str, Any]] | None:
    """Return the address and the fields of the form that takes an act back; None if it no longer stands."""
    entry, thread, post, measure = line.entry, line.thread, line.post, line.measure
    here = me().course.public_id
    if entry.act == "hide" and post and post.hidden_at == entry.done_at and post.deleted_at is None:
        return url_for("forum_posts.hide", post_id=post.public_id, course_id=here), {"act": "show"}
    for act, set_at in (("pin", thread.pinned_at), ("lock", thread.locked_at)):
        if entry.act == act and set_at == entry.done_at:
            address = url_for("forum_posts.manage", thread_id=thread.public_id, course_id=here)
            return address, {"act": f"un{act}", "version": thread.version}
    if measure is None or measure.undone_at is not None:
        return None
    is_block = measure.kind is MeasureKind.BLOCK
    if is_block and (not forum.may(Act.CONFIGURE) or measure.until is None or measure.until < utc_now().date()):
        return None
    return url_for("forum_reports.undo", measure_id=measure.public_id, course_id=here), {}
