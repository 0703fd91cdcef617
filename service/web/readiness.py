"""The learner's own readiness, and the commitment to confidentiality."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.completion.outcome_operations import courses_with_outcomes, list_reached
from service.db import utc_now
from service.errors import InvalidInputError
from service.grades.operations import list_scores_of
from service.modules.rules import READINESS
from service.people.models import LEARNING_ROLES
from service.readiness.conditions import COMMITMENT_GIVEN, Condition
from service.readiness.operations import list_verdicts
from service.web.access import catalogue, me, open_to
from service.web.conditions import describe
from service.web.outcome_words import describe_outcomes

blueprint = Blueprint("readiness", __name__, url_prefix="/course/<course_id>")


@blueprint.get("/readiness")
@open_to(*LEARNING_ROLES)
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
        outcomes=describe_outcomes(list_reached(g.db, courses, [me().person_id], at=at)[me().person_id]),
        grade=scores.get(READINESS),
    )


@blueprint.get("/commitments/<kind>")
@open_to(*LEARNING_ROLES)
def show_commitment(kind: str) -> str:
    """Show the text of a commitment and what the member has decided."""
    verdict = list_verdicts(g.db, catalogue(), [me()], at=utc_now())[me().id]
    asked = Condition(COMMITMENT_GIVEN, kind)  # a module may have the same key
    result = next((result for result in verdict.results if result.condition == asked), None)
    text = catalogue().commitment(kind)
    return render_template(
        "commitment.html", kind=kind, version=text.version, words=text.words[g.lang], is_given=result and result.is_met
    )


@blueprint.post("/commitments/<kind>")
@open_to(*LEARNING_ROLES)
def decide_commitment(kind: str) -> Response:
    """Take or take back a commitment. Form: `decision` (give, withdraw) and `version` of the text that was shown."""
    decision = request.form.get("decision")
    if decision == "give":
        version = request.form.get("version", "")
        if not version.isdecimal():
            raise InvalidInputError("commitment.version", "The form names no version of the text.")
        verdict = standing.give_commitment(g.db, catalogue(), me(), kind, int(version), g.lang, at=utc_now())
        flash(gettext("You are ready.") if verdict.is_ready else gettext("Thank you. The commitment is recorded."))
    elif decision == "withdraw":
        standing.withdraw_commitment(g.db, catalogue(), me(), kind, at=utc_now())
        flash(gettext("The commitment is withdrawn."))
    else:
        raise InvalidInputError("commitment.decision", f"Unknown decision {decision!r}.")
    return redirect(url_for("readiness.show_own", course_id=me().course.public_id), 303)
