"""Whom a board shows, in which order, who is reminded, and what would free most pairs."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from service.board.kinds import ABOVE_DIGITS, DIGITS, Kind, Presence, read_kinds
from service.board.listing import Listing, Orders, Reader, find_words
from service.board.naming import BETWEEN, ID_LENGTH, Names, read_names
from service.board.radar import scan
from service.board.reminding import Skip, select_people
from service.board.rules import Board, Wish, look, passing
from service.people.models import Role
from service.readiness.conditions import COMMITMENT_GIVEN, DECIDED, MODULE_COMPLETE, Condition

POLICY = (Condition(MODULE_COMPLETE, "a"), Condition(COMMITMENT_GIVEN, "c"), Condition(DECIDED, "d"))
A, C, D = (condition.name for condition in POLICY)


class Someone(NamedTuple):
    """A person on a board."""

    id: int
    name: str
    kind: Kind

    def but(self, **values: object) -> "Someone":
        return self._replace(kind=self.kind._replace(**values))


def row(id_: int, states: str, name: str = "", **values: object) -> Someone:
    presence = Presence.READY if set(states) <= {"m", "v"} else Presence.NOT_READY
    usual = Kind("mentor", presence, "pl", False, False, 0, False, 1, states)
    return Someone(id_, name or f"Name {id_}", usual._replace(**values))


def key_of(kind: Kind) -> str:
    number = (kind.policy or 0) * ABOVE_DIGITS
    for power, (name, values) in enumerate(reversed(DIGITS.items())):
        number += values.index(getattr(kind, name)) * 10**power
    return f"{number}{kind.states}"


def board(*people: Someone) -> Board:
    texts = [f"c{one.id}".ljust(ID_LENGTH, "x") + one.name for one in people]
    return Board([one.id for one in people], [key_of(one.kind) for one in people], Names(texts), {1: POLICY})


PEOPLE = board(
    row(1, "mmm", "Zofia"),
    row(2, "nmm", "Łucja", language="he", still_days=14),
    row(3, "nnw", "דָּוִד", role="mentee", presence=Presence.NOT_COME, still_days=30),
    row(4, "pmv", "Lena"),
    row(5, "mmw", "Test", is_test_user=True),
)


def test_a_kind_is_read_from_its_key() -> None:
    kinds = [
        Kind("mentee", "not_come", "he", True, True, 30, True, 12, "mnpwvxa"),
        Kind("mentor", "ready", "", False, False, 0, False, None, ""),
    ]
    assert list(read_kinds(map(key_of, kinds)).values()) == kinds
    # A standing from before letters were kept tells nothing but its policy, which says nothing without them.
    assert read_kinds(["120000000"])["120000000"].policy is None


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), [4, 2, 5, 1, 3]),
        (Wish(sort="-name"), [3, 1, 5, 2, 4]),
        (Wish(sort="missing"), [1, 4, 2, 5, 3]),
        (Wish(sort="still"), [3, 2, 1, 4, 5]),
        (Wish(role="mentee"), [3]),
        (Wish(state="ready"), [1]),
        (Wish(missing=(A,)), [4, 2]),
        (Wish(missing=(D, C, A)), [3]),
        (Wish(missing=(C,)), []),
        (Wish(lacks=A, sort="missing"), [4, 2, 3]),
        (Wish(still="14"), [2, 3]),
        (Wish(still="x"), [4, 2, 5, 1, 3]),
        (Wish(language="he"), [2]),
        (Wish(q="lucja"), [2]),
        (Wish(q="דוד"), [3]),
        (Wish(q="c4"), [4]),
        (Wish(lacks="nothing", role="nobody"), []),
    ],
    ids=str,
)
def test_a_wish_shows_just_those_who_fit(wish: Wish, expected: Sequence[int]) -> None:
    among = find_words(PEOPLE, wish.words, "%(code)s")
    shown = look(PEOPLE, wish, among)
    assert list(shown.places) == list(passing(PEOPLE, wish, among))
    people = Listing(shown.places, wish.sort, Orders(PEOPLE, Reader("pl", "%(code)s"), lambda: [3, 2, 1]))
    assert [PEOPLE.ids[place] for place in people] == expected


def test_the_first_page_is_that_of_the_whole_list() -> None:
    people = board(*(row(number, "nm" if number % 3 else "mn", f"N {number * 7 % 50}") for number in range(100)))
    for sort in ("name", "-name", "missing", "-missing", "still", "-still"):
        listing = Listing(range(100), sort, Orders(people, Reader("en", "%(code)s"), lambda: range(99, 4, -1)))
        assert listing[:7] == list(listing)[:7]
        assert listing[5:9] == list(listing)[5:9]
        assert sorted(listing) == list(range(100))


def test_each_filter_is_counted_beside_the_others_and_test_users_are_not() -> None:
    shown = look(PEOPLE, Wish(role="mentor", missing=(A,)), range(5))
    assert shown.count == 2
    assert shown.counts["role"] == {"mentor": 2}
    assert shown.counts["state"] == {"not_ready": 2}
    assert shown.sets == {(A,): 2}
    everyone = look(PEOPLE, Wish(), range(5))
    assert (everyone.sets, everyone.lacking) == ({(A,): 2, (A, C, D): 1}, {A: 3, C: 1, D: 1})
    assert everyone.counts["still"] == {"7": 2, "14": 2, "30": 1}


def test_a_reminder_says_who_is_left_out_and_why() -> None:
    rows = [
        row(1, "mmm"),
        row(2, "nmm"),
        row(3, "nmw"),
        row(4, "mmw"),
        row(5, "nmm", has_left=True),
        row(6, "nmm", is_test_user=True),
        row(7, "xmm"),
    ]
    chosen = select_people(board(*rows), range(7), {3})
    assert [rows[place].id for place in chosen.recipients] == [2, 7]
    assert {reason: [rows[place].id for place in left] for reason, left in chosen.skipped.items()} == {
        Skip.READY: [1],
        Skip.LATELY: [3],
        Skip.STAFF: [4],
        Skip.LEFT: [5],
        Skip.TEST_USER: [6],
    }


def test_the_radar_finds_what_frees_most_pairs_and_removing_the_gate_gives_just_that() -> None:
    mentees = [row(100 + n, "mmm", role=Role.MENTEE) for n in range(5)]
    mentors = [row(1, "mmm"), *(row(10 + n, "nmm") for n in range(3)), *(row(20 + n, "mmw") for n in range(7))]
    others = [row(30, "nmm"), row(31, "nmm", is_test_user=True), row(40, "mnm", role=Role.MENTEE)]
    all_ = [*mentees, *mentors, *others]
    radar = scan(board(*all_), paired={30, 100})
    assert (radar.now.mentors, radar.now.mentees, radar.now.pairs) == (1, 4, 1)
    assert [(one.condition, one.mentors, one.mentees, one.gain) for one in radar.levers] == [
        (D, 7, 0, 3),
        (A, 3, 0, 3),
        (C, 0, 1, 0),
    ]
    for place, lever in ((2, radar.levers[0]), (0, radar.levers[1]), (1, radar.levers[2])):
        lifted = [one.but(states=one.kind.states[:place] + "m" + one.kind.states[place + 1 :]) for one in all_]
        after = [one.but(presence=Presence.READY) if set(one.kind.states) <= {"m", "v"} else one for one in lifted]
        assert scan(board(*after), paired={30, 100}).now.pairs - radar.now.pairs == lever.gain


def test_names_are_sought_and_sorted_for_each_reader_anew_when_one_has_changed() -> None:
    first, second = "a" * ID_LENGTH, "b" * ID_LENGTH
    names = read_names(f"{first}Żak{BETWEEN}{second}Zzz")
    assert list(names) == [f"{first}Żak", f"{second}Zzz"]
    assert sorted(range(2), key=names.sorted("%(code)s", "pl").__getitem__) == [1, 0]
    assert sorted(range(2), key=names.sorted("%(code)s", "en").__getitem__) == [0, 1]
    assert list(names.folded("%(code)s")) == ["zak aaaa", "zzz bbbb"]
    changed = read_names(f"{first}{BETWEEN}{second}Zzz")
    assert list(changed.folded("Uczestnik %(code)s")) == ["uczestnik aaaa aaaa", "zzz bbbb"]
    assert list(changed.folded("%(code)s")) == ["aaaa aaaa", "zzz bbbb"]
