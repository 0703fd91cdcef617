"""Events of a course: planned once, changed by who has seen the last change, seats given one after another."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import ConflictError, NotFoundError
from service.events.models import Event
from service.events.operations import (
    cancel_event,
    change_event,
    get_event,
    list_past,
    list_replies,
    list_upcoming,
    record_event,
    record_reply,
    seating_of,
)
from service.people.models import Membership, Role
from tests.features.events.events import AT, DAY, make_event, make_plan
from tests.makers import make_member, make_platform


def test_a_form_sent_twice_makes_one_event(session: Session) -> None:
    staff = make_member(session, "c", Role.COORDINATOR)
    first = record_event(session, staff, make_plan(), "key", at=AT)
    assert record_event(session, staff, make_plan(title="Other"), "key", at=AT) is first
    assert [event.title for event in list_upcoming(session, staff, at=AT)] == ["Opening"]


def test_events_are_upcoming_until_they_end_and_only_for_their_roles(session: Session) -> None:
    staff, mentor = make_member(session, "c", Role.COORDINATOR), make_member(session, "m")
    make_event(session, staff, title="For mentees", roles=["mentee"])
    late = make_event(session, staff, title="Later", starts_at=AT + 2 * DAY, ends_at=AT + 3 * DAY)
    soon = make_event(session, staff)
    assert list_upcoming(session, mentor, at=AT) == [soon, late]
    assert list_upcoming(session, mentor, at=soon.ends_at) == [late]
    assert list_past(session, mentor, at=soon.ends_at) == [soon]
    assert len(list_past(session, staff, at=soon.ends_at)) == 2


def test_another_course_or_role_does_not_find_an_event(session: Session) -> None:
    staff, mentee = make_member(session, "c", Role.COORDINATOR), make_member(session, "m", Role.MENTEE)
    event = make_event(session, staff, roles=["mentor"])
    elsewhere = make_member(
        session, "c", Role.COORDINATOR, platform=make_platform(session, "https://other.example"), context_id="course-1"
    )
    for stranger in (mentee, elsewhere):
        with pytest.raises(NotFoundError):
            get_event(session, stranger, event.public_id)


def test_a_change_is_refused_to_who_has_not_seen_the_last_one(session: Session) -> None:
    event = make_event(session, make_member(session, "c", Role.COORDINATOR))
    assert change_event(session, event, make_plan(title="New"), 0, at=AT + DAY)
    assert (event.title, event.revision, event.changed_at) == ("New", 1, AT + DAY)
    assert not change_event(session, event, make_plan(title="New"), 0, at=AT + DAY)
    with pytest.raises(ConflictError) as caught:
        change_event(session, event, make_plan(title="Newer"), 0, at=AT + DAY)
    assert caught.value.code == "event.changed"


def test_a_cancelled_event_stays_with_its_reason_and_takes_no_reply(session: Session) -> None:
    staff, mentor = make_member(session, "c", Role.COORDINATOR), make_member(session, "m")
    event = make_event(session, staff)
    cancel_event(session, event, "Snow", at=AT)
    cancel_event(session, event, "Other", at=AT + DAY)
    assert (event.cancel_reason, event.cancelled_at, event.revision) == ("Snow", AT, 1)
    assert list_upcoming(session, mentor, at=AT) == [event]
    with pytest.raises(ConflictError):
        record_reply(session, event, mentor.person_id, is_coming=True, at=AT)
    with pytest.raises(ConflictError):
        change_event(session, event, make_plan(title="New"), 1, at=AT)


def test_whoever_waits_moves_up_and_who_says_so_twice_keeps_the_place(session: Session) -> None:
    staff = make_member(session, "c", Role.COORDINATOR)
    event = make_event(session, staff, seats=1)
    one, two, three = (make_member(session, name).person_id for name in "123")
    for person in (one, two, three, one):
        record_reply(session, event, person, is_coming=True, at=AT)
    assert seating_of(event, list_replies(session, event)).waiting == (two, three)
    record_reply(session, event, one, is_coming=False, at=AT)
    record_reply(session, event, one, is_coming=True, at=AT)
    seating = seating_of(event, list_replies(session, event))
    assert (seating.seated, seating.waiting) == ((two,), (three, one))


def test_who_does_not_come_takes_no_seat_and_after_the_beginning_nobody_replies(session: Session) -> None:
    event = make_event(session, make_member(session, "c", Role.COORDINATOR), seats=1)
    mentor = make_member(session, "m")
    record_reply(session, event, mentor.person_id, is_coming=False, at=AT)
    assert seating_of(event, list_replies(session, event)).seated == ()
    with pytest.raises(ConflictError):
        record_reply(session, event, mentor.person_id, is_coming=True, at=event.starts_at)


def test_who_leaves_the_course_gives_up_the_seat(session: Session) -> None:
    event = make_event(session, make_member(session, "c", Role.COORDINATOR), seats=1)
    leaver, stayer = make_member(session, "1"), make_member(session, "2")
    for member in (leaver, stayer):
        record_reply(session, event, member.person_id, is_coming=True, at=AT)
    leaver.left_at = AT
    assert seating_of(event, list_replies(session, event)).seated == (stayer.person_id,)


def test_of_many_at_once_for_the_last_seats_the_others_wait_in_one_order(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        staff = make_member(session, "c", Role.COORDINATOR)
        event_id = make_event(session, staff, seats=2).id
        people = [make_member(session, f"m{number}").person_id for number in range(6)]
        staff_id, public_id = staff.id, session.get_one(Event, event_id).public_id
    together = threading.Barrier(len(people), timeout=20)

    def reply(person_id: int) -> None:
        together.wait()
        with transaction(sessions) as session:
            event = get_event(session, session.get_one(Membership, staff_id), public_id, locked=True)
            record_reply(session, event, person_id, is_coming=True, at=AT)

    with ThreadPoolExecutor(len(people)) as threads:
        for done in [threads.submit(reply, person_id) for person_id in people]:
            done.result(30)
    with transaction(sessions) as session:
        event = session.get_one(Event, event_id)
        seating = seating_of(event, list_replies(session, event))
        assert sorted(reply.number for reply in list_replies(session, event).values()) == [1, 2, 3, 4, 5, 6]
    assert (len(seating.seated), len(seating.waiting)) == (2, 4)
