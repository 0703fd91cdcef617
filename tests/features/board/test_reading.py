"""What the board counts is what counting each person by hand gives: after whatever happened, later, and meanwhile."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import standing
from service.board.kinds import STILL_DAYS
from service.board.listing import Reader
from service.board.operations import find_people, find_shown, read_board, read_rows
from service.board.rules import Shown, Wish
from service.board.weeks import count_by_week
from service.db import transaction
from service.errors import ConflictError
from service.i18n import fold, sort_key
from service.modules.content import Catalogue
from service.people.labels import labels_of, list_labels, set_labels
from service.people.models import LEARNING_ROLES, LabelKind, Membership, Role
from service.people.rules import shown_name
from service.readiness.conditions import ConditionResult
from service.readiness.models import ReadySpan, Standing
from tests.makers import AT, make_catalogue, make_member, note_told

READER = Reader("pl", "Uczestnik %(code)s")
NAMES = ("Łucja Żak", "Lena", "Anna Żak", "", " ", "a\x1fb", "\x1f", "דנה לוי", "ANNA", "zofia", "Ćma", "<b>")
LABELS = ("Spring", "spring", "Łódź", "")
MODULES = ("module_complete:roles", "module_complete:stages")


@pytest.fixture
def catalogue() -> Catalogue:
    return make_catalogue()


def _name(member: Membership) -> str:
    return shown_name(member.person.name) or READER.nameless % {"code": member.person.public_id[:4].upper()}


def _by_name(member: Membership) -> tuple[object, ...]:
    return sort_key(_name(member), READER.language), member.person.public_id


Results = Sequence[ConditionResult]


def _missing(member: Membership, kept: Standing | None, untouched: Mapping[str, Results]) -> frozenset[str]:
    results = [ConditionResult.from_data(data) for data in kept.results] if kept else untouched[member.role]
    return frozenset(result.condition.name for result in results if not result.is_satisfied)


class Recount:
    """The same board, counted person by person from the rows as such."""

    def __init__(self, session: Session, course_id: int, untouched: Mapping[str, Results], at: datetime):
        learns = (Membership.course_id == course_id, Membership.role.in_(LEARNING_ROLES), Membership.left_at.is_(None))
        self.people = list(session.scalars(select(Membership).where(*learns)))
        kept = {one.membership_id: one for one in session.scalars(select(Standing))}
        self.missing = {one.id: _missing(one, kept.get(one.id), untouched) for one in self.people}
        self.facts = {}
        for one in self.people:
            row = kept.get(one.id)
            came = "not_ready" if one.last_seen_at else "not_come"
            unchanged = at - row.changed_at if row else timedelta(0)
            self.facts[one.id] = {
                "role": one.role.value,
                "state": "ready" if row and row.ready_since else came,
                **{kind.value: fold(labels_of(session, one).words(kind)) for kind in LabelKind},
                "language": one.person.chosen_language or one.person.launch_language,
                "still": max((days for days in STILL_DAYS if unchanged >= timedelta(days=days)), default=0),
            }

    def passes(self, member: Membership, wish: Wish, but: str = "") -> bool:
        facts, missing = self.facts[member.id], self.missing[member.id]
        text = f"{fold(_name(member))} {member.person.public_id[:4]}"
        tests = {
            "role": not wish.role or facts["role"] == wish.role,
            "state": not wish.state or facts["state"] == wish.state,
            "language": not wish.language or facts["language"] == wish.language,
            "still": not wish.still or int(str(facts["still"])) >= int(wish.still),
            "missing": not wish.missing or missing == set(wish.missing),
            "lacks": not wish.lacks or wish.lacks in missing,
            **{kind: facts[kind] == (fold(words) if words != "-" else "") for kind, words in wish.labels.items()},
            "words": all(word in text for word in wish.words),
        }
        return all(passed for name, passed in tests.items() if name != but)

    def counted(self, wish: Wish, but: str = "") -> list[Membership]:
        return [one for one in self.people if not one.is_test_user and self.passes(one, wish, but)]

    def check(self, wish: Wish, shown: Shown, labels: Mapping[int, str]) -> None:
        for kind, counts in shown.labels.items():
            counted = Counter(self.facts[one.id][kind] for one in self.counted(wish, kind))
            assert {labels[label]: count for label, count in counts.items()} == counted, kind
        assert shown.count == len(self.counted(wish))
        for name in ("role", "state", "language"):
            assert shown.counts[name] == Counter(self.facts[one.id][name] for one in self.counted(wish, name)), name
        still = [int(str(self.facts[one.id]["still"])) for one in self.counted(wish, "still")]
        assert shown.counts["still"] == {str(days): sum(one >= days for one in still) for days in STILL_DAYS}
        gaps = Counter(self.missing[one.id] for one in self.counted(wish, "missing"))
        gaps.pop(frozenset(), None)
        assert {frozenset(names): count for names, count in shown.sets.items()} == gaps
        assert len(shown.sets) == len(gaps)
        lacking = Counter(name for one in self.counted(wish, "lacks") for name in self.missing[one.id])
        assert shown.lacking == lacking


def _wishes(chance: random.Random) -> Iterator[Wish]:
    yield Wish()
    for _ in range(6):
        yield Wish(
            role=chance.choice(("", "", "mentor", "mentee")),
            state=chance.choice(("", "", "ready", "not_ready", "not_come")),
            language=chance.choice(("", "", "pl", "he")),
            missing=chance.choice(((), (), MODULES[:1], MODULES)),
            lacks=chance.choice(("", "", *MODULES)),
            group=chance.choice(("", "", "", "SPRING", "Łódź", "-", "unknown")),
            organisation=chance.choice(("", "", "", "Spring", "-")),
            still=chance.choice(("", "", "7", "30")),
            q=chance.choice(("", "", "anna", "zak ucz")),
            sort=chance.choice(("", "name", "-name", "missing", "still")),
        )


def _label(chance: random.Random, session: Session, member: Membership) -> None:
    """Let the LMS or staff say of what group or organisation someone is."""
    told = {kind: chance.choice(LABELS) for kind in LabelKind if chance.random() < 0.7}
    if chance.random() < 0.3:
        note_told(session, member, told)
    else:
        set_labels(session, member.course_id, [member.id], told)


def _act(chance: random.Random, session: Session, catalogue: Catalogue, staff: Membership, at: datetime) -> None:
    """Let something happen to one of the people, as its own transaction would."""
    learns = (Membership.course_id == staff.course_id, Membership.role.in_(LEARNING_ROLES))
    member = chance.choice(list(session.scalars(select(Membership).where(*learns).order_by(Membership.id))))
    acts = (
        "commit",
        "withdraw",
        "waive",
        "waive",
        "waive",
        "role",
        "name",
        "leave",
        "seen",
        "new",
        "label",
        "label",
    )
    act = chance.choice(("return", "name", "new") if member.left_at else acts)
    if act == "commit":
        standing.give_commitment(session, catalogue, member, "confidentiality", 1, "en", at=at)
    elif act == "withdraw":
        standing.withdraw_commitment(session, catalogue, member, "confidentiality", at=at)
    elif act == "waive":
        name = MODULES[0] if member.role is Role.MENTEE else chance.choice(MODULES)
        if member.role is not Role.YOUTH_WORKER:
            until = at + timedelta(days=chance.choice((3, 20))) if chance.random() < 0.7 else None
            with suppress(ConflictError):  # it is waived already
                standing.waive(session, catalogue, staff, member.public_id, name, reason="Known.", until=until, at=at)
    elif act == "label":
        _label(chance, session, member)
    elif act == "role":
        standing.give_role(session, catalogue, staff.course_id, member.public_id, chance.choice(LEARNING_ROLES), at=at)
    elif act == "name":
        member.person.name, member.person.chosen_language = chance.choice(NAMES), chance.choice(("", "pl", "he"))
    elif act in {"leave", "return"}:
        member.left_at = at if act == "leave" else None
    elif act == "seen":
        member.last_seen_at, member.is_test_user = chance.choice((None, at)), chance.random() < 0.3
    else:
        make_member(session, f"new-{chance.random()}", chance.choice(LEARNING_ROLES))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_has_happened_the_counts_are_those_of_a_recount(
    sessions: sessionmaker[Session], catalogue: Catalogue, seed: int
) -> None:
    chance, at = random.Random(seed), AT
    with transaction(sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR)
        for number in range(8):
            make_member(session, f"member-{number}", chance.choice(LEARNING_ROLES))
    for _round in range(4):
        for _event in range(10):
            at += timedelta(hours=chance.randrange(60))
            with transaction(sessions) as session:
                _act(chance, session, catalogue, session.merge(staff), at)
        if chance.random() < 0.5:  # the worker has come by; otherwise some are still due
            standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: at)  # noqa: B023 (asked at once)
        with transaction(sessions) as session:
            board = read_board(session, catalogue, staff.course_id, at=at, with_names=True, with_labels=True)
            labels = {0: ""} | {one.id: one.folded for one in list_labels(session, staff.course_id)}
            recount = Recount(session, staff.course_id, board.untouched, at)
            for wish in _wishes(chance):
                shown, listing = find_shown(session, board, wish, staff.course_id, READER)
                recount.check(wish, shown, labels)
                assert list(find_people(session, board, wish, staff.course_id, READER).places) == list(shown.places)
                rows = read_rows(session, board, staff.course_id, listing[:])
                there = {one.id: one for one in recount.people if recount.passes(one, wish)}
                assert sorted(row.id for row in rows) == sorted(there)
                if wish.sort == "name":
                    people = sorted(there.values(), key=_by_name)
                    assert [row.id for row in rows] == [one.id for one in people]


def test_what_ends_by_the_clock_is_old_at_once_and_counted_anew_when_it_was_looked_at(
    sessions: sessionmaker[Session], catalogue: Catalogue
) -> None:
    with transaction(sessions) as session:
        staff, mentee = make_member(session, "staff", Role.COORDINATOR), make_member(session, "mentee", Role.MENTEE)
        until = AT + timedelta(days=3)
        standing.give_commitment(session, catalogue, mentee, "confidentiality", 1, "en", at=AT)
        standing.waive(session, catalogue, staff, mentee.public_id, MODULES[0], reason="Known.", until=until, at=AT)

    def states(at: datetime) -> tuple[dict[str, int], int, dict[str, int]]:
        with transaction(sessions) as session:
            board = read_board(session, catalogue, staff.course_id, at=at)
            shown, _people = find_shown(session, board, Wish(sort="still"), staff.course_id, READER)
            return dict(shown.counts["state"]), board.old_count, dict(shown.lacking)

    ready = {"ready": 1}
    assert states(until - timedelta(seconds=1)) == (ready, 0, {})
    assert states(until) == (ready, 1, {})
    assert standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: until) == 1
    assert states(until) == ({"not_ready": 1}, 0, {MODULES[0]: 1})
    with transaction(sessions) as session:
        weeks = count_by_week(session, staff.course_id, at=AT + timedelta(days=8))
        assert [week[1:] for week in weeks[-3:]] == [(0, 0), (1, 0), (0, 1)]
        [span] = session.scalars(select(ReadySpan))
        assert (span.began_at, span.ended_at) == (AT, until)


def _change(sessions: sessionmaker[Session], catalogue: Catalogue, member: Membership, number: int) -> None:
    """Take back what someone agreed to, or let them agree again."""
    with transaction(sessions) as session:
        mine = session.merge(member)
        if number % 2:
            standing.give_commitment(session, catalogue, mine, "confidentiality", 1, "en", at=AT)
        else:
            standing.withdraw_commitment(session, catalogue, mine, "confidentiality", at=AT)


def test_while_many_are_evaluated_at_once_each_look_is_whole_and_the_last_one_right(
    sessions: sessionmaker[Session], catalogue: Catalogue
) -> None:
    people, rounds = 12, 6
    with transaction(sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR)
        members = [make_member(session, f"mentee-{number}", Role.MENTEE) for number in range(people)]
        for member in members:
            standing.give_commitment(session, catalogue, member, "confidentiality", 1, "en", at=AT)

    def evaluate(writer: int) -> None:
        for number, member in product(range(rounds), members if writer % 2 else members[::-1]):
            if (number + member.id) % 2 == writer // 2:
                _change(sessions, catalogue, member, number)

    def look_again() -> None:
        for _ in range(rounds):
            standing.refresh_due_standings(sessions, lambda: catalogue, clock=lambda: AT)

    def watch() -> None:
        for _ in range(rounds * 5):
            with transaction(sessions, reads_only=True) as session:
                board = read_board(session, catalogue, staff.course_id, at=AT)
                shown, _people = find_shown(session, board, Wish(), staff.course_id, READER)
                assert sum(shown.counts["state"].values()) == sum(shown.counts["role"].values()) == people
                assert shown.lacking[MODULES[0]] == people == sum(shown.sets.values())

    with ThreadPoolExecutor(6) as threads:
        done = [threads.submit(evaluate, writer) for writer in range(4)]
        done += [threads.submit(look_again), threads.submit(watch)]
        for one in done:
            one.result(timeout=60)
    with transaction(sessions) as session:
        board = read_board(session, catalogue, staff.course_id, at=AT, with_names=True)
        shown, _listing = find_shown(session, board, Wish(), staff.course_id, READER)
        Recount(session, staff.course_id, board.untouched, AT).check(Wish(), shown, {})


def test_only_what_is_asked_is_told(sessions: sessionmaker[Session], catalogue: Catalogue) -> None:
    with transaction(sessions) as session:
        mentee = make_member(session, "mentee", Role.MENTEE)
        mentee.person.chosen_language = "he"
        make_member(session, "gone", Role.MENTEE).left_at = AT
        session.flush()
        for facts, language in (((), ""), (("language",), "he")):
            board = read_board(session, catalogue, mentee.course_id, at=AT, facts=facts)
            assert [kind.language for kind in board.kinds.values()] == [language]
        everyone = read_board(session, catalogue, mentee.course_id, at=AT, with_former=True)
        assert sorted(kind.has_left for kind in everyone.kinds.values()) == [False, True]
        assert len(find_people(session, everyone, Wish(language="he", sort="still"), mentee.course_id, READER)) == 1
