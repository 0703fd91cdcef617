"""A module on the screen in class, one step after another, for whoever leads the session. It shows nobody's work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from service.db import utc_now
from service.events.operations import list_past, list_upcoming
from service.modules.content import Exercise, ExerciseWords, Module, SectionWords
from service.people.models import STAFF_ROLES
from service.web.access import catalogue, me, open_to
from service.web.event_words import EventView, describe_event

blueprint = Blueprint("classroom", __name__, url_prefix="/course/<course_id>/modules/<module_key>/classroom")


@dataclass(frozen=True)
class Step:
    """What is on the screen at once. `html` is content; `lines` stand below it, each on its own."""

    kind: str
    """start, section, task, part, talk, model or end: how it is shown."""
    title: str
    name: str = ""
    """Of the exercise to which the step belongs."""
    html: str = ""
    section: SectionWords | None = None
    lines: tuple[str, ...] = ()
    sheet: str = ""
    """The address of the empty sheet of the exercise."""


@blueprint.get("")
@open_to(*STAFF_ROLES)
def show(module_key: str) -> str:
    """Show one step of a module. Query: `step` from 1; beyond the last it is the last."""
    module = catalogue().module(module_key)
    steps = list(_steps(module))
    number = min(max(1, request.args.get("step", 1, type=int)), len(steps))
    address = url_for(".show", course_id=me().course.public_id, module_key=module_key)
    return render_template(
        "classroom.html",
        module=module,
        words=module.words[g.lang],
        step=steps[number - 1],
        number_of=number,
        count=len(steps),
        steps=[(one, f"{address}?step={at}") for at, one in enumerate(steps, start=1)],
        back=f"{address}?step={number - 1}" if number > 1 else "",
        forward=f"{address}?step={number + 1}" if number < len(steps) else "",
        sessions=_sessions(module) if number == len(steps) else [],
    )


def _steps(module: Module) -> Iterator[Step]:
    words = module.words[g.lang]
    yield Step("start", words.title, lines=(words.goal,))
    for section in words.sections:
        yield Step("section", section.heading, section=section)
        for exercise in module.exercises:
            if exercise.after == section.key:
                yield from _steps_of(module, exercise, words.exercises[exercise.key])
    yield Step("end", gettext("The end of the session"))


def _steps_of(module: Module, exercise: Exercise, words: ExerciseWords) -> Iterator[Step]:
    course_id = me().course.public_id
    sheet = url_for("exercises.sheet", course_id=course_id, module_key=module.key, exercise_key=exercise.key, empty=1)
    parts = _questions(exercise, words.parts)
    listed = () if parts else tuple(_choices(exercise, words.parts))
    yield Step("task", words.title, html=words.task_html, lines=listed, sheet=sheet)
    for title, lines in parts:
        yield Step("part", title, words.title, lines=lines, sheet=sheet)
    yield Step("talk", gettext("Talk about it"), words.title, lines=words.classroom or _prompts())
    yield Step("model", gettext("A worked answer"), words.title, html=words.model_html)


def _questions(exercise: Exercise, words: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the questions of a worksheet, each a step of its own: its text, and what is to be written or chosen."""
    questions = []
    for question in exercise.structure.get("questions", ()):
        if isinstance(question, Mapping) and question["key"] in words.get("questions", {}):
            said = words["questions"][question["key"]]
            questions.append((said["text"], (*said.get("options", {}).values(), *said.get("texts", {}).values())))
    return questions


def _choices(exercise: Exercise, words: Mapping[str, Any]) -> Iterator[str]:
    """Give the texts of an exercise without what is said of them, in an order that does not give the answer away."""
    order = exercise.kind.display_order(exercise.structure, exercise.key)
    for name, keys in exercise.kind.worded_keys(exercise.structure).items():
        said = words.get(name, {})
        for key in sorted(keys, key=lambda key: order.index(key) if key in order else 0):
            text = said.get(key) if isinstance(said, Mapping) else None
            text = text.get("text") if isinstance(text, Mapping) else text
            if isinstance(text, str):
                yield text


def _prompts() -> tuple[str, ...]:
    """Return what a group can talk about after any exercise, where the author says nothing else."""
    return (
        gettext("What did you choose or write, and what spoke for it?"),
        gettext("Where do you differ, and what would each side have to know to agree?"),
        gettext("What will you do in another way in your next meeting?"),
    )


def _sessions(module: Module) -> list[EventView]:
    """Return the latest five sessions of the course in which the module is taught."""
    at = utc_now()
    events = [*list_past(g.db, me(), at=at), *list_upcoming(g.db, me(), at=at)]
    taught = [event for event in events if module.key in event.module_keys and event.cancelled_at is None]
    taught.sort(key=lambda event: event.starts_at, reverse=True)
    return [describe_event(event) for event in taught[:5]]
