"""Sessions of the professional forum, in the database: agenda, what is written down, what is carried over."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.cycles.models import PointList, SessionPoint
from service.cycles.operations import (
    MOST_POINTS,
    Draft,
    Part,
    PointAct,
    act_on_point,
    add_dilemmas,
    add_point,
    carry_over,
    find_next,
    find_record,
    get_session,
    list_open_dilemmas,
    list_points,
    list_sessions,
    write_down,
)
from service.db import new_public_id
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.events.models import Event, EventKind
from service.forums import moderation, operations
from service.forums.access import OpenForum, Reader, get_forum, get_post, get_thread, open_reader
from service.forums.models import Post, Thread
from service.forums.operations import Written
from service.people.models import Role
from tests.features.events.events import DAY, make_event
from tests.makers import AT, make_member

AGENDA, QUESTIONS = PointList.AGENDA, PointList.QUESTIONS


@pytest.fixture
def staff(session: Session) -> Reader:
    return open_reader(session, make_member(session, "staff", Role.COORDINATOR), {})


@pytest.fixture
def held(session: Session, staff: Reader) -> Event:
    return _session_on(session, staff, 0)


def _session_on(session: Session, staff: Reader, day: int) -> Event:
    times = {"starts_at": AT + day * DAY, "ends_at": AT + day * DAY + timedelta(hours=2)}
    return make_event(session, staff.member, kind=EventKind.FORUM_SESSION, roles=[], **times)


def _cases(session: Session, staff: Reader) -> OpenForum:
    return get_forum(session, staff, "cases")


def _case(session: Session, who: Reader, title: str, after: int = 0) -> Post:
    written = Written("What now?", new_public_id(), title=title, options="Wait\nAsk")
    at = AT + timedelta(hours=after)
    return operations.start_thread(session, _cases(session, who), written, ring=None, at=at)


def _answer(session: Session, who: Reader, post: Post) -> Post:
    thread = get_thread(session, who, session.get_one(Thread, post.thread_id).public_id)
    return operations.reply(session, thread, Written("I would wait.", new_public_id()), parent=None, at=AT)


def _open(session: Session, staff: Reader, event: Event) -> list[tuple[str, int]]:
    found = list_open_dilemmas(session, _cases(session, staff), event, at=AT)
    return [(one.thread.title, one.answers) for one in found]


def _texts(session: Session, event: Event, kind: PointList = AGENDA) -> list[str]:
    points = [one for one in list_points(session, [event.id]) if one.list is kind]
    return [one.text or (one.thread.title if one.thread else "") for one in points]


def test_the_agenda_is_built_from_open_dilemmas_those_without_an_answer_first(session, staff, held) -> None:
    other = open_reader(session, make_member(session, "other", Role.COORDINATOR), {})
    answered = _case(session, staff, "Answered")
    _answer(session, other, answered)
    _answer(session, staff, answered)
    _case(session, staff, "Younger", after=2)
    _case(session, staff, "Older", after=1)
    locked = _case(session, staff, "Locked")
    thread = get_thread(session, staff, session.get_one(Thread, locked.thread_id).public_id)
    moderation.set_locked(session, thread, thread.row.version, is_locked=True, at=AT)
    hidden = _case(session, staff, "Hidden")
    moderation.set_hidden(session, get_post(session, staff, hidden.public_id), "Why", is_hidden=True, at=AT)
    assert _open(session, staff, held) == [("Older", 0), ("Younger", 0), ("Answered", 1)]
    threads = [one.thread for one in list_open_dilemmas(session, _cases(session, staff), held, at=AT)]
    assert add_dilemmas(session, held, staff.member, threads[:2], at=AT) == 2
    assert add_dilemmas(session, held, staff.member, threads, at=AT) == 1
    assert _texts(session, held) == ["Older", "Younger", "Answered"]
    assert _open(session, staff, held) == []


def test_a_dilemma_stays_open_until_a_session_has_talked_it_through(session, staff, held) -> None:
    _case(session, staff, "A gift")
    threads = [one.thread for one in list_open_dilemmas(session, _cases(session, staff), held, at=AT)]
    add_dilemmas(session, held, staff.member, threads, at=AT)
    following = _session_on(session, staff, 90)
    assert _open(session, staff, following) == [("A gift", 0)]
    point = list_points(session, [held.id])[0]
    act_on_point(session, held, point.public_id, PointAct.SETTLE, at=AT)
    assert _open(session, staff, following) == []
    act_on_point(session, held, point.public_id, PointAct.REOPEN, at=AT)
    assert _open(session, staff, following) == [("A gift", 0)]


def test_points_are_added_once_ordered_and_dropped(session, staff, held) -> None:
    forum = _cases(session, staff)
    points = [add_point(session, forum, held, AGENDA, Draft(text), at=AT) for text in ("One", "Two", " Three ")]
    assert add_point(session, forum, held, AGENDA, Draft("Two"), at=AT) is points[1]
    for act in (PointAct.UP, PointAct.UP, PointAct.UP):
        act_on_point(session, held, points[2].public_id, act, at=AT)
    assert _texts(session, held) == ["Three", "One", "Two"]
    act_on_point(session, held, points[2].public_id, PointAct.DOWN, at=AT)
    act_on_point(session, held, points[0].public_id, PointAct.DROP, at=AT)
    assert _texts(session, held) == ["Three", "Two"]
    with pytest.raises(NotFoundError):
        act_on_point(session, held, points[0].public_id, PointAct.UP, at=AT)
    with pytest.raises(NotFoundError):
        act_on_point(session, _session_on(session, staff, 9), points[1].public_id, PointAct.DROP, at=AT)


@pytest.mark.parametrize(("text", "fault"), [(" \n", "missing"), ("x" * 501, "long")])
def test_what_is_no_point_is_refused(session, staff, held, text: str, fault: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        add_point(session, _cases(session, staff), held, QUESTIONS, Draft(text), at=AT)
    assert error.value.details["fields"] == {"text": fault}


def test_a_list_has_an_end(session, staff, held) -> None:
    forum = _cases(session, staff)
    for number in range(MOST_POINTS):
        add_point(session, forum, held, QUESTIONS, Draft(f"Question {number}"), at=AT)
    with pytest.raises(InvalidInputError) as error:
        add_point(session, forum, held, QUESTIONS, Draft("One more"), at=AT)
    assert error.value.details["fields"] == {"text": "many"}


def test_what_stays_open_is_carried_over_by_one_act_and_once(session, staff, held) -> None:
    _case(session, staff, "A gift")
    forum = _cases(session, staff)
    threads = [one.thread for one in list_open_dilemmas(session, forum, held, at=AT)]
    add_dilemmas(session, held, staff.member, threads, at=AT)
    done = add_point(session, forum, held, AGENDA, Draft("Talked through"), at=AT)
    act_on_point(session, held, done.public_id, PointAct.SETTLE, at=AT)
    question = add_point(session, forum, held, QUESTIONS, Draft("Who trains the new ones?"), at=AT)
    cancelled, following = _session_on(session, staff, 60), _session_on(session, staff, 90)
    cancelled.cancelled_at = AT
    _session_on(session, staff, 180)
    assert find_next(list_sessions(session, staff.member.course_id), held) is following
    add_point(session, forum, following, AGENDA, Draft("Dates"), at=AT)
    assert carry_over(session, held, following, staff.member, at=AT) == 2
    assert carry_over(session, held, following, staff.member, at=AT) == 0
    assert _texts(session, following) == ["Dates", "Who trains the new ones?", "A gift"]
    with pytest.raises(ConflictError):
        act_on_point(session, held, question.public_id, PointAct.DROP, at=AT)


def test_what_is_written_down_overwrites_nothing_unseen(session, staff, held) -> None:
    forum = _cases(session, staff)
    assert write_down(session, forum, held, Part.MATERIALS, Draft("https://example.org"), at=AT)
    assert not write_down(session, forum, held, Part.MATERIALS, Draft("https://example.org\r\n"), at=AT)
    with pytest.raises(ConflictError):
        write_down(session, forum, held, Part.SUMMARY, Draft("Mine", seen=0), at=AT)
    assert write_down(session, forum, held, Part.SUMMARY, Draft("Ours", seen=1), at=AT)
    record = find_record(session, held)
    assert (record.materials, record.summary, record.revision) == ("https://example.org", "Ours", 2)
    with pytest.raises(InvalidInputError):
        write_down(session, forum, held, Part.SUMMARY, Draft("x" * 20_001, seen=2), at=AT)


def test_a_mentee_is_named_only_with_a_reason(session, staff, held) -> None:
    make_member(session, "Zuzanna", Role.MENTEE)
    forum = _cases(session, staff)
    for write in (
        lambda draft: add_point(session, forum, held, AGENDA, draft, at=AT),
        lambda draft: write_down(session, forum, held, Part.SUMMARY, draft, at=AT),
    ):
        with pytest.raises(InvalidInputError) as error:
            write(Draft("O Zuzannie"))
        assert error.value.details["names"] == ["Zuzannie"]
        write(Draft("O Zuzannie", reason="Another Zuzanna"))
    assert session.get(SessionPoint, list_points(session, [held.id])[0].id).reason == "Another Zuzanna"
    assert find_record(session, held).reason == "Another Zuzanna"


def test_other_meetings_and_those_of_other_courses_are_no_sessions(session, staff, held) -> None:
    opening = make_event(session, staff.member)
    elsewhere = make_member(session, "elsewhere", Role.COORDINATOR, context_id="course-2")
    assert get_session(session, staff.member, held.public_id) is held
    for member, event in ((staff.member, opening), (elsewhere, held)):
        with pytest.raises(NotFoundError):
            get_session(session, member, event.public_id)
