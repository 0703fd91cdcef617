"""Reads the board: a fixed number of statements, each with one row, however many people and conditions there are."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, String, case, cast, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from service.board.kinds import ABOVE_DIGITS, ASKED_FOR, DIGITS, STILL_DAYS, Kind, Presence
from service.board.labelled import Labelled
from service.board.listing import Listing, Orders, Reader, find_words
from service.board.naming import BETWEEN, MOST_LISTS, Names, read_names
from service.board.rules import Board, Shown, Wish, look, passing
from service.i18n import LANGUAGES
from service.modules.content import Catalogue
from service.people.labels import effective, list_labels
from service.people.models import LEARNING_ROLES, LabelKind, Membership, Person
from service.readiness.conditions import Condition, ConditionResult
from service.readiness.evidence import Evidence
from service.readiness.models import BOARD_INDEX, Policy, Standing
from service.readiness.operations import is_due
from service.readiness.policies import InForce, policies_in_force
from service.readiness.rules import evaluate

MOST_BY_ID = 500
"""Of so many people at most each is looked up; of more, the whole course is read."""


class BoardRow(NamedTuple):
    """A person of the course as a page shows them."""

    id: int
    public_id: str
    text: str
    """How they are called, as in `Names`."""
    changed_at: datetime | None
    """Since when all conditions stand as they do; None for who was never looked at."""
    kind: Kind
    labels: Mapping[LabelKind, str]
    """In words, of the kinds that anyone on the board has a label of."""


def read_board(
    session: Session,
    catalogue: Catalogue,
    course_id: int,
    *,
    at: datetime,
    facts: Collection[str] = ASKED_FOR,
    with_former: bool = False,
    with_names: bool = False,
    with_labels: bool = False,
) -> Board:
    """Return all learners of a course as they stood after the last event that concerned them.

    `facts`: those of `kinds.ASKED_FOR` that are told. `with_former`: those too who have left. `with_names`: to be
    sought by words, or sorted by name. `with_labels`: with group and organisation, where the course has any.
    """
    in_force = policies_in_force(session, catalogue, [course_id])
    policies: dict[int | str, tuple[Condition, ...]] = {
        policy.kept_as: policy.conditions for policy in in_force.values() if policy.kept_as
    }
    kept = set(policies)
    policies |= {role.value: in_force[course_id, role].conditions for role in LEARNING_ROLES}
    untouched = {role.value: _nothing_done(catalogue, in_force[course_id, role], at) for role in LEARNING_ROLES}
    told = {"role", "presence", "is_test_user", *facts, *(("has_left",) if with_former else ())}
    text = Person.public_id.concat(Person.name) if with_names else None
    labels = list_labels(session, course_id) if with_labels else ()
    options = {"with_former": with_former, "with_labels": bool(labels)}
    everyone = partial(_everyone, session, course_id, _key(catalogue, at, told))
    ids, keys, names, label_ids = everyone(text, **options)
    if with_names and len(names) != len(ids):
        text = Person.public_id.concat(func.replace(Person.name, BETWEEN, " "))
        ids, keys, names, label_ids = everyone(text, **options)
    labelled = Labelled({label.id: label for label in labels}, label_ids)
    board = Board(ids, keys, names, policies, untouched, labelled)
    former = {kind.policy for kind in board.kinds.values() if kind.policy is not None} - kept
    return replace(board, policies={**policies, **_conditions(session, former)}) if former else board


def _nothing_done(catalogue: Catalogue, policy: InForce, at: datetime) -> list[ConditionResult]:
    versions = {text.kind: text.version for text in catalogue.commitments}
    return evaluate(policy.conditions, Evidence(current_versions=versions), at=at)


class _Everyone(NamedTuple):
    """Learners by their places: the ids, the keys of their kinds, the names if a text is given, the ids of labels."""

    ids: Sequence[int] = ()
    keys: Sequence[str] = ()
    names: Names = Names()
    labels: Mapping[LabelKind, Sequence[int]] = MappingProxyType({})


def _everyone(
    session: Session,
    course_id: int,
    key: ColumnElement[str],
    text: ColumnElement[str] | None,
    *,
    with_former: bool,
    with_labels: bool,
) -> _Everyone:
    """Return all learners.

    They come as one row of long texts: to make thousands of rows, of whatever kind, takes longer than to read them.
    """
    kinds = tuple(LabelKind) if with_labels else ()
    lists = [_listed(Membership.id), func.aggregate_strings(key, ",")]
    lists += [_listed(func.coalesce(effective(kind), 0)) for kind in kinds]
    learners = _learners(course_id, *lists, *([] if text is None else [func.aggregate_strings(text, BETWEEN)]))
    if not with_former:
        learners = learners.where(Membership.left_at.is_(None))
    everyone = learners.outerjoin(Standing, Standing.membership_id == Membership.id)
    ids, keys, *others = session.execute(everyone.with_hint(Standing, BOARD_INDEX, "sqlite")).one()
    if not ids:
        return _Everyone()
    labels = dict(zip(kinds, map(_read_ids, others), strict=False))
    names = read_names(others[-1]) if text is not None else Names()
    return _Everyone(_read_ids(ids), keys.split(","), names, labels)


def _listed(column: Any) -> ColumnElement[str]:
    return func.aggregate_strings(cast(column, String), ",")


@lru_cache(maxsize=3 * MOST_LISTS)
def _read_ids(joined: str) -> Sequence[int]:
    return tuple(json.loads(f"[{joined}]"))


def _key(catalogue: Catalogue, at: datetime, told: Collection[str]) -> ColumnElement[str]:
    """Return what tells the kind of someone, as `kinds.read_kinds` reads it; of DIGITS only those in `told`."""
    language = func.coalesce(func.nullif(Person.chosen_language, ""), Person.launch_language)
    digits: dict[str, dict[Any, ColumnElement[bool]]] = {
        "role": {role.value: Membership.role == role for role in LEARNING_ROLES[1:]},
        "presence": {
            Presence.READY: Standing.ready_since.is_not(None),
            Presence.NOT_READY: Membership.last_seen_at.is_not(None),
            Presence.NOT_COME: true(),
        },
        "language": {one: language == one for one in LANGUAGES},
        "is_test_user": {True: Membership.is_test_user.is_(True)},
        "has_left": {True: Membership.left_at.is_not(None)},
        "still_days": {days: Standing.changed_at <= at - timedelta(days=days) for days in reversed(STILL_DAYS)},
        "is_old": {True: or_(Standing.membership_id.is_(None), is_due(catalogue, at))},
    }
    number: ColumnElement[int] = func.coalesce(cast(Standing.policy_id, BigInteger), 0) * ABOVE_DIGITS
    for power, (name, values) in enumerate(reversed(DIGITS.items())):
        if name not in told:
            continue
        # The numbers are in the statement as such: to bind them, and to multiply, takes longer for ten thousand.
        numbers: dict[Any, ColumnElement[int]] = {
            value: literal_column(str(digit * 10**power)) for digit, value in enumerate(values)
        }
        asked = [(condition, numbers[value]) for value, condition in digits[name].items()]
        number = number + case(*asked, else_=literal_column("0"))
    return cast(number, String).concat(func.coalesce(Standing.states, ""))


def _learners(course_id: int, *columns: Any) -> Select[Any]:
    learners = select(*columns).select_from(Membership).join(Person, Person.id == Membership.person_id)
    return learners.where(Membership.course_id == course_id, Membership.role.in_(LEARNING_ROLES))


def _conditions(session: Session, ids: set[int]) -> Mapping[int | str, tuple[Condition, ...]]:
    """Return policies that are no longer in force, which people are still to be looked at by."""
    rows = session.execute(select(Policy.id, Policy.conditions).where(Policy.id.in_(ids)))
    return {policy_id: tuple(Condition.from_data(data) for data in conditions) for policy_id, conditions in rows}


def find_shown(session: Session, board: Board, wish: Wish, course_id: int, reader: Reader) -> tuple[Shown, Listing]:
    """Return what a wish shows with its counts, and the people in its order."""
    found = find_words(board, wish.words, reader.nameless)
    shown = look(board, wish, board.labelled.narrow(found, wish.labels))
    shown = replace(shown, labels=_count_labels(board, wish, found, shown))
    return shown, _listing(session, board, wish, course_id, reader, shown.places)


def _count_labels(board: Board, wish: Wish, found: Sequence[int], shown: Shown) -> dict[LabelKind, Counter[int]]:
    """Return how many of those whom words find, and all other filters show, have each label."""
    counts = {}
    for kind in board.labelled.ids:
        others = {other: words for other, words in wish.labels.items() if other is not kind}
        is_free = kind not in wish.labels
        places = shown.places if is_free else passing(board, wish, board.labelled.narrow(found, others))
        counts[kind] = board.labelled.count(kind, board.counted(places))
    return counts


def find_people(session: Session, board: Board, wish: Wish, course_id: int, reader: Reader) -> Listing:
    """Return the people whom a wish shows as `find_shown` does, where nobody asks how many the filters would show."""
    found = find_words(board, wish.words, reader.nameless)
    places = passing(board, wish, board.labelled.narrow(found, wish.labels))
    return _listing(session, board, wish, course_id, reader, places)


def _listing(
    session: Session, board: Board, wish: Wish, course_id: int, reader: Reader, places: Sequence[int]
) -> Listing:
    orders = Orders(board, reader, lambda: _read_waiting(session, course_id))
    return Listing(places, wish.sort, orders)


def _read_waiting(session: Session, course_id: int) -> Sequence[int]:
    """Return who was looked at, the longest unchanged first; one statement."""
    here = select(Standing.membership_id).join(Membership, Membership.id == Standing.membership_id)
    statement = here.where(Membership.course_id == course_id).order_by(Standing.changed_at, Standing.membership_id)
    session.flush()
    return [member_id for (member_id,) in session.connection().execute(statement).cursor.fetchall()]


def read_rows(session: Session, board: Board, course_id: int, places: Sequence[int]) -> list[BoardRow]:
    """Return people of a board as pages show them, in the order of `places`; one statement."""
    if not places:
        return []
    shown = (Membership.public_id, Person.public_id.concat(Person.name), Standing.changed_at)
    statement = _learners(course_id, Membership.id, *shown)
    statement = statement.outerjoin(Standing, Standing.membership_id == Membership.id)
    if len(places) <= MOST_BY_ID:
        statement = statement.where(Membership.id.in_([board.ids[place] for place in places]))
    found = {row.id: row for row in session.execute(statement)}
    rows = [(found.get(board.ids[place]), place) for place in places]
    return [
        BoardRow(row[0], row[1], row[2], row[3], board.kind_at(place), board.labelled.words_at(place))
        for row, place in rows
        if row is not None
    ]


def find_public_ids(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the public ids of memberships by their ids; one statement."""
    rows = session.execute(select(Membership.id, Membership.public_id).where(Membership.id.in_(ids)))
    return {row.id: row.public_id for row in rows}


def list_standings(session: Session, course_id: int, ids: Sequence[int] | None = None) -> dict[int, Standing]:
    """Return the standings in a course, of all or only of these members, by membership id; one statement."""
    if ids is not None:
        rows = session.scalars(select(Standing).where(Standing.membership_id.in_(ids)))
    else:
        here = select(Standing).join(Membership, Membership.id == Standing.membership_id)
        rows = session.scalars(here.where(Membership.course_id == course_id, Membership.left_at.is_(None)))
    return {row.membership_id: row for row in rows}
