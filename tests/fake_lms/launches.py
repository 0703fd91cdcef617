"""Launches: who may start one, the six fields of Moodle's login initiation, and the single use of its message hint."""

import json
import secrets

from sqlalchemy.orm import Session

from tests.fake_lms.lms import Lms
from tests.fake_lms.message import RESOURCE_LINK
from tests.fake_lms.models import MANAGER, TEACHER, Activity, Course, Enrolment, Launch, Person, Tool
from tests.fake_lms.storage import storage_fields


class LaunchRefusedError(Exception):
    """The LMS itself does not let this person in; the tool never hears of it."""


def may_edit(person: Person, enrolment: Enrolment | None) -> bool:
    """Say whether the person may change the course: what Moodle asks for content selection and roster roles."""
    return person.is_site_admin or (enrolment is not None and enrolment.role in (TEACHER, MANAGER))


def start_launch(
    session: Session,
    lms: Lms,
    person: Person,
    activity: Activity,
    *,
    message_type: str = RESOURCE_LINK,
    container: str = "",
    session_id: str = "",
    for_user: int | None = None,
) -> Launch:
    """Begin a launch of an activity. Raise LaunchRefusedError for someone not, or no longer, in the course."""
    enrolment = session.get(Enrolment, (activity.course_id, person.id))
    if not person.is_site_admin and (enrolment is None or enrolment.is_suspended):
        raise LaunchRefusedError(f"{person.name} is not enrolled in this course.")
    launch = Launch(
        hint=f"ltilaunch{activity.id}_{secrets.token_hex(8)}",
        tool_id=activity.tool_id,
        course_id=activity.course_id,
        person_id=person.id,
        activity_id=activity.id,
        message_type=message_type,
        container=container or container_of(lms, activity),
        session_id=session_id,
        for_user=for_user,
    )
    session.add(launch)
    return launch


def start_selection(session: Session, person: Person, course: Course, tool: Tool, *, session_id: str = "") -> Launch:
    """Begin a content selection. That the person may not edit the course is noticed at the sign-in, as in Moodle."""
    launch = Launch(
        hint=f"ltilaunch_ContentItemSelectionRequest{secrets.token_hex(8)}",
        tool_id=tool.id,
        course_id=course.id,
        person_id=person.id,
        message_type="LtiDeepLinkingRequest",
        container="iframe",
        session_id=session_id,
    )
    session.add(launch)
    return launch


def container_of(lms: Lms, activity: Activity) -> str:
    wanted = str(lms.switches["launch_container"])
    return activity.container if wanted == "activity" else wanted


def login_fields(session: Session, lms: Lms, launch: Launch) -> dict[str, str]:
    """Return exactly the six fields that Moodle posts to the tool's login address, and the storage if there is one."""
    tool = session.get_one(Tool, launch.tool_id)
    activity = session.get(Activity, launch.activity_id) if launch.activity_id else None
    hint = ({"cmid": activity.cmid} if activity else {}) | {"launchid": launch.hint}
    return {
        "iss": lms.url,
        "target_link_uri": (activity.url if activity else "") or tool.launch_url,
        "login_hint": str(launch.person_id),
        "lti_message_hint": json.dumps(hint, separators=(",", ":")),
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
        **storage_fields(lms),
    }
