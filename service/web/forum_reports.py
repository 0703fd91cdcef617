"""Reports of posts: the reader's form, the moderators' list, their decision; and what a writer was told by them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, NotAllowedError
from service.forums import blocks, reports
from service.forums.access import OpenPost, get_post
from service.forums.attachments import list_files
from service.forums.log import list_moderated
from service.forums.operations import TooFastError
from service.forums.render import render_post
from service.forums.report_models import Measure
from service.forums.report_rules import Decision, MeasureKind, takes_reports
from service.forums.rules import PLANS, Act
from service.notices.operations import mark_read
from service.notices.rules import REPORTS
from service.notices.telling_moderation import tell_of_decision, tell_of_measure, tell_of_report
from service.web.access import catalogue, me, open_to, writes
from service.web.file_words import file_words
from service.web.formats import isolated, person_name
from service.web.forum_pages import forum_place, reader, thread_href, thread_title, writer
from service.web.forum_report_words import measure_choices, report_field_words, report_readers, report_reasons
from service.web.forum_words import forum_title

blueprint = Blueprint("forum_reports", __name__, url_prefix="/course/<course_id>/forums")


@blueprint.app_template_global()
def forum_block(forum_key: str) -> Measure | None:
    """Return the block that keeps the member from writing in a forum at the moment."""
    return blocks.find_block(g.db, me(), PLANS[forum_key], at=utc_now())


@blueprint.get("/posts/<post_id>/report")
@open_to()
def new(post_id: str) -> str:
    """Show the form that reports a post."""
    return _report_page(_get_reportable(post_id))


@blueprint.post("/posts/<post_id>/report")
@open_to()
def report(post_id: str) -> Response | tuple[str, int]:
    """Report a post to its moderators. Form: `reason` (see ReportReason), `words`."""
    post, at = _get_reportable(post_id), utc_now()
    try:
        is_new = reports.report_post(g.db, post, request.form.get("reason", ""), request.form.get("words", ""), at=at)
    except InvalidInputError as error:
        return _report_page(post, _field_words(error)), 422
    except TooFastError as error:
        return _report_page(post, {"words": report_field_words(error.code)}), 429
    if is_new:
        tell_of_report(g.db, post, at=at)
        flash(gettext("Thank you. The moderators are told; you read under “Notices” when they have looked at it."))
    else:
        flash(gettext("You have reported this post before. The moderators have what you wrote then."))
    return redirect(thread_href(post.thread.row, at=post.row.number), 303)


@blueprint.get("/moderation")
@open_to()
@writes
def list_reports() -> str:
    """Show the posts with reports that nobody has looked at, and who is blocked. For others than moderators: none."""
    present, at = reader(), utc_now()
    moderated = list_moderated(g.db, present)
    mark_read(g.db, me(), REPORTS, up_to=at, at=at)
    return render_template(
        "moderation.html",
        place=forum_place(),
        moderates=bool(moderated),
        reported=[
            {
                "title": thread_title(one.thread, {}),
                "forum": forum_title(one.thread.forum.key),
                "number": one.post.number,
                "writer": writer(one.post),
                "reports": one.reports,
                "since": one.since,
                "href": url_for(".review", course_id=me().course.public_id, post_id=one.post.public_id),
            }
            for one in reports.list_open_reports(g.db, moderated)
        ],
        blocked=[_measure_words(line) for line in blocks.list_blocks(g.db, present, at=at)],
        is_staff=present.is_staff,
    )


@blueprint.get("/posts/<post_id>/decide")
@open_to()
def review(post_id: str) -> str:
    """Show a moderator a post, why it was reported, what its writer was told before, and what can be done."""
    return _review_page(_get_judged(post_id))


@blueprint.post("/posts/<post_id>/decide")
@open_to()
def decide(post_id: str) -> Response | tuple[str, int]:
    """Decide about a post. Form: `measure` (warning, block or nothing), `hide` (yes), `reason`, `until`, `seen`."""
    post, at = _get_judged(post_id, locked=True), utc_now()
    try:
        decided = reports.decide(g.db, post, _read_decision(), at=at)
    except InvalidInputError as error:
        return _review_page(post, _field_words(error)), 422
    except ConflictError as error:
        return _review_page(post, {"measure": report_field_words(error.code)}), 409
    if decided.is_hidden:
        journey.follow_lost_posts(g.db, catalogue(), [post.row.author_id], at=at)
    tell_of_decision(g.db, post, decided, at=at)
    flash(gettext("It is decided, and stands in the log."))
    return redirect(url_for(".list_reports", course_id=me().course.public_id), 303)


@blueprint.post("/measures/<measure_id>/undo")
@open_to()
def undo(measure_id: str) -> Response:
    """Take a warning or a block back; the writer is told."""
    at = utc_now()
    post, measure = blocks.undo_measure(g.db, reader(), measure_id, at=at)
    tell_of_measure(g.db, post, measure, at=at)
    flash(gettext("It is taken back, and the writer is told."))
    return redirect(url_for(".review", course_id=me().course.public_id, post_id=post.row.public_id), 303)


@blueprint.get("/measures")
@open_to()
def show_own() -> str:
    """Show the member the warnings and blocks that they were given in this course."""
    present = reader()
    lines = [_measure_words(line) for line in blocks.list_own(g.db, present)]
    return render_template("measures.html", place=forum_place(), measures=lines, is_staff=present.is_staff)


def _get_reportable(post_id: str) -> OpenPost:
    post = get_post(g.db, reader(), post_id)
    if not takes_reports(post.thread.forum.plan) or post.is_own:
        raise NotAllowedError("report.not_here", "This post is not reported to moderators.")
    return post


def _get_judged(post_id: str, *, locked: bool = False) -> OpenPost:
    """Return a post about which the member may decide: one that someone else wrote, in a forum that they moderate."""
    post = get_post(g.db, reader(), post_id, locked=locked)
    if not post.thread.forum.may(Act.MODERATE) or post.is_own or not takes_reports(post.thread.forum.plan):
        raise NotAllowedError("forum.no_moderator", "The reader does not decide about this post.")
    return post


def _read_decision() -> Decision:
    sent = request.form
    kind, until = sent.get("measure", ""), sent.get("until", "")
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        day = None
    return Decision(
        measure=MeasureKind(kind) if kind in set(MeasureKind) else None,
        hides=sent.get("hide") == "yes",
        reason=sent.get("reason", ""),
        until=day,
        seen=sent.get("seen", ""),
    )


def _field_words(error: InvalidInputError) -> dict[str, str]:
    found = error.details["fields"]
    return {name: report_field_words(code) for name, code in found.items()} if isinstance(found, dict) else {}


def _report_page(post: OpenPost, errors: Mapping[str, str] | None = None) -> str:
    row, thread = post.row, post.thread
    return render_template(
        "report.html",
        place=[*forum_place(thread.forum), (gettext("Thread"), thread_href(thread.row, at=row.number))],
        post=row,
        writer=writer(row),
        is_shown=reports.may_report(post),
        readers=report_readers(thread.forum.plan),
        reasons=report_reasons(),
        back=thread_href(thread.row, at=row.number),
        sent=request.form,
        errors=errors or {},
    )


def _review_page(post: OpenPost, errors: Mapping[str, str] | None = None) -> str:
    row, thread = post.row, post.thread
    found: Sequence[reports.ReportLine] = reports.list_reports(g.db, row)
    reasons = dict(report_reasons())
    return render_template(
        "decision.html",
        place=[*forum_place(thread.forum), (gettext("Reports"), url_for(".list_reports", course_id=_here()))],
        post=row,
        writer=writer(row),
        html=render_post(row.text),
        files=[] if row.deleted_at else [file_words(one) for one in list_files(g.db, [row.id]).get(row.id, [])],
        thread_title=thread_title(thread.row, {}),
        back=thread_href(thread.row, at=row.number),
        reports=[
            {
                "reason": reasons[one.row.reason],
                "words": one.row.words,
                "person": isolated(person_name(one.person)) if thread.forum.reader.is_staff else "",
                "at": one.row.reported_at,
                "is_open": one.row.decided_at is None,
            }
            for one in found
        ],
        measures=[_measure_words(line) for line in blocks.list_of_post(g.db, row)],
        choices=measure_choices(may_block=thread.forum.may(Act.CONFIGURE)),
        may_block=thread.forum.may(Act.CONFIGURE),
        may_hide=row.hidden_at is None and row.deleted_at is None,
        seen=reports.stamp(g.db, row),
        today=utc_now().date(),
        sent=request.form,
        errors=errors or {},
    )


def _measure_words(line: blocks.MeasureLine) -> dict[str, Any]:
    row = line.row
    return {
        "row": row,
        "is_block": row.kind is MeasureKind.BLOCK,
        "is_over": row.undone_at is not None or (row.until is not None and row.until < utc_now().date()),
        "writer": writer(line.post),
        "forum": forum_title(line.thread.forum.key),
        "number": line.post.number,
        "href": thread_href(line.thread, at=line.post.number),
        "decide": url_for(".review", course_id=_here(), post_id=line.post.public_id),
    }


def _here() -> str:
    return me().course.public_id
