"""Remarks among learners: asked for by the writer, nameless unless they say otherwise, and never a decision."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.modules.content import Catalogue
from service.modules.review import ReviewPlan
from service.people.models import Membership, Role
from service.reviews.models import PeerAccess, PeerRemark, ReviewEntry, ReviewState
from tests.features.reviews.makers import answer, reviewed_catalogue
from tests.functional.web.conftest import Browser
from tests.makers import make_member


@pytest.fixture
def catalogue() -> Catalogue:
    return reviewed_catalogue(ReviewPlan(is_required=True, has_peers=True))


@pytest.fixture
def entry(database: sessionmaker[Session], members: dict[Role, Membership], catalogue: Catalogue) -> ReviewEntry:
    """What the mentor has handed in; the mentee has done the same exercise."""
    with transaction(database) as session:
        answer(session, catalogue, members[Role.MENTEE])
        answer(session, catalogue, members[Role.MENTOR])
        writer = members[Role.MENTOR].person_id
        return session.scalars(select(ReviewEntry).filter_by(person_id=writer)).one()


def _ask(browse, entry: ReviewEntry, access: str):
    mentor = browse(Role.MENTOR)
    return mentor.post(mentor.path(f"/peers/{entry.public_id}/ask"), {"access": access})


def test_nobody_reads_an_answer_before_its_writer_opens_it(browse, entry) -> None:
    mentee = browse(Role.MENTEE)
    assert mentee.get(mentee.path(f"/peers/{entry.public_id}")).status_code == 404
    assert _ask(browse, entry, "nameless").status_code == 303
    page = mentee.get(mentee.path(f"/peers/{entry.public_id}")).text
    assert "An answer of another learner" in page
    assert "Name of mentor-1" not in page
    assert f"/peers/{entry.public_id}" in mentee.get(mentee.path("/modules/roles")).text
    _ask(browse, entry, "named")
    assert "Name of mentor-1" in mentee.get(mentee.path(f"/peers/{entry.public_id}")).text
    _ask(browse, entry, "none")
    assert mentee.get(mentee.path(f"/peers/{entry.public_id}")).status_code == 404


def test_a_remark_reaches_the_writer_without_a_name_and_decides_nothing(browse, entry, database) -> None:
    _ask(browse, entry, "nameless")
    mentee, mentor, staff = browse(Role.MENTEE), browse(Role.MENTOR), browse(Role.COORDINATOR)
    path = mentee.path(f"/peers/{entry.public_id}")
    empty = mentee.post(path, {"remark": " "})
    assert empty.status_code == 422
    assert "Write a remark" in empty.text
    for _ in range(2):
        assert mentee.post(path, {"remark": "I like it.", "level.clear": "met"}).status_code == 303
    page = mentor.get(mentor.path("/modules/roles")).text
    assert "I like it." in page
    assert "Name of mentee-1" not in page
    assert "Waits for a review" in page
    assert "I like it." in staff.get(staff.path(f"/reviews/{entry.public_id}")).text
    assert f"/peers/{entry.public_id}" not in mentee.get(mentee.path("/modules/roles")).text.replace("/ask", "")
    with database() as session:
        assert session.get_one(ReviewEntry, entry.id).state is ReviewState.WAITING
        assert len(session.scalars(select(PeerRemark)).all()) == 1


def test_who_has_not_done_the_exercise_and_who_is_elsewhere_reads_nothing(
    browse, app, database, catalogue, entry
) -> None:
    _ask(browse, entry, "named")
    with transaction(database) as session:
        newcomer = make_member(session, "newcomer")
        stranger = make_member(session, "stranger", context_id="course-2")
        answer(session, catalogue, stranger)
    for member in (newcomer, stranger):
        browser = Browser(app, member)
        path = browser.path(f"/peers/{entry.public_id}")
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"remark": "Hm."}).status_code == 404


def test_only_the_writer_opens_an_answer(browse, database, entry) -> None:
    mentee = browse(Role.MENTEE)
    assert mentee.post(mentee.path(f"/peers/{entry.public_id}/ask"), {"access": "named"}).status_code == 404
    assert _ask(browse, entry, "everyone").status_code == 422
    with database() as session:
        assert session.get_one(ReviewEntry, entry.id).peer_access is PeerAccess.NONE
