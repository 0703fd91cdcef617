"""The gradebook as teachers see it, with what a teacher's hand can do to it; learners see their own row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms import gradebook
from tests.fake_lms.lms import current_lms
from tests.fake_lms.models import LEARNER, Enrolment, Grade, GradeItem, Person
from tests.fake_lms.service_answers import without_fraction
from tests.fake_lms.visitors import Visit, visit

blueprint = Blueprint("gradebook", __name__)
ACTIONS = {
    "override": "Set the grade by hand",
    "clear_override": "Take the hand-set grade back",
    "lock_grade": "Lock this person's grade",
    "unlock_grade": "Unlock this person's grade",
    "lock_item": "Lock the whole column",
    "unlock_item": "Unlock the whole column",
    "hide_item": "Hide the column",
    "show_item": "Show the column",
}


@dataclass(frozen=True)
class ShownCell:
    """A cell in words."""

    score: str
    comment: str
    graded_at: str
    marks: str


@blueprint.get("/course/<int:course_id>/grades")
def show(course_id: int) -> ResponseReturnValue:
    """Show rows of people and columns of items."""
    with current_lms().store.session() as store:
        here = visit(store, course_id)
        items = list(store.scalars(select(GradeItem).filter_by(course_id=course_id).order_by(GradeItem.id)))
        items = [item for item in items if here.is_staff or not item.is_hidden]
        people = _graded_people(store, here)
        cells = {
            (person.id, item.id): _shown(gradebook.find_grade(store, item, person.id))
            for person in people
            for item in items
        }
    return render_template(
        "gradebook.html", here=here, items=items, people=people, cells=cells, actions=ACTIONS, number=without_fraction
    )


def _graded_people(store: Session, here: Visit) -> list[Person]:
    if not here.is_staff:
        return [here.person]
    wanted = select(Person).join(Enrolment).where(Enrolment.course_id == here.course.id, Enrolment.role == LEARNER)
    return list(store.scalars(wanted.order_by(Person.family_name, Person.id)))


def _shown(grade: Grade | None) -> ShownCell:
    if grade is None:
        return ShownCell("-", "", "", "")
    states = {"overridden": grade.is_overridden, "locked": grade.is_locked, "hidden": grade.is_hidden}
    at = grade.graded_at
    return ShownCell(
        score="-" if grade.final is None else str(without_fraction(round(grade.final, 2))),
        comment=grade.comment or "",
        graded_at=datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at is not None else "",
        marks=", ".join(name for name, is_so in states.items() if is_so),
    )


@blueprint.post("/course/<int:course_id>/grades")
def change(course_id: int) -> ResponseReturnValue:
    """Do what a teacher asks for with a grade or a column."""
    lms, form = current_lms(), request.form
    with lms.store.session() as store:
        visit(store, course_id, staff_only=True)
        item = store.get(GradeItem, form.get("item", 0, type=int))
        person_id = form.get("person", 0, type=int)
        if item is None or item.course_id != course_id or store.get(Enrolment, (course_id, person_id)) is None:
            abort(HTTPStatus.BAD_REQUEST, "This person or column is not in the course.")
        _act(store, item, person_id, int(lms.now()))
    return redirect(f"/course/{course_id}/grades", HTTPStatus.SEE_OTHER)


def _act(store: Session, item: GradeItem, person_id: int, at: int) -> None:
    form = request.form
    match form.get("action"):
        case "override":
            value = form.get("grade", type=float)
            if value is None or not 0 <= value <= item.maximum:
                abort(HTTPStatus.BAD_REQUEST, f"The grade must be a number from 0 to {without_fraction(item.maximum)}.")
            gradebook.set_teacher_grade(store, item, person_id, value, form.get("comment", ""), at)
        case "clear_override":
            gradebook.clear_override(store, item, person_id)
        case "lock_grade" | "unlock_grade" as action:
            gradebook.cell_of(store, item, person_id).is_locked = action == "lock_grade"
        case "lock_item" | "unlock_item" as action:
            item.is_locked = action == "lock_item"
        case "hide_item" | "show_item" as action:
            item.is_hidden = action == "hide_item"
        case _:
            abort(HTTPStatus.BAD_REQUEST, "This cannot be done.")
