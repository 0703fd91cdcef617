"""What a learner has handed in, for the staff who grade: opened from the gradebook (submission review) or the list.

Read-only, and marks without the answers: those are the learner's own. Where an exercise says that people read them,
a link leads to the answer in the queue of reviews.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, render_template, request

from service.db import utc_now
from service.errors import NotFoundError
from service.exercises.models import Attempt
from service.exercises.operations import list_attempts
from service.grades.attention import find_pause, find_score_of, get_column
from service.grades.models import LineItem
from service.modules.content import Module
from service.modules.rules import find_exercise_keys, find_module_key
from service.people.known import Member
from service.people.models import STAFF_ROLES
from service.people.operations import find_member_ever
from service.reviews.models import ReviewEntry
from service.reviews.standings import list_review_standings
from service.web.access import catalogue, me, open_to
from service.web.grade_words import staff_words
from service.web.tries import find_address

blueprint = Blueprint("review", __name__, url_prefix="/course/<course_id>/review")


@dataclass(frozen=True)
class Tried:
    """An exercise and what was handed in for it, first to last."""

    title: str
    attempts: Sequence[Attempt]
    more: str | None
    """Where more tries are given, if they have an end."""
    entries: Mapping[int, ReviewEntry]
    """Of the attempts that people look at in this course, by id of the attempt."""


@blueprint.get("")
@open_to(*STAFF_ROLES)
def show() -> str:
    """Show the attempts of one person that a column of the gradebook is about. Query: `item`, `person`."""
    item_id, person_id = request.args.get("item", ""), request.args.get("person", "")
    item = get_column(g.db, me().course_id, item_id) if item_id else None
    member = find_member_ever(g.db, me().course_id, person_id=person_id) if person_id else None
    if person_id and member is None:
        raise NotFoundError("member.unknown", "No such member in this course.")
    at = utc_now()
    score = find_score_of(g.db, item, member.person_id) if item and member else None
    pause = find_pause(g.db, me().course.platform_id, at=at)
    return render_template(
        "review.html",
        item=item,
        member=member,
        exercises=_tried(item, member) if item and member else [],
        score_row=score,
        state_words=staff_words(score, pause, at=at) if score else None,
    )


def _tried(item: LineItem, member: Member) -> list[Tried]:
    """Return the exercises that the column is about; none for a column of something else."""
    chosen = find_exercise_keys(item.subject)
    module = _find_module(chosen[0] if chosen else find_module_key(item.subject))
    if module is None:
        return []
    attempts = [result.attempt for result in list_attempts(g.db, member.person_id, module.key)]
    standings = list_review_standings(g.db, member.person_id, module.key).values()
    entries = [answer.entry for standing in standings for answer in standing.answers]
    here = {entry.attempt_id: entry for entry in entries if entry.course_id == me().course_id}
    return [
        Tried(
            module.words[g.lang].exercises[exercise.key].title,
            [attempt for attempt in attempts if attempt.exercise_key == exercise.key],
            None if member.left_at else find_address(member, module, exercise),
            here,
        )
        for exercise in module.exercises
        if chosen is None or exercise.key == chosen[1]
    ]


def _find_module(key: str | None) -> Module | None:
    return next((module for module in catalogue().modules if module.key == key), None)
