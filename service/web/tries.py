"""More tries for one person: staff give them with a reason, and take them back; the learner reads both."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.wrappers import Response

from service.db import utc_now
from service.errors import InvalidInputError
from service.exercises.best_tries import best_marks
from service.exercises.operations import list_open_tries
from service.exercises.try_operations import (
    LONGEST_REASON,
    MOST_TRIES,
    MoreTries,
    give_tries,
    list_extra_tries,
    take_back_tries,
)
from service.modules.content import Exercise, Module
from service.modules.tries import TryRule
from service.people.known import Member
from service.people.models import STAFF_ROLES
from service.people.operations import get_member
from service.web.access import catalogue, me, open_to
from service.web.try_words import tries_left_words

blueprint = Blueprint("tries", __name__, url_prefix="/course/<course_id>/people/<member_id>/tries")


class MoreForm(Schema):
    """What the form sends: `exercise` is `<module>/<exercise>`."""

    class Meta:
        unknown = EXCLUDE

    exercise = fields.String(load_default="")
    tries = fields.Integer(load_default=0)
    reason = fields.String(load_default="")
    submission_key = fields.String(required=True)


@dataclass(frozen=True)
class LimitedExercise:
    """An exercise whose tries may end, as it stands for a person."""

    value: str
    title: str
    made: int
    left: int | None
    left_words: str


@blueprint.get("")
@open_to(*STAFF_ROLES)
def show(member_id: str) -> str:
    """Show what is left to try, and what was given. Query: `exercise` to begin with; `given`, to undo."""
    return _page(get_member(g.db, me().course_id, member_id), {"exercise": request.args.get("exercise", "")}, {})


@blueprint.post("")
@open_to(*STAFF_ROLES)
def give(member_id: str) -> Response | tuple[str, int]:
    """Give more tries. Form: see MoreForm. What cannot be given comes back with a 422 as it was sent."""
    member = get_member(g.db, me().course_id, member_id)
    try:
        form = MoreForm().load(request.form.to_dict())
    except ValidationError as error:
        known = {"exercise", "tries", "reason"}
        faults = {name if name in known else "": f"tries.wrong_{name}" for name in error.messages_dict}
        return _page(member, request.form, faults), 422
    module_key, _, exercise_key = form["exercise"].partition("/")
    if not exercise_key:
        return _page(member, request.form, {"exercise": "tries.no_exercise"}), 422
    more = MoreTries(module_key, exercise_key, form["tries"], form["reason"], form["submission_key"])
    try:
        given = give_tries(g.db, catalogue(), member.person_id, more, by_member_id=me().id, at=utc_now())
    except InvalidInputError as error:
        fields_at_fault = error.details.get("fields")
        faults = fields_at_fault if isinstance(fields_at_fault, dict) else {"": error.code}
        return _page(member, request.form, faults), 422
    return redirect(_address(member, given=given.public_id), 303)


@blueprint.post("/<tries_id>/back")
@open_to(*STAFF_ROLES)
def take_back(member_id: str, tries_id: str) -> Response:
    """Take back what was given; what was handed in meanwhile stays."""
    member = get_member(g.db, me().course_id, member_id)
    take_back_tries(g.db, member.person_id, tries_id, by_member_id=me().id, at=utc_now())
    return redirect(_address(member), 303)


def find_address(member: Member, module: Module, exercise: Exercise) -> str | None:
    """Return where staff give a person more tries at an exercise, None if its tries have no end."""
    if exercise.rule == TryRule():
        return None
    return _address(member, exercise=f"{module.key}/{exercise.key}")


def has_limited_exercises() -> bool:
    """Say whether anything that is taught has exercises whose tries may end."""
    return any(exercise.rule != TryRule() for module in catalogue().modules for exercise in module.exercises)


def _address(member: Member, **query: Any) -> str:
    return url_for("tries.show", course_id=me().course.public_id, member_id=member.public_id, **query)


def _page(member: Member, values: Mapping[str, str], faults: Mapping[str, str]) -> str:
    limited = list(_list_limited(member))
    given = list_extra_tries(g.db, member.person_id)
    here = [one for one in given if one.given_by.course_id == me().course_id]
    titles = {
        (module.key, exercise.key): f"{words.title}: {words.exercises[exercise.key].title}"
        for module in catalogue().modules
        for words in [module.words[g.lang]]
        for exercise in module.exercises
    }
    return render_template(
        "tries.html",
        member=member,
        limited=limited,
        values=values,
        errors={name: _fault(code) for name, code in faults.items()},
        submission_key=secrets.token_urlsafe(16),
        given=[(one, titles.get((one.module_key, one.exercise_key), one.exercise_key)) for one in here],
        elsewhere=sum(one.tries for one in given if one not in here and one.taken_back_at is None),
        just_given=next((one for one in here if one.public_id == request.args.get("given")), None),
        most=MOST_TRIES,
    )


def _list_limited(member: Member) -> Iterator[LimitedExercise]:
    for module in catalogue().modules:
        limited = [exercise for exercise in module.exercises if exercise.rule != TryRule()]
        if not limited:
            continue
        best = best_marks(g.db, member.person_id, module)
        tries, words = list_open_tries(g.db, member.person_id, module, best), module.words[g.lang]
        for exercise in limited:
            left, so_far = tries[exercise.key].left, best.get(exercise.key)
            yield LimitedExercise(
                value=f"{module.key}/{exercise.key}",
                title=f"{words.title}: {words.exercises[exercise.key].title}",
                made=so_far.tries if so_far else 0,
                left=left,
                left_words=gettext("Any number of tries is left.") if left is None else tries_left_words(left),
            )


def _fault(code: str) -> str:
    return {
        "tries.no_exercise": gettext("Choose the exercise."),
        "tries.wrong_exercise": gettext("Choose the exercise."),
        "tries.endless": gettext("This exercise can be tried as often as needed: no more tries have to be given."),
        "tries.reason_missing": gettext("Say why; the learner reads it."),
        "tries.reason_too_long": gettext("Shorten the reason to %(num)d characters.", num=LONGEST_REASON),
        "tries.wrong_tries": gettext("Choose a number from 1 to %(num)d.", num=MOST_TRIES),
        "tries.wrong_number": gettext("Choose a number from 1 to %(num)d.", num=MOST_TRIES),
    }.get(code, gettext("The form could not be read. Open this page again."))
