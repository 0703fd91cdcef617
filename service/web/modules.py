"""The module page: text and exercises, and what the learner has answered so far."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from service.completion.page_work import read_page_work
from service.errors import MentorReadyError
from service.exercise_types import Mark
from service.exercises.draft_operations import Kept, read_work
from service.exercises.operations import OpenTries, list_open_tries
from service.exercises.rules import Best
from service.grades.operations import list_scores_of
from service.modules.content import Exercise, ExerciseWords, Module
from service.modules.rules import MODULE_PREFIX
from service.people.models import LEARNING_ROLES
from service.web.about import about_module, list_open_before
from service.web.access import catalogue, me, open_to
from service.web.again import group_asked_again
from service.web.class_work import describe_class_work
from service.web.drafts import ExerciseDrafts, choose_drafts
from service.web.learner_reviews import LearnerReview, read_reviews
from service.web.module_head import module_head
from service.web.try_words import TryWords, describe_tries

blueprint = Blueprint("modules", __name__, url_prefix="/course/<course_id>/modules")


@dataclass(frozen=True)
class Answered:
    """The latest answer to an exercise with its mark, None while that is held back.

    `just_now` when it is what brought the learner to this page.
    """

    answer: Mapping[str, Any]
    fields: Mapping[str, str]
    """The answer as the form holds it."""
    mark: Mark
    just_now: bool


@dataclass(frozen=True)
class ExerciseView:
    """An exercise as its template shows it.

    `values` is what the form holds, by name of the field: what was refused, else the draft, else the last answer.
    `errors` maps a field to its code.
    """

    key: str
    type: str
    is_judged: bool
    words: ExerciseWords
    structure: Mapping[str, Any]
    display_order: list[str]
    action: str
    submission_key: str
    points: float
    best: Best | None
    last: Answered | None
    """None before the first answer, and for one whose mark is held back."""
    is_held_just_now: bool
    tries: TryWords
    drafts: ExerciseDrafts
    values: Mapping[str, Any]
    errors: Mapping[str, str]
    review: LearnerReview | None

    @property
    def is_passed(self) -> bool:
        """Whether it counts as passed: with enough points, and accepted where a reviewer must."""
        return bool(self.best and self.best.is_passed and not (self.review and self.review.is_held_back))


@dataclass(frozen=True)
class Refused:
    """An answer that could not be read: shown again as it was sent, with what is wrong."""

    exercise_key: str
    values: Mapping[str, Any]
    error: MentorReadyError

    @property
    def fields(self) -> Mapping[str, str]:
        """The code of the fault at each field of the form that has one; never empty."""
        fields = self.error.details.get("fields")
        return fields if isinstance(fields, dict) else {"": self.error.code}


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
        return render_template("module_later.html", module=module, words=module.words[g.lang], before=before)
    work = read_page_work(g.db, me().person_id, module)
    best, drafts = work.best, work.drafts
    tries = list_open_tries(g.db, me().person_id, module, best)
    reviews = read_reviews(module)
    views = {
        key: _view(module, exercise, best.get(key), tries[key], drafts.get(key, []), refused, reviews.get(key))
        for key, exercise in ((exercise.key, exercise) for exercise in module.exercises)
    }
    scores = list_scores_of(g.db, me().person_id, me().course_id) if me().role in LEARNING_ROLES else []
    subject, in_class = f"{MODULE_PREFIX}{module.key}", describe_class_work(module) if work.has_class_work else {}
    return render_template(
        "module.html",
        here=url_for("modules.show", course_id=me().course.public_id, module_key=module.key),
        module=module,
        words=module.words[g.lang],
        exercises=views,
        passed=len({key for key, view in views.items() if view.is_passed} | in_class.keys()),
        in_class=in_class,
        asked_again=group_asked_again(module, [key for key, found in best.items() if found.is_asked_again]),
        next_module=_next_module(module),
        is_required=me().role in module.required_for,
        grade=next((score for score in scores if score.line_item.subject == subject), None),
        is_learner=me().role in LEARNING_ROLES,
        has_glossary=bool(catalogue().terms_of(module.course_key)),
        better_after=before.better,
        about=about_module(module),
        head=module_head(
            module, work, {key for key, view in views.items() if view.is_passed or view.tries.is_closed}.union(in_class)
        ),
    )


def exercise_view(module: Module, exercise: Exercise, *, is_blank: bool = False) -> ExerciseView:
    """Return an exercise as it stands for the member, or as if nobody had answered it."""
    review = read_reviews(module, is_blank=is_blank).get(exercise.key)
    if is_blank:
        return _view(module, exercise, None, OpenTries(exercise.rule.limit), [], None, review)
    key, (best, drafts) = exercise.key, read_work(g.db, me().person_id, module)
    tries = list_open_tries(g.db, me().person_id, module, best)
    return _view(module, exercise, best.get(key), tries[key], drafts.get(key, []), None, review)


def _next_module(module: Module) -> tuple[str, str] | None:
    modules = catalogue().course(module.course_key).modules
    following = modules[modules.index(module) + 1 :]
    if not following:
        return None
    href = url_for("modules.show", course_id=me().course.public_id, module_key=following[0].key)
    return following[0].words[g.lang].title, href


def _view(
    module: Module,
    exercise: Exercise,
    best: Best | None,
    tries: OpenTries,
    drafts: Sequence[Kept],
    refused: Refused | None,
    review: LearnerReview | None,
) -> ExerciseView:
    is_refused = refused is not None and refused.exercise_key == exercise.key
    last, fields = None, {}
    is_just_now = request.args.get("answered") == exercise.key
    # An answer to another version of the exercise may name what is no longer there: its points count, it is not shown.
    if best is not None and best.is_current:
        fields = exercise.kind.form_fields(exercise.structure, dict(best.last_answer))
        last = None if best.is_held else Answered(best.last_answer, fields, best.last_mark, is_just_now)
    chosen = choose_drafts(drafts, best.last_at if best else None)
    kept = chosen.shown.fields if chosen.shown else fields
    return ExerciseView(
        key=exercise.key,
        type=exercise.type,
        is_judged=exercise.kind.is_judged,
        words=module.words[g.lang].exercises[exercise.key],
        structure=exercise.structure,
        display_order=exercise.kind.display_order(exercise.structure, f"{me().person.public_id}:{exercise.key}"),
        action=url_for(
            "exercises.hand_in", course_id=me().course.public_id, module_key=module.key, exercise_key=exercise.key
        ),
        submission_key=secrets.token_urlsafe(16),
        points=exercise.points,
        best=best,
        last=last,
        is_held_just_now=is_just_now and best is not None and best.is_held,
        tries=describe_tries(module, exercise, best, tries),
        drafts=chosen,
        values=refused.values if refused and is_refused else kept,
        errors=refused.fields if refused and is_refused else {},
        review=review,
    )
