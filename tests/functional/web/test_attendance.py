"""Attendance on the screen: one form, a list that is looked at first, corrections with a reason, evidence at once."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.completion.models import Completion
from service.db import transaction, utc_now
from service.events.models import Attendance, EventKind
from service.people.models import LmsRole, Membership, Person, Role
from service.readiness.models import Standing
from tests.features.events.events import make_event
from tests.functional.web.conftest import ORIGIN
from tests.makers import make_member


@pytest.fixture
def lesson(members, database) -> str:
    """The public id of a session in class of the module that mentors and mentees need, an hour ago."""
    with transaction(database) as session:
        staff = session.get_one(Membership, members[Role.COORDINATOR].id)
        starts = utc_now() - timedelta(hours=1)
        times = {"starts_at": starts, "ends_at": starts + timedelta(hours=2)}
        return make_event(session, staff, kind=EventKind.CLASSROOM, module_keys=["roles"], **times).public_id


@pytest.fixture
def coordinator(browse):
    return browse(Role.COORDINATOR)


@pytest.fixture
def page(coordinator, lesson) -> str:
    return coordinator.path(f"/events/{lesson}/attendance")


def state(member: Membership) -> str:
    return f"state.{member.public_id}"


def add_people(session: Session, count: int) -> None:
    """Add mentors whom only the roster knows."""
    course = make_member(session, "mentor-1").course
    subjects = [f"Person {number:03}" for number in range(count)]
    rows = [
        {"platform_id": course.platform_id, "subject": one, "name": one, "created_at": utc_now()} for one in subjects
    ]
    ids = session.scalars(insert(Person).returning(Person.id), rows).all()
    usual = {"course_id": course.id, "lms_role": LmsRole.LEARNER, "role": Role.MENTOR, "is_listed": True}
    session.execute(insert(Membership), [usual | {"person_id": person_id} for person_id in ids])


def entered(database) -> dict[str, str]:
    """Return the states by the name of the person."""
    with database() as session:
        rows = session.execute(select(Person.name, Attendance.state).join(Person, Person.id == Attendance.person_id))
        return {name: found.value for name, found in rows}


def seen(text: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', text)
    assert found
    return found[1]


def test_one_form_enters_all_and_what_the_group_did(coordinator, browse, members, database, page) -> None:
    form = coordinator.get(page).text
    assert "Name of mentor-1" in form
    assert "Name of coordinator-1" not in form.split("<table>")[1]
    mentor, mentee = members[Role.MENTOR], members[Role.MENTEE]
    data = {state(mentor): "present", state(mentee): "", "rest": "absent", "seen": "0"}
    answer = coordinator.post(page, {**data, "has_work": "yes", "work.roles": "yes"})
    assert (answer.status_code, answer.location) == (303, page)
    assert entered(database) == {"Name of mentor-1": "present", "Name of mentee-1": "absent"}
    with database() as session:
        assert session.scalars(select(Completion.person_id)).all() == [mentor.person_id]
        assert session.get_one(Standing, mentor.id).results[0]["state"] == "met"
    shown = coordinator.get(page).text
    assert "Saved: 2 entries." in shown
    assert shown.count("checked") == 2 + 3
    home = browse(Role.MENTOR)
    assert "So the coordinators have entered it." in home.get(page.removesuffix("/attendance")).text


def test_a_correction_without_reason_comes_back_as_it_was_sent(coordinator, members, database, page) -> None:
    mentor = members[Role.MENTOR]
    coordinator.post(page, {state(mentor): "present", "has_work": "yes", "work.roles.first": "yes", "seen": "0"})
    data = {state(mentor): "excused", "has_work": "yes", "work.roles.first": "yes", "seen": "1"}
    answer = coordinator.post(page, data)
    assert answer.status_code == 422
    assert "Say why: something that was entered before is corrected." in answer.text
    assert re.search(r'value="excused" checked><span class="unseen">Excused: <bdi>Name of mentor-1', answer.text)
    answer = coordinator.post(page, {**data, "reason": "Called. " * 300})
    assert answer.status_code == 422
    assert "The reason is too long: at most 2000 characters." in answer.text
    assert "Called. " * 300 in answer.text, "what was typed stays"
    assert coordinator.post(page, {**data, "reason": "Had called <us>"}).status_code == 303
    assert entered(database) == {"Name of mentor-1": "excused"}
    assert "Had called &lt;us&gt;" in coordinator.get(page).text


def test_who_entered_in_between_is_not_overwritten(coordinator, members, database, page) -> None:
    mentor = members[Role.MENTOR]
    coordinator.post(page, {state(mentor): "present", "seen": "0"})
    answer = coordinator.post(page, {state(mentor): "absent", "reason": "x", "seen": "0"})
    assert answer.status_code == 409
    assert "Someone else has entered attendance meanwhile." in answer.text
    assert seen(answer.text) == "1"
    assert entered(database) == {"Name of mentor-1": "present"}


def test_a_form_sent_twice_is_once(coordinator, members, database, page) -> None:
    data = {state(members[Role.MENTOR]): "present", "seen": "0"}
    assert {coordinator.post(page, data).status_code for _ in range(2)} == {303}
    assert entered(database) == {"Name of mentor-1": "present"}
    assert "Corrections" not in coordinator.get(page).text


def test_a_list_is_looked_at_before_it_counts(coordinator, members, database, page) -> None:
    with transaction(database) as session:
        for name, shown in (("x1", "=1+1"), ("x2", "Noa Example")):
            known = make_member(session, name)
            known.last_seen_at, known.person.name = None, shown
    listed = coordinator.get(f"{page}/list.csv")
    assert listed.content_type == "text/csv; charset=utf-8"
    assert "'=1+1" in listed.data.decode("utf-8-sig")
    answer = coordinator.post(f"{page}/list", {"text": "=1+1;present\nnoa example;x\nStranger;present"})
    assert answer.status_code == 200
    assert "Stranger · present" in answer.text
    assert "Nobody in this course is called so." in answer.text
    assert entered(database) == {}
    fields = dict(re.findall(r'name="(state\.\w+|seen|from_list)" value="(\w+)"', answer.text))
    assert coordinator.post(page, fields).status_code == 303
    assert entered(database) == {"=1+1": "present", "Noa Example": "present"}
    again = coordinator.post(f"{page}/list", {"text": "noa example;absent"}).text
    fields = dict(re.findall(r'name="(state\.\w+|seen|from_list)" value="(\w+)"', again))
    refused = coordinator.post(page, fields)
    assert refused.status_code == 422
    assert "What would be entered" in refused.text
    refused = coordinator.post(page, {**fields, "reason": "x" * 2001})
    assert (refused.status_code, "x" * 2001 in refused.text) == (422, True)
    assert coordinator.post(page, {**fields, "reason": "Left early"}).status_code == 303
    assert entered(database) == {"=1+1": "present", "Noa Example": "absent"}


def test_a_file_is_read_like_the_field(coordinator, database, page) -> None:
    def send(content: bytes):
        data = {"as": coordinator.member.person.public_id, "file": (io.BytesIO(content), "list.csv")}
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
        return coordinator.client.post(f"{page}/list", base_url=ORIGIN, data=data, headers=headers)

    assert "Name of mentor-1" in send("\ufeffname of mentor-1;present".encode()).text
    refused = send("Łódź;present".encode("cp1250"))
    assert refused.status_code == 422
    assert "CSV UTF-8" in refused.text


@pytest.mark.parametrize("text", ["", "\n\n", '"' + "x" * 200_000, "a;b\n" * 6000])
def test_what_is_no_list_is_refused_with_what_to_do(coordinator, page, text: str) -> None:
    answer = coordinator.post(f"{page}/list", {"text": text})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_before_it_begins_there_is_no_form_but_a_list_for_paper(coordinator, members, database) -> None:
    with transaction(database) as session:
        event = make_event(
            session,
            session.get_one(Membership, members[Role.COORDINATOR].id),
            starts_at=utc_now() + timedelta(hours=1),
            ends_at=utc_now() + timedelta(hours=2),
        )
        page = coordinator.path(f"/events/{event.public_id}/attendance")
    assert "The meeting has not begun yet." in coordinator.get(page).text
    answer = coordinator.post(page, {state(members[Role.MENTOR]): "present", "seen": "0"})
    assert answer.status_code == 409
    sheet = coordinator.get(f"{page}/sheet").text
    assert "Name of mentor-1" in sheet
    assert "Signature" in sheet


def test_only_staff_see_and_enter_attendance(browse, members, database, page) -> None:
    mentor = browse(Role.MENTOR)
    assert {mentor.get(page + rest).status_code for rest in ("", "/sheet", "/list.csv")} == {403}
    assert mentor.post(page, {state(members[Role.MENTOR]): "present", "seen": "0"}).status_code == 403
    assert entered(database) == {}


def test_five_hundred_people_come_in_pages_of_a_size_a_phone_takes(coordinator, database, page) -> None:
    with transaction(database) as session:
        add_people(session, 500)
    first = coordinator.get(page)
    assert "Page 1 of 6" in first.text
    assert len(first.data) < 200_000
    assert "Person 499" in coordinator.get(f"{page}?role=mentor&page=6").text
    states = {f"Person {number:03}": "present" for number in range(500)}
    text = "\n".join(f"{name},{found}" for name, found in states.items())
    preview = coordinator.post(f"{page}/list", {"text": text})
    assert len(preview.data) < 200_000
    assert preview.text.count('name="state.') == 500
    preview = coordinator.post(f"{page}/list", {"text": "\n".join(text.splitlines()[:60])})
    fields = dict(re.findall(r'name="(state\.\w+|seen|from_list)" value="(\w+)"', preview.text))
    assert coordinator.post(page, fields).status_code == 303
    assert len(entered(database)) == 60
