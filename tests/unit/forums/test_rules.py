"""Who may do what in which forum, as a table; and what happens to what people type."""

from datetime import timedelta

import pytest

from service.forums import rules
from service.forums.rules import PLANS, READERS, Act, Purpose, abilities, may_move
from service.i18n import fold
from service.modules.rules import FORUMS
from service.people.models import STAFF_ROLES, Role
from tests.makers import AT

NOTHING, READS = "", "read"
TALKS = "read start reply"
LEADS = f"{TALKS} moderate"
RUNS = f"{LEADS} configure"
MAY = {
    # mentor, youth worker, mentee, coordinator, administrator
    Purpose.ANNOUNCEMENTS: (READS, READS, READS, RUNS, RUNS),
    Purpose.COMMUNITY: (TALKS, TALKS, NOTHING, RUNS, RUNS),
    Purpose.COORDINATORS: (NOTHING, NOTHING, NOTHING, RUNS, RUNS),
    Purpose.NETWORK: (NOTHING, NOTHING, NOTHING, TALKS, RUNS),
    Purpose.STEERING: (NOTHING, NOTHING, NOTHING, RUNS, RUNS),
    Purpose.SUPERVISION: (TALKS, TALKS, TALKS, RUNS, RUNS),
    Purpose.RELATION: (TALKS, TALKS, TALKS, NOTHING, NOTHING),
}
SEATED = MAY | {
    Purpose.COMMUNITY: (LEADS, LEADS, NOTHING, RUNS, RUNS),
    Purpose.STEERING: (TALKS, TALKS, TALKS, RUNS, RUNS),
}


@pytest.mark.parametrize(("table", "is_seated"), [(MAY, False), (SEATED, True)])
@pytest.mark.parametrize("key", PLANS)
def test_who_may_do_what(key: str, table: dict[Purpose, tuple[str, ...]], is_seated: bool) -> None:
    plan = PLANS[key]
    for role, acts in zip(Role, table[plan.purpose], strict=True):
        assert abilities(plan, role, is_seated=is_seated) == {Act(act) for act in acts.split()}, role


def test_every_forum_can_be_placed_in_a_course() -> None:
    assert set(PLANS) == FORUMS
    assert {key for key in PLANS if rules.is_for_staff(key)} == {"coordinators", "cases", "steering", "network"}


def test_a_thread_never_moves_to_more_readers() -> None:
    moves = {
        (source.key, target.key) for source in PLANS.values() for target in PLANS.values() if may_move(source, target)
    }
    for source, target in moves:
        assert READERS[PLANS[target].purpose] <= READERS[PLANS[source].purpose]
    assert ("announcements", "community") in moves
    assert ("community", "coordinators") in moves
    private = {"supervision", "relation", "steering", "network"}
    assert not {one for move in moves for one in move} & private
    assert not {target for _, target in moves} & {"introductions", "lessons"}


def test_what_has_no_name_is_only_where_many_could_have_written_it() -> None:
    for plan in PLANS.values():
        assert not (plan.takes_unnamed and plan.has_rings)
        assert not (
            plan.takes_private and READERS[plan.purpose] <= set(STAFF_ROLES) and plan.purpose is not Purpose.STEERING
        )


@pytest.mark.parametrize(("minutes", "is_editable"), [(0, True), (29, True), (30, False), (600, False)])
def test_half_an_hour_to_change_a_post(minutes: int, is_editable: bool) -> None:
    assert rules.is_editable(AT, AT + timedelta(minutes=minutes)) is is_editable


@pytest.mark.parametrize(
    ("locked_at", "days", "passed", "is_locked"),
    [(None, None, 999, False), (AT, None, 0, True), (None, 7, 7, False), (None, 7, 8, True), (AT, 7, 0, True)],
)
def test_a_thread_is_locked_by_hand_or_by_silence(locked_at, days, passed: int, is_locked: bool) -> None:
    assert rules.is_locked(locked_at, AT, days, AT + timedelta(days=passed)) is is_locked


def test_answers_of_a_poll_stand_one_to_a_line() -> None:
    assert rules.read_options("- Wait\n\n2. Ask the mentee \nWait\n• Tell\r\n") == ["Wait", "Ask the mentee", "Tell"]


@pytest.mark.parametrize(
    ("text", "language"),
    [("שלום לכולם", "he"), ("Cześć", "pl"), ("Hello", "en"), ("SBI: איך עושים את זה", "he"), ("12 + 7", "en")],
)
def test_the_language_of_a_text_is_guessed_from_its_letters(text: str, language: str) -> None:
    assert rules.language_of(text) == language


def test_a_quotation_has_a_mark_before_each_line() -> None:
    assert rules.quoted("One\n\n> two\n") == "> One\n>\n> > two\n\n"


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ask @Anna Nowak!", {1}),
        ("@anna", {2}),
        ("@ANNA NOWAKOWSKA, see", {3}),
        ("@Łucja and @נועה", {4, 5}),
        ("Anna, mail anna@nowak.example", set()),
        ("@Zoe @", set()),
        ("@Jan", {6, 7}),
    ],
)
def test_people_are_named_after_an_at(text: str, people: set[int]) -> None:
    names = [
        ("Anna Nowak", 1),
        ("Anna", 2),
        ("Anna Nowakowska", 3),
        ("Łucja", 4),
        ("נועה", 5),
        ("Jan", 6),
        ("Jan", 7),
        ("", 8),
    ]
    assert rules.mentioned(fold(text), [(fold(name), number) for name, number in names]) == people


@pytest.mark.parametrize(
    ("typed", "sought"), [("Żółw", "zolw"), ("שָׁלוֹם", "שלום"), ("צה״ל", "צהל"), ("e\u0301te", "été")]
)
def test_an_excerpt_shows_the_word_however_it_was_written(typed: str, sought: str) -> None:
    found = rules.excerpt("word " * 100 + f"{typed} in it " + "more " * 100, fold(sought).split())
    assert typed in found


def test_an_excerpt_shows_the_word_that_was_searched_for() -> None:
    text = "word " * 100 + "Needle in it " + "more " * 100
    found = rules.excerpt(text, ["needle"])
    assert "Needle" in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert rules.excerpt("short", ["nothing"]) == "short"
