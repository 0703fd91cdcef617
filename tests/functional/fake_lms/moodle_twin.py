"""The Moodle site whose messages were recorded, rebuilt as a pretend LMS: same ids of people, links and columns."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tests.fake_lms import FakeLms, models
from tests.fake_lms.models import Activity, Course, Enrolment, GradeItem, Person, Tool
from tests.fake_lms.service_answers import AGS_SCOPE, ALL_SCOPES
from tests.fake_lms.store import Store
from tests.functional.fake_lms.tool_stand_in import ServiceClient, ToolStandIn

RECORDED = json.loads((Path(__file__).parent / "recorded_moodle.json").read_text())
READ_ONLY_SCOPES = [scope for scope in ALL_SCOPES if scope != AGS_SCOPE + "lineitem" and AGS_SCOPE in scope]
TEACHER_ID, ASSISTANT_ID, SUSPENDED_ID, OUTSIDER_ID = 3, 4, 35, 36
# title, resourceId, tag, maximum; the fifth link is another tool's, and has no part in the list of line items.
LINKS = (
    ("Conversation 1 (new window)", "", "", 100),
    ("Conversation 2 (embedded)", "", "", 100),
    ("Conversation 3 (existing window)", "", "", 100),
    ("Conversation 4 (no grade)", "", "", 100),
    ("Conversation 5 (minimal tool)", "", "", 10),
    ("Conversation 6 (AGS probes)", "", "", 100),
    ("Conversation 7 (restricted to teacher email)", "", "", 100),
    ("Practice: opening a conversation", "scenario-opening", "practice", 10),
    ("Practice: risk assessment", "scenario-risk", "practice", 20),
)
FOREIGN_LINK = 5
REVIEW = {"url": "http://127.0.0.1:8200/lti/launch", "custom": {"mode": "review"}}


def build_twin(path: Path, tool_url: str) -> FakeLms:
    """Fill a store as the recorded site was at the beginning, and return the LMS, not yet started."""
    store = Store(path)
    with store.session() as session:
        _add_tools(session, tool_url)
        _add_people(session)
        _add_links(session)
    store.close()
    return FakeLms(tool_url=tool_url, store=path)


def _add_tools(session: Session, tool_url: str) -> None:
    for number, scopes in ((1, ALL_SCOPES), (2, READ_ONLY_SCOPES)):
        address = f"{tool_url}/lti/"
        session.add(
            Tool(
                id=number,
                name=f"Tool {number}",
                client_id=f"client-{number}",
                login_url=address + "login",
                launch_url=address + "launch",
                jwks_url=address + "jwks",
                redirect_uris=[address + "launch"],
                scopes=scopes,
                shares_names=number == 1,
            )
        )


def _add_people(session: Session) -> None:
    session.add(Course(id=2, key="mentor1", label="MENTOR1", title="Mentor training", idnumber="MENTOR-2026"))
    session.add(Course(id=3, key="other1", label="OTHER1", title="Other course"))
    names = {2: ("Ada", "Admin"), SUSPENDED_ID: ("Sus", "Pended"), OUTSIDER_ID: ("Out", "Sider")}
    members = {int(member["user_id"]): member for member in RECORDED["services"]["nrps_all"]["answer"]["members"]}
    for number in sorted(members | names):
        given, family = names.get(number) or (unescape(members[number][f"{part}_name"]) for part in ("given", "family"))
        member = members.get(number, {})
        person = Person(
            id=number,
            username=member.get("ext_user_username", f"user{number}"),
            given_name=given,
            family_name=family,
            email=member.get("email", ""),
            idnumber=member.get("lis_person_sourcedid", ""),
            is_site_admin=number == 2,
        )
        session.add(person)
        if number not in (2, OUTSIDER_ID):
            session.flush()
            session.add(_enrolment(number, member))
    for member in RECORDED["services"]["nrps_other_course_unused"]["answer"]["members"]:
        role = models.TEACHER if member["roles"] == ["Instructor"] else models.LEARNER
        session.add(Enrolment(course_id=3, person_id=int(member["user_id"]), role=role))


def _enrolment(number: int, member: dict[str, Any]) -> Enrolment:
    role = models.TEACHER if member.get("roles") == ["Instructor"] else models.LEARNER
    role = models.NON_EDITING_TEACHER if number == ASSISTANT_ID else role
    return Enrolment(course_id=2, person_id=number, role=role, is_suspended=number == SUSPENDED_ID)


def _add_links(session: Session) -> None:
    for number, (title, resource_id, tag, maximum) in enumerate(LINKS, start=1):
        tool_id = 2 if number == FOREIGN_LINK else 1
        session.add(Activity(id=number, key=f"mentor1/{number}", course_id=2, tool_id=tool_id, title=title))
        session.flush()
        item = GradeItem(
            id=number + 1,  # the first column of a Moodle course is the course's total
            course_id=2,
            tool_id=tool_id,
            activity_id=number,
            resource_link_id=number,
            label=title,
            maximum=maximum,
            resource_id=resource_id,
            tag=tag,
            submission_review=REVIEW if resource_id == "scenario-opening" else None,
        )
        session.add(item)


class Replay:
    """Sends recorded requests; answers come back with the twin's item numbers turned into the recorded ones."""

    def __init__(self, lms: FakeLms, tool: ToolStandIn) -> None:
        self.lms = lms
        self.numbers: dict[str, str] = {}
        """Recorded number of a line item -> the twin's."""
        self.client = ServiceClient(tool.token(lms))

    def send(self, name: str, authorization: str | None = None) -> dict[str, Any]:
        """Send one recorded request and return the answer in the form of the recording."""
        sent = RECORDED["services"][name]
        headers = {"Accept": sent.get("accept", "*/*"), "Content-Type": sent.get("content_type")}
        answer = self.client.request(
            sent["method"], self.lms.url + self._with_numbers(sent["path"]), sent.get("body"), headers, authorization
        )
        got = {"status": answer.status_code, "reason": answer.reason, "media": answer.headers.get("Content-Type")}
        if "Link" in answer.headers:
            got["link"] = answer.headers["Link"].encode("latin-1").decode()
        body = answer.json() if answer.content and "json" in str(got["media"]) else answer.text
        if answer.status_code == 201:
            self.number(_number_in(sent["answer"]["id"]), _number_in(body["id"]))
        return {key: self._as_recorded(value) for key, value in (got | {"answer": body}).items()}

    def number(self, recorded: str, ours: str) -> None:
        self.numbers[recorded] = ours

    def _with_numbers(self, path: str) -> str:
        return re.sub(r"(?<=lineitems/)\d+", lambda found: self.numbers.get(found[0], found[0]), path)

    def _as_recorded(self, value: Any) -> Any:
        text = json.dumps(value, ensure_ascii=False).replace(self.lms.url, "{lms}")
        back = {ours: recorded for recorded, ours in self.numbers.items()}
        text = re.sub(r"(?<=lineitems/)\d+", lambda found: back.get(found[0], found[0]), text)
        text = re.sub(r"(?<=for item )\d+", lambda found: back.get(found[0], found[0]), text)
        return json.loads(text)


def _number_in(address: str) -> str:
    return address.partition("lineitems/")[2].partition("/")[0]
