"""What counts in discussions: posts of one's own, answers to those of others, and who waits for one."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.completion.facts import gather_facts
from service.completion.rules import evaluate
from service.db import new_public_id
from service.forums import operations
from service.forums.access import Reader, get_forum, get_post, get_thread, open_reader
from service.forums.models import Post, Thread
from service.forums.operations import Written
from service.forums.talk import list_answered, list_posted
from service.modules.requirements import Group, Kind, Requirement
from service.people.models import Role
from tests.makers import AT, make_member

LATER = AT + timedelta(hours=1)


@pytest.fixture
def people(session: Session) -> list[Reader]:
    return [open_reader(session, make_member(session, name, Role.MENTOR), {}) for name in ("anna", "ewa", "ola")]


def _open(session: Session, who: Reader, key: str, **more: bool) -> Post:
    written = Written("Hello", new_public_id(), title="A thread", options="Wait\nAsk", **more)
    return operations.start_thread(session, get_forum(session, who, key), written, ring=None, at=AT)


def _answer(session: Session, who: Reader, post: Post, parent: Post | None = None, **more: bool) -> Post:
    thread = get_thread(session, who, session.get_one(Thread, post.thread_id).public_id)
    return operations.reply(session, thread, Written("Yes", new_public_id(), **more), parent=parent, at=LATER)


def _answers(session: Session, who: Reader) -> list[bool]:
    return [one.is_answer for one in list_posted(session, [who.person_id])[who.person_id]]


@pytest.mark.parametrize(
    ("key", "without_parent", "to_opening"),
    [("community", True, True), ("dilemmas", True, True), ("lessons", False, True), ("questions", False, False)],
)
def test_what_is_an_answer_depends_on_the_kind_of_forum(
    session: Session, people: list[Reader], key: str, without_parent: bool, to_opening: bool
) -> None:
    anna, ewa, ola = people
    opening = _open(session, anna, key)
    said = _answer(session, ewa, opening)
    _answer(session, ola, opening, opening)
    _answer(session, ola, opening, said)
    _answer(session, anna, opening, opening)
    assert _answers(session, ewa) == [without_parent]
    assert _answers(session, ola) == [to_opening, True]
    assert _answers(session, anna) == [False, False]


def test_a_discussion_is_met_by_own_posts_and_answers_to_different_posts(
    session: Session, people: list[Reader]
) -> None:
    anna, ewa, ola = people
    talked, answered = (Requirement(kind, "m", ("lessons",), 2) for kind in (Kind.TALKED, Kind.ANSWERED))
    rule = Group(2, (Requirement(Kind.TALKED, "m", ("lessons",)), answered))

    def have() -> tuple[int, ...]:
        facts = gather_facts(session, [ola.person_id], {Kind.TALKED, Kind.ANSWERED})[ola.person_id]
        found = evaluate(rule, facts)
        assert evaluate(talked, facts).have == min(found.parts[0].have, 2)
        return (*(part.have for part in found.parts), int(found.is_met))

    first = _open(session, anna, "lessons")
    second = _open(session, ewa, "lessons")
    _open(session, anna, "dilemmas")
    assert have() == (0, 0, 0)
    _answer(session, ola, first, first)
    _answer(session, ola, first, first)
    assert have() == (0, 1, 0)
    _answer(session, ola, first, second, is_unnamed=True)
    assert have() == (0, 1, 0)
    last = _answer(session, ola, first, second)
    _open(session, ola, "lessons")
    assert have() == (1, 2, 1)
    operations.delete_post(session, get_post(session, ola, last.public_id), at=LATER)
    assert have() == (1, 1, 0)


def test_who_waits_for_an_answer(session: Session, people: list[Reader]) -> None:
    anna, ewa, ola = people
    first, second = _open(session, anna, "community"), _open(session, ewa, "community")
    _answer(session, anna, first)
    gone = _answer(session, ola, second)
    ids = [one.person_id for one in people]

    def answered(key: str = "community") -> set[int]:
        numbers = {session.get_one(Thread, post.thread_id).public_id: post.id for post in (first, second)}
        return {numbers[thread_id] for thread_id, number in list_answered(session, get_forum(session, anna, key), ids)}

    assert answered() == {second.id}
    assert answered("lessons") == set()
    operations.delete_post(session, get_post(session, ola, gone.public_id), at=LATER)
    _answer(session, ewa, first, first)
    assert answered() == {first.id}


def test_no_count_tells_who_wrote_a_post_without_a_name(session: Session, people: list[Reader]) -> None:
    """The same is told whoever wrote it: of what answers it, and of whom it answers."""
    anna, ewa, ola = people
    for writer in (anna, ewa):
        unnamed = _open(session, writer, "community", is_unnamed=True)
        _answer(session, anna, unnamed, unnamed)
        named = _open(session, ola, "community")
        _answer(session, ola if writer is anna else ewa, named, named, is_unnamed=True)
    assert _answers(session, anna) == [True, True]
    assert list_answered(session, get_forum(session, anna, "community"), [ola.person_id]) == set()
