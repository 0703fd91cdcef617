"""Sessions of the professional forum to take along, one or those of a year: a page that stands alone, or a list.

Both hold what coordinators of the course read anyway: the session, and the threads of `cases` on its agenda.
Conversations of one person or of one relation are in neither.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.cycles.models import PointList, SessionPoint
from service.cycles.operations import find_record, get_session, list_points, list_sessions, list_years
from service.errors import NotFoundError
from service.events.attendance_operations import list_attendance
from service.events.models import AttendanceState, Event
from service.forums.access import OpenThread, Reader, get_thread
from service.forums.guard import name_finder, reword
from service.forums.mentees import list_mentee_names
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
class Point:
    """A point of the agenda, or an open question, with the posts of its thread."""

    text: str
    is_settled: bool
    posts: Sequence[Said] = ()
    is_above: bool = False
    """Whether its posts stand with an earlier session of the same file."""


@dataclass(frozen=True)
class Export:
    """A session as it is exported: its texts as they may be shown."""

    event: Event
    title: str
    agenda: Sequence[Point]
    questions: Sequence[Point]
    materials: str
    summary: str
    present: Sequence[str]
    """Who was there, by name; without names one word for each."""


@blueprint.get("/<event_id>/session.html")
@open_to(*STAFF_ROLES)
def give_page(event_id: str) -> Response:
    """Give the session as a page that needs nothing else. Query: `names` (yes)."""
    return _page([get_session(g.db, me(), event_id)], f"session-{event_id}")


@blueprint.get("/<event_id>/session.csv")
@open_to(*STAFF_ROLES)
def give_list(event_id: str) -> Response:
    """Give the session as a list: one line for each point and post. Query: `names` (yes)."""
    return _list([get_session(g.db, me(), event_id)], f"session-{event_id}")


@blueprint.get("/years/<int:year>/sessions.html")
@open_to(*STAFF_ROLES)
def give_year_page(year: int) -> Response:
    """Give the sessions of a year as one page. Query: `names` (yes)."""
    return _page(_sessions_of(year), f"sessions-{year}")


@blueprint.get("/years/<int:year>/sessions.csv")
@open_to(*STAFF_ROLES)
def give_year_list(year: int) -> Response:
    """Give the sessions of a year as one list. Query: `names` (yes)."""
    return _list(_sessions_of(year), f"sessions-{year}")


def _sessions_of(year: int) -> list[Event]:
    """Return the sessions of a year, the first one first. Raise NotFoundError if there is none."""
    found = [one for one in reversed(list_sessions(g.db, me().course_id)) if year in list_years([one])]
    if not found:
        raise NotFoundError("cycle.no_year", "There is no session in that year.")
    return found


def _page(events: Sequence[Event], name: str) -> Response:
    page = render_template(
        "cycle_export.html",
        exports=[(export, describe_event(export.event)) for export in _gather(events)],
        has_names=_has_names(),
        render=render_post,
    )
    return _file(page, "text/html; charset=utf-8", f"{name}.html")


def _list(events: Sequence[Event], name: str) -> Response:
    parts = (gettext("Part"), gettext("Number"), gettext("Who"), gettext("When"), gettext("Text"))
    lines: list[tuple[str | int, ...]] = [(gettext("Session"), *parts)]
    for export in _gather(events):
        session = f"{export.title}, {moment(export.event.starts_at)}"
        lines += [(session, *line) for line in _lines(export)]
    return _file(f"\ufeff{write_csv(lines)}", "text/csv; charset=utf-8", f"{name}.csv")


def _lines(export: Export) -> Iterator[tuple[str | int, ...]]:
    for number, point in enumerate(export.agenda, 1):
        yield gettext("Agenda"), number, "", "", point.text
        for one in point.posts:
            yield gettext("Post"), one.number, one.who, moment(one.at), one.text
    for number, point in enumerate(export.questions, 1):
        yield gettext("Open questions"), number, "", "", point.text
    yield gettext("Materials"), "", "", "", export.materials
    yield gettext("Summary"), "", "", "", export.summary
    for number, who in enumerate(export.present, 1):
        yield gettext("Present"), number, who, "", ""


def _has_names() -> bool:
    return request.args.get("names") == "yes"


def _file(text: str, kind: str, name: str) -> Response:
    answer = make_response(text.encode())
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _gather(events: Sequence[Event]) -> list[Export]:
    """Return sessions with their texts; a writer has the same number in all of them."""
    present, points = reader(), list_points(g.db, [event.id for event in events])
    first: dict[int, SessionPoint] = {}
    for event in events:
        for one in points:
            if one.event_id == event.id and one.thread_id is not None:
                first.setdefault(one.thread_id, one)
    posts = {one.id: _list_posts(present, one) for one in first.values()}
    there = {event.id: _who_was_there(event) for event in events}
    writers = {post.author_id: post.author for found in posts.values() for post in found}
    named = _namer(writers)
    hide = _hider([*writers.values(), *(one for people in there.values() for one in people)])

    def shown(point: SessionPoint) -> Point:
        said = [Said(post.number, named(post), post.posted_at, hide(post.text)) for post in posts.get(point.id, ())]
        is_above = point.thread_id in first and first[point.thread_id].id != point.id
        return Point(hide(_text_of(point)), point.settled_at is not None, said, is_above)

    exports = []
    for event in events:
        own, record = [one for one in points if one.event_id == event.id], find_record(g.db, event)
        exports.append(
            Export(
                event=event,
                title=hide(event.title),
                agenda=[shown(one) for one in own if one.list is PointList.AGENDA],
                questions=[shown(one) for one in own if one.list is PointList.QUESTIONS],
                materials=hide(record.materials) if record else "",
                summary=hide(record.summary) if record else "",
                present=sorted(
                    person_name(one) if _has_names() else gettext("a coordinator") for one in there[event.id]
                ),
            )
        )
    return exports


def _who_was_there(event: Event) -> Sequence[Person]:
    states = list_attendance(g.db, event)
    return list_people(g.db, [who for who, state in states.items() if state is AttendanceState.PRESENT])


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

    find = name_finder([*(one.name for one in people), *list_mentee_names(g.db, me().course_id)])

    def hide(text: str) -> str:
        return text if _has_names() or not text else reword(text, find(text), HIDDEN)

    return hide
