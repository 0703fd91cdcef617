"""A learner's way through the pages: answer, see the mark, become ready; and what goes wrong on the way."""

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.exercises.models import Attempt
from service.people.models import Person, Role
from service.readiness.models import Standing


def _form(browser, page: str, exercise: str) -> dict[str, str]:
    """Return the hidden fields of an exercise's form, as the page gave them."""
    article = re.search(rf'<article class="exercise" id="exercise-{exercise}".*?</article>', page, re.DOTALL)
    assert article
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', article[0]))


def _answer(browser, exercise: str, choice: str | None):
    page = browser.get(browser.path("/modules/roles")).text
    data = _form(browser, page, exercise) | ({"choice": choice} if choice else {})
    return browser.post(browser.path(f"/modules/roles/exercises/{exercise}"), data)


def _attempts(database: sessionmaker[Session]) -> int:
    with database() as session:
        return session.scalars(select(func.count()).select_from(Attempt)).one()


def test_wrong_then_right_then_ready(browse, database) -> None:
    browser = browse(Role.MENTEE)
    answer = _answer(browser, "first", "tell")
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Why tell." in page
    assert "Not passed yet" in page
    for exercise in ("first", "second"):
        page = browser.get(_answer(browser, exercise, "ask").location).text
    assert "All exercises of this module are passed" in page
    answer = browser.post(browser.path("/commitments/confidentiality"), {"decision": "give", "version": "1"})
    assert "You are ready." in browser.get(answer.location).text
    with database() as session:
        assert session.scalars(select(Standing.ready_since)).one() is not None


def test_the_same_form_sent_twice_is_one_attempt(browse, database) -> None:
    browser = browse(Role.MENTEE)
    data = _form(browser, browser.get(browser.path("/modules/roles")).text, "first") | {"choice": "ask"}
    for _ in range(2):
        assert browser.post(browser.path("/modules/roles/exercises/first"), data).status_code == 303
    assert _attempts(database) == 1


@pytest.mark.parametrize("choice", [None, "", "shout", "<script>alert(1)</script>", "x" * 5000])
def test_an_answer_that_is_none_comes_back_with_a_remark_and_leaves_nothing(browse, database, choice) -> None:
    browser = browse(Role.MENTEE)
    answer = _answer(browser, "first", choice)
    assert answer.status_code == 422
    assert "Not sent" in answer.text
    assert "<script>alert" not in answer.text
    assert _attempts(database) == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/modules/nothing/exercises/first", 404),
        ("/modules/roles/exercises/nothing", 404),
        ("/modules/roles/exercises/../first", 404),
    ],
)
def test_an_exercise_that_is_not_there(browse, database, path: str, status: int) -> None:
    browser = browse(Role.MENTEE)
    data = _form(browser, browser.get(browser.path("/modules/roles")).text, "first") | {"choice": "ask"}
    assert browser.post(browser.path(path), data).status_code == status
    assert _attempts(database) == 0


def test_a_form_without_its_hidden_fields_is_refused(browse, database) -> None:
    browser = browse(Role.MENTEE)
    assert browser.post(browser.path("/modules/roles/exercises/first"), {"choice": "ask"}).status_code == 422
    assert _attempts(database) == 0


def test_a_page_made_for_someone_else_does_not_answer_for_me(browse, database) -> None:
    mentor, mentee = browse(Role.MENTOR), browse(Role.MENTEE)
    data = _form(mentor, mentor.get(mentor.path("/modules/roles")).text, "first") | {"choice": "ask"}
    assert mentee.post(mentee.path("/modules/roles/exercises/first"), data).status_code == 409
    assert _attempts(database) == 0


def test_an_answer_of_two_megabytes_is_refused(browse, database) -> None:
    browser = browse(Role.MENTEE)
    data = _form(browser, browser.get(browser.path("/modules/roles")).text, "first") | {"choice": "x" * 2_000_000}
    assert browser.post(browser.path("/modules/roles/exercises/first"), data).status_code == 413
    assert _attempts(database) == 0


def test_the_language_is_kept_with_the_person_and_the_place(browse, database) -> None:
    browser = browse(Role.MENTEE)
    place = browser.path("/modules/roles")
    answer = browser.post("/language", {"language": "he", "next": place})
    assert (answer.status_code, answer.location) == (303, place)
    assert '<html lang="he" dir="rtl">' in browser.get(place).text
    with database() as session:
        chosen = session.scalars(select(Person.chosen_language).where(Person.subject == "mentee-1")).one()
    assert chosen == "he"


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_language_switch_leads_nowhere_else(browse, place: str) -> None:
    assert browse(Role.MENTEE).post("/language", {"language": "pl", "next": place}).location == "/"


def test_a_language_that_we_do_not_have_is_refused(browse) -> None:
    assert browse(Role.MENTEE).post("/language", {"language": "xx", "next": "/"}).status_code == 422


def test_a_new_window_is_signed_in_by_the_pass_of_the_page_and_by_nothing_else(browse) -> None:
    browser, window = browse(Role.MENTEE), browse()
    place = browser.path("/readiness")
    found = re.search(r'name="pass" value="([^"]+)"', browser.get(place).text)
    assert found
    assert window.get(place).status_code == 401
    assert window.post("/window", {"pass": found[1] + "x", "next": place}).status_code == 401
    assert window.post("/window", {"next": place}).status_code == 401
    assert window.post("/window", {"pass": found[1], "next": place}).location == place
    assert window.get(place).status_code == 200


def test_a_commitment_is_given_only_in_the_version_that_was_shown(browse) -> None:
    browser = browse(Role.MENTEE)
    path = browser.path("/commitments/confidentiality")
    assert browser.post(path, {"decision": "give", "version": "7"}).status_code == 409
    assert browser.post(path, {"decision": "give", "version": "one"}).status_code == 422
    assert browser.post(path, {"decision": "perhaps", "version": "1"}).status_code == 422
    assert browser.get(browser.path("/commitments/loyalty")).status_code == 404


def test_without_a_course_the_front_page_says_how_one_gets_in(browse) -> None:
    assert "Open MentorReady from your course" in browse().get("/").text
