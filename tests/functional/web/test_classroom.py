"""A module in class: step by step for whoever leads, without anyone's work; and what the group did counts."""

import re
from datetime import timedelta

import pytest

from service.db import transaction, utc_now
from service.events.models import EventKind
from service.modules.content import Catalogue
from service.people.models import Membership, Role
from tests.features.events.events import make_event


@pytest.fixture
def catalogue(taught: Catalogue) -> Catalogue:
    return taught


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


def test_an_experiential_exercise_is_shown_question_by_question_then_talked_about_then_answered(
    browse, taught: Catalogue
) -> None:
    coordinator, module = browse(Role.COORDINATOR), taught.module("quality")
    address, titles, pages = coordinator.path("/modules/quality/classroom"), [], []
    for step in range(1, 40):
        pages.append(coordinator.get(f"{address}?step={step}").text)
        titles.append(heading(pages[-1]))
        if 'rel="next"' not in pages[-1]:
            break
    words = module.words["en"].exercises["one-standard-tested"]
    begin = titles.index(words.title)
    questions = [words.parts["questions"][key]["text"] for key in ("do", "reflect", "conclude", "apply")]
    assert titles[begin + 1 : begin + 7] == [*questions, "Talk about it", "A worked answer"]
    model = re.sub(r"<[^>]+>", "", words.model_html).split(".")[0]
    shown = [model in re.sub(r"<[^>]+>", "", page) for page in pages]
    assert [number for number, is_shown in enumerate(shown) if is_shown] == [begin + 6]
    assert "which word in your sentence decided" in pages[begin + 5].casefold()
    assert "sheet?empty=1" in pages[begin + 1]
    assert titles[-1] == "The end of the session"


def test_no_step_tells_who_learns_here_or_what_they_did(browse, taught: Catalogue) -> None:
    coordinator = browse(Role.COORDINATOR)
    for step in (1, 3, 99):
        page = coordinator.get(coordinator.path(f"/modules/roles/classroom?step={step}")).text
        assert "Name of" not in page
        assert "Points" not in page
    assert browse(Role.MENTOR).get(coordinator.path("/modules/roles/classroom")).status_code == 403
    assert coordinator.get(coordinator.path("/modules/none/classroom")).status_code == 404


def test_the_end_leads_to_the_attendance_of_the_session_and_the_learner_sees_what_was_done(
    browse, database, members, taught: Catalogue
) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    with transaction(database) as session:
        times = {"starts_at": utc_now() - timedelta(hours=2), "ends_at": utc_now() - timedelta(hours=1)}
        words = {"kind": EventKind.CLASSROOM, "module_keys": ["listening"], "facilitator": "Ada <b>"}
        make_event(session, session.get_one(Membership, members[Role.COORDINATOR].id), **times, **words)
    end = coordinator.get(coordinator.path("/modules/listening/classroom?step=99")).text
    attendance = re.search(r'href="(/course/\w+/events/\w+/attendance)"', end)
    assert attendance
    exercise = taught.module("listening").exercises[0].key
    data = {f"state.{members[Role.MENTOR].public_id}": "present", "seen": "0", "has_work": "yes"}
    assert coordinator.post(attendance[1], {**data, f"work.listening.{exercise}": "yes"}).status_code == 303
    page = mentor.get(mentor.path("/modules/listening")).text
    assert "led by \u2068Ada &lt;b&gt;\u2069" in page
    staff = coordinator.get(coordinator.path(f"/people/{members[Role.MENTOR].public_id}")).text
    assert "Meetings attended" in staff
    assert f"exercises passed: <strong>1 of {len(taught.module('listening').exercises)}" in page.replace(
        "Exercises", "exercises"
    )
