"""The queue of a course: oldest first, without what is not for the reviewer, in one statement however long it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.modules.content import Catalogue
from service.modules.review import ReviewPlan
from service.people.models import Membership, Role
from service.reviews.models import Decision
from service.reviews.queue import claim_next, count_waiting, find_usual_wait, list_decided, list_waiting
from tests.features.reviews.makers import answer, decide, make_coordinator, reviewed_catalogue, wait_many
from tests.makers import AT, make_member


@pytest.fixture
def catalogue() -> Catalogue:
    return reviewed_catalogue()


@pytest.fixture
def reviewer(session: Session) -> Membership:
    return make_coordinator(session)


def names(session: Session, catalogue: Catalogue, reviewer: Membership) -> list[str]:
    waiting = list_waiting(session, catalogue, reviewer)
    assert len(waiting) == count_waiting(session, catalogue, reviewer)
    return [entry.person.subject for entry in waiting]


def test_the_oldest_stands_first_and_only_what_is_for_the_reviewer(session, catalogue, reviewer) -> None:
    people = [make_member(session, f"mentor-{number}") for number in range(5)]
    for days, member in enumerate(people):
        answer(session, catalogue, member, at=AT - timedelta(days=days))
    elsewhere = make_member(session, "mentor-9", context_id="course-2")
    answer(session, catalogue, elsewhere)
    assert names(session, catalogue, reviewer) == [f"mentor-{number}" for number in (4, 3, 2, 1, 0)]
    people[4].left_at = AT
    people[3].is_test_user = True
    people[2].role = Role.COORDINATOR
    assert names(session, catalogue, reviewer) == ["mentor-2", "mentor-1", "mentor-0"]
    assert names(session, catalogue, people[2]) == ["mentor-1", "mentor-0"]
    decide(session, catalogue, reviewer, list_waiting(session, catalogue, reviewer)[1])
    assert names(session, catalogue, reviewer) == ["mentor-2", "mentor-0"]
    assert [entry.person.subject for entry in list_decided(session, reviewer)] == ["mentor-1"]


def test_what_another_role_reviews_is_not_in_the_queue(session, reviewer) -> None:
    catalogue = reviewed_catalogue(ReviewPlan(is_required=True, roles=(Role.ADMINISTRATOR,)))
    answer(session, catalogue, make_member(session, "mentor-1"))
    assert names(session, catalogue, reviewer) == []
    assert names(session, catalogue, make_member(session, "admin", Role.ADMINISTRATOR)) == ["mentor-1"]


def test_who_has_accepted_waits_for_the_other_pair_of_eyes(session, reviewer) -> None:
    catalogue = reviewed_catalogue(ReviewPlan(is_required=True, reviewers=2))
    answer(session, catalogue, make_member(session, "mentor-1"))
    [entry] = list_waiting(session, catalogue, reviewer)
    other = make_coordinator(session, "staff-2")
    decide(session, catalogue, reviewer, entry)
    assert (names(session, catalogue, reviewer), names(session, catalogue, other)) == ([], ["mentor-1"])
    decide(session, catalogue, other, entry, Decision.REOPEN, seen=1)
    assert (names(session, catalogue, reviewer), names(session, catalogue, other)) == (["mentor-1"], ["mentor-1"])


def test_how_long_it_usually_takes_is_said_from_three_decisions_on(session, catalogue, reviewer) -> None:
    for number, days in enumerate((1, 9, 4)):
        assert find_usual_wait(session, reviewer.course_id) is None
        answer(session, catalogue, make_member(session, f"mentor-{number}"))
        decide(
            session, catalogue, reviewer, list_waiting(session, catalogue, reviewer)[0], at=AT + timedelta(days=days)
        )
    assert find_usual_wait(session, reviewer.course_id) == timedelta(days=4)


def test_the_queue_is_one_statement_at_ten_and_at_five_hundred(session, catalogue, reviewer, engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *event_: asked.append(event_[2]))
    for first, last in ((0, 10), (10, 500)):
        wait_many(session, first, last)
        session.expunge_all()
        asked.clear()
        assert len(list_waiting(session, catalogue, reviewer)) == last
        assert count_waiting(session, catalogue, reviewer) == last
        assert len(asked) == 2, asked


def test_two_who_take_the_next_one_at_the_same_instant_get_two(sessions: sessionmaker[Session], catalogue) -> None:
    with transaction(sessions) as session:
        staff = [make_coordinator(session, f"staff-{number}") for number in range(3)]
        for number in range(2):
            answer(session, catalogue, make_member(session, f"mentor-{number}"))

    def take(reviewer: Membership) -> int | None:
        with transaction(sessions) as session:
            entry = claim_next(session, catalogue, reviewer, at=AT)
            return entry.id if entry else None

    with ThreadPoolExecutor(len(staff)) as pool:
        taken = list(pool.map(take, staff))
    assert taken.count(None) == 1
    assert len(set(taken)) == len(staff)
