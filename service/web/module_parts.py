"""A module's page in parts: those that are the same for everybody, made once (kept.py), and what fills them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import current_app, g
from markupsafe import Markup

from service.exercises.operations import OpenTries
from service.modules.content import Exercise, Module
from service.modules.requirements import IN_FORUM, asks_for
from service.web.about import about_module
from service.web.access import catalogue, me
from service.web.exercise_views import ExerciseView, view_exercise
from service.web.kept import gap, kept, render_part
from service.web.learner_reviews import read_reviews
from service.web.module_head import Effect, ModuleHead

STATES = ("met", "waiting", "not_met")
"""How an exercise can stand among the contents."""


@dataclass(frozen=True)
class ShownExercise:
    """An exercise as it stands on a page, and how it stands."""

    html: Markup
    is_passed: bool = False
    is_held_back: bool = False
    is_closed: bool = False


def show_exercise(module: Module, view: ExerciseView, done_in_class: str = "") -> ShownExercise:
    """Return an exercise with what the member has to do with it. `done_in_class`: when that was, in words."""
    template = current_app.jinja_env.get_template("exercises/exercise.html")
    in_class = {view.key: done_in_class} if done_in_class else {}
    html = template.render(view=view, module=module, course=me().course, in_class=in_class)
    is_held_back = bool(view.review and view.review.is_held_back)
    return ShownExercise(Markup(html), view.is_passed, is_held_back, view.tries.is_closed)  # noqa: S704


def show_untouched(module: Module, exercise: Exercise, submission_key: str) -> ShownExercise:
    """Return an exercise with which the member has nothing to do yet, in a form of this key.

    Only for those that stand in the same order for everybody.
    """
    return ShownExercise(_untouched(module, exercise.key).fill({**_ids(), "form": submission_key}))


def contents(module: Module, exercises: Mapping[str, ShownExercise], in_class: Collection[str]) -> Markup:
    """Return the list of sections and exercises, with how each exercise stands."""
    badges = {state: _badge(module, state).fill({}) for state in STATES}
    return _contents(module).fill(
        {
            key: badges["met" if one.is_passed or key in in_class else "waiting" if one.is_held_back else "not_met"]
            for key, one in exercises.items()
        }
    )


def body(module: Module, exercises: Mapping[str, ShownExercise], head: ModuleHead | None) -> Markup:
    """Return the text with its exercises; for learners, who have a head, with what they have read of it."""
    ids = _ids()
    gaps = {f"exercise-{key}": one.html for key, one in exercises.items()}
    if head:
        ends = {key: _read_end(module, key, key in head.read, key in head.asked_sections) for key in module.sections}
        gaps |= {f"read-{key}": end.fill(ids) for key, end in ends.items()}
    return _body(module, head is not None).fill(gaps)


def about(module: Module) -> Markup:
    """Return what the words mean that the text leads to, who made the module, and what it draws on."""
    return _about(module).fill({})


def facts(module: Module, *, is_learner: bool, is_required: bool, effect: Effect | None) -> Markup:
    """Return what the module is for, how long it takes, and what finishing it changes for the member."""
    return _facts(module, is_learner, is_required, effect).fill({})


def ways(module: Module, *, is_learner: bool, is_recognised: bool) -> Markup:
    """Return where one can go from the module: its words explained, and what learners and staff may do with it."""
    return _ways(module, is_learner, is_recognised).fill(_ids())


def progress(module: Module, passed: int, read: int) -> Markup:
    """Return how many exercises are passed, and how many sections are read."""
    return _progress(module, passed, read).fill({})


def still_open(module: Module, exercises: Mapping[str, ShownExercise], to_do: Sequence[str]) -> Markup:
    """Return how many exercises are to be done, and the way to the first of them with a try left."""
    next_exercise = next((key for key in to_do if not exercises[key].is_closed), "")
    return _still_open(module, len(to_do), next_exercise).fill(_ids())


def _ids() -> Mapping[str, str]:
    return {"person": me().person.public_id, "course": me().course.public_id}


@kept
def _untouched(module: Module, exercise_key: str) -> str:
    exercise = module.exercise(exercise_key)
    review = read_reviews(module, frozenset(), is_blank=True).get(exercise_key)
    view = view_exercise(module, exercise, None, OpenTries(exercise.rule.limit), [], None, review)
    view = replace(view, submission_key=gap("form"))
    return render_part("exercises/exercise.html", view=view, module=module)


@kept
def _contents(module: Module) -> str:
    return render_part("module/contents.html", module=module, words=module.words[g.lang], gap=gap)


@kept
def _still_open(module: Module, count: int, next_exercise: str) -> str:
    return render_part("module/still_open.html", module=module, count=count, next_exercise=next_exercise)


@kept
def _facts(module: Module, is_learner: bool, is_required: bool, effect: Effect | None) -> str:
    given = {"is_learner": is_learner, "is_required": is_required, "effect": effect}
    return render_part("module/facts.html", module=module, words=module.words[g.lang], **given)


@kept
def _ways(module: Module, is_learner: bool, is_recognised: bool) -> str:
    return render_part(
        "module/ways.html",
        module=module,
        is_learner=is_learner,
        is_recognised=is_recognised,
        has_glossary=bool(catalogue().terms_of(module.course_key)),
        has_discussion=asks_for(module.completion_rule, *IN_FORUM),
    )


@kept
def _progress(module: Module, passed: int, read: int) -> str:
    return render_part("module/progress.html", module=module, passed=passed, read=read)


@kept
def _badge(module: Module, state: str) -> str:
    return render_part("module/badge.html", kind=state)


@kept
def _body(module: Module, is_learner: bool) -> str:
    words = module.words[g.lang]
    return render_part("module/body.html", module=module, words=words, is_learner=is_learner, gap=gap)


@kept
def _read_end(module: Module, section_key: str, is_read: bool, is_asked: bool) -> str:
    return render_part("module/read_end.html", module=module, key=section_key, is_read=is_read, is_asked=is_asked)


@kept
def _about(module: Module) -> str:
    return render_part("module/about.html", module=module, words=module.words[g.lang], about=about_module(module))
