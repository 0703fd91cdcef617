"""The connection to the learning platform, for its administrators: only that of the course they came from.

They may invite a further one; whoever runs the tool approves it.
"""

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.wrappers import Response

from service.config import Settings
from service.db import transaction, utc_now
from service.doctor.connection import ListeningHttp, examine_connection, read_patient
from service.doctor.findings import Finding, State
from service.errors import InvalidInputError, NotAllowedError
from service.grades.operations import find_last_confirmed
from service.people.courses import find_last_launch, find_last_roster
from service.people.models import Role
from service.platforms.invites import add_invite
from service.platforms.operations import (
    approve_deployment,
    get_platform_by_id,
    list_signing_keys,
    state_of,
)
from service.platforms.profiles import profile_of
from service.web.access import me, open_to, without_database
from service.web.formats import isolated

blueprint = Blueprint("platforms", __name__, url_prefix="/course/<course_id>/platforms")

INVITE_LIFETIME = timedelta(days=7)
BADGES = {State.IN_ORDER: "met", State.WARNING: "part", State.FAULT: "alarm", State.NOT_TRIED: "not_met"}


@blueprint.get("")
@open_to(Role.ADMINISTRATOR)
def show() -> str:
    """Show the registration, its deployments, and when something was last heard."""
    return _page(_facts(g.db))


@blueprint.post("/approve")
@open_to(Role.ADMINISTRATOR)
def approve() -> Response:
    """Take launches from a deployment that waits. Form: `deployment`."""
    platform = get_platform_by_id(g.db, me().course.platform_id)
    if profile_of(platform.product_family, platform.issuer).is_shared:
        raise NotAllowedError("platform.shared", "Its deployments belong to different institutions.")
    deployment_id = request.form.get("deployment", "")
    approve_deployment(g.db, platform.public_id, deployment_id, by=me().person.public_id, at=utc_now())
    flash(gettext("The deployment is approved."))
    return redirect(url_for(".show", course_id=me().course.public_id), 303)


@blueprint.post("/invite")
@open_to(Role.ADMINISTRATOR)
def invite() -> str | tuple[str, int]:
    """Make a link by which a further LMS can register itself, and show it, this once. Form: `note`.

    What it registers waits for whoever runs the tool, as with `mentorready platform invite`.
    """
    facts, note = _facts(g.db), request.form.get("note", "").strip()
    if facts["profile"].is_shared:
        raise NotAllowedError("platform.shared", "It is no business of one of its institutions who else is connected.")
    try:
        _, token = add_invite(
            g.db,
            note=note,
            lifetime=INVITE_LIFETIME,
            may_use_private_addresses=False,
            at=utc_now(),
            by=me().person.public_id,
        )
    except InvalidInputError:
        return _page(facts, note=note, note_error=gettext("At most 255 characters, on one line.")), 422
    return _page(facts, invite_link=f"{facts['base_url']}/lti/register?invite={token}")


@blueprint.post("/test")
@open_to(Role.ADMINISTRATOR)
@without_database
def examine() -> str:
    """Examine the connection and show each step. Form: `column` (yes) to make and delete a column in this course.

    No transaction is open while the learning platform is spoken to, and a browser waits: time is short.
    """
    sessions = cast("sessionmaker[Session]", current_app.extensions["sessions"])
    secret_key = cast(Settings, current_app.extensions["settings"]).secret_key
    course = me().course
    with transaction(sessions, reads_only=True) as session:
        facts = _facts(session)
    patient = read_patient(
        sessions, secret_key, facts["platform"].public_id, course_public_id=course.public_id, at=utc_now()
    )
    http = ListeningHttp(utc_now, connect_seconds=2, read_seconds=5, total_seconds=6)
    may_make_column = request.form.get("column") == "yes"
    findings = list(examine_connection(patient, http, may_make_column=may_make_column, clock=utc_now))
    return _page(facts, findings=[_words(finding) for finding in findings])


def _page(facts: dict[str, Any], **results: Any) -> str:
    """Return the page. `results`: what was done on it: findings of a test, or an invite, or why there is none."""
    nothing = {"findings": None, "invite_link": "", "note": "", "note_error": ""}
    return render_template("platforms.html", invite_days=INVITE_LIFETIME.days, **nothing | results, **facts)


def _facts(session: Session) -> dict[str, Any]:
    course = me().course
    platform = get_platform_by_id(session, course.platform_id)
    profile = profile_of(platform.product_family, platform.issuer)
    # Where a registration serves many institutions, only what is of this course is this administrator's business.
    only = {"course_id": course.id} if profile.is_shared else {}
    return {
        "platform": platform,
        "profile": profile,
        "status": state_of(platform),
        "deployments": [] if profile.is_shared else list(platform.deployments),
        "signing_key": next(iter(list_signing_keys(session)), None),
        "last_launch": find_last_launch(session, platform.id, **only),
        "last_roster": find_last_roster(session, platform.id, **only),
        "last_confirmed": find_last_confirmed(session, platform.id, **only),
        "base_url": cast(Settings, current_app.extensions["settings"]).base_url,
    }


def _words(finding: Finding) -> dict[str, str]:
    """Return a finding in the language of the page."""
    facts = {name: isolated(value) if isinstance(value, str) else value for name, value in finding.facts.items()}
    return {
        "badge": BADGES[finding.state],
        "state": finding.state.value,
        "step": gettext(finding.step),
        "sentence": gettext(finding.sentence, **facts),
        "advice": gettext(finding.advice, **facts) if finding.advice else "",
    }
