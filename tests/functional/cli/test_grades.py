"""The commands for scores: how things stand, another try at once, and columns compared now."""

import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.grades.models import LineItem, PlatformSending, Score, ScoreState
from service.grades.pausing import lock_sending
from service.people.models import Course
from service.platforms.models import Platform
from tests.databases import sqlite_url
from tests.features.grades.makers import make_learner, note_column, queue
from tests.functional.cli.conftest import Run
from tests.makers import AT, make_platform


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


@pytest.fixture
def platform(sessions: sessionmaker[Session]) -> Platform:
    """An LMS with a refused, a differing and a confirmed score, and a rest."""
    with transaction(sessions) as session:
        states = (ScoreState.REFUSED, ScoreState.DIFFERS, ScoreState.CONFIRMED)
        for number, state in enumerate(states):
            learner = make_learner(session, str(number))
            note_column(session, learner)
            queue(session, learner, 0.5)
            person = Score.person_id == learner.person_id
            session.execute(update(Score).where(person).values(state=state, next_try_at=None, tries=2))
        platform = make_platform(session)
        row = lock_sending(session, platform.id)
        row.paused_until, row.reason, row.clock_difference = utc_now() + timedelta(hours=1), "POST: timeout", 90.0
        return platform


def states(sessions: sessionmaker[Session]) -> list[str]:
    with transaction(sessions) as session:
        return [state.value for state in session.scalars(select(Score.state).order_by(Score.id))]


def test_the_status_is_told_for_each_lms(run: Run, platform: Platform) -> None:
    lines = run("grades", "status").output.splitlines()
    assert lines[0] == f"{platform.public_id}  Example University"
    assert "  queue: 0" in lines
    assert "  refused: 1" in lines
    assert "  clock: +90 s" in lines
    assert any(line.startswith("  paused until ") and line.endswith(" UTC: POST: timeout") for line in lines)


def test_what_was_given_up_is_tried_now_and_what_is_a_choice_is_not(
    run: Run, platform: Platform, sessions: sessionmaker[Session]
) -> None:
    result = run("grades", "retry")
    assert result.exit_code == 0
    assert "1 scores are tried now." in result.output
    assert states(sessions) == ["waiting", "differs", "confirmed"]
    with transaction(sessions) as session:
        assert session.scalars(select(PlatformSending.paused_until)).one() is None


def test_only_what_was_named_is_tried(run: Run, platform: Platform, sessions: sessionmaker[Session]) -> None:
    assert "0 scores" in run("grades", "retry", "--state", "locked").output
    assert "0 scores" in run("grades", "retry", "--course", "nothing").output
    assert run("grades", "retry", "--platform", "nothing").exception is not None
    assert states(sessions)[0] == "refused"
    with transaction(sessions) as session:
        course = session.scalars(select(Course.public_id)).one()
    found = run("grades", "retry", "--course", course, "--state", "refused", "--platform", platform.public_id)
    assert "1 scores" in found.output


def test_who_waits_is_told_how_long_the_queue_is(run: Run, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["service.cli.grades"], "LOOK_SECONDS", 0.1)
    assert "1 still to be sent or looked at." in run("grades", "retry", "--wait", "1").output


def test_what_an_lms_can_bear_is_said_and_taken_back(
    run: Run, platform: Platform, sessions: sessionmaker[Session]
) -> None:
    for options, kept in ((("--at-once", "2", "--per-second", "5"), (2, 5.0)), ((), (None, None))):
        assert run("grades", "limit", platform.public_id, *options).exit_code == 0
        with transaction(sessions) as session:
            row = session.scalars(select(PlatformSending)).one()
            assert (row.most_at_once, row.most_per_second) == kept


def test_columns_of_an_lms_that_rests_are_not_compared_and_it_is_said(run: Run, platform: Platform) -> None:
    assert "1 columns were not compared" in run("grades", "reconcile").output


def test_a_comparison_that_does_not_work_says_why(
    run: Run, platform: Platform, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        session.execute(update(PlatformSending).values(paused_until=None))
        session.execute(update(Platform).values(disabled_at=None))
    output = run("grades", "reconcile", "--platform", platform.public_id).output
    assert output.startswith("1 of 1  Roles: 0 compared, 0 differ (")
    with transaction(sessions) as session:
        assert session.scalars(select(LineItem.check_problem)).one() != ""
        assert session.scalars(select(LineItem.check_at)).one() > AT
