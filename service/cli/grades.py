"""Commands for the scores on their way to the gradebook."""

import time
from datetime import datetime, timedelta
from functools import partial

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti.http import OutgoingHttp
from service.cli.database import open_sessions, open_transaction
from service.config import Settings
from service.db import transaction, utc_now
from service.grades.attention import CHOSEN_ONE_BY_ONE, may_be_tried, send_one_again
from service.grades.models import LineItem, Score, ScoreState
from service.grades.numbers import PlatformNumbers, list_numbers
from service.grades.operations import count_waiting
from service.grades.pausing import resume, set_limits
from service.grades.reconciling import ask_check, check_due
from service.people.models import Course
from service.platforms.operations import get_platform, list_platforms
from service.platforms.services import open_service_client
from service.tasks import make_celery, wake

CHUNK = 500
LOOK_SECONDS = 1.0


@click.group()
def grades() -> None:
    """Scores on their way to the gradebook."""


@grades.command("status")
def grades_status() -> None:
    """Tell for each LMS how its queue stands, and count the scores by state."""
    with open_transaction(reads_only=True) as session:
        at = utc_now()
        names = {platform.public_id: platform.name for platform in list_platforms(session)}
        for numbers in list_numbers(session):
            click.echo(f"{numbers.public_id}  {names[numbers.public_id]}")
            for line in _lines(numbers, at):
                click.echo(f"  {line}")


@grades.command("retry")
@click.option("--platform", "platform_id", help="Only scores of this LMS (its public id).")
@click.option("--course", "course_id", help="Only scores of this course (its public id).")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in ScoreState]))
@click.option("--wait", type=click.IntRange(0, 3600), default=0, help="Seconds to watch the queue.")
def grades_retry(platform_id: str | None, course_id: str | None, states: tuple[str, ...], wait: int) -> None:
    """Let scores be tried now that wait for a later try or were given up; an LMS that rests is asked at once.

    Over scores that differ from the gradebook people decide, on the page of the course.
    """
    with open_sessions() as sessions:
        with transaction(sessions) as session:
            chosen = [get_platform(session, platform_id)] if platform_id else list_platforms(session)
            platform_ids = [platform.id for platform in chosen]
            for each in platform_ids:
                resume(session, each)
        count = _retry(sessions, platform_ids, course_id, states)
        click.echo(f"{count} scores are tried now.")
        app = make_celery(Settings.from_environment())
        wake(app, ["send_scores"])
        if wait:
            _watch(sessions, wait)


@grades.command("reconcile")
@click.option("--platform", "platform_id", help="Only columns of this LMS (its public id).")
@click.option("--course", "course_id", help="Only columns of this course (its public id).")
def grades_reconcile(platform_id: str | None, course_id: str | None) -> None:
    """Compare what the gradebooks show with what we hold, now and column by column."""
    settings = Settings.from_environment()
    with open_sessions() as sessions:
        with transaction(sessions) as session:
            items = _columns(session, platform_id, course_id)
            for item in items:
                ask_check(session, item, at=utc_now())
            ids = [item.id for item in items]
        open_client = partial(open_service_client, sessions, settings_secret=settings.secret_key, http=OutgoingHttp())
        number = 0
        while number < len(ids):
            before = number
            for outcome in check_due(sessions, open_client, clock=utc_now, item_ids=ids):
                number += 1
                told = f"{outcome.compared} compared, {outcome.different} differ"
                told += f" ({outcome.problem})" if outcome.problem else ""
                click.echo(f"{number} of {len(ids)}  {outcome.label}: {told}")
            if number == before:
                break
        if number < len(ids):
            click.echo(f"{len(ids) - number} columns were not compared: the LMS rests or grants no right to read.")


@grades.command("limit")
@click.argument("platform_id")
@click.option("--at-once", type=click.IntRange(1, 100), help="Scores on their way at the same time.")
@click.option("--per-second", type=click.FloatRange(0.01, 1000.0), help="Calls a second.")
def grades_limit(platform_id: str, at_once: int | None, per_second: float | None) -> None:
    """Say how much an LMS can bear; what is not given is as usual again."""
    with open_transaction() as session:
        set_limits(session, get_platform(session, platform_id).id, at_once, per_second)
    click.echo("The limits are kept.")


def _lines(numbers: PlatformNumbers, at: datetime) -> list[str]:
    lines = [f"queue: {numbers.queue_length}"]
    if numbers.oldest_asked_at:
        lines.append(f"oldest on its way: {timedelta(seconds=round(numbers.oldest_seconds(at=at)))}")
    sending = numbers.sending
    if sending and sending.paused_until and numbers.is_paused(at=at):
        lines.append(f"paused until {sending.paused_until:%Y-%m-%d %H:%M:%S} UTC: {sending.reason}")
    if sending and sending.clock_difference is not None and abs(sending.clock_difference) >= 2:
        lines.append(f"clock: {sending.clock_difference:+.0f} s")
    return lines + [f"{state}: {count}" for state, count in numbers.states.items()]


def _retry(
    sessions: sessionmaker[Session], platform_ids: list[int], course_id: str | None, states: tuple[str, ...]
) -> int:
    """Let the scores be tried, some in each transaction, with progress, and return how many that changed."""
    at = utc_now()
    wanted = select(Score.id).where(Score.platform_id.in_(platform_ids), Score.state.not_in(CHOSEN_ONE_BY_ONE))
    if states:
        wanted = wanted.where(Score.state.in_([ScoreState(state) for state in states]))
    if course_id:
        items = select(LineItem.id).join(Course, LineItem.course_id == Course.id).where(Course.public_id == course_id)
        wanted = wanted.where(Score.line_item_id.in_(items))
    with transaction(sessions, reads_only=True) as session:
        ids = session.scalars(wanted.order_by(Score.id)).all()
    changed = 0
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        with transaction(sessions) as session:
            rows = session.scalars(select(Score).where(Score.id.in_(some)).with_for_update(of=Score)).all()
            due = [row for row in rows if may_be_tried(row, at=at) and row.state not in CHOSEN_ONE_BY_ONE]
            changed += sum([send_one_again(session, row, at=at) for row in due])
        click.echo(f"{start + len(some)} of {len(ids)} looked at", err=True)
    return changed


def _watch(sessions: sessionmaker[Session], seconds: int) -> None:
    """Tell how long the queue is until it is empty or the time is over."""
    ends_at, last = time.monotonic() + seconds, -1
    while True:
        with transaction(sessions, reads_only=True) as session:
            waiting = count_waiting(session)
        if waiting != last:
            click.echo(f"{waiting} still to be sent or looked at.")
        last = waiting
        if not waiting or time.monotonic() >= ends_at:
            return
        time.sleep(LOOK_SECONDS)


def _columns(session: Session, platform_id: str | None, course_id: str | None) -> list[LineItem]:
    wanted = select(LineItem).join(Course, LineItem.course_id == Course.id).where(LineItem.url != "")
    if platform_id:
        wanted = wanted.where(Course.platform_id == get_platform(session, platform_id).id)
    if course_id:
        wanted = wanted.where(Course.public_id == course_id)
    return list(session.scalars(wanted.order_by(LineItem.id)))
