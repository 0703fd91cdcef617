"""Tries: how many there are, which one counts, when its mark is known, and what staff may add for one person."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exercises.best_tries import best_marks
from service.exercises.models import Attempt, Done, ExtraTries
from service.exercises.operations import list_attempts, list_open_tries, record_attempt
from service.exercises.rules import Best
from service.exercises.try_operations import MoreTries, give_tries, list_extra_tries, record_done, take_back_tries
from service.modules.content import Catalogue, Module
from service.modules.tries import Counts, FeedbackWhen, Redo, TryRule
from service.people.models import Membership, Role
from service.reviews.standings import list_passed
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member, make_module

LATER = AT + timedelta(days=1)
AT_END = TryRule(3, feedback_when=FeedbackWhen.AT_END)


def made(rule: TryRule, version: int = 1, *redos: Redo, **changes: Any) -> Catalogue:
    """Return content with one exercise of three options, of which `ask` earns all and `tell` nothing."""
    module = make_module("roles", ("mentor",), ("first",))
    exercise = replace(module.exercises[0], rule=rule, **changes)
    new = {"version": version, "digest": f"{version}{rule}{redos}{changes}"[:64], "redos": redos}
    return make_catalogue(replace(module, exercises=(exercise,), **new))


@pytest.fixture
def learner(session: Session) -> Membership:
    return make_member(session, "mentor-1")


@pytest.fixture
def staff(session: Session) -> Membership:
    return make_member(session, "coordinator-1", Role.COORDINATOR)


@pytest.fixture
def answer(session: Session, learner: Membership) -> Callable[..., Attempt]:
    def answer(catalogue: Catalogue, given: dict[str, str]) -> Attempt:
        key = uuid4().hex
        return record_attempt(session, catalogue, learner.person_id, "roles", "first", given, key, at=AT).attempt

    return answer


def standing(session: Session, learner: Membership, catalogue: Catalogue) -> Best:
    return best_marks(session, learner.person_id, catalogue.module("roles"))["first"]


def left(session: Session, learner: Membership, catalogue: Catalogue) -> int | None:
    module: Module = catalogue.module("roles")
    best = best_marks(session, learner.person_id, module)
    return list_open_tries(session, learner.person_id, module, best)["first"].left


def more(tries: int = 1, reason: str = "The page had lost the text.", key: str = "k-more") -> MoreTries:
    return MoreTries("roles", "first", tries, reason, key)


@pytest.mark.parametrize(
    ("counts", "points"),
    [(Counts.BEST, [0, 1, 1]), (Counts.LAST, [0, 1, 0]), (Counts.FIRST, [0, 0, 0])],
)
def test_the_try_that_counts_gives_the_points_and_any_try_passes(
    session: Session, learner: Membership, answer: Callable[..., Attempt], counts: Counts, points: list[float]
) -> None:
    catalogue = made(TryRule(counts=counts))
    found = []
    for given in (WRONG, RIGHT, WRONG):
        answer(catalogue, given)
        found.append(standing(session, learner, catalogue))
    assert [best.points for best in found] == points
    assert [best.is_passed for best in found] == [False, True, True]


def test_a_closed_exercise_takes_no_try_but_finds_the_one_that_is_there(
    session: Session, learner: Membership, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(TryRule(2))
    assert left(session, learner, catalogue) == 2
    answer(catalogue, WRONG)
    last = answer(catalogue, WRONG)
    assert left(session, learner, catalogue) == 0
    with pytest.raises(ConflictError) as caught:
        answer(catalogue, RIGHT)
    assert caught.value.code == "attempt.closed"
    again = record_attempt(session, catalogue, learner.person_id, "roles", "first", RIGHT, last.submission_key, at=AT)
    assert (again.is_new, again.attempt) == (False, last)
    assert session.scalar(select(func.count()).select_from(Attempt)) == 2


@pytest.mark.parametrize("rule", [TryRule(3), AT_END])
def test_tabs_at_the_same_instant_get_no_try_more(sessions: sessionmaker[Session], rule: TryRule) -> None:
    catalogue = made(rule)
    with transaction(sessions) as session:
        person_id = make_member(session, "mentor-1").person_id

    def tab(number: int) -> bool:
        try:
            with transaction(sessions) as session:
                record_attempt(session, catalogue, person_id, "roles", "first", WRONG, f"tab-{number}", at=AT)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as tabs:
        taken = list(tabs.map(tab, range(8)))
    assert taken.count(True) == 3
    with transaction(sessions, reads_only=True) as session:
        attempts = session.scalars(select(Attempt).order_by(Attempt.number)).all()
        assert [attempt.number for attempt in attempts] == [1, 2, 3]
        assert [attempt.is_held for attempt in attempts] == [rule is AT_END, rule is AT_END, False]


def test_a_mark_that_is_held_back_counts_when_the_tries_are_used_up(
    session: Session, learner: Membership, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(AT_END)
    for given in (RIGHT, WRONG):
        answer(catalogue, given)
        best = standing(session, learner, catalogue)
        assert (best.points, best.is_passed, best.is_held) == (0, False, True)
    assert best.last_answer == WRONG
    assert list_passed(session, [learner.person_id])[learner.person_id] == {}
    answer(catalogue, WRONG)
    best = standing(session, learner, catalogue)
    assert (best.points, best.is_passed, best.is_held, best.tries) == (1, True, False, 3)
    assert list_passed(session, [learner.person_id])[learner.person_id] == {("roles", "first"): AT}


def test_who_is_done_sees_the_marks_and_has_no_try_left(
    session: Session, learner: Membership, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(AT_END)
    record_done(session, catalogue, learner.person_id, "roles", "first", at=AT)
    assert left(session, learner, catalogue) == 3, "nothing was handed in yet"
    answer(catalogue, RIGHT)
    for _ in range(2):
        record_done(session, catalogue, learner.person_id, "roles", "first", at=AT)
    best = standing(session, learner, catalogue)
    assert (best.is_passed, best.is_held, left(session, learner, catalogue)) == (True, False, 0)
    assert ("roles", "first") in list_passed(session, [learner.person_id])[learner.person_id]
    assert session.scalar(select(func.count()).select_from(Done)) == 1
    with pytest.raises(ConflictError):
        answer(catalogue, RIGHT)


def test_tries_given_after_the_end_are_held_back_again_and_what_was_shown_stays_shown(
    session: Session, learner: Membership, staff: Membership, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(TryRule(None, Counts.LAST, FeedbackWhen.AT_END))
    answer(catalogue, WRONG)
    record_done(session, catalogue, learner.person_id, "roles", "first", at=AT)
    give_tries(session, catalogue, learner.person_id, more(2), by_member_id=staff.id, at=LATER)
    answer(catalogue, RIGHT)
    best = standing(session, learner, catalogue)
    assert (best.points, best.is_held, best.tries, left(session, learner, catalogue)) == (0, True, 2, 1)
    answer(catalogue, RIGHT)
    best = standing(session, learner, catalogue)
    assert (best.points, best.is_held, left(session, learner, catalogue)) == (1, False, 0)


def test_staff_give_one_person_more_tries_and_take_them_back(
    session: Session, learner: Membership, staff: Membership, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(TryRule(1))
    answer(catalogue, WRONG)
    given = give_tries(session, catalogue, learner.person_id, more(2), by_member_id=staff.id, at=AT)
    assert give_tries(session, catalogue, learner.person_id, more(2), by_member_id=staff.id, at=AT) is given
    assert left(session, learner, catalogue) == 2
    assert left(session, make_member(session, "mentor-2"), catalogue) == 1
    answer(catalogue, WRONG)
    for _ in range(2):
        take_back_tries(session, learner.person_id, given.public_id, by_member_id=staff.id, at=LATER)
    assert left(session, learner, catalogue) == 0
    assert len(list_attempts(session, learner.person_id, "roles")) == 2, "what was handed in stays"
    session.expire_all()
    [kept] = list_extra_tries(session, learner.person_id)
    assert (kept.tries, kept.reason, kept.given_at, kept.taken_back_at) == (2, more().reason, AT, LATER)
    assert kept.given_by.id == staff.id
    assert kept.taken_back_by is not None


@pytest.mark.parametrize(
    ("rule", "wanted", "field"),
    [
        (TryRule(1), more(reason="  "), "reason"),
        (TryRule(1), more(reason="x" * 501), "reason"),
        (TryRule(1), more(0), "tries"),
        (TryRule(1), more(11), "tries"),
        (TryRule(), more(), "exercise"),
    ],
)
def test_tries_that_make_no_sense_are_not_given(
    session: Session, learner: Membership, staff: Membership, rule: TryRule, wanted: MoreTries, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        give_tries(session, made(rule), learner.person_id, wanted, by_member_id=staff.id, at=AT)
    assert list(caught.value.details["fields"]) == [field]
    assert session.scalar(select(func.count()).select_from(ExtraTries)) == 0


def test_tries_are_taken_back_from_their_own_person_only(
    session: Session, learner: Membership, staff: Membership
) -> None:
    given = give_tries(session, made(TryRule(1)), learner.person_id, more(), by_member_id=staff.id, at=AT)
    other = make_member(session, "mentor-2")
    with pytest.raises(NotFoundError):
        take_back_tries(session, other.person_id, given.public_id, by_member_id=staff.id, at=AT)


CHANGES: dict[str, dict[str, Any]] = {
    "fewer tries": {"rule": TryRule(1)},
    "the last counts": {"rule": TryRule(counts=Counts.LAST)},
    "the first counts": {"rule": TryRule(counts=Counts.FIRST)},
    "marks at the end": {"rule": TryRule(5, feedback_when=FeedbackWhen.AT_END)},
    "a harder pass mark": {"rule": TryRule(), "points": 9, "pass_points": 9},
    "another right answer": {
        "rule": TryRule(),
        "structure": {"points": 1, "options": ["ask", "tell"], "answer": "tell"},
    },
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_content_changes_no_mark_and_nothing_that_counts(
    session: Session, learner: Membership, answer: Callable[..., Attempt], change: str
) -> None:
    before = made(TryRule())
    for given in (WRONG, RIGHT, WRONG):
        answer(before, given)
    old = standing(session, learner, before)
    marks = [
        (one.attempt.points, one.attempt.is_passed, one.mark)
        for one in list_attempts(session, learner.person_id, "roles")
    ]
    after = made(version=2, **CHANGES[change])
    new = standing(session, learner, after)
    share = new.points / after.module("roles").exercises[0].points
    assert (share, new.is_passed, new.is_held, new.last_mark) == (1, True, False, old.last_mark)
    assert marks == [
        (one.attempt.points, one.attempt.is_passed, one.mark)
        for one in list_attempts(session, learner.person_id, "roles")
    ]


def test_an_exercise_that_is_asked_again_has_all_tries_anew_and_keeps_what_was(
    session: Session, learner: Membership, answer: Callable[..., Attempt]
) -> None:
    old = made(TryRule(2))
    for given in (WRONG, RIGHT):
        answer(old, given)
    new = made(TryRule(2), 3, Redo(3, ("first",)))
    best = standing(session, learner, new)
    assert (best.is_passed, best.is_asked_again, best.points, left(session, learner, new)) == (False, True, 1, 2)
    answer(new, RIGHT)
    best = standing(session, learner, new)
    assert (best.is_passed, best.is_asked_again, best.tries, left(session, learner, new)) == (True, False, 3, 1)
    newer = made(TryRule(2), 4, Redo(3, ("first",)))
    assert standing(session, learner, newer).is_passed, "nothing is asked again in version 4"


def test_how_one_stands_takes_few_rows_and_statements_however_many_tries_there_are(
    session: Session, learner: Membership, engine: Engine, answer: Callable[..., Attempt]
) -> None:
    catalogue = made(replace(AT_END, limit=None))
    for _ in range(30):
        answer(catalogue, WRONG)
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *event_: statements.append(event_[2]))
    assert left(session, learner, catalogue) is None
    assert len(statements) == 3
