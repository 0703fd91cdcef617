"""Acts at the gate: what learners say of themselves, what staff decide about a person, and what they waive."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service import standing
from service.db import utc_now
from service.errors import InvalidInputError, NotFoundError
from service.people.models import STAFF_ROLES
from service.people.operations import get_member
from service.readiness.conditions import DECLARED
from service.readiness.leaf_rules import NUMBERS
from service.typed_text import clean_text
from service.web import gate_words
from service.web.access import catalogue, me, open_to
from service.web.board_pages import list_query
from service.web.gate_acts import Refused, all_asked
from service.web.people import person_page
from service.web.readiness import ASKED_ROLES, words_if_ready

blueprint = Blueprint("gate", __name__, url_prefix="/course/<course_id>")


@blueprint.get("/declarations/<key>")
@open_to(*ASKED_ROLES)
def show_declaration(key: str) -> str:
    """Show what the member may say of themselves, and whether they have."""
    return _declaration_page(key)


def _declaration_page(key: str, typed: str = "", error: str = "") -> str:
    """Return the page, with the number as it was typed and what is wrong with it."""
    asked = all_asked(me()).get(f"{DECLARED}:{key}")
    if asked is None:
        raise NotFoundError("condition.unknown", f"Nobody asks the member to say {key!r}.")
    result, condition = asked.result, asked.result.condition
    return render_template(
        "declaration.html",
        key=key,
        words=gate_words.declaration(condition),
        is_given=result.is_met,
        evidence=gate_words.declared_evidence(result),
        least=condition.least,
        is_gating=asked.is_gating,
        typed=typed if error else result.facts.get("number", ""),
        error=error,
    )


@blueprint.post("/declarations/<key>")
@open_to(*ASKED_ROLES)
def declare(key: str) -> Response | tuple[str, int]:
    """Say it, or take it back. Form: `decision` (give, withdraw) and, where one is asked, `number`."""
    decision = request.form.get("decision")
    if decision not in {"give", "withdraw"}:
        raise InvalidInputError("declaration.decision", f"Unknown decision {decision!r}.")
    is_given, typed = decision == "give", request.form.get("number", "").strip()
    number = None
    if is_given and key in NUMBERS:
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= 4 and int(typed) <= NUMBERS[key]):
            most = NUMBERS[key]
            return _declaration_page(key, typed, gettext("Write a whole number from 0 to %(most)s.", most=most)), 422
        number = int(typed)
    verdict = standing.declare(g.db, catalogue(), me(), key, is_given=is_given, number=number, at=utc_now())
    if decision == "withdraw":
        flash(gettext("It is taken back."))
    else:
        flash(words_if_ready(verdict) or gettext("Thank you. It is recorded."))
    return redirect(url_for("readiness.show_own", course_id=me().course.public_id), 303)


@blueprint.post("/people/<member_id>/decisions/<key>")
@open_to(*STAFF_ROLES)
def decide(member_id: str, key: str) -> Response | tuple[str, int]:
    """Record a decision about a person. Form: `decision` and `reason-` and the key.

    The decision is yes, no, not_applicable or none, which takes back; no and not_applicable need the reason.
    """
    answers = {"yes": True, "no": False, "none": None}
    decision = request.form.get("decision", "")
    if decision not in {*answers, "not_applicable"}:
        raise InvalidInputError("decision.unknown", f"Unknown decision {decision!r}.")
    field = f"reason-{key}"
    reason = clean_text(request.form.get(field, ""))
    try:
        if decision == "not_applicable":
            standing.rule_out(g.db, catalogue(), me(), member_id, key, reason=reason, at=utc_now())
        else:
            is_yes = answers[decision]
            standing.decide(g.db, catalogue(), me(), member_id, key, is_yes=is_yes, reason=reason, at=utc_now())
    except InvalidInputError as error:
        return _refuse(member_id, {field: error.code})
    flash(gettext("The decision is recorded.") if decision != "none" else gettext("The decision is taken back."))
    return _back(member_id, "decisions")


@blueprint.post("/people/<member_id>/waivers")
@open_to(*STAFF_ROLES)
def waive(member_id: str) -> Response | tuple[str, int]:
    """Waive a condition for a person. Form: `condition`, `reason`, `until` (a date, or empty)."""
    form = {name: request.form.get(name, "") for name in ("condition", "reason", "until")}
    try:
        until = _read_until(form["until"])
        reason = clean_text(form["reason"])
        standing.waive(g.db, catalogue(), me(), member_id, form["condition"], reason=reason, until=until, at=utc_now())
    except InvalidInputError as error:
        return _refuse(member_id, error.details.get("fields") or {})
    flash(gettext("The condition is waived for this person."))
    return _back(member_id, "waivers")


@blueprint.post("/people/<member_id>/waivers/<waiver_id>")
@open_to(*STAFF_ROLES)
def change_waiver(member_id: str, waiver_id: str) -> Response:
    """Agree to a waiver as the second person, or end it. Form: `act` (approve, withdraw)."""
    acts = {"approve": standing.approve_waiver, "withdraw": standing.withdraw_waiver}
    act = acts.get(request.form.get("act", ""))
    if act is None:
        raise InvalidInputError("waiver.act", "Unknown act.")
    act(g.db, catalogue(), me(), member_id, waiver_id, at=utc_now())
    flash(gettext("Done. What changed by it is shown below."))
    return _back(member_id, "waivers")


def _refuse(member_id: str, errors: Any) -> tuple[str, int]:
    """Show the page of the person again, with the form as it was sent and what is wrong."""
    member = get_member(g.db, me().course_id, member_id)
    return person_page(member, Refused(request.form, errors)), 422


def _back(member_id: str, anchor: str) -> Response:
    get_member(g.db, me().course_id, member_id)
    place: dict[str, Any] = {"course_id": me().course.public_id, "member_id": member_id, **list_query()}
    return redirect(url_for("people.show_person", **place, _anchor=anchor), 303)


def _read_until(text: str) -> datetime | None:
    """Return the last second of the day that is meant, so that pages name this day; None if nothing stands there."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
        return day + timedelta(days=1) - timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(
            "waiver.bad_date", "The end is no date.", fields={"until": "waiver.bad_date"}
        ) from error
