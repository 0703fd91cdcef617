"""Reviews for staff: the queue of the course, one answer with its exercise, and the decision on it."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service import journey
from service.db import utc_now
from service.errors import ConflictError, InvalidInputError, NotAllowedError
from service.i18n import sort_key
from service.modules.content import Exercise, Module
from service.people.models import STAFF_ROLES
from service.people.operations import find_member_ever
from service.reviews.models import Decision, ReviewEntry, ReviewState
from service.reviews.operations import claim, find_exercise, get_entry, is_newest, may_review
from service.reviews.peers import list_peer_remarks
from service.reviews.queue import claim_next, find_usual_wait, list_decided, list_waiting
from service.reviews.rules import is_claimed_by_other
from service.reviews.standings import Reviewed, read_reviewed
from service.web.access import catalogue, me, open_to
from service.web.answers import answer_view
from service.web.formats import isolated, person_name
from service.web.lists import Filter, one_page
from service.web.review_forms import OpinionForm, read_ruling, said_opinion, typed_opinion
from service.web.review_words import conflict_words, decision_words, field_fault_words, usual_wait_words, waiting_words

PAGE = 50
Refusal = ConflictError | InvalidInputError
AGES = (0, 3, 7)
"""Days that an answer has waited at least, to choose from."""

blueprint = Blueprint("reviews", __name__, url_prefix="/course/<course_id>/reviews")


@blueprint.get("/")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show what waits for the member, oldest first.

    Query: `list` (`decided` for what was decided), `module`, `person`, `days` (waited at least), `page` from 1.
    """
    at, is_decided = utc_now(), request.args.get("list") == "decided"
    entries = list_decided(g.db, me()) if is_decided else list_waiting(g.db, catalogue(), me())
    module, person = request.args.get("module", ""), request.args.get("person", "")
    days = request.args.get("days", 0, type=int)
    chosen = [entry for entry in entries if module in {"", entry.module_key} and person in {"", entry.person.public_id}]
    shown = [entry for entry in chosen if is_decided or _has_waited(entry, days, at)]
    on_page, page, pages = one_page(shown, request.args.get("page", 1, type=int), PAGE)
    return render_template(
        "reviews.html",
        rows=[_row(entry, at) for entry in on_page],
        is_decided=is_decided,
        lists=_lists(is_decided),
        ages=[] if is_decided else _ages(chosen, days, at),
        modules=_module_choices(entries),
        people=_person_choices(entries),
        chosen={"list": request.args.get("list", ""), "module": module, "person": person, "days": days or ""},
        is_filtered=bool(module or person or days),
        usual=usual_wait_words(find_usual_wait(g.db, me().course_id)),
        page=page,
        pages=pages,
        page_address=lambda number: _address(page=number),
    )


@blueprint.post("/next")
@open_to(*STAFF_ROLES)
def take_next() -> Response:
    """Claim the oldest answer that nobody else is at, and show it."""
    entry = claim_next(g.db, catalogue(), me(), at=utc_now())
    if entry is None:
        flash(gettext("Nothing waits that nobody else is at."))
        return redirect(url_for(".show", course_id=me().course.public_id), 303)
    return redirect(_entry_address(entry), 303)


@blueprint.get("/<entry_id>")
@open_to(*STAFF_ROLES)
def show_entry(entry_id: str) -> str:
    """Show one answer with its exercise, what was decided, and the form. Query: `done` after a decision."""
    return _entry_page(get_entry(g.db, me().course_id, entry_id))


@blueprint.post("/<entry_id>/claim")
@open_to(*STAFF_ROLES)
def take(entry_id: str) -> Response:
    """Ask others to leave an answer to the member for a quarter of an hour."""
    try:
        entry = claim(g.db, me(), entry_id, at=utc_now())
    except ConflictError as error:
        flash(conflict_words(error), "error")
        return redirect(url_for(".show_entry", course_id=me().course.public_id, entry_id=entry_id), 303)
    return redirect(_entry_address(entry), 303)


@blueprint.post("/<entry_id>")
@open_to(*STAFF_ROLES)
def decide(entry_id: str) -> Response | tuple[str, int]:
    """Accept, return or take back. Form: see `RulingForm`; what cannot be taken comes back as it was typed."""
    ruling = read_ruling()
    try:
        # A savepoint: what is refused is shown on the page it came from, and must leave nothing of the try behind.
        with g.db.begin_nested():
            reviewed = journey.decide_review(g.db, catalogue(), me(), entry_id, ruling, at=utc_now())
    except (ConflictError, InvalidInputError) as error:
        entry = get_entry(g.db, me().course_id, entry_id)
        return _entry_page(entry, refusal=error), 409 if isinstance(error, ConflictError) else 422
    return redirect(_entry_address(reviewed.entry, done=ruling.decision.value), 303)


def _entry_page(entry: ReviewEntry, refusal: Refusal | None = None) -> str:
    exercise = find_exercise(catalogue(), entry)
    is_mine, is_own = may_review(me(), entry, exercise), entry.person_id == me().person_id
    if exercise is not None and not is_mine and not is_own:
        raise NotAllowedError("review.not_yours", "Another role reviews this exercise.")
    reviewed, at = read_reviewed(g.db, entry), utc_now()
    module = catalogue().module(entry.module_key) if exercise else None
    return render_template(
        "review_entry.html",
        here=_entry_address(entry),
        entry=entry,
        author=find_member_ever(g.db, me().course_id, person_id=entry.person.public_id),
        module=module,
        module_title=_module_title(entry),
        exercise_title=_exercise_title(entry),
        view=answer_view(g.db, module, exercise, entry) if module and exercise else None,
        reviewed=reviewed,
        history=_history(reviewed, module, exercise),
        form=_form(reviewed, module, exercise, refusal) if is_mine else None,
        is_own=is_own,
        is_newest=is_newest(g.db, entry),
        claim=_claim(entry, at),
        has_accepted=any(
            review.reviewer_id == me().person_id and review.decision is Decision.ACCEPT for review in reviewed.counting
        ),
        waited=waiting_words(entry.waiting_since, at),
        peer_remarks=list_peer_remarks(g.db, [entry.id])[entry.id],
        refusal=conflict_words(refusal) if isinstance(refusal, ConflictError) else "",
        done="" if refusal else request.args.get("done", ""),
        submission_key=secrets.token_urlsafe(16),
    )


def _claim(entry: ReviewEntry, at: datetime) -> str:
    """Return who is at it now: "other", "me", or "" for nobody."""
    if is_claimed_by_other(entry.claimed_by_id, entry.claimed_until, me().person_id, at=at):
        return "other"
    return "me" if entry.claimed_until is not None and entry.claimed_until > at else ""


def _form(
    reviewed: Reviewed, module: Module | None, exercise: Exercise | None, refusal: Refusal | None
) -> OpinionForm | None:
    if module is None or exercise is None:
        return None
    words = module.words[g.lang].exercises[exercise.key].criteria
    if refusal is None:
        own = [review for review in reviewed.counting if review.reviewer_id == me().person_id]
        return said_opinion(words, exercise.criteria, own[-1] if own else None)
    found = refusal.details.get("fields")
    codes: Mapping[str, str] = found if isinstance(found, dict) else {}
    return typed_opinion(words, exercise.criteria, {name: field_fault_words(code) for name, code in codes.items()})


def _history(reviewed: Reviewed, module: Module | None, exercise: Exercise | None) -> list[dict[str, Any]]:
    """Return what was decided, newest first, in words."""
    words = module.words[g.lang].exercises[exercise.key].criteria if module and exercise else {}
    counting = {review.number for review in reviewed.counting}
    return [
        {
            "review": review,
            "words": decision_words(review.decision),
            "counts": review.number in counting,
            "criteria": [(words.get(key, key), said) for key, said in review.criteria.items()],
        }
        for review in reversed(reviewed.reviews)
    ]


def _row(entry: ReviewEntry, at: datetime) -> dict[str, Any]:
    return {
        "entry": entry,
        "href": _entry_address(entry),
        "module": _module_title(entry),
        "exercise": _exercise_title(entry),
        "waited": waiting_words(entry.waiting_since, at),
        "is_claimed": entry.state is ReviewState.WAITING
        and is_claimed_by_other(entry.claimed_by_id, entry.claimed_until, me().person_id, at=at),
    }


def _has_waited(entry: ReviewEntry, days: int, at: datetime) -> bool:
    return at - entry.waiting_since >= timedelta(days=min(max(days, 0), 3650))


def _lists(is_decided: bool) -> list[Filter]:
    course_id = me().course.public_id
    return [
        (gettext("Answers that wait"), None, url_for(".show", course_id=course_id), not is_decided),
        (gettext("Decided lately"), None, url_for(".show", course_id=course_id, list="decided"), is_decided),
    ]


def _ages(entries: Sequence[ReviewEntry], days: int, at: datetime) -> list[Filter]:
    words = {0: gettext("However long")} | {
        age: ngettext("At least %(num)d day", "At least %(num)d days", age) for age in AGES if age
    }
    return [
        (words[age], sum(_has_waited(entry, age, at) for entry in entries), _address(days=age or None), days == age)
        for age in AGES
    ]


def _module_choices(entries: Sequence[ReviewEntry]) -> list[tuple[str, str]]:
    counts = Counter(entry.module_key for entry in entries)
    titles = {entry.module_key: _module_title(entry) for entry in entries}
    return [(key, f"{titles[key]} ({count})") for key, count in counts.items()]


def _person_choices(entries: Sequence[ReviewEntry]) -> list[tuple[str, str]]:
    names = {entry.person.public_id: person_name(entry.person) for entry in entries}
    in_order = sorted(names.items(), key=lambda item: sort_key(item[1], g.lang))
    return [(public_id, isolated(name)) for public_id, name in in_order]


def _module_title(entry: ReviewEntry) -> str:
    modules = (module for module in catalogue().modules if module.key == entry.module_key)
    return next((module.words[g.lang].title for module in modules), entry.module_key)


def _exercise_title(entry: ReviewEntry) -> str:
    modules = [module for module in catalogue().modules if module.key == entry.module_key]
    words = modules[0].words[g.lang].exercises.get(entry.exercise_key) if modules else None
    return words.title if words else entry.exercise_key


def _entry_address(entry: ReviewEntry, done: str | None = None) -> str:
    return url_for("reviews.show_entry", course_id=me().course.public_id, entry_id=entry.public_id, done=done)


def _address(**changes: Any) -> str:
    """Return the address of the list as it is shown, with changes; another choice begins on its first page."""
    kept = {name: request.args.get(name) or None for name in ("list", "module", "person", "days")}
    return url_for(".show", course_id=me().course.public_id, **(kept | changes))
