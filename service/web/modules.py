"""The module page: text and exercises, and what the learner has answered so far."""

import secrets
from collections.abc import Mapping

from flask import Blueprint, g, render_template, url_for

from service.completion.page_work import PageWork, read_page_work
from service.exercises.operations import list_open_tries
from service.grades.models import Score
from service.grades.operations import list_scores_of
from service.modules.content import Module
from service.modules.rules import MODULE_PREFIX
from service.people.models import LEARNING_ROLES
from service.web import module_parts
from service.web.about import Before, list_open_before
from service.web.access import catalogue, me, open_to
from service.web.again import group_asked_again
from service.web.class_work import describe_class_work
from service.web.exercise_views import Refused, is_untouched, view_exercise
from service.web.learner_reviews import read_reviews
from service.web.module_head import module_head
from service.web.module_parts import ShownExercise, show_exercise, show_untouched

blueprint = Blueprint("modules", __name__, url_prefix="/course/<course_id>/modules")


@blueprint.get("/<module_key>")
@open_to()
def show(module_key: str) -> str:
    """Show a module. Query: `answered` is the exercise whose answer was just taken."""
    return module_page(catalogue().module(module_key))


def module_page(module: Module, refused: Refused | None = None) -> str:
    """Return the page of a module for the member, with an answer that was refused shown in its form.

    A module that must come after others, which the learner has not completed, shows these instead.
    """
    before = list_open_before(module)
    if before.must and me().role in LEARNING_ROLES:
        return _later_page(module, before)
    is_learner, work = me().role in LEARNING_ROLES, read_page_work(g.db, me().person_id, module)
    in_class = describe_class_work(module) if work.in_class else {}
    exercises = _exercises(module, work, in_class, refused)
    passed = {key for key, one in exercises.items() if one.is_passed} | in_class.keys()
    head = module_head(module, work, passed.union(key for key, one in exercises.items() if one.is_closed))
    to_do = [key for key in exercises if key not in passed]
    return render_template(
        "module.html",
        here=url_for("modules.show", course_id=me().course.public_id, module_key=module.key),
        module=module,
        words=module.words[g.lang],
        facts=module_parts.facts(
            module, is_learner=is_learner, is_required=me().role in module.required_for, effect=head.effect
        ),
        ways=module_parts.ways(module, is_learner=is_learner, is_recognised=head.recognition is not None),
        progress=module_parts.progress(module, len(passed), len(head.read)),
        contents=module_parts.contents(module, exercises, in_class),
        body=module_parts.body(module, exercises, head if is_learner else None),
        about=module_parts.about(module),
        still_open=module_parts.still_open(module, exercises, to_do) if to_do else "",
        asked_again=group_asked_again(module, [key for key, found in work.best.items() if found.is_asked_again]),
        next_module=None if to_do else _next_module(module),
        grade=None if to_do or not is_learner else _find_score(module),
        is_learner=is_learner,
        better_after=before.better,
        head=head,
    )


def later_page(module: Module) -> str | None:
    """Return what takes the place of a module that must come after others which the learner has not completed."""
    before = list_open_before(module)
    return _later_page(module, before) if before.must and me().role in LEARNING_ROLES else None


def _later_page(module: Module, before: Before) -> str:
    return render_template("module_later.html", module=module, words=module.words[g.lang], before=before)


def _exercises(
    module: Module, work: PageWork, in_class: Mapping[str, str], refused: Refused | None
) -> dict[str, ShownExercise]:
    """Return each exercise as it stands for the member, in the order of the module."""
    tries, reviews = list_open_tries(g.db, me().person_id, module, work.best), read_reviews(module, work.held_back)
    shown: dict[str, ShownExercise] = {}
    for exercise in module.exercises:
        key = exercise.key
        stands = work.best.get(key), tries[key], work.drafts.get(key, []), refused, reviews.get(key)
        if key not in in_class and is_untouched(exercise, *stands):
            shown[key] = show_untouched(module, exercise, secrets.token_urlsafe(16))
        else:
            shown[key] = show_exercise(module, view_exercise(module, exercise, *stands), in_class.get(key, ""))
    return shown


def _find_score(module: Module) -> Score | None:
    scores = list_scores_of(g.db, me().person_id, me().course_id)
    return next((score for score in scores if score.line_item.subject == f"{MODULE_PREFIX}{module.key}"), None)


def _next_module(module: Module) -> tuple[str, str] | None:
    modules = catalogue().course(module.course_key).modules
    following = modules[modules.index(module) + 1 :]
    if not following:
        return None
    href = url_for("modules.show", course_id=me().course.public_id, module_key=following[0].key)
    return following[0].words[g.lang].title, href
