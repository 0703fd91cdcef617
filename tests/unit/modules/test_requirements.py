"""Rules of completion and outcomes as authors write them: what is read, and what is told of what cannot be."""

from pathlib import Path
from typing import Any

import pytest

from service.events.models import EventKind
from service.forums.rules import PLANS, Purpose, is_open_to
from service.modules.loader import check, load_catalogue
from service.modules.requirements import (
    DISCUSSION_FORUMS,
    DISCUSSION_ROLES,
    EVENT_KINDS,
    Group,
    Kind,
    Requirement,
)
from service.people.models import LEARNING_ROLES
from tests.small_content import SmallContent

FAULTS: list[tuple[Any, str]] = [
    ({"any": []}, "`complete > any` must be a list with at least one entry: an empty one can never be met."),
    ({"all": "passed"}, "`complete > all` must be a list with at least one entry"),
    ({"passed": "who-led"}, "`complete > passed` names `who-led`, which is no exercise"),
    ({"passed": []}, "`complete > passed` must be a name, or a list with at least one."),
    ({"read": ["first", "third"]}, "`complete > read` names `third`, which is no section of this module."),
    ({"reviewed": "who-leads"}, "`complete > reviewed` names `who-leads`, which nobody reviews"),
    ({"at_least": 3, "of": [{"read": "all"}, {"posted": 1}]}, "`complete` asks for 3 of 2, which nobody can meet."),
    ({"at_least": 0, "of": [{"read": "all"}]}, "`complete > at_least` must be a whole number from 1 to 100."),
    ({"at_least": 1}, "`complete > at_least` is not known here"),
    ({"posted": "often"}, "`complete > posted` must be a whole number from 1 to 20."),
    ({"attended": "party"}, "`complete > attended` names `party`: it must be `module` or one of opening, mid_meeting"),
    ({"attended": ["module", "opening"]}, "`complete > attended` names `module` beside a kind of event"),
    ({"minutes": 20}, "`complete > minutes` is not known here: it must be one of `all`, `any`, `passed`"),
    ({"completed": "roles"}, "`complete > completed` is not known here"),
    ({"read": "all", "posted": 1}, "`complete` must have one name of"),
    ([{"read": "all"}], "`complete` must have one name of"),
    ({"any": [{"read": "all"}, {"any": [{"passed": "x"}]}]}, "`complete > any > 2 > any > 1 > passed` names `x`"),
]
OUTCOME = {"key": "tells-roles", "evidence": {"passed": "roles/who-leads"}, "words": {"en": "Tells.", "he": "Tells."}}
OUTCOME_FAULTS: list[tuple[Any, str]] = [
    ({"evidence": None}, "`outcomes > tells-roles > evidence` is missing: say what shows it."),
    ({"evidence": {"any": []}}, "`outcomes > tells-roles > evidence > any` must be a list with at least one entry"),
    ({"evidence": {"passed": "who-leads"}}, "names `who-leads`, which is no exercise of this course."),
    ({"evidence": {"completed": ["roles", "rolls"]}}, "names `rolls`, which is no module of this course."),
    ({"words": {"en": "Tells."}}, "`outcomes > tells-roles > words > he` is missing."),
    ({"words": {"en": "T", "he": "T", "pl": "T"}}, "`outcomes > tells-roles > words > pl` is not a language"),
    ({"minutes": 3}, "`outcomes > tells-roles > minutes` is not known here."),
]


@pytest.fixture
def content(tmp_path: Path) -> SmallContent:
    return SmallContent(tmp_path / "content")


def told(content: SmallContent) -> list[str]:
    return [str(fault) for fault in check(content.write())]


def test_a_rule_is_read_with_everything_nested_in_it(content: SmallContent) -> None:
    content.module["complete"] = {
        "all": [
            {"read": "all"},
            {"passed": "all"},
            {"any": [{"posted": 2}, {"attended": "module"}, {"attended": "training_day"}]},
            {"at_least": 1, "of": [{"passed": ["who-leads", "stages"]}, {"read": "second"}]},
        ]
    }
    module = load_catalogue(content.write()).module("roles")
    assert module.completion_rule == Group(
        4,
        (
            Requirement(Kind.READ, "roles", ("first", "second")),
            Requirement(Kind.PASSED, "roles", ("who-leads", "whose-duty", "stages")),
            Group(
                1,
                (
                    Requirement(Kind.POSTED, "roles", count=2),
                    Requirement(Kind.ATTENDED, "roles"),
                    Requirement(Kind.ATTENDED, "roles", ("training_day",)),
                ),
            ),
            Group(
                1,
                (
                    Requirement(Kind.PASSED, "roles", ("who-leads", "stages")),
                    Requirement(Kind.READ, "roles", ("second",)),
                ),
            ),
        ),
    )
    assert module.as_data()["complete"]["least"] == 4


def test_a_rule_makes_another_version_and_its_absence_none(content: SmallContent) -> None:
    plain = load_catalogue(content.write()).module("roles")
    assert "complete" not in plain.as_data()
    content.module["complete"] = {"read": "all"}
    assert load_catalogue(content.write()).module("roles").digest != plain.digest


@pytest.mark.parametrize(("rule", "sentence"), FAULTS, ids=[sentence for _, sentence in FAULTS])
def test_a_rule_that_cannot_be_met_is_told_where_it_stands(content: SmallContent, rule: Any, sentence: str) -> None:
    content.module["complete"] = rule
    [fault] = told(content)
    assert fault.startswith("module-i/roles/module.yaml:")
    assert sentence in fault


def test_an_outcome_is_read_with_what_shows_it(content: SmallContent) -> None:
    course = content.files["module-i/course.yaml"]
    evidence = {"any": [{"passed": ["roles/who-leads", "roles/stages"]}, {"completed": "roles"}]}
    course["outcomes"] = [OUTCOME | {"evidence": evidence, "rows": ["S4-16"]}]
    [outcome] = load_catalogue(content.write()).course("module-i").outcomes
    assert (outcome.key, outcome.rows, outcome.words["en"]) == ("tells-roles", ("S4-16",), "Tells.")
    passed = (Requirement(Kind.PASSED, "roles", ("who-leads",)), Requirement(Kind.PASSED, "roles", ("stages",)))
    assert outcome.evidence == Group(1, (Group(2, passed), Requirement(Kind.COMPLETED, "roles")))


@pytest.mark.parametrize(("change", "sentence"), OUTCOME_FAULTS, ids=[sentence for _, sentence in OUTCOME_FAULTS])
def test_an_outcome_that_nothing_shows_is_told_where_it_stands(
    content: SmallContent, change: dict[str, Any], sentence: str
) -> None:
    outcome = {name: value for name, value in (OUTCOME | change).items() if value is not None}
    content.files["module-i/course.yaml"]["outcomes"] = [outcome]
    [fault] = told(content)
    assert fault.startswith("module-i/course.yaml:")
    assert sentence in fault


def test_the_kinds_of_event_are_those_of_the_room_of_events() -> None:
    assert tuple(kind.value for kind in EventKind) == EVENT_KINDS


def test_the_forums_of_discussions_are_those_that_learners_share() -> None:
    shared = [plan for plan in PLANS.values() if plan.purpose is Purpose.COMMUNITY]
    assert tuple(plan.key for plan in shared) == DISCUSSION_FORUMS
    assert {role for role in LEARNING_ROLES if is_open_to("community", role)} == set(DISCUSSION_ROLES)


def test_a_discussion_asks_for_posts_and_answers_in_one_forum(content: SmallContent) -> None:
    content.module["required_for"] = ["mentor"]
    for counts, kinds in (({"posts": 1, "answers": 2}, 2), ({"answers": 2}, 1)):
        content.module["complete"] = {"discussed": {"forum": "lessons", **counts}}
        rule = load_catalogue(content.write()).module("roles").completion_rule
        answered = Requirement(Kind.ANSWERED, "roles", ("lessons",), 2)
        talked = Requirement(Kind.TALKED, "roles", ("lessons",), 1)
        assert rule == (Group(2, (talked, answered)) if kinds == 2 else answered)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("lessons", "must have `forum`"),
        ({"forum": "lessons"}, "must have `forum`, and `posts` or `answers`"),
        ({"forum": "lessons", "posts": 1, "rating": 5}, "must have `forum`"),
        ({"forum": "steering", "posts": 1}, "must be one of community"),
        ({"forum": "lessons", "answers": 0}, "must be a whole number from 1 to 20"),
    ],
)
def test_a_discussion_that_cannot_be_held_is_told(content: SmallContent, asked: Any, sentence: str) -> None:
    content.module["required_for"] = ["mentor"]
    content.module["complete"] = {"discussed": asked}
    [fault] = told(content)
    assert fault.startswith("module-i/roles/module.yaml:")
    assert sentence in fault


def test_nobody_is_asked_to_write_where_they_do_not_read(content: SmallContent) -> None:
    content.module["required_for"] = ["mentor", "mentee"]
    content.module["complete"] = {"any": [{"discussed": {"forum": "lessons", "posts": 1}}, {"passed": "all"}]}
    [fault] = told(content)
    assert "only mentor and youth_worker can take part in" in fault


def test_two_outcomes_do_not_share_a_key(content: SmallContent) -> None:
    content.files["module-i/course.yaml"]["outcomes"] = [OUTCOME, OUTCOME]
    assert told(content) == ["module-i/course.yaml:11: `outcomes` holds `tells-roles` more than once."]
