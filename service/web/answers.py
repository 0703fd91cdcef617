"""An answer as reviewers read it: the exercise with what was written in it, and nothing to fill in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from service.exercise_types import Mark
from service.exercises.models import Attempt
from service.exercises.rules import exercise_then, mark_then
from service.modules.content import Exercise, ExerciseWords, Module
from service.modules.models import ModuleVersion
from service.reviews.models import ReviewEntry


@dataclass(frozen=True)
class Given:
    """An answer and its mark, as the templates of exercises take the latest one."""

    answer: Mapping[str, Any]
    fields: Mapping[str, str]
    mark: Mark
    just_now: bool = False


@dataclass(frozen=True)
class AnswerView:
    """An answer for its reader. Where the exercise has changed since, `last` is None and `texts` has what was written.

    The names are those that templates of exercises know from ExerciseView.
    """

    key: str
    type: str
    is_judged: bool
    words: ExerciseWords
    structure: Mapping[str, Any]
    display_order: list[str]
    points: float
    earned: float
    last: Given | None
    values: Mapping[str, str]
    texts: list[str]
    errors: Mapping[str, str] = field(default_factory=dict)


def answer_view(session: Session, module: Module, exercise: Exercise, entry: ReviewEntry) -> AnswerView:
    """Return the answer that an entry of the queue is about; at most two statements."""
    attempt = session.get_one(Attempt, entry.attempt_id)
    structure = session.get_one(ModuleVersion, attempt.module_version_id).structure
    then = exercise_then(structure, exercise.key)
    fields = then.kind.form_fields(then.structure, dict(attempt.answer))
    is_current = (then.type, then.structure) == (exercise.type, exercise.structure)
    mark = mark_then(structure, exercise.key, attempt.answer, attempt.points)
    return AnswerView(
        key=exercise.key,
        type=exercise.type,
        is_judged=exercise.kind.is_judged,
        words=module.words[g.lang].exercises[exercise.key],
        structure=exercise.structure,
        display_order=exercise.kind.display_order(exercise.structure, f"{entry.person.public_id}:{exercise.key}"),
        points=attempt.max_points,
        earned=attempt.points,
        last=Given(attempt.answer, fields, mark) if is_current else None,
        values=fields,
        texts=[text for text in fields.values() if " " in text],
    )
