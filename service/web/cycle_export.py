"""A session of the professional forum to take along: a page that stands alone, or a list for spreadsheets.

Both hold what coordinators of the course read anyway: the session, and the threads of `cases` on its agenda.
Conversations of one person or of one relation are in neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, g, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.cycles.models import PointList, SessionPoint
from service.cycles.operations import find_record, get_session, list_points
from service.errors import NotFoundError
from service.events.attendance_operations import list_attendance
from service.events.models import AttendanceState, Event
from service.forums.access import OpenThread, Reader, get_thread
from service.forums.guard import find_names, reword
from service.forums.mentees import find_mentees
from service.forums.models import Post
from service.forums.reading import read_thread
from service.forums.render import render_post
from service.people.models import STAFF_ROLES, Person
from service.people.operations import list_people
from service.spreadsheets import write_csv
from service.web.access import me, open_to
from service.web.event_words import describe_event
from service.web.formats import moment, person_name
from service.web.forum_pages import reader

blueprint = Blueprint("cycle_export", __name__, url_prefix="/course/<course_id>/professional-forum")

HIDDEN = "[…]"
"""What stands for a name in the text of an export without names."""


@dataclass(frozen=True)
class Said:
    """A post as it is exported."""

    number: int
    who: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Export:
    """A session as it is exported; `hide` gives a text as it may be shown."""

    event: Event
    agenda: Sequence[tuple[str, bool, Sequence[Said]]]
    """What each point says, whether it was talked through, and the posts of its thread."""
    questions: Sequence[tuple[str, bool]]
    materials: str
    summary: str
    present: Sequence[str]
    """Who was there, by name; without names one word for each."""


@blueprint.get("/<event_id>/session.html")
@open_to(*STAFF_ROLES)
def give_page(event_id: str) -> Response:
    """Give the session as a page that needs nothing else. Query: `names` (yes)."""
    export = _gather(event_id)
    page = render_template(
        "cycle_export.html",
        export=export,
        view=describe_event(export.event),
        has_names=_has_names(),
        render=render_post,
    )
    return _file(page, "text/html; charset=utf-8", f"session-{event_id}.html")


@blueprint.get("/<event_id>/session.csv")
@open_to(*STAFF_ROLES)
def give_list(event_id: str) -> Response:
    """Give the session as a list: one line for each point and post. Query: `names` (yes)."""
    export = _gather(event_id)
    header = (gettext("Part"), gettext("Number"), gettext("Who"), gettext("When"), gettext("Text"))
    lines: list[tuple[str | int, ...]] = [header]
    for number, (text, _is_settled, posts) in enumerate(export.agenda, 1):
        lines.append((gettext("Agenda"), number, "", "", text))
        lines += [(gettext("Post"), one.number, one.who, moment(one.at), one.text) for one in posts]
    lines += [(gettext("Open questions"), number, "", "", text) for number, (text, _) in enumerate(export.questions, 1)]
    lines += [(gettext("Materials"), "", "", "", export.materials), (gettext("Summary"), "", "", "", export.summary)]
    lines += [(gettext("Present"), number, who, "", "") for number, who in enumerate(export.present, 1)]
    return _file(f"\ufeff{write_csv(lines)}", "text/csv; charset=utf-8", f"session-{event_id}.csv")


def _has_names() -> bool:
    return request.args.get("names") == "yes"


def _file(text: str, kind: str, name: str) -> Response:
    answer = make_response(text.encode())
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _gather(event_id: str) -> Export:
    event, present = get_session(g.db, me(), event_id), reader()
    points, record = list_points(g.db, [event.id]), find_record(g.db, event)
    agenda = [one for one in points if one.list is PointList.AGENDA]
    threads = {one.id: _list_posts(present, one) for one in agenda}
    states = list_attendance(g.db, event)
    there = list_people(g.db, [who for who, state in states.items() if state is AttendanceState.PRESENT])
    writers = {post.author_id: post.author for posts in threads.values() for post in posts}
    named = _namer(writers)
    hide = _hider([*writers.values(), *there])
    return Export(
        event=event,
        agenda=[
            (
                hide(_text_of(one)),
                one.settled_at is not None,
                [Said(post.number, named(post), post.posted_at, hide(post.text)) for post in threads[one.id]],
            )
            for one in agenda
        ],
        questions=[
            (hide(_text_of(one)), one.settled_at is not None) for one in points if one.list is PointList.QUESTIONS
        ],
        materials=hide(record.materials) if record else "",
        summary=hide(record.summary) if record else "",
        present=sorted(person_name(one) if _has_names() else gettext("a coordinator") for one in there),
    )


def _text_of(point: SessionPoint) -> str:
    return point.thread.title if point.thread is not None else point.text


def _list_posts(present: Reader, point: SessionPoint) -> list[Post]:
    """Return the posts of the thread of a point that everyone who reads it sees."""
    if point.thread is None:
        return []
    try:
        thread: OpenThread = get_thread(g.db, present, point.thread.public_id)
    except NotFoundError:
        return []
    if thread.forum.plan.has_rings:
        return []
    first = read_thread(g.db, thread, 1)
    pages = [first, *(read_thread(g.db, thread, page) for page in range(2, first.pages + 1))]
    posts = [line.row for page in pages for line in page.posts]
    return [one for one in posts if not (one.deleted_at or one.hidden_at or one.private_to_id)]


def _namer(writers: dict[int, Person]) -> Callable[[Post], str]:
    """Return how a writer is called: by name, or by a number that is theirs in this file; unnamed posts have none."""
    numbers = {person_id: number for number, person_id in enumerate(writers, 1)}

    def name(post: Post) -> str:
        if post.is_unnamed:
            return gettext("someone without a name")
        if _has_names():
            return person_name(post.author)
        return gettext("Person %(number)d", number=numbers[post.author_id])

    return name


def _hider(people: Sequence[Person]) -> Callable[[str], str]:
    """Return what takes the names of these people, and of mentees, out of a text where the file is to have none."""

    def hide(text: str) -> str:
        if _has_names() or not text:
            return text
        found: Any = [*find_names(text, [one.name for one in people]), *find_mentees(g.db, me().course_id, text)]
        return reword(text, found, HIDDEN)

    return hide
