"""What a launch tells the tool: the claims of the id_token, as Moodle 4.5 fills them (MOODLE.md section 3)."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from tests.fake_lms.lms import SERVICES_PATH, Lms
from tests.fake_lms.models import LEARNER, Activity, Course, Enrolment, GradeItem, Launch, Person, Tool

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_CLAIM = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
OUTCOME_CLAIM = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/"
SITE_ADMIN_ROLES = [
    ROLE + "institution/person#Administrator",
    ROLE + "membership#Instructor",
    ROLE + "system/person#Administrator",
]
CONTAINER_NUMBERS = {"iframe": 2, "window": 4, "frame": 5}


@dataclass(frozen=True)
class Scene:
    """All that a launch's claims are taken from."""

    launch: Launch
    tool: Tool
    course: Course
    person: Person
    enrolment: Enrolment | None
    activity: Activity | None
    own_items: list[GradeItem]
    """Gradebook columns of the activity; the launch names the column only if there is exactly one."""


def load_scene(session: Session, launch: Launch) -> Scene:
    activity = session.get(Activity, launch.activity_id) if launch.activity_id else None
    items: list[GradeItem] = []
    if activity is not None:
        is_own = or_(GradeItem.activity_id == activity.id, GradeItem.resource_link_id == activity.id)
        items = list(session.scalars(select(GradeItem).where(is_own)))
    return Scene(
        launch=launch,
        tool=session.get_one(Tool, launch.tool_id),
        course=session.get_one(Course, launch.course_id),
        person=session.get_one(Person, launch.person_id),
        enrolment=session.get(Enrolment, (launch.course_id, launch.person_id)),
        activity=activity,
        own_items=items,
    )


def launch_roles(person: Person, enrolment: Enrolment | None) -> list[str]:
    """Return the role addresses of a launch. Moodle calls every kind of teacher an Instructor here."""
    if person.is_site_admin:
        return SITE_ADMIN_ROLES
    if enrolment is None or enrolment.role == LEARNER:
        return [ROLE + "membership#Learner"]
    return [ROLE + "membership#Instructor"]


def shares_details(lms: Lms, tool: Tool, person: Person) -> bool:
    """Say whether name and mail of the person are sent to the tool."""
    return tool.shares_names and not person.withholds_details and not lms.switches["names_withheld"]


def target_of(scene: Scene) -> str:
    return (scene.activity.url if scene.activity else "") or scene.tool.launch_url


def members_url(lms: Lms, course: Course, tool: Tool) -> str:
    return f"{lms.url}{SERVICES_PATH}/CourseSection/{course.id}/bindings/{tool.id}/memberships"


def line_item_url(lms: Lms, course_id: int, item_id: int, tool_id: int, *, tail: str = "") -> str:
    return f"{lms.url}{SERVICES_PATH}/{course_id}/lineitems/{item_id}/lineitem{tail}?type_id={tool_id}"


def custom_claim(lms: Lms, scene: Scene) -> dict[str, str]:
    """Return the custom parameters: variables filled in, odd names twice, Moodle's service addresses added."""
    tool, course = scene.tool, scene.course
    values = variables(scene)
    given = tool.custom | (scene.activity.custom if scene.activity else {})
    custom: dict[str, str] = {}
    for name, value in given.items():
        filled = values.get(value[1:], value) if value.startswith("$") else value
        custom[re.sub(r"[^a-z0-9]", "_", name.lower())] = filled
        custom[name] = filled
    services = lms.url + SERVICES_PATH
    if scene.tool.shares_names:
        custom["context_memberships_url"] = members_url(lms, course, tool)
    custom["system_setting_url"] = f"{services}/tool/{tool.id}/custom"
    custom["context_setting_url"] = f"{services}/CourseSection/{course.id}/bindings/tool/{tool.id}/custom"
    if scene.activity:
        custom["link_setting_url"] = f"{services}/links/{{link_id}}/custom"  # left unresolved, as Moodle leaves it
    return custom


def variables(scene: Scene) -> dict[str, str]:
    """Return the values of the substitution variables that this LMS knows."""
    person, course, activity = scene.person, scene.course, scene.activity
    return {
        "User.id": str(person.id),
        "User.username": person.username,
        "Person.name.full": person.name,
        "Person.sourcedId": person.idnumber,
        "Person.address.timezone": "99",
        "Context.id": str(course.id),
        "Context.title": course.title,
        "Context.label": course.label,
        "Context.id.history": str(course.copied_from or ""),
        "CourseSection.title": course.title,
        "CourseSection.sourcedId": course.idnumber,
        "CourseSection.timeFrame.begin": "",
        "ResourceLink.id": str(activity.id) if activity else "",
        "ResourceLink.title": activity.title if activity else "",
        "Moodle.Person.userGroupIds": "",
    }


def identity_claims(lms: Lms, scene: Scene) -> dict[str, Any]:
    """Return the names and the mail address, or nothing of them."""
    person = scene.person
    ext = {"lms": "moodle-2"}
    if not shares_details(lms, scene.tool, person):
        return {CLAIM + "ext": ext}
    return {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "name": person.name,
        "email": person.email,
        CLAIM + "ext": ext | {"user_username": person.username},
    }


def presentation_claim(lms: Lms, scene: Scene, session_key: str) -> dict[str, str]:
    launch, course = scene.launch, scene.course
    presentation = {"locale": scene.person.locale}
    if scene.activity:
        number = CONTAINER_NUMBERS[launch.container]
        query = f"course={course.id}&launch_container={number}&instanceid={scene.activity.id}&sesskey={session_key}"
        presentation["document_target"] = launch.container
        presentation["return_url"] = f"{lms.url}/mod/lti/return.php?{query}"
    return presentation


def service_claims(lms: Lms, scene: Scene) -> dict[str, Any]:
    """Return the addresses of gradebook and roster, as far as the tool has the scopes."""
    tool, course = scene.tool, scene.course
    claims: dict[str, Any] = {}
    ags_scopes = sorted(scope for scope in tool.scopes if "/lti-ags/" in scope)
    if ags_scopes:
        endpoint: dict[str, Any] = {
            "scope": ags_scopes,
            "lineitems": f"{lms.url}{SERVICES_PATH}/{course.id}/lineitems?type_id={tool.id}",
        }
        if len(scene.own_items) == 1:
            endpoint["lineitem"] = line_item_url(lms, course.id, scene.own_items[0].id, tool.id)
        claims[AGS_CLAIM] = endpoint
    if any("/lti-nrps/" in scope for scope in tool.scopes):
        claims[NRPS_CLAIM] = {
            "context_memberships_url": members_url(lms, course, tool),
            "service_versions": ["1.0", "2.0"],
        }
    return claims


def platform_claims(lms: Lms, scene: Scene) -> dict[str, Any]:
    return {
        CLAIM + "lis": {
            "person_sourcedid": scene.person.idnumber,
            "course_section_sourcedid": scene.course.idnumber,
        },
        CLAIM + "tool_platform": {
            "product_family_code": "moodle",
            "version": "2024100706",
            "guid": "0d3a0c5b7e9f4a1f8f6b2c4d5e6f7a8b",
            "name": "Demo University",
            "description": "Demo University, a pretend LMS",
        },
    }


def outcome_claim(lms: Lms, scene: Scene) -> dict[str, Any]:
    """Return the claim of LTI 1.1's outcome service, which Moodle still sends and this LMS does not serve."""
    if scene.activity is None:
        return {}
    source = f'{{"data":{{"instanceid":"{scene.activity.id}","userid":"{scene.person.id}"}}}}'
    return {
        OUTCOME_CLAIM: {"lis_outcome_service_url": lms.url + "/mod/lti/service.php", "lis_result_sourcedid": source}
    }
