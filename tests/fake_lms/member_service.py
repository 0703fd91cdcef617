"""lti1p3platform's roster service (NRPS) over this LMS's store, as Moodle has it (MOODLE.md section 7)."""

from html import escape
from http import HTTPStatus
from typing import Any

from flask import request
from lti1p3platform.membership import Context
from lti1p3platform.service_connector import NamesRoleProvisioningService
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.fake_lms.claims import CLAIM, ROLE, shares_details
from tests.fake_lms.launches import may_edit
from tests.fake_lms.lms import Lms
from tests.fake_lms.message import RESOURCE_LINK
from tests.fake_lms.models import Activity, Course, Enrolment, Person, Tool
from tests.fake_lms.paging import page_of, slice_of
from tests.fake_lms.platform import PlatformConf, PlatformRequest
from tests.fake_lms.service_answers import MEMBERS_SCOPE, ServiceError


class MemberService(NamesRoleProvisioningService):
    """The roster of one course towards one tool, for one request."""

    def __init__(self, lms: Lms, session: Session, tool: Tool, course: Course) -> None:
        super().__init__(PlatformRequest(request), PlatformConf(lms=lms, tool=tool), lms.url + request.path)
        self._lms, self._session, self._tool, self._course = lms, session, tool, course
        self.total = 0
        """How many members there are on all pages of the list just read."""

    @property
    def allowed_scopes(self) -> list[str]:
        return [MEMBERS_SCOPE]

    def get_context_by_id(self) -> Context:
        return Context(id=str(self._course.id), label=self._course.label, title=self._course.title)

    def is_resource_link_valid(self, context_id: str, resource_link_id: str) -> bool:
        """Let any link of the course pass, another tool's too. Raise ServiceError 404 for an unknown one."""
        activity = self._session.get(Activity, int(resource_link_id)) if resource_link_id.isdigit() else None
        if activity is None or str(activity.course_id) != context_id:
            raise ServiceError(f"Not Found: LTI link {resource_link_id} doesn't exist", HTTPStatus.NOT_FOUND)
        return True

    def get_member_data_page(self, **params: Any) -> dict[str, Any]:
        wanted = (
            select(Person, Enrolment)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(Enrolment.course_id == self._course.id, Enrolment.is_suspended.is_(False))
            .order_by(Person.family_name, Person.given_name, Person.id)
        )
        people = [(person, self._role(person, enrolment)) for person, enrolment in self._session.execute(wanted)]
        asked_role = str(params.get("role", "")).removeprefix(ROLE + "membership#")
        if asked_role:
            people = [(person, role) for person, role in people if role == asked_role]
        self.total = len(people)
        start, limit = slice_of(params, self._lms.switches["page_size"])
        members = [self._shown(person, role) for person, role in people]
        if params.get("rlid"):
            message = [{CLAIM + "message_type": RESOURCE_LINK}]
            members = [member | {"message": message} for member in members]
        return {"content": page_of(members, start, limit), "has_next": False, "next": None}

    def _role(self, person: Person, enrolment: Enrolment) -> str:
        """Return the short role. A non-editing teacher is a Learner here, though an Instructor at launch."""
        return "Instructor" if may_edit(person, enrolment) else "Learner"

    def _shown(self, person: Person, role: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "status": "Active",
            "roles": [role],
            "user_id": str(person.id),
            "lis_person_sourcedid": person.idnumber,
        }
        if shares_details(self._lms, self._tool, person):
            names = {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
            if self._lms.switches["escape_names_in_roster"]:
                names = {field: escape(name, quote=False) for field, name in names.items()}
            shown |= names | {"email": person.email, "ext_user_username": person.username}
        return shown
