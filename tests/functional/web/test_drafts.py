"""Drafts over HTTP: whose they are, what the form shows, and what is refused."""

import re

import pytest
from sqlalchemy import func, select

from service.exercises.models import Draft
from service.people.models import Role

MODULE = "/modules/roles"
EXERCISE = f"{MODULE}/exercises/first"


def open_form(browser, query: str = "") -> dict[str, str]:
    """Return the hidden fields of the exercise's form, and what is chosen in it."""
    page = browser.get(browser.path(f"{MODULE}{query}")).text
    article = re.search(r'<article class="exercise" id="exercise-first".*?</article>', page, re.DOTALL)
    assert article
    form = article[0].split("data-draft", 1)[1]
    chosen = re.search(r'name="choice" value="(\w+)"[^>]* checked', form)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)) | (
        {"choice": chosen[1]} if chosen else {}
    )


def save(browser, form: dict[str, str], choice: str, number: int = 1, **headers: str):
    data = form | {"choice": choice, "draft_number": str(number)}
    return browser.post(browser.path(f"{EXERCISE}/draft"), data, **headers)


def count(database) -> int:
    with database() as session:
        return session.scalars(select(func.count()).select_from(Draft)).one()


def test_a_saved_form_says_when_and_is_shown_to_its_writer_alone(browse) -> None:
    mentor, mentee = browse(Role.MENTOR), browse(Role.MENTEE)
    answer = save(mentor, open_form(mentor), "tell")
    assert re.fullmatch(r"Saved \d\d:\d\d UTC", answer.json["words"])
    assert open_form(mentor)["choice"] == "tell"
    assert "choice" not in open_form(mentee)
    assert "Not sent yet" not in mentee.get(mentee.path(MODULE)).text


def test_a_draft_goes_with_the_answer_and_what_was_begun_before_it_waits_below(browse, database) -> None:
    browser = browse(Role.MENTEE)
    first, second = open_form(browser), open_form(browser)
    save(browser, first, "tell")
    save(browser, second, "ask")
    browser.post(browser.path(EXERCISE), second | {"choice": "ask"})
    assert count(database) == 1
    page = browser.get(browser.path(MODULE)).text
    assert "One more version was begun and not sent." in page
    assert open_form(browser)["choice"] == "ask"
    assert open_form(browser, f"?draft={first['submission_key']}")["choice"] == "tell"


def test_an_answer_that_was_refused_comes_back_and_takes_its_draft_along(browse, database) -> None:
    browser = browse(Role.MENTEE)
    form = open_form(browser)
    save(browser, form, "tell")
    page = browser.post(browser.path(EXERCISE), form | {"choice": "shout"})
    assert page.status_code == 422
    again = re.search(r'name="submission_key" value="([^"]+)"', page.text)
    assert again
    assert f'name="draft" value="{form["submission_key"]}.1"' in page.text
    browser.post(
        browser.path(EXERCISE),
        form | {"submission_key": again[1], "draft": f"{form['submission_key']}.1", "choice": "ask"},
    )
    assert count(database) == 0


def test_a_version_that_is_given_up_is_gone(browse, database) -> None:
    browser = browse(Role.MENTEE)
    form = open_form(browser)
    save(browser, form, "tell")
    answer = browser.post(browser.path(f"{EXERCISE}/draft/discard"), form)
    assert answer.location.endswith(f"{MODULE}#exercise-first")
    assert count(database) == 0


def test_who_is_not_the_writer_saves_and_discards_nothing(browse, database) -> None:
    mentor, mentee, stranger = browse(Role.MENTOR), browse(Role.MENTEE), browse()
    form = open_form(mentor)
    stranger.member = mentor.member
    assert save(stranger, form, "tell").status_code == 401
    assert save(mentee, form, "tell").status_code == 409
    assert (
        save(mentor, form, "tell", Origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert count(database) == 0
    save(mentor, form, "tell")
    own = open_form(mentee)
    mentee.post(mentee.path(f"{EXERCISE}/draft/discard"), own | {"submission_key": form["submission_key"]})
    assert count(database) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"draft_number": "0"}, 422),
        ({"draft_number": "many"}, 422),
        ({"submission_key": "a key with spaces"}, 422),
        ({"choice": "x" * 70_000}, 422),
        ({"choice": "x" * 2_000_000}, 413),
    ],
)
def test_what_no_form_of_ours_sends_is_refused(browse, database, change: dict[str, str], status: int) -> None:
    browser = browse(Role.MENTEE)
    data = open_form(browser) | {"choice": "ask", "draft_number": "1"} | change
    assert browser.post(browser.path(f"{EXERCISE}/draft"), data).status_code == status
    assert browser.post(browser.path(f"{MODULE}/exercises/nothing/draft"), data).status_code in {404, status}
    assert count(database) == 0


def test_markup_in_a_draft_is_words(browse) -> None:
    browser = browse(Role.MENTEE)
    save(browser, open_form(browser), "<script>alert(1)</script>")
    assert "<script>alert" not in browser.get(browser.path(MODULE)).text
