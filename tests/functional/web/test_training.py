"""Training beyond one exercise: what is read, what is known already, what can be shown; and what its pages cost."""

import re
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import event

from service.modules.content import Catalogue, Outcome
from service.modules.requirements import Group, Kind, Requirement
from service.people.models import Role
from tests.makers import make_catalogue, make_module

RULE = Group(2, (Requirement(Kind.READ, "roles", ("start",)), Requirement(Kind.PASSED, "roles", ("first", "second"))))
MOST_FOR_A_PAGE, MOST_FOR_AN_ANSWER = 8, 20
PRIOR = "/modules/roles/prior-learning"
DECIDER = "\N{FIRST STRONG ISOLATE}Name of coordinator-1\N{POP DIRECTIONAL ISOLATE}"


@pytest.fixture
def catalogue() -> Catalogue:
    """Mentees read and answer one module; it shows one outcome."""
    made = make_catalogue(
        replace(make_module("roles", ("mentor", "mentee")), complete=RULE), make_module("stages", ("mentor",))
    )
    evidence = Group(2, tuple(Requirement(Kind.PASSED, "roles", (key,)) for key in ("first", "second")))
    outcome = Outcome("asks", evidence, (), dict.fromkeys(made.languages, "Ask before telling."))
    return replace(made, courses=(replace(made.courses[0], outcomes=(outcome,)),))


def hidden(page: str, action: str, act: str = "") -> dict[str, str]:
    """Return the hidden fields of the form that posts to `action`."""
    for form in re.findall(rf'<form method="post" action="[^"]*{re.escape(action)}"[^>]*>.*?</form>', page, re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
        if not act or fields.get("act") == act:
            return fields
    raise AssertionError(f"The page has no form for {action} {act}.")


def hand_in(browser, exercise: str, choice: str = "ask"):
    page = browser.get(browser.path("/modules/roles")).text
    data = hidden(page, f"/modules/roles/exercises/{exercise}") | {"choice": choice}
    return browser.post(browser.path(f"/modules/roles/exercises/{exercise}"), data)


def count(app, act) -> int:
    statements: list[str] = []

    def note(*call) -> None:
        statements.append(call[2])

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert act().status_code in {200, 303}
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in statements if not statement.startswith(("BEGIN", "PRAGMA"))])


def test_a_module_is_complete_once_it_is_read_and_its_exercises_are_passed(browse) -> None:
    browser = browse(Role.MENTEE)
    page = browser.get(browser.path("/modules/roles")).text
    assert "0 of 1 section read" in page
    assert "I have read this" in page
    for exercise in ("first", "second"):
        hand_in(browser, exercise)
    assert "So far: 0 of 1 section read." in browser.get(browser.path("/readiness")).text
    answer = browser.post(browser.path("/modules/roles/read"), hidden(page, "/modules/roles/read"))
    assert (answer.status_code, answer.location.rpartition("#")[2]) == (303, "read-start")
    page = browser.get(answer.location).text
    assert "1 of 1 section read" in page
    assert "I have read this" not in page
    assert "Completed on" in browser.get(browser.path("/readiness")).text


def test_what_a_script_notes_is_read_too_and_nothing_else_is(browse) -> None:
    browser = browse(Role.MENTEE)
    noted = browser.post(browser.path("/modules/roles/read"), {"section": "start", "quiet": "yes"})
    assert (noted.status_code, noted.data) == (204, b"")
    assert "1 of 1 section read" in browser.get(browser.path("/modules/roles")).text
    assert browser.post(browser.path("/modules/roles/read"), {"section": "end"}).status_code == 404
    staff = browse(Role.COORDINATOR)
    assert staff.post(staff.path("/modules/roles/read"), {"section": "start"}).status_code == 403


def test_the_page_of_a_module_says_where_to_go_on_and_what_it_changes(browse) -> None:
    browser = browse(Role.MENTOR)
    browser.get(browser.path("/readiness"))
    hand_in(browser, "first")
    page = browser.get(browser.path("/modules/roles")).text
    assert "After this module 2 of 3 conditions remain." in page
    assert '<a class="button second" href="#exercise-second">Go on where you stopped</a>' in page


def test_what_is_known_already_is_asked_for_decided_by_staff_and_taken_back(browse) -> None:
    mentee, staff = browse(Role.MENTEE), browse(Role.COORDINATOR)
    page = mentee.get(mentee.path(PRIOR)).text
    text = "A course in 2024; <b>ask</b> my former employer."
    answer = mentee.post(mentee.path(PRIOR), hidden(page, PRIOR, "asked") | {"text": text})
    assert "Sent. The coordinators of the course decide." in mentee.get(answer.location).text
    assert "1 request" in staff.get(staff.path("/")).text
    queue = staff.get(staff.path("/recognitions")).text
    assert "&lt;b&gt;ask&lt;/b&gt;" in queue
    address = re.search(r'href="(/course/[^"]+/training/roles)"', queue)
    assert address
    fields = hidden(staff.get(address[1]).text, address[1])
    for lacking in ({"text": "Why."}, {"act": "recognised", "text": ""}):
        refused = staff.post(address[1], fields | lacking)
        assert refused.status_code == 422
        assert "One thing needs a change" in refused.text
    staff.post(address[1], fields | {"act": "recognised", "text": "Her work shows it.", "valid_until": "2099-01-31"})
    assert f"Recognised by {DECIDER}" in mentee.get(mentee.path("/readiness")).text
    page = mentee.get(mentee.path(PRIOR)).text
    assert "Her work shows it." in page
    assert "Valid until 31 January 2099." in page
    assert "Nobody waits for a decision." in staff.get(staff.path("/recognitions")).text
    fields = hidden(staff.get(address[1]).text, address[1], "undone")
    staff.post(address[1], fields | {"text": "It was another course."})
    assert "Recognised by" not in mentee.get(mentee.path("/readiness")).text
    assert "It was another course." in mentee.get(mentee.path(PRIOR)).text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"done_on": "2999-01-01", "text": "In class."}, "Choose a day that is not in the future."),
        ({"done_on": "yesterday", "text": "In class."}, "Write the day as year, month, day"),
        ({"done_on": "", "text": "In class."}, "Say on which day it was done."),
        ({"done_on": "2026-01-01", "text": ""}, "nothing is decided without a reason"),
    ],
)
def test_a_record_that_cannot_be_taken_comes_back_as_it_was_typed(browse, members, given, words: str) -> None:
    staff = browse(Role.COORDINATOR)
    address = staff.path(f"/people/{members[Role.MENTEE].public_id}/training/roles")
    refused = staff.post(address, hidden(staff.get(address).text, address, "recorded") | given)
    assert refused.status_code == 422
    assert words in refused.text
    assert all(not text or text in refused.text for text in given.values())


def test_a_record_by_staff_counts_like_work_that_was_done_online(browse, members) -> None:
    staff, mentee = browse(Role.COORDINATOR), browse(Role.MENTEE)
    address = staff.path(f"/people/{members[Role.MENTEE].public_id}/training/roles")
    fields = hidden(staff.get(address).text, address, "recorded")
    for _ in range(2):
        data = fields | {"done_on": "2026-01-05", "text": "In class, with me."}
        assert staff.post(address, data).status_code == 303
    assert f"recorded by {DECIDER}" in mentee.get(mentee.path("/readiness")).text
    outcomes = mentee.get(mentee.path("/modules/roles")).text
    assert "Done in another way on 5 January 2026" in outcomes
    training = staff.get(staff.path(f"/people/{members[Role.MENTEE].public_id}/training")).text
    assert "5 January 2026" in training


def test_another_person_s_training_is_for_the_staff_of_their_course(browse, members) -> None:
    mentor, staff = browse(Role.MENTOR), browse(Role.COORDINATOR)
    for page in ("/training", "/training/roles"):
        assert mentor.get(mentor.path(f"/people/{members[Role.MENTEE].public_id}{page}")).status_code == 403
        assert staff.get(staff.path(f"/people/nobody{page}")).status_code == 404
    assert mentor.get(mentor.path("/recognitions")).status_code == 403


def test_an_outcome_shows_each_piece_of_its_evidence(browse, catalogue) -> None:
    browser = browse(Role.MENTOR)
    hand_in(browser, "first")
    page = browser.get(browser.path("/outcomes")).text
    assert "Outcomes reached: <strong>0 of 1</strong>" in page
    assert "Ask before telling." in page
    assert "Exercise passed: Case first" in page
    hand_in(browser, "second")
    page = browser.get(browser.path("/readiness")).text
    assert "Outcomes reached: <strong>1 of 1</strong>" in page


def test_pages_and_answers_ask_few_statements_however_many_tries_there_are(app, browse) -> None:
    """The first answer of a course makes more rows than later ones: policy, columns, scores."""
    browser = browse(Role.MENTOR)
    for module in ("stages", "roles"):
        page = partial(browser.get, browser.path(f"/modules/{module}"))
        answer = partial(browser.post, browser.path(f"/modules/{module}/exercises/first"))
        forms = [_wrong_answer(page().text, module) for _ in range(6)]
        assert count(app, partial(answer, forms.pop())) <= MOST_FOR_AN_ANSWER
        few = count(app, page)
        assert few <= MOST_FOR_A_PAGE
        handed_in = {count(app, partial(answer, form)) for form in forms}
        assert len(handed_in) == 1
        assert max(handed_in) <= MOST_FOR_AN_ANSWER
        assert count(app, page) == few


def _wrong_answer(page: str, module: str) -> dict[str, str]:
    return hidden(page, f"/modules/{module}/exercises/first") | {"choice": "tell"}
