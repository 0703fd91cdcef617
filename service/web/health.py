"""Answers to whoever watches: the process is alive, and ready to serve; sending goes well, for an administrator."""

from flask import Blueprint, current_app, g, render_template

from service.broker import broker_answers
from service.db import utc_now
from service.grades.numbers import numbers_of, rate_of_last_day
from service.grades.operations import find_last_confirmed
from service.migrations import is_up_to_date
from service.people.models import Role
from service.platforms.operations import get_platform_by_id
from service.platforms.profiles import profile_of
from service.web.access import me, open_to, public, without_database
from service.web.grade_words import administrator_advice, state_title

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
@without_database
def alive() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "alive"}


@blueprint.get("/readyz")
@public
def ready() -> tuple[dict[str, str], int]:
    """Answer 200 when the database has the tables that this code expects and the broker takes messages, else 503."""
    checks = {
        "migrations": is_up_to_date(g.db.connection()),
        "broker": broker_answers(current_app.extensions["celery"]),
    }
    answer = {name: "ok" if is_ok else "failed" for name, is_ok in checks.items()}
    return answer, 200 if all(checks.values()) else 503


@blueprint.get("/course/<course_id>/health")
@open_to(Role.ADMINISTRATOR)
def sending() -> str:
    """Show how sending to the gradebooks goes, in numbers: those of the own LMS only."""
    at = utc_now()
    platform = get_platform_by_id(g.db, me().course.platform_id)
    # Where a registration serves many institutions, only what is of this course is this administrator's business.
    course_id = me().course_id if profile_of(platform.product_family, platform.issuer).is_shared else None
    numbers = numbers_of(g.db, platform, course_id=course_id)
    return render_template(
        "health.html",
        platform=platform,
        numbers=numbers,
        is_paused=numbers.is_paused(at=at),
        states=[(state_title(state), count, administrator_advice(state)) for state, count in numbers.states.items()],
        rate=rate_of_last_day(g.db, platform.id, at=at, course_id=course_id),
        last_confirmed=find_last_confirmed(g.db, platform.id, course_id=course_id),
    )
