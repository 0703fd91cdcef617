"""An exercise as its template shows it: what is asked, and what the member has answered so far."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

from service.completion.page_work import read_page_work
from service.errors import MentorReadyError
from service.exercise_types import Mark
from service.exercises.operations import OpenTries, list_open_tries
from service.exercises.rules import Best
from service.exercises.work import Kept
from service.modules.content import Exercise, ExerciseWords, Module
from service.web.access import me
from service.web.drafts import ExerciseDrafts, choose_drafts
from service.web.learner_reviews import LearnerReview, read_reviews
from service.web.try_words import TryWords, describe_tries


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


def exercise_view(module: Module, exercise: Exercise, *, is_blank: bool = False) -> ExerciseView:
    """Return an exercise as it stands for the member, or as if nobody had answered it."""
    key = exercise.key
    if is_blank:
        review = read_reviews(module, frozenset(), is_blank=True).get(key)
        return view_exercise(module, exercise, None, OpenTries(exercise.rule.limit), [], None, review)
    work = read_page_work(g.db, me().person_id, module)
    review = read_reviews(module, work.held_back).get(key)
    tries = list_open_tries(g.db, me().person_id, module, work.best)
    return view_exercise(module, exercise, work.best.get(key), tries[key], work.drafts.get(key, []), None, review)


def view_exercise(
    module: Module,
    exercise: Exercise,
    best: Best | None,
    tries: OpenTries,
    drafts: Sequence[Kept],
    refused: Refused | None,
    review: LearnerReview | None,
) -> ExerciseView:
    """Return an exercise as it stands with this work of the member; `best` is None before the first answer."""
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


def is_untouched(
    exercise: Exercise,
    best: Best | None,
    tries: OpenTries,
    drafts: Sequence[Kept],
    refused: Refused | None,
    review: LearnerReview | None,
) -> bool:
    """Say whether the member has nothing to do with an exercise yet: then it stands there as for everybody."""
    is_refused = refused is not None and refused.exercise_key == exercise.key
    is_as_for_all = not tries.extra and tries.left == exercise.rule.limit and not exercise.kind.is_shuffled
    return best is None and not drafts and not is_refused and is_as_for_all and (review is None or review.entry is None)
