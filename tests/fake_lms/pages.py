"""The pages of the pretend LMS that lead to a launch: people, courses, activities, roster."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from tests.fake_lms.course_copy import copy_course
from tests.fake_lms.launches import container_of
from tests.fake_lms.lms import current_lms
from tests.fake_lms.models import COURSE_ROLES, Activity, Course, Enrolment, Grade, GradeItem, Person, Tool
from tests.fake_lms.storage import storage_of
from tests.fake_lms.visitors import sign_in, visit, visitor

blueprint = Blueprint("pages", __name__)
LOCALES = {"en": "English", "he": "Hebrew (עברית)", "pl": "Polish (polski)", "he_kids": "Hebrew for children (he_kids)"}
# What Moodle puts into the frame's `allow`: no clipboard, no storage access.
FRAME_FEATURES = ("microphone", "camera", "geolocation", "midi", "encrypted-media", "autoplay")


@blueprint.app_errorhandler(HTTPException)
def show_error(error: HTTPException) -> ResponseReturnValue:
    """Show what is wrong in words, with the way back."""
    return render_template("error.html", sentence=error.description), error.code or HTTPStatus.INTERNAL_SERVER_ERROR


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Choose a person, then one of the person's courses."""
    with current_lms().store.session() as store:
        person = visitor(store)
        people = list(store.scalars(select(Person).order_by(Person.id)))
        roles = {someone.id: _roles_of(store, someone) for someone in people}
        courses = _courses_of(store, person) if person else []
    return render_template("home.html", person=person, people=people, roles=roles, courses=courses, locales=LOCALES)


def _courses_of(store: Session, person: Person) -> list[Course]:
    wanted = select(Course).order_by(Course.id)
    if not person.is_site_admin:
        wanted = wanted.join(Enrolment).where(Enrolment.person_id == person.id, Enrolment.is_suspended.is_(False))
    return list(store.scalars(wanted))


def _roles_of(store: Session, person: Person) -> str:
    """Say in a line who the person is."""
    if person.is_site_admin:
        return "site administrator"
    wanted = select(Enrolment.role, Course.title).join(Course).where(Enrolment.person_id == person.id)
    return ", ".join(
        f"{role.replace('_', ' ')} in {title}" for role, title in store.execute(wanted.order_by(Course.id))
    )


@blueprint.post("/person")
def choose_person() -> ResponseReturnValue:
    with current_lms().store.session() as store:
        person = store.get(Person, request.form.get("person", 0, type=int))
    if person is None:
        abort(HTTPStatus.NOT_FOUND, "This person does not exist.")
    sign_in(person)
    return redirect("/#courses", HTTPStatus.SEE_OTHER)


@blueprint.get("/enter/<username>/<course_key>")
def enter(username: str, course_key: str) -> ResponseReturnValue:
    """Choose a person and a course by one address, e.g. /enter/mentor_he/mentoring."""
    with current_lms().store.session() as store:
        person = store.scalars(select(Person).filter_by(username=username)).first()
        course = store.scalars(select(Course).filter_by(key=course_key)).first()
    if person is None or course is None:
        abort(HTTPStatus.NOT_FOUND, "There is no such person or course.")
    sign_in(person)
    return redirect(f"/course/{course.id}", HTTPStatus.SEE_OTHER)


@blueprint.post("/person/<int:person_id>/locale")
def set_locale(person_id: int) -> ResponseReturnValue:
    locale = request.form.get("locale", "")
    if locale not in LOCALES:
        abort(HTTPStatus.BAD_REQUEST, "This language is not on the list.")
    with current_lms().store.session() as store:
        person = store.get(Person, person_id)
        if person is None:
            abort(HTTPStatus.NOT_FOUND, "This person does not exist.")
        person.locale = locale
    return redirect("/", HTTPStatus.SEE_OTHER)


@blueprint.get("/course/<int:course_id>")
def course(course_id: int) -> ResponseReturnValue:
    """List the activities, each with the other way to open it beside it."""
    lms = current_lms()
    with lms.store.session() as store:
        here = visit(store, course_id)
        activities = list(store.scalars(select(Activity).filter_by(course_id=course_id).order_by(Activity.id)))
        containers = {activity.id: container_of(lms, activity) for activity in activities}
        # Moodle: any final grade, a zero too, completes the activity (MOODLE.md section 10).
        done = select(GradeItem.activity_id).join(Grade, Grade.item_id == GradeItem.id)
        done = done.where(Grade.person_id == here.person.id, Grade.final.is_not(None))
        complete = set(store.scalars(done))
    return render_template("course.html", here=here, activities=activities, containers=containers, complete=complete)


@blueprint.post("/course/<int:course_id>/copy")
def make_copy(course_id: int) -> ResponseReturnValue:
    with current_lms().store.session() as store:
        here = visit(store, course_id, staff_only=True)
        number = len(list(store.scalars(select(Course.id)))) + 1
        copy = copy_course(store, here.course, f"copy{number}", f"{here.course.title} (copy)")
    return redirect(f"/course/{copy.id}", HTTPStatus.SEE_OTHER)


@blueprint.get("/activity/<int:cmid>")
def activity(cmid: int) -> ResponseReturnValue:
    """Show the activity in a frame like Moodle's, or a link that opens it in a window of its own."""
    lms = current_lms()
    with lms.store.session() as store:
        shown = store.get(Activity, cmid - 1000)
        if shown is None:
            abort(HTTPStatus.NOT_FOUND, "This activity does not exist.")
        here = visit(store, shown.course_id)
        tool = store.get_one(Tool, shown.tool_id)
        container = request.args.get("container", container_of(lms, shown))
    address = urlsplit(tool.launch_url)
    allow = "; ".join(f"{feature} {address.scheme}://{address.netloc}" for feature in FRAME_FEATURES)
    place = {"container": container, "allow": allow, **storage_of(lms)}
    return render_template("activity.html", here=here, activity=shown, **place)


@blueprint.get("/storage")
def storage() -> ResponseReturnValue:
    """Show the page of the frame that stores for tools."""
    return render_template("storage.html", **storage_of(current_lms()))


@blueprint.get("/course/<int:course_id>/people")
def people(course_id: int) -> ResponseReturnValue:
    """Show the roster; staff may change it."""
    with current_lms().store.session() as store:
        here = visit(store, course_id)
        wanted = select(Person, Enrolment).join(Enrolment).where(Enrolment.course_id == course_id)
        members = [tuple(row) for row in store.execute(wanted.order_by(Person.family_name, Person.id))]
        member_ids = {person.id for person, _ in members}
        others = [other for other in store.scalars(select(Person).order_by(Person.id)) if other.id not in member_ids]
    return render_template("people.html", here=here, members=members, others=others, roles=COURSE_ROLES)


@blueprint.post("/course/<int:course_id>/people")
def change_people(course_id: int) -> ResponseReturnValue:
    """Enrol, suspend, let back in or remove one person."""
    action, person_id = request.form.get("action", ""), request.form.get("person", 0, type=int)
    with current_lms().store.session() as store:
        visit(store, course_id, staff_only=True)
        enrolment = store.get(Enrolment, (course_id, person_id))
        if action == "enrol" and store.get(Person, person_id) and request.form.get("role") in COURSE_ROLES:
            store.merge(Enrolment(course_id=course_id, person_id=person_id, role=request.form["role"]))
        elif action in ("suspend", "readmit") and enrolment:
            enrolment.is_suspended = action == "suspend"
        elif action == "remove" and enrolment:
            store.delete(enrolment)
        else:
            abort(HTTPStatus.BAD_REQUEST, "This cannot be done.")
    return redirect(f"/course/{course_id}/people", HTTPStatus.SEE_OTHER)


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    session.clear()
    return redirect("/", HTTPStatus.SEE_OTHER)
