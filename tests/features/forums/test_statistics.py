"""Figures of a forum in the database: what counts, what is of too few, and that nobody without a name is told apart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from service.db import new_public_id
from service.errors import NotFoundError
from service.forums import moderation, operations
from service.forums.access import OpenForum, Reader, get_forum, get_post, get_thread, list_open, open_reader
from service.forums.models import Post, Thread
from service.forums.operations import Written
from service.forums.rules import PLANS
from service.forums.statistics import Answers, Month, month_starts, read_statistics
from service.people.models import Role
from tests.makers import AT, make_member

LATER = AT + timedelta(hours=4)
NOBODY = Month(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def people(session: Session) -> list[Reader]:
    return [open_reader(session, make_member(session, f"writer-{n}", Role.MENTOR), {}) for n in range(6)]


@pytest.fixture
def staff(session: Session) -> Reader:
    return open_reader(session, make_member(session, "staff", Role.ADMINISTRATOR), {})


@pytest.fixture
def asked(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(*call: object) -> None:
        found.append(str(call[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def _open(session: Session, who: Reader, *, at: datetime = AT, key: str = "community", **more: bool) -> Post:
    written = Written("Hello", new_public_id(), title="A thread", **more)
    return operations.start_thread(session, get_forum(session, who, key), written, ring=None, at=at)


def _answer(session: Session, who: Reader, opening: Post, *, at: datetime = LATER, **more: bool) -> Post:
    thread = get_thread(session, who, session.get_one(Thread, opening.thread_id).public_id)
    return operations.reply(session, thread, Written("Yes", new_public_id(), **more), parent=None, at=at)


def _forum(session: Session, staff: Reader) -> OpenForum:
    return get_forum(session, staff, "community")


def _month(session: Session, staff: Reader) -> Month:
    return read_statistics(session, _forum(session, staff), at=LATER).months[-1]


def _answers(session: Session, staff: Reader) -> Answers | None:
    return read_statistics(session, _forum(session, staff), at=AT + timedelta(days=9)).answers


def test_the_months_are_those_of_utc_over_the_end_of_a_year() -> None:
    starts = month_starts(datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert [(one.year, one.month) for one in starts] == [(2025, n) for n in range(3, 13)] + [(2026, 1), (2026, 2)]


def test_a_forum_in_which_nobody_wrote(session: Session, staff: Reader) -> None:
    found = read_statistics(session, _forum(session, staff), at=AT)
    assert found.months == [Month(start) for start in month_starts(AT)]
    assert (found.answers, found.has_posts) == (None, False)


def test_each_post_counts_in_its_month(session: Session, staff: Reader, people: list[Reader]) -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)
    _open(session, people[0], at=march - timedelta(seconds=1))
    first = _open(session, people[0], at=march)
    for who in (*people, people[0]):
        _answer(session, who, first)
    _open(session, people[1], at=datetime(2025, 4, 1, tzinfo=UTC))
    _open(session, people[2], at=datetime(2025, 3, 31, 23, 59, tzinfo=UTC))
    *_, february, last = found = read_statistics(session, _forum(session, staff), at=LATER).months
    assert last == Month(march, threads=1, posts=8, writers=6)
    assert (february.threads, february.posts, february.writers) == (1, 1, 1)
    assert (found[0].starts_at, found[0].posts) == (datetime(2025, 4, 1, tzinfo=UTC), 1)
    assert sum(month.posts for month in found) == 10


def test_fewer_than_five_writers_are_not_shown(session: Session, staff: Reader, people: list[Reader]) -> None:
    first = _open(session, people[0])
    for who in people[1:4]:
        _answer(session, who, first)
    assert not _month(session, staff).is_shown
    _answer(session, people[4], first)
    assert _month(session, staff).is_shown


@pytest.mark.parametrize("named", [3, 4, 5])
def test_a_post_without_a_name_says_nothing_of_its_writer(
    session: Session, staff: Reader, people: list[Reader], named: int
) -> None:
    """Whether one of those who gave a name wrote it, or somebody else: all figures are the same."""
    openings = [_open(session, who) for who in people[:named]]
    unnamed = [_open(session, people[0], is_unnamed=True), _answer(session, people[0], openings[0], is_unnamed=True)]
    _answer(session, people[0], unnamed[0])
    figures = []
    for who in (people[0], people[5]):
        for post in unnamed:
            post.author_id = who.person_id
        session.flush()
        figures.append(read_statistics(session, _forum(session, staff), at=LATER))
    assert figures[0] == figures[1]
    assert figures[0].months[-1] == replace(NOBODY, threads=named + 1, posts=named + 3, writers=named)
    assert figures[0].answers == (Answers(6, 1, None) if named == 5 else None)


def test_what_not_all_see_is_not_counted(session: Session, staff: Reader, people: list[Reader]) -> None:
    openings = [_open(session, who) for who in people[:5]]
    before = read_statistics(session, _forum(session, staff), at=LATER)
    _answer(session, people[5], openings[0], is_private=True)
    gone = _answer(session, people[5], openings[1])
    operations.delete_post(session, get_post(session, people[5], gone.public_id), at=LATER)
    hidden = _answer(session, people[5], openings[2])
    post = get_post(session, staff, hidden.public_id)
    moderation.set_hidden(session, post, "Rude", is_hidden=True, at=LATER)
    assert read_statistics(session, _forum(session, staff), at=LATER) == before
    assert before.answers == Answers(5, 0, None)


def test_answers_are_those_of_others(session: Session, staff: Reader, people: list[Reader]) -> None:
    openings = [_open(session, who) for who in people[:4]]
    for number, opening in enumerate(openings):
        _answer(session, people[number], opening, at=AT + timedelta(minutes=1))
        _answer(session, people[5], opening, at=AT + timedelta(hours=number + 1))
        _answer(session, people[4], opening, at=AT + timedelta(hours=30))
    assert _answers(session, staff) is None, "four threads"
    openings.append(_open(session, people[4]))
    assert _answers(session, staff) == Answers(5, 4, None)
    _answer(session, people[5], openings[4], at=AT + timedelta(hours=40))
    assert _answers(session, staff) == Answers(5, 5, 3.0)
    _open(session, people[5])
    assert _answers(session, staff) == Answers(6, 5, 3.0)


def test_answers_of_few_writers_are_not_shown(session: Session, staff: Reader, people: list[Reader]) -> None:
    for number in range(8):
        _answer(session, people[number % 3 + 1], _open(session, people[0]))
    assert _answers(session, staff) is None


def test_statistics_are_for_moderators_and_of_forums_of_many(
    session: Session, staff: Reader, people: list[Reader]
) -> None:
    counted = set()
    for reader in (people[0], staff):
        for forum in list_open(session, reader):
            if reader is staff and not forum.plan.has_rings:
                read_statistics(session, forum, at=AT)
                counted.add(forum.plan.key)
                continue
            with pytest.raises(NotFoundError):
                read_statistics(session, forum, at=AT)
    assert counted == set(PLANS) - {"relation", "supervision"}


def test_the_number_of_statements_is_the_same_however_much_there_is(
    session: Session, staff: Reader, people: list[Reader], asked: list[str]
) -> None:
    def statements() -> int:
        forum = _forum(session, staff)
        asked.clear()
        assert read_statistics(session, forum, at=LATER).answers
        return len(asked)

    for who in people:
        _open(session, who)
    few = statements()
    for days in range(240, 40, -20):
        opening = _open(session, people[0], at=AT - timedelta(days=days))
        for other in people[1:]:
            _answer(session, other, opening, at=AT - timedelta(days=days - 1))
    assert statements() == few == 3
