"""Blocks and reports in the database: which forums a block shuts, and that two moderators at once decide once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import new_public_id, transaction
from service.errors import ConflictError
from service.forums import operations, reports
from service.forums.access import Reader, get_forum, get_post, open_reader
from service.forums.blocks import BlockedError, add_measure, find_block, refuse_blocked
from service.forums.operations import Written
from service.forums.report_models import Measure, Report
from service.forums.report_rules import Decision, MeasureKind
from service.forums.rules import PLANS
from service.people.models import Role
from tests.makers import AT, make_member

TODAY = AT.date()


def reader(session: Session, subject: str, role: Role) -> Reader:
    return open_reader(session, make_member(session, subject, role), {})


def write(session: Session, who: Reader, key: str) -> str:
    forum = get_forum(session, who, key)
    written = Written("Rude", new_public_id(), title="A thread", options="Wait\nAsk")
    return operations.start_thread(session, forum, written, ring=None, at=AT).public_id


@pytest.mark.parametrize("key", ["community", "coordinators", "network"])
def test_a_block_shuts_what_many_read_in_the_course_or_across_courses(session: Session, key: str) -> None:
    writer, judge = reader(session, "writer", Role.COORDINATOR), reader(session, "judge", Role.ADMINISTRATOR)
    post = get_post(session, judge, write(session, writer, key))
    measure = Measure(kind=MeasureKind.BLOCK, reason="Be kind.", until=TODAY + timedelta(days=2))
    add_measure(session, post, measure, at=AT)
    for other in PLANS.values():
        is_shut = (other.key == "network") is (key == "network") and not other.has_rings
        assert (find_block(session, writer.member, other, at=AT) is not None) is is_shut, other.key
        assert find_block(session, writer.member, other, at=AT + timedelta(days=3)) is None, other.key
        assert find_block(session, judge.member, other, at=AT) is None, other.key
    with pytest.raises(BlockedError):
        refuse_blocked(session, get_forum(session, writer, key), at=AT)


def test_two_moderators_at_once_decide_once(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        post_id = write(session, reader(session, "writer", Role.MENTOR), "community")
        reporter = reader(session, "reporter", Role.MENTOR)
        [reader(session, name, Role.COORDINATOR) for name in ("one", "two")]
        assert reports.report_post(session, get_post(session, reporter, post_id), "unkind", "", at=AT)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def judge(name: str) -> None:
        start.wait()
        try:
            with transaction(sessions) as session:
                post = get_post(session, reader(session, name, Role.COORDINATOR), post_id, locked=True)
                decision = Decision(MeasureKind.WARNING, False, f"By {name}", None, "0-1")
                reports.decide(session, post, decision, at=AT)
            outcomes.append("decided")
        except ConflictError:
            outcomes.append("late")

    threads = [threading.Thread(target=judge, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["decided", "late"]
    with sessions() as session:
        assert len(session.scalars(select(Measure)).all()) == 1
        assert session.scalars(select(Report.decided_at)).all() == [AT]
