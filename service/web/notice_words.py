"""Notices in words: what each is about, and the page that it leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import g, url_for
from flask_babel import gettext

from service.events.models import Event
from service.events.operations import find_events
from service.forums.access import OpenThread, find_threads
from service.forums.reading import find_subjects
from service.notices.models import Notice
from service.notices.rules import CONTACT_KINDS, FORUM_KINDS, NoticeKind
from service.notices.words import SENTENCES
from service.people.models import STAFF_ROLES
from service.web.access import me
from service.web.forum_pages import forum_href, reader, thread_href, thread_title
from service.web.forum_words import forum_title


@dataclass(frozen=True)
class NoticeView:
    """A notice as its page shows it."""

    row: Notice
    title: str
    detail: str
    """The thread or the meeting that it is about."""
    target: str
    """The address of what it is about; empty if that is not, or no longer, for the member."""


def describe_notices(notices: Sequence[Notice]) -> list[NoticeView]:
    """Return notices of the member in words, in the language of the page."""
    threads = _threads_of(notices)
    subjects = find_subjects(g.db, [thread.row for thread in threads.values()])
    events = _events_of(notices)
    views = []
    for notice in notices:
        key = notice.about.rpartition("/")[2]
        detail, target = "", ""
        if notice.kind in FORUM_KINDS and key in threads:
            thread = threads[key].row
            detail, target = thread_title(thread, subjects), thread_href(thread, at="unread")
        elif key in events:
            detail, target = events[key].title, url_for("events.show", course_id=_here(), event_id=key)
        else:
            target = _page_of(notice)
        views.append(NoticeView(notice, _title(notice), detail, target))
    return views


def _page_of(notice: Notice) -> str:
    """Return the address of the page that a notice leads to which is about no thread and no meeting."""
    if notice.kind in CONTACT_KINDS:
        return forum_href("relation")
    pages = {
        NoticeKind.REMINDER: "readiness.show_own",
        NoticeKind.REPORT: "forum_reports.list_reports",
        NoticeKind.MEASURE: "forum_reports.show_own",
        NoticeKind.SAFETY_SEEN: "forum_safety.new",
    }
    if notice.kind in pages:
        return url_for(pages[notice.kind], course_id=_here())
    if me().role in STAFF_ROLES and notice.kind is NoticeKind.SAFETY:
        return url_for("forum_safety.show", course_id=_here(), flag_id=notice.about)
    is_due = notice.kind is NoticeKind.FORUM_SESSION_DUE and me().role in STAFF_ROLES
    return url_for("cycles.show_all", course_id=_here()) if is_due else ""


def _here() -> str:
    return me().course.public_id


def _title(notice: Notice) -> str:
    forum = notice.about.partition("/")[0] if notice.kind in FORUM_KINDS else ""
    return gettext(SENTENCES[notice.kind], forum=forum_title(forum) if forum else "")


def _threads_of(notices: Sequence[Notice]) -> Mapping[str, OpenThread]:
    ids = {one.about.partition("/")[2] for one in notices if one.kind in FORUM_KINDS}
    return find_threads(g.db, reader(), ids) if ids else {}


def _events_of(notices: Sequence[Notice]) -> Mapping[str, Event]:
    ids = {one.about for one in notices if one.kind is NoticeKind.MEETING}
    return find_events(g.db, me(), ids) if ids else {}
