"""Exercises whose tries end: what the page says before and after, what is refused, and what is never lost."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from service import standing
from service.db import transaction, utc_now
from service.exercises.models import Attempt
from service.modules.content import Catalogue
from service.modules.tries import Counts, FeedbackWhen, Redo, TryRule
from service.people.models import Role
from tests.functional.web.conftest import Browser
from tests.makers import make_catalogue, make_member, make_module

MODULE = "/modules/roles"
LIMITED, HELD, FREE = "limited", "held", "free"


@pytest.fixture
def catalogue() -> Catalogue:
    """One exercise with two tries of which the last counts, one whose marks come at the end, one as always."""
    module = make_module("roles", ("mentor", "mentee"), (LIMITED, HELD, FREE))
    rules = [TryRule(2, Counts.LAST), TryRule(3, feedback_when=FeedbackWhen.AT_END), TryRule()]
    exercises = zip(module.exercises, rules, strict=True)
    return make_catalogue(replace(module, exercises=tuple(replace(one, rule=rule) for one, rule in exercises)))


def article(browser: Browser, exercise: str, page: str = "") -> str:
    found = re.search(
        rf'<article class="exercise" id="exercise-{exercise}".*?</article>',
        page or browser.get(browser.path(MODULE)).text,
        re.DOTALL,
    )
    assert found
    return found[0]


def form(browser: Browser, exercise: str) -> dict[str, str]:
    own = article(browser, exercise).split("data-draft", 1)[1]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', own))


def answer(browser: Browser, exercise: str, choice: str, data: dict[str, str] | None = None):
    path = browser.path(f"{MODULE}/exercises/{exercise}")
    return browser.post(path, (data or form(browser, exercise)) | {"choice": choice})


def count(database) -> int:
    with database() as session:
        return session.scalars(select(func.count()).select_from(Attempt)).one()


def test_before_answering_the_page_says_what_will_happen(browse) -> None:
    browser = browse(Role.MENTEE)
    limited, held, free = (article(browser, key) for key in (LIMITED, HELD, FREE))
    assert "Tries left: 2 of 2. The last try gives the points; what is passed stays passed." in limited
    assert "Points and remarks come after each try. There is no time limit." in limited
    assert "come after the last try, or earlier if you say “I am done”" in held
    assert "Any number of tries; the best one counts. Points and remarks come at once." in free
    assert "I am done: show" not in limited + held + free


def test_a_closed_exercise_refuses_with_what_to_do_and_keeps_what_was_typed(browse, database) -> None:
    browser = browse(Role.MENTEE)
    late = form(browser, LIMITED)
    for _ in range(2):
        assert answer(browser, LIMITED, "tell").status_code == 303
    closed = article(browser, LIMITED)
    assert "This exercise is closed: no try is left." in closed
    assert "coordinator of the course can give another try" in closed
    assert "<button" not in closed.split("data-draft", 1)[1].split("</form>")[0]
    refused = answer(browser, LIMITED, "ask", late)
    assert refused.status_code == 409
    for page in (refused.text, browser.get(browser.path(MODULE)).text):
        own = article(browser, LIMITED, page)
        assert re.search(r'value="ask"[^>]* checked', own)
        assert "What was typed and not sent is kept" in own
    assert "Not sent: no try is left" in article(browser, LIMITED, refused.text)
    assert count(database) == 2


def test_two_tabs_at_the_same_instant_get_no_try_more(app, members, database) -> None:
    tabs = [Browser(app, members[Role.MENTEE]) for _ in range(4)]
    forms = [form(tab, LIMITED) for tab in tabs]

    def send(number: int) -> int:
        return answer(tabs[number], LIMITED, "tell", forms[number]).status_code

    with ThreadPoolExecutor(len(tabs)) as at_once:
        assert sorted(at_once.map(send, range(len(tabs)))) == [303, 303, 409, 409]
    assert count(database) == 2


def test_a_mark_that_is_held_back_is_nowhere_until_one_is_done(browse) -> None:
    browser = browse(Role.MENTEE)
    page = browser.get(answer(browser, HELD, "ask").location).text
    own = article(browser, HELD, page)
    assert "The answer is in. 2 tries are left." in own
    assert re.search(r'value="ask"[^>]* checked', own), "it can be changed"
    for mark in ("Points:", "Why ask.", "Passed", "worked answer</summary>", 'class="model"'):
        assert mark not in own
    assert "Exercises passed: <strong>0 of 3" in page
    done = browser.post(browser.path(f"{MODULE}/exercises/{HELD}/done"), {})
    page = browser.get(done.location).text
    own = article(browser, HELD, page)
    assert "Points: 1 of 1" in own
    assert "Why ask." in own
    assert 'class="model"' in own
    assert "no try is left" in own
    assert "Exercises passed: <strong>1 of 3" in page
    assert answer(browser, HELD, "tell").status_code == 409


def test_done_before_anything_was_sent_changes_nothing(browse) -> None:
    browser = browse(Role.MENTEE)
    for exercise in (HELD, FREE):
        assert browser.post(browser.path(f"{MODULE}/exercises/{exercise}/done"), {}).status_code == 303
    assert "Tries left: 3 of 3" in article(browser, HELD)
    assert browser.post(browser.path(f"{MODULE}/exercises/nothing/done"), {}).status_code == 404


def test_a_learner_reads_what_is_needed_what_counts_and_what_is_left(browse, app) -> None:
    module = make_module("roles", ("mentee",), (LIMITED,))
    exercise = replace(module.exercises[0], rule=TryRule(3), points=100, pass_points=70)
    structure = {"points": 100, "options": ["ask", "tell"], "answer": "ask"}
    changed = replace(module, exercises=(replace(exercise, structure=structure),))
    app.extensions["catalogue"] = make_catalogue(changed)
    browser = browse(Role.MENTEE)
    answer(browser, LIMITED, "tell")
    assert "Needed to pass: 70. Counted now: 0. 2 tries are left." in article(browser, LIMITED)
    answer(browser, LIMITED, "tell")
    assert "Needed to pass: 70. Counted now: 0. One try is left." in article(browser, LIMITED)


@pytest.mark.parametrize("choice", ["x" * 1_000_000, "<script>alert(1)</script>", "tell\0"])
def test_what_is_no_answer_uses_up_no_try(browse, database, choice: str) -> None:
    browser = browse(Role.MENTEE)
    refused = answer(browser, LIMITED, choice)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
    assert len(refused.text) < 200_000
    assert count(database) == 0
    assert "Tries left: 2 of 2" in article(browser, LIMITED)


def give(browser: Browser, member_id: str, **changes: str):
    path = browser.path(f"/people/{member_id}/tries")
    key = re.search(r'name="submission_key" value="([^"]+)"', browser.get(path).text)
    assert key
    form = {"exercise": f"roles/{LIMITED}", "tries": "1", "reason": "The page <b>froze</b>.", "submission_key": key[1]}
    return browser.post(path, form | changes)


def test_staff_give_more_tries_with_a_reason_that_the_learner_reads(browse, members) -> None:
    learner, staff = browse(Role.MENTEE), browse(Role.COORDINATOR)
    member_id = members[Role.MENTEE].public_id
    for _ in range(2):
        answer(learner, LIMITED, "tell")
    assert f"/people/{member_id}/tries" in staff.get(staff.path(f"/people/{member_id}")).text
    given = give(staff, member_id)
    page = staff.get(given.location).text
    assert "The tries are given." in page
    assert "The page &lt;b&gt;froze&lt;/b&gt;." in page
    assert "Name of coordinator-1" in page
    own = article(learner, LIMITED)
    assert "Tries left: 1 of 3." in own
    assert "<bdi>Name of coordinator-1</bdi> gave you one more try on" in own
    assert "The page &lt;b&gt;froze&lt;/b&gt;." in own
    back = re.search(r'action="([^"]+/back)"', page)
    assert back
    page = staff.get(staff.post(back[1], {}).location).text
    assert "Taken back on" in page
    assert "The page &lt;b&gt;froze&lt;/b&gt;." in page, "the history stays"
    assert "This exercise is closed" in article(learner, LIMITED)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "Say why; the learner reads it."),
        ({"reason": "x" * 501}, "Shorten the reason to 500 characters."),
        ({"tries": "many"}, "Choose a number from 1 to 10."),
        ({"tries": "11"}, "Choose a number from 1 to 10."),
        ({"exercise": ""}, "Choose the exercise."),
        ({"exercise": f"roles/{FREE}"}, "can be tried as often as needed"),
    ],
)
def test_what_cannot_be_given_comes_back_with_what_to_do(browse, members, changes: dict[str, str], sentence) -> None:
    staff = browse(Role.COORDINATOR)
    answered = give(staff, members[Role.MENTEE].public_id, **{"tries": "2"} | changes)
    assert answered.status_code == 422
    assert sentence in answered.text
    kept = {"tries": "2", "reason": "The page <b>froze</b>."} | changes
    assert f'value="{kept["tries"]}"' in answered.text
    assert kept["reason"].strip().replace("<b>", "&lt;b&gt;").replace("</b>", "&lt;/b&gt;") in answered.text


def test_the_same_form_gives_once_and_nobody_gives_to_themselves_or_elsewhere(browse, members, database) -> None:
    staff, learner = browse(Role.COORDINATOR), browse(Role.MENTEE)
    member_id = members[Role.MENTEE].public_id
    for _ in range(2):
        assert give(staff, member_id, submission_key="one-form-only").status_code == 303
    assert "Tries left: 3 of 3." in article(learner, LIMITED)
    path = learner.path(f"/people/{member_id}/tries")
    assert (learner.get(path).status_code, learner.post(path, {}).status_code) == (403, 403)
    with transaction(database) as session:
        elsewhere = make_member(session, "mentee-9", Role.MENTEE, context_id="course-9")
    path = staff.path(f"/people/{elsewhere.public_id}/tries")
    assert (staff.get(path).status_code, staff.post(path, {}).status_code) == (404, 404)


def test_a_new_version_says_at_home_and_on_its_page_what_is_asked_again_and_why(browse, app, members) -> None:
    browser, staff = browse(Role.MENTEE), browse(Role.COORDINATOR)
    for exercise in (LIMITED, HELD, FREE):
        answer(browser, exercise, "ask")
    browser.post(browser.path(f"{MODULE}/exercises/{HELD}/done"), {})
    assert "To be done again" not in browser.get(browser.path("/")).text
    module = app.extensions["catalogue"].module("roles")
    why = {language: replace(words, redo={2: "The law has changed."}) for language, words in module.words.items()}
    new = replace(module, version=2, digest="2" * 64, redos=(Redo(2, (LIMITED,)),), words=why)
    app.extensions["catalogue"] = make_catalogue(new)
    told = "To be done again: Case limited. The law has changed."
    for path in ("/", "/readiness"):
        page = browser.get(browser.path(path)).text
        assert told in page
        assert f"#exercise-{LIMITED}" in page
    page = browser.get(browser.path(MODULE)).text
    assert 'The law has changed. To be done again: <a href="#exercise-limited">Case limited</a>.' in page
    assert "Tries left: 2 of 2." in article(browser, LIMITED, page)
    content = app.extensions["catalogue"]
    assert standing.refresh_due_standings(app.extensions["sessions"], lambda: content, clock=utc_now)
    for path in ("/", "/people/"):
        page = staff.get(staff.path(path)).text
        assert told in page
        assert "Name of mentee-1" in page
    answer(browser, LIMITED, "ask")
    assert "To be done again" not in browser.get(browser.path("/")).text
    assert "To be done again" not in browser.get(browser.path(MODULE)).text
