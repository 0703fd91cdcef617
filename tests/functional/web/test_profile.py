"""The profile for matching: written by learners, read by the staff of their course and by nobody else."""

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Membership, Role
from service.profiles.models import Profile
from tests.functional.web.conftest import Browser
from tests.makers import make_member

Members = dict[Role, Membership]
WHOLE = {
    "seen": "0",
    "languages": ["pl", "he"],
    "setting": "online",
    "times": ["evenings"],
    "field": "Baking",
    "matter": "To price my <b>bread</b>.",
    "wishes": "",
}


def test_a_learner_writes_it_and_staff_of_the_course_read_it(
    app: Flask, members: Members, database: sessionmaker[Session]
) -> None:
    mentee, staff = Browser(app, members[Role.MENTEE]), Browser(app, members[Role.COORDINATOR])
    path = mentee.path("/profile")
    read = staff.path(f"/people/{members[Role.MENTEE].public_id}/profile")
    assert "Nothing is written yet." in staff.get(read).text
    assert "What I need mentoring for" in mentee.get(path).text
    assert "Experience, and what I can offer" in Browser(app, members[Role.MENTOR]).get(path).text
    assert mentee.post(path, WHOLE).status_code == 303
    page = staff.get(read).text
    assert "Hebrew, Polish" in page
    assert "To price my &lt;b&gt;bread&lt;/b&gt;." in page
    assert Browser(app, members[Role.MENTOR]).get(read).status_code == 403
    assert staff.get(path).status_code == 403
    with transaction(database) as session:
        stranger = make_member(session, "staff-9", Role.COORDINATOR, context_id="course-9")
    elsewhere = Browser(app, stranger)
    assert elsewhere.get(elsewhere.path(f"/people/{members[Role.MENTEE].public_id}/profile")).status_code == 404
    assert elsewhere.get(read).status_code in {401, 403, 404}


def test_what_cannot_be_taken_comes_back_as_it_was_written(app: Flask, members: Members) -> None:
    mentee = Browser(app, members[Role.MENTEE])
    path = mentee.path("/profile")
    refused = mentee.post(path, {**WHOLE, "field": "x" * 201})
    assert refused.status_code == 422
    assert "Shorten it to 200 characters." in refused.text
    assert "To price my &lt;b&gt;bread&lt;/b&gt;." in refused.text
    assert mentee.post(path, WHOLE).status_code == 303
    for seen in ("0", "-1", "many"):
        late = mentee.post(path, {**WHOLE, "seen": seen, "field": "Tea"})
        assert late.status_code == 409
        assert 'value="Tea"' in late.text
    assert mentee.post(path, {**WHOLE, "seen": "1", "setting": "by night"}).status_code == 422
    assert mentee.post(path, {**WHOLE, "seen": "1", "field": "Tea"}).status_code == 303


def test_a_text_is_as_long_as_its_writer_counts_and_keeps_no_control_characters(
    app: Flask, members: Members, database: sessionmaker[Session]
) -> None:
    mentee = Browser(app, members[Role.MENTEE])
    lines = "\r\n".join(["x" * 19] * 100)  # browsers send two characters for each end of a line
    answer = mentee.post(mentee.path("/profile"), {**WHOLE, "field": "Bread\0 and\ttea", "matter": lines + "\0"})
    assert answer.status_code == 303
    with transaction(database) as session:
        kept = session.get_one(Profile, members[Role.MENTEE].id)
        assert (kept.field, len(kept.matter)) == ("Bread and tea", 1999)
