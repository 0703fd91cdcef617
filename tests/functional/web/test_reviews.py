"""The reviewer's way: see what waits, take the oldest, read it, decide, take it back; and who is kept out."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction, utc_now
from service.grades.operations import note_line_item
from service.modules.content import Catalogue
from service.modules.review import ReviewPlan
from service.people.models import Membership, Role
from service.reviews.models import Review, ReviewEntry
from tests.features.reviews.makers import OPTIONAL, answer, reviewed_catalogue, wait_many
from tests.functional.web.conftest import Browser
from tests.makers import AT, RIGHT, make_member


@pytest.fixture
def catalogue() -> Catalogue:
    return reviewed_catalogue()


@pytest.fixture
def entry(database: sessionmaker[Session], members: dict[Role, Membership], catalogue: Catalogue) -> ReviewEntry:
    """What the mentor has handed in four days ago."""
    with transaction(database) as session:
        answer(session, catalogue, members[Role.MENTOR], at=utc_now() - timedelta(days=4))
        return session.scalars(select(ReviewEntry)).one()


@pytest.fixture
def coordinator(browse) -> Browser:
    return browse(Role.COORDINATOR)


def _form(page: str, decision: str, **typed: str) -> dict[str, str]:
    """Return what the form of a page sends."""
    hidden = {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[-1] for name in ("seen", "submission_key")}
    return hidden | {"decision": decision} | typed


def _decide(browser: Browser, entry: ReviewEntry, decision: str, page: str = "", **typed: str):
    path = browser.path(f"/reviews/{entry.public_id}")
    return browser.post(path, _form(page or browser.get(path).text, decision, **typed))


def test_the_menu_the_home_page_and_the_queue_say_what_waits(coordinator, entry) -> None:
    home = coordinator.get(coordinator.path("/")).text
    assert "Reviews (1)" in home
    assert "1 answer" in home
    queue = coordinator.get(coordinator.path("/reviews/")).text
    assert "Name of mentor-1" in queue
    assert "Case first" in queue
    assert "4 days" in queue
    assert "Usually" not in queue


@pytest.mark.parametrize(
    ("query", "is_there"),
    [("days=3", True), ("days=7", False), ("module=roles", True), ("module=stages", False), ("person=x", False)],
)
def test_the_queue_is_filtered(coordinator, entry, query: str, is_there: bool) -> None:
    assert ("Case first" in coordinator.get(coordinator.path(f"/reviews/?{query}")).text) is is_there


def test_an_answer_is_read_with_its_exercise_accepted_and_taken_back(coordinator, entry, browse) -> None:
    begun = coordinator.post(coordinator.path("/reviews/next"), {})
    page = coordinator.get(begun.location).text
    assert "Kept for you until" in page
    assert "What now?" in page
    assert re.search(r'value="ask"[^>]* checked', page)
    assert "It is clear" in page
    answered = _decide(
        coordinator, entry, "accept", page, **{"level.clear": "met", "remark.kind": "Warm", "remark": "Good."}
    )
    assert answered.status_code == 303
    page = coordinator.get(answered.location).text
    assert "Accepted. The learner sees it at once." in page
    assert "Warm" in page
    undone = coordinator.post(coordinator.path(f"/reviews/{entry.public_id}"), _form(page, "reopen"))
    page = coordinator.get(undone.location).text
    assert "Taken back" in page
    assert "no longer counts" in page
    assert "Case first" in coordinator.get(coordinator.path("/reviews/")).text


def test_returning_needs_a_remark_and_keeps_what_was_typed(coordinator, entry, database) -> None:
    refused = _decide(coordinator, entry, "return", **{"level.clear": "partly", "remark.clear": "Which one?"})
    assert refused.status_code == 422
    assert "Write what should change" in refused.text
    assert "Which one?" in refused.text
    assert re.search(r'name="level.clear" value="partly" checked', refused.text)
    assert _decide(coordinator, entry, "return", remark="Name one.").status_code == 303
    with database() as session:
        assert session.scalars(select(Review.remark)).all() == ["Name one."]


def test_the_second_of_two_reviewers_is_told_and_keeps_the_text(coordinator, browse, entry, database) -> None:
    other = browse(Role.ADMINISTRATOR)
    page = other.get(other.path(f"/reviews/{entry.public_id}")).text
    _decide(coordinator, entry, "accept")
    refused = _decide(other, entry, "return", page, remark="My long thoughts.")
    assert refused.status_code == 409
    assert "Someone else has decided meanwhile" in refused.text
    assert "My long thoughts." in refused.text
    with database() as session:
        assert len(session.scalars(select(Review)).all()) == 1
    assert _decide(other, entry, "return", refused.text, remark="My long thoughts.").status_code == 303


def test_who_is_at_it_is_said_to_others(coordinator, browse, entry) -> None:
    coordinator.post(coordinator.path(f"/reviews/{entry.public_id}/claim"), {})
    other = browse(Role.ADMINISTRATOR)
    for path in ("/reviews/", f"/reviews/{entry.public_id}"):
        assert "is at it until" in other.get(other.path(path)).text
    assert "Nothing waits" in other.get(other.post(other.path("/reviews/next"), {}).location).text
    refused = other.post(other.path(f"/reviews/{entry.public_id}/claim"), {})
    assert "Someone else has just begun" in other.get(refused.location).text


def test_a_learner_reads_no_queue_and_another_course_no_answer(browse, database, app, entry) -> None:
    mentor = browse(Role.MENTOR)
    for path in ("/reviews/", f"/reviews/{entry.public_id}"):
        assert mentor.get(mentor.path(path)).status_code == 403
    with transaction(database) as session:
        stranger = make_member(session, "staff-9", Role.COORDINATOR, context_id="course-2")
    elsewhere = Browser(app, stranger)
    path = elsewhere.path(f"/reviews/{entry.public_id}")
    assert elsewhere.get(path).status_code == 404
    assert elsewhere.post(path, {"decision": "accept", "seen": "0", "submission_key": "x" * 9}).status_code == 404


def test_nobody_reviews_their_own_answer(browse, database, members, entry) -> None:
    with transaction(database) as session:
        session.get_one(Membership, members[Role.MENTOR].id).role = Role.COORDINATOR
    mentor = browse(Role.MENTOR)
    path = mentor.path(f"/reviews/{entry.public_id}")
    assert "This is your own answer" in mentor.get(path).text
    refused = mentor.post(path, {"decision": "accept", "seen": "0", "submission_key": "x" * 9})
    assert refused.status_code == 403
    assert "Someone else reviews this answer" in refused.text


@pytest.mark.parametrize(
    "data",
    [{}, {"decision": "destroy"}, {"seen": "-1"}, {"seen": "x"}, {"submission_key": ""}, {"level.clear": "perfect"}],
)
def test_a_form_that_is_not_ours_is_refused(coordinator, entry, data: dict[str, str]) -> None:
    sent = {"decision": "accept", "seen": "0", "submission_key": "x" * 9} if data else {}
    assert coordinator.post(coordinator.path(f"/reviews/{entry.public_id}"), sent | data).status_code == 422


def test_what_is_written_does_nothing(coordinator, entry) -> None:
    _decide(coordinator, entry, "return", remark="<script>alert(1)</script>\0 & more")
    page = coordinator.get(coordinator.path(f"/reviews/{entry.public_id}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


def test_the_queue_asks_as_much_for_ten_as_for_five_hundred(app, coordinator, database) -> None:
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *event_: asked.append(event_[2]))
    counts = []
    for first, last in ((0, 10), (10, 500)):
        with transaction(database) as session:
            wait_many(session, first, last)
        asked.clear()
        page = coordinator.get(coordinator.path("/reviews/")).text
        counts.append(len(asked))
        assert f"Reviews ({last})" in page
    assert counts[0] == counts[1] <= 6


class TestOptional:
    """An exercise that may be reviewed."""

    @pytest.fixture
    def catalogue(self) -> Catalogue:
        return reviewed_catalogue(OPTIONAL)

    def test_the_reviewer_is_told_that_nobody_waits(self, coordinator, entry) -> None:
        assert "A remark is possible" in coordinator.get(coordinator.path("/reviews/")).text
        page = coordinator.get(coordinator.path(f"/reviews/{entry.public_id}")).text
        assert "nobody waits for a decision" in page


class TestFourEyes:
    """An exercise that two people must accept."""

    @pytest.fixture
    def catalogue(self) -> Catalogue:
        return reviewed_catalogue(ReviewPlan(is_required=True, reviewers=2))

    def test_the_first_is_told_that_another_must_accept(self, coordinator, entry) -> None:
        _decide(coordinator, entry, "accept")
        page = coordinator.get(coordinator.path(f"/reviews/{entry.public_id}")).text
        assert "One more person must accept." in page
        assert "Another person must accept too" in page
        assert "No answer waits" in coordinator.get(coordinator.path("/reviews/")).text


def test_a_learner_reads_who_will_read_it_before_answering(browse, entry) -> None:
    mentee = browse(Role.MENTEE)
    for path in ("/modules/roles", "/modules/roles/exercises/first/sheet?empty=1"):
        page = mentee.get(mentee.path(path)).text
        assert page.count("Who can see this: you and the coordinators of the course") == 1
        assert "Waits for a review" not in page


def test_a_learner_reads_that_it_waits_what_came_back_and_that_it_is_accepted(browse, coordinator, entry) -> None:
    mentor = browse(Role.MENTOR)
    page = mentor.get(mentor.path("/modules/roles")).text
    assert "Waits for a review" in page
    assert "The coordinators of the course read it." in page
    assert "Not passed yet" not in page
    assert re.search(r"Exercises passed: <strong>0 of 2", page)
    _decide(coordinator, entry, "return", remark="Name one who asks.")
    page = mentor.get(mentor.path("/modules/roles")).text
    assert "Came back with remarks" in page
    assert "Name one who asks." in page
    assert "Name of coordinator-1" in page
    assert "Case first" in mentor.get(mentor.path("/")).text
    form = re.search(r'action="([^"]*/exercises/first)".*?name="submission_key" value="([^"]*)"', page, re.DOTALL)
    assert form
    mentor.post(form[1], RIGHT | {"submission_key": form[2]})
    page = mentor.get(mentor.path("/modules/roles")).text
    assert "Remarks on earlier answers" in page
    assert "Came back" not in mentor.get(mentor.path("/")).text
    [href] = re.findall(r'href="[^"]*/reviews/(\w+)"', coordinator.get(coordinator.path("/reviews/")).text)
    path = coordinator.path(f"/reviews/{href}")
    coordinator.post(path, _form(coordinator.get(path).text, "accept", remark="Now I see it."))
    page = mentor.get(mentor.path("/modules/roles")).text
    assert "Now I see it." in page
    assert re.search(r"Exercises passed: <strong>1 of 2", page)


def test_how_long_it_usually_takes_is_said_from_three_decisions_on(
    browse, coordinator, database, catalogue, entry
) -> None:
    mentor = browse(Role.MENTOR)
    with transaction(database) as session:
        for number in range(3):
            answer(session, catalogue, make_member(session, f"other-{number}"), at=utc_now() - timedelta(days=2))
    assert "Usually" not in mentor.get(mentor.path("/modules/roles")).text
    with database() as session:
        others = session.scalars(select(ReviewEntry).where(ReviewEntry.id != entry.id)).all()
    for other in others:
        _decide(coordinator, other, "accept")
    assert "Usually there is an answer after 2 days." in mentor.get(mentor.path("/modules/roles")).text


def test_the_page_of_a_module_asks_little_however_many_answers_there_were(
    app, browse, database, members, catalogue, entry
) -> None:
    mentor = browse(Role.MENTOR)
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *event_: asked.append(event_[2]))
    counts = []
    for _ in range(2):
        asked.clear()
        mentor.get(mentor.path("/modules/roles"))
        counts.append(len(asked))
        with transaction(database) as session:
            for _ in range(10):
                answer(session, catalogue, members[Role.MENTOR])
    assert counts[0] == counts[1] <= 8, asked


def test_the_page_of_the_gradebook_leads_to_the_answer(coordinator, database, members, entry) -> None:
    with transaction(database) as session:
        course = session.get_one(Membership, members[Role.MENTOR].id).course
        item = note_line_item(session, course.id, "module:roles", "5", "Roles", 100.0, "https://lms.example/7", at=AT)
        item_id = item.public_id
    query = f"item={item_id}&person={members[Role.MENTOR].person.public_id}"
    page = coordinator.get(coordinator.path(f"/review?{query}")).text
    assert "Read and review" in page
    assert f"/reviews/{entry.public_id}" in page
