"""Demo University as it is on its first day: invented people, three courses and their activities."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.models import LEARNER, TEACHER, Activity, Course, Enrolment, GradeItem, Person, Tool
from tests.fake_lms.service_answers import ALL_SCOPES

CLIENT_ID = "mentorready-demo"
DEPLOYMENT_ID = "1"

# username, given name, family name, language. The names are invented; most say so in their language.
PEOPLE = (
    ("admin", "Ada", "Example", "en"),
    ("coordinator", "Robin", "Sample", "en"),
    ("mentor_he", "נועה", "בדויה", "he"),
    ("mentor_pl", "Kalina", "Zmyślona", "pl"),
    ("youth_worker", "Tymon", "Przykładowski", "pl"),
    ("mentee", "אלמוג", "דמיוני", "he"),
    ("nameless", "Jo", "Nobody", "en"),
)
COURSES = (
    ("mentoring", "MENTORING-2026", "Mentoring 2026"),
    ("module1", "MODULE-I", "Module I for youth workers"),
    ("empty", "EMPTY", "Empty course"),
)
LEARNERS = {
    "mentoring": ("mentor_he", "mentor_pl", "mentee", "nameless"),
    "module1": ("youth_worker", "mentor_pl", "nameless"),
    "empty": ("mentor_he", "youth_worker"),
}
MODULES = (
    ("roles", "Roles in mentoring", "Who does what: manager, mentor and mentee."),
    ("stages", "Stages of the process", "From the first meeting to the farewell."),
    ("benefits", "Benefits and challenges", "What mentoring gives, and what it asks."),
)
WHOLE_COURSES = {
    "mentoring": ("mentor-basics", "Mentor basics: all modules", "What every mentor learns before being paired."),
    "module1": ("module-i", "Module I: all modules", "What every youth worker learns."),
}
"""By course of the LMS, the training that an activity shows as a whole."""


def seed(session: Session, tool_url: str) -> None:
    """Fill an empty store, and point the registered tool to `tool_url` in any case."""
    tool = session.get(Tool, int(DEPLOYMENT_ID)) or _new_tool(session)
    tool.login_url, tool.launch_url, tool.jwks_url = (f"{tool_url}/lti/{page}" for page in ("login", "launch", "jwks"))
    tool.redirect_uris = [tool.launch_url]
    session.flush()
    if session.scalars(select(Person).limit(1)).first() is None:
        _add_people(session)
        for course in _add_courses(session):
            _add_activities(session, course, tool)


def _new_tool(session: Session) -> Tool:
    tool = Tool(id=int(DEPLOYMENT_ID), name="MentorReady", client_id=CLIENT_ID, scopes=ALL_SCOPES)
    session.add(tool)
    return tool


def _add_people(session: Session) -> None:
    for number, (username, given_name, family_name, locale) in enumerate(PEOPLE, start=2):
        person = Person(
            id=number,
            username=username,
            given_name=given_name,
            family_name=family_name,
            email=f"{username.replace('_', '.')}@demo-university.example",
            locale=locale,
            is_site_admin=username == "admin",
            withholds_details=username == "nameless",
        )
        session.add(person)
    session.flush()


def _add_courses(session: Session) -> list[Course]:
    ids = {person.username: person.id for person in session.scalars(select(Person))}
    courses = []
    for number, (key, label, title) in enumerate(COURSES, start=2):
        course = Course(id=number, key=key, label=label, title=title, idnumber=f"DU-{label}")
        session.add(course)
        session.flush()
        session.add(Enrolment(course_id=course.id, person_id=ids["coordinator"], role=TEACHER))
        for username in LEARNERS[key]:
            session.add(Enrolment(course_id=course.id, person_id=ids[username], role=LEARNER))
        courses.append(course)
    return courses


def _add_activities(session: Session, course: Course, tool: Tool) -> None:
    home = {"content": "home"} | ({"role": "youth_worker"} if course.key == "module1" else {})
    add_activity(session, course, tool, "home", "Start page", "Your training at a glance.", home)
    if course.key == "empty":
        return
    training, title, description = WHOLE_COURSES[course.key]
    add_activity(session, course, tool, "training", title, description, {"content": f"course:{training}"})
    for number, (key, title, description) in enumerate(MODULES):
        custom = {"content": f"module:{key}"}
        # One of the three opens in a new window, so that the demo shows both ways.
        container = "window" if number == len(MODULES) - 1 else "iframe"
        add_activity(session, course, tool, key, title, description, custom, container=container, maximum=100.0)
    if course.key == "mentoring":
        custom = {"content": "readiness"}
        add_activity(session, course, tool, "readiness", "My readiness", "What is done, what is missing.", custom)
        custom = {"content": "pairing"}
        add_activity(session, course, tool, "pairing", "Pairing", "For coordinators.", custom)
        custom = {"content": "home", "role": "mentee"}
        add_activity(session, course, tool, "mentees", "For mentees: start here", "Your first steps.", custom)


def add_activity(
    session: Session,
    course: Course,
    tool: Tool,
    key: str | None,
    title: str,
    description: str,
    custom: dict[str, str],
    *,
    url: str = "",
    container: str = "iframe",
    maximum: float | None = None,
    resource_id: str | None = None,
    tag: str = "",
) -> Activity:
    """Add an activity, with a column of its own in the gradebook where a maximum is given.

    A module's column carries the module's key as resourceId, as an activity picked by deep linking does.
    """
    activity = Activity(
        key=f"{course.key}/{key}" if key else None,
        course_id=course.id,
        tool_id=tool.id,
        title=title,
        description=description,
        url=url,
        custom=custom,
        container=container,
    )
    session.add(activity)
    session.flush()
    if maximum is not None:
        resource_id = custom.get("content", "") if resource_id is None else resource_id
        _add_column(session, activity, maximum, resource_id, tag)
    return activity


def _add_column(session: Session, activity: Activity, maximum: float, resource_id: str, tag: str) -> None:
    item = GradeItem(
        course_id=activity.course_id,
        tool_id=activity.tool_id,
        activity_id=activity.id,
        resource_link_id=activity.id,
        label=activity.title,
        maximum=maximum,
        resource_id=resource_id,
        tag=tag,
    )
    session.add(item)
    session.flush()
