"""Whom a board shows, in which order, who is reminded, and what would free most pairs."""

from collections.abc import Sequence

import pytest

from service.board.radar import scan
from service.board.reminding import Skip, select_people
from service.board.rules import Board, BoardRow, Presence, Wish, look
from service.people.models import Role
from service.readiness.conditions import COMMITMENT_GIVEN, DECIDED, MODULE_COMPLETE, Condition

POLICY = (Condition(MODULE_COMPLETE, "a"), Condition(COMMITMENT_GIVEN, "c"), Condition(DECIDED, "d"))
A, C, D = (condition.name for condition in POLICY)


def row(id_: int, states: str, name: str = "", **values: object) -> BoardRow:
    presence = Presence.READY if set(states) <= {"m", "v"} else Presence.NOT_READY
    usual = BoardRow(
        id_, f"p{id_}", "mentor", name or f"Name {id_}", f"c{id_}", "pl", False, False, presence, 1, states, 0, False
    )
    return usual._replace(**values)


def board(*rows: BoardRow) -> Board:
    return Board(rows, {1: POLICY})


PEOPLE = board(
    row(1, "mmm", "Zofia"),
    row(2, "nmm", "Łucja", language="he", still_days=14),
    row(3, "nnw", "דָּוִד", role="mentee", presence=Presence.NOT_COME, still_days=30),
    row(4, "pmv", "Lena"),
    row(5, "mmw", "Test", is_test_user=True),
)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), [4, 2, 5, 1, 3]),
        (Wish(sort="-name"), [3, 1, 5, 2, 4]),
        (Wish(sort="missing"), [1, 4, 2, 5, 3]),
        (Wish(sort="still"), [1, 2, 3, 4, 5]),
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
    assert [one.id for one in look(PEOPLE, wish, "pl").rows] == expected


def test_each_filter_is_counted_beside_the_others_and_test_users_are_not() -> None:
    shown = look(PEOPLE, Wish(role="mentor", missing=(A,)), "en")
    assert shown.count == 2
    assert shown.counts["role"] == {"mentor": 2}
    assert shown.counts["state"] == {"not_ready": 2}
    assert shown.sets == {(A,): 2}
    everyone = look(PEOPLE, Wish(), "en")
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
    chosen = select_people(board(*rows), rows, {3})
    assert [one.id for one in chosen.recipients] == [2, 7]
    assert {reason: [one.id for one in left] for reason, left in chosen.skipped.items()} == {
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
        lifted = [one._replace(states=one.states[:place] + "m" + one.states[place + 1 :]) for one in all_]
        after = [one._replace(presence=Presence.READY) if set(one.states) <= {"m", "v"} else one for one in lifted]
        assert scan(board(*after), paired={30, 100}).now.pairs - radar.now.pairs == lever.gain
