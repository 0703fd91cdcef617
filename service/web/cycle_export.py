"""Sessions of the professional forum to take along, one or those of a year: a page that stands alone, or a list.

Both hold what coordinators of the course read anyway: the session, and the threads of `cases` on its agenda.
Conversations of one person or of one relation are in neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.cycles.models import PointList, SessionPoint
from service.cycles.operations import find_records, get_session, list_points, list_sessions, list_years
from service.errors import NotFoundError
from service.events.attendance_operations import list_present
from service.events.models import Event
from service.forums.access import find_threads
from service.forums.guard import name_finder, reword
from service.forums.mentees import list_mentee_names
from service.forums.models import Post
from service.forums.render import render_post
from service.forums.whole_threads import list_whole
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
    """Return sessions with their texts, in as many statements for many as for one.

    A writer has the same number in all of them.
    """
    event_ids = [event.id for event in events]
    points, records = list_points(g.db, event_ids), find_records(g.db, event_ids)
    agendas = {event.id: [one for one in points if one.event_id == event.id] for event in events}
    first: dict[int, SessionPoint] = {}
    for event in events:
        for one in agendas[event.id]:
            if one.thread_id is not None:
                first.setdefault(one.thread_id, one)
    posts = _list_posts(list(first.values()))
    there = _who_was_there(event_ids)
    writers = {post.author_id: post.author for found in posts.values() for post in found}
    named = _namer(writers)
    hide = _hider([*writers.values(), *(one for people in there.values() for one in people)])

    def shown(point: SessionPoint) -> Point:
        said = [Said(post.number, named(post), post.posted_at, hide(post.text)) for post in posts.get(point.id, ())]
        is_above = point.thread_id in first and first[point.thread_id].id != point.id
        return Point(hide(_text_of(point)), point.settled_at is not None, said, is_above)

    def export(event: Event) -> Export:
        own, record = agendas[event.id], records.get(event.id)
        present = (person_name(one) if _has_names() else gettext("a coordinator") for one in there[event.id])
        return Export(
            event=event,
            title=hide(event.title),
            agenda=[shown(one) for one in own if one.list is PointList.AGENDA],
            questions=[shown(one) for one in own if one.list is PointList.QUESTIONS],
            materials=hide(record.materials) if record else "",
            summary=hide(record.summary) if record else "",
            present=sorted(present),
        )

    return [export(event) for event in events]


def _who_was_there(event_ids: Sequence[int]) -> Mapping[int, Sequence[Person]]:
    present = list_present(g.db, event_ids)
    people = {one.id: one for one in list_people(g.db, {who for ids in present.values() for who in ids})}
    return {event_id: [people[who] for who in present.get(event_id, ())] for event_id in event_ids}


def _text_of(point: SessionPoint) -> str:
    return point.thread.title if point.thread is not None else point.text


def _list_posts(points: Sequence[SessionPoint]) -> Mapping[int, Sequence[Post]]:
    """Return the posts of the threads of these points that everyone who reads them sees, by point, in its order."""
    threads = find_threads(g.db, reader(), [one.thread.public_id for one in points if one.thread is not None])
    posts = list_whole(g.db, [one for one in threads.values() if not one.forum.plan.has_rings])
    return {one.id: posts.get(one.thread.id, ()) for one in points if one.thread is not None}


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
