"""What is asked of oneself and how it stands: a learner's readiness, a coordinator's list; and texts to agree to."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.completion.outcome_operations import courses_with_outcomes, list_reached
from service.db import utc_now
from service.errors import InvalidInputError
from service.grades.operations import list_scores_of
from service.modules.rules import READINESS
from service.people.models import LEARNING_ROLES, Role
from service.readiness.conditions import COMMITMENT_GIVEN, Condition
from service.readiness.operations import Verdict, list_verdicts
from service.web.access import catalogue, me, open_to
from service.web.conditions import describe, describe_way
from service.web.gate_acts import all_asked
from service.web.outcome_words import describe_outcomes
from service.web.ways_on import blocks_pairing, describe_ways

blueprint = Blueprint("readiness", __name__, url_prefix="/course/<course_id>")

ASKED_ROLES = (*LEARNING_ROLES, Role.COORDINATOR)
"""Those of whom something is asked."""


@blueprint.get("/readiness")
@open_to(*ASKED_ROLES)
def show_own() -> str:
    """Show the conditions of the member: what is met, with evidence, and what is missing, with a link."""
    at = utc_now()
    verdict = list_verdicts(g.db, catalogue(), [me()], at=at)[me().id]
    courses = courses_with_outcomes(catalogue(), me().role)
    scores = {score.line_item.subject: score for score in list_scores_of(g.db, me().person_id, me().course_id)}
    return render_template(
        "readiness.html",
        verdict=verdict,
        conditions=describe(verdict.results, me()),
        way=describe_way(verdict.results, me()),
        ways=describe_ways(me()),
        is_gated=blocks_pairing(me().role),
        outcomes=describe_outcomes(list_reached(g.db, courses, [me().person_id], at=at)[me().person_id]),
        grade=scores.get(READINESS),
    )


@blueprint.get("/commitments/<kind>")
@open_to(*ASKED_ROLES)
def show_commitment(kind: str) -> str:
    """Show the text of a commitment and what the member has decided."""
    name = Condition(COMMITMENT_GIVEN, kind).name  # a module may have the same key
    asked = all_asked(me()).get(name)
    text = catalogue().commitment(kind)
    return render_template(
        "commitment.html",
        kind=kind,
        version=text.version,
        words=text.words[g.lang],
        is_given=asked and asked.result.is_met,
        is_gating=asked and asked.is_gating,
    )


@blueprint.post("/commitments/<kind>")
@open_to(*ASKED_ROLES)
def decide_commitment(kind: str) -> Response:
    """Take or take back a commitment. Form: `decision` (give, withdraw) and `version` of the text that was shown."""
    decision = request.form.get("decision")
    if decision == "give":
        version = request.form.get("version", "")
        if not version.isdecimal():
            raise InvalidInputError("commitment.version", "The form names no version of the text.")
        verdict = standing.give_commitment(g.db, catalogue(), me(), kind, int(version), g.lang, at=utc_now())
        flash(words_if_ready(verdict) or gettext("Thank you. The commitment is recorded."))
    elif decision == "withdraw":
        standing.withdraw_commitment(g.db, catalogue(), me(), kind, at=utc_now())
        flash(gettext("The commitment is withdrawn."))
    else:
        raise InvalidInputError("commitment.decision", f"Unknown decision {decision!r}.")
    return redirect(url_for("readiness.show_own", course_id=me().course.public_id), 303)


def words_if_ready(verdict: Verdict) -> str:
    """Return what a member is told who may be paired now, "" for all others."""
    return gettext("You are ready.") if verdict.is_ready and blocks_pairing(me().role) else ""
