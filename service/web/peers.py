"""Remarks among learners: the writer opens an answer, a fellow learner reads it and writes a remark."""

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import InvalidInputError, NotFoundError
from service.modules.content import Exercise
from service.people.models import LEARNING_ROLES
from service.reviews.models import PeerAccess, ReviewEntry
from service.reviews.operations import find_exercise
from service.reviews.peers import ask_peers, get_offered, record_peer_remark
from service.web.access import catalogue, me, open_to
from service.web.answers import answer_view
from service.web.review_forms import read_opinion, said_opinion, typed_opinion
from service.web.review_words import field_fault_words

blueprint = Blueprint("peers", __name__, url_prefix="/course/<course_id>/peers")


@blueprint.post("/<entry_id>/ask")
@open_to(*LEARNING_ROLES)
def ask(entry_id: str) -> Response:
    """Open one's own answer to learners of the course, or close it. Form: `access`, a PeerAccess."""
    wanted = request.form.get("access", "")
    if wanted not in set(PeerAccess):
        raise InvalidInputError("form.incomplete", "The form is not ours: there is no such access.")
    entry = ask_peers(g.db, me().person_id, entry_id, PeerAccess(wanted))
    return redirect(_exercise_address(entry), 303)


@blueprint.get("/<entry_id>")
@open_to(*LEARNING_ROLES)
def show(entry_id: str) -> str:
    """Show an answer of a fellow learner, with a form for a remark."""
    return _page(get_offered(g.db, me(), entry_id))


@blueprint.post("/<entry_id>")
@open_to(*LEARNING_ROLES)
def remark(entry_id: str) -> Response | tuple[str, int]:
    """Keep a remark on it. Form: `remark`, and for each criterion `level.<key>` and `remark.<key>`."""
    entry = get_offered(g.db, me(), entry_id)
    try:
        record_peer_remark(g.db, me(), entry_id, _exercise(entry), read_opinion(), at=utc_now())
    except InvalidInputError as error:
        found = error.details.get("fields")
        return _page(entry, found if isinstance(found, dict) else {"remark": error.code}), 422
    flash(gettext("Thank you. The writer sees your remark, not your name."))
    return redirect(_exercise_address(entry), 303)


def _page(entry: ReviewEntry, faults: Mapping[str, str] | None = None) -> str:
    exercise, module = _exercise(entry), catalogue().module(entry.module_key)
    words = module.words[g.lang].exercises[exercise.key]
    told = {name: field_fault_words(code) for name, code in (faults or {}).items()}
    criteria = (words.criteria, exercise.criteria)
    return render_template(
        "peer_answer.html",
        here=url_for(".show", course_id=me().course.public_id, entry_id=entry.public_id),
        entry=entry,
        exercise_title=words.title,
        module_title=module.words[g.lang].title,
        back=_exercise_address(entry),
        view=answer_view(g.db, module, exercise, entry),
        form=said_opinion(*criteria, None) if faults is None else typed_opinion(*criteria, told),
    )


def _exercise(entry: ReviewEntry) -> Exercise:
    exercise = find_exercise(catalogue(), entry)
    if exercise is None or exercise.review is None or not exercise.review.has_peers:
        raise NotFoundError("review.unknown", "Learners do not read answers to this exercise.")
    return exercise


def _exercise_address(entry: ReviewEntry) -> str:
    page = url_for("modules.show", course_id=me().course.public_id, module_key=entry.module_key)
    return f"{page}#exercise-{entry.exercise_key}"
