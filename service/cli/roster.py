"""Commands for the rosters: the lists of members, as the LMSs give them."""

from functools import partial

import click

from service.cli.database import open_sessions
from service.config import Settings
from service.db import transaction, utc_now
from service.errors import NotFoundError
from service.people.models import Course
from service.people.roster import Outcome, refresh_due
from service.people.roster_operations import list_courses_with_roster, queue_roster
from service.people.roster_rules import Occasion
from service.platforms.services import open_service_client


@click.group()
def roster() -> None:
    """Lists of members, as the LMSs give them."""


@roster.command("refresh")
@click.option("--course", "course_id", default="", metavar="PUBLIC_ID", help="Only this course; all if not given.")
def roster_refresh(course_id: str) -> None:
    """Read the list of members of each course now. Ends with 1 if one could not be read."""
    settings = Settings.from_environment()
    with open_sessions() as sessions:
        with transaction(sessions) as session:
            courses = [one for one in list_courses_with_roster(session) if course_id in {"", one.public_id}]
            for course in courses:
                queue_roster(session, course, Occasion.REQUEST, at=utc_now())
        if course_id and not courses:
            raise NotFoundError("course.unknown", f"There is no course {course_id} that offers its list of members.")
        open_client = partial(open_service_client, sessions, settings_secret=settings.secret_key)
        failed = 0
        for course in courses:
            report = refresh_due(sessions, open_client, clock=utc_now, course_id=course.id)
            failed += _show(course, report.outcomes)
    if failed:
        raise click.ClickException(f"{failed} of {len(courses)} could not be read.")


def _show(course: Course, outcomes: list[Outcome]) -> bool:
    """Write a line about a course; return whether it could not be read."""
    words, is_failure = "read a moment ago, or being read now", False
    for outcome in outcomes:
        if outcome.failure:
            words, is_failure = f"not read: {outcome.failure.problem}, {outcome.failure.detail}", True
        elif outcome.listing:
            listing = outcome.listing
            words = f"{listing.member_count} members, {listing.added} new, {listing.returned} back, {listing.left} left"
            if listing.is_doubtful:
                words += "; far fewer than before: nobody is taken to have left until it is read once more"
    click.echo(f"{course.public_id}  {course.title}  {words}")
    return is_failure
