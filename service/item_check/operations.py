"""Reads first tries, version by version, and gives the figures of each exercise and part; nobody is named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from service.exercise_types import PartMark
from service.exercises.models import Attempt
from service.item_check.rules import LEAST, STEP, Figures, Tally, figures
from service.modules.content import Exercise
from service.modules.models import ModuleVersion
from service.people.models import LEARNING_ROLES, Membership

MOST_PEOPLE = 2000
"""Whose first tries of an exercise are looked at, the latest; more would say the same."""
_CHUNK = 500
WHOLE = ""
"""In place of the key of a part: the exercise as a whole."""


@dataclass(frozen=True)
class VersionCount:
    """A version of a module, and how many people gave their first answers to it."""

    id: int
    version: int
    first_seen_at: datetime
    people: int


@dataclass(frozen=True)
class Item:
    """An exercise (`part` is empty) or a part of one, with its figures: None while there are too few answers."""

    exercise: str
    part: str
    figures: Figures | None


@dataclass(frozen=True)
class ItemCheck:
    """The versions that were answered, newest first, which of them is shown, and its items."""

    versions: tuple[VersionCount, ...]
    shown: VersionCount | None
    items: tuple[Item, ...]


def check_items(
    session: Session, module_key: str, *, course_id: int | None = None, version_id: int | None = None
) -> ItemCheck:
    """Return how the exercises of a module do, by first tries of learners: of a course, or of all; two statements.

    Without `version_id` the newest version with enough answers is shown. Exercises in which nothing is wrong are left
    out.
    """
    learners = _learners(course_id)
    versions, structures = _versions(session, module_key, learners)
    wanted = [version for version in versions if version_id in (None, version.id)]
    shown = next((version for version in wanted if version.people >= LEAST), next(iter(wanted), None))
    if shown is None:
        return ItemCheck(tuple(versions), None, ())
    listed = [Exercise.from_data(data) for data in structures[shown.id]["exercises"]]
    exercises = {exercise.key: exercise for exercise in listed if exercise.kind.is_judged}
    tallies = _tallies(session, _first_tries(module_key, shown.id, learners), exercises)
    return ItemCheck(tuple(versions), shown, tuple(_items(exercises, tallies)))


def _learners(course_id: int | None) -> Select[Any]:
    people = select(Membership.person_id).where(Membership.role.in_(LEARNING_ROLES), Membership.is_test_user.is_(False))
    return people if course_id is None else people.where(Membership.course_id == course_id)


def _is_first(module_key: str, learners: Select[Any]) -> ColumnElement[bool]:
    return (Attempt.module_key == module_key) & (Attempt.number == 1) & Attempt.person_id.in_(learners)


def _versions(
    session: Session, module_key: str, learners: Select[Any]
) -> tuple[list[VersionCount], Mapping[int, Mapping[str, Any]]]:
    counted = (
        select(Attempt.module_version_id, func.count(Attempt.person_id.distinct()).label("people"))
        .where(_is_first(module_key, learners))
        .group_by(Attempt.module_version_id)
        .subquery()
    )
    rows = session.execute(
        select(ModuleVersion, counted.c.people)
        .join(counted, counted.c.module_version_id == ModuleVersion.id)
        .order_by(ModuleVersion.first_seen_at.desc(), ModuleVersion.id.desc())
    ).all()
    versions = [VersionCount(row.id, int(row.structure["version"]), row.first_seen_at, people) for row, people in rows]
    return versions, {row.id: row.structure for row, _ in rows}


def _first_tries(module_key: str, version_id: int, learners: Select[Any]) -> Select[Any]:
    """Return the statement for first tries, person by person: of each exercise the latest, in whole steps of five."""
    ranked = (
        select(
            Attempt.person_id,
            Attempt.exercise_key,
            Attempt.answer,
            Attempt.points,
            Attempt.max_points,
            Attempt.is_passed,
            func.row_number()
            .over(partition_by=Attempt.exercise_key, order_by=(Attempt.handed_in_at, Attempt.id))
            .label("place"),
            func.count().over(partition_by=Attempt.exercise_key).label("of"),
        )
        .where(_is_first(module_key, learners), Attempt.module_version_id == version_id)
        .subquery()
    )
    last = ranked.c.of - ranked.c.of % STEP
    is_shown = (ranked.c.of >= LEAST) & (ranked.c.place <= last) & (ranked.c.place > last - MOST_PEOPLE)
    return select(ranked).where(is_shown).order_by(ranked.c.person_id).execution_options(yield_per=_CHUNK)


def _tallies(
    session: Session, statement: Select[Any], exercises: Mapping[str, Exercise]
) -> Mapping[tuple[str, str], Tally]:
    """Count answers person by person; only the counts are kept."""
    tallies: dict[tuple[str, str], Tally] = {}
    for _person, rows in groupby(session.execute(statement), key=lambda row: row.person_id):
        shares = dict(_shares([row for row in rows if row.exercise_key in exercises], exercises))
        for item, (share, is_right) in shares.items():
            tallies.setdefault(item, Tally()).add(share, is_right=is_right)
        answered = {exercise for exercise, part in shares if part == WHOLE}
        if answered == exercises.keys():
            _add_pairs(tallies, {item: share for item, (share, _) in shares.items()})
    return tallies


def _shares(
    rows: Sequence[Row[Any]], exercises: Mapping[str, Exercise]
) -> Iterator[tuple[tuple[str, str], tuple[float, bool]]]:
    """Give for each exercise that someone answered, and each of its parts, what was earned and whether that is all."""
    for row in rows:
        yield (row.exercise_key, WHOLE), (row.points / row.max_points, bool(row.is_passed))
        exercise = exercises[row.exercise_key]
        parts = exercise.kind.mark(exercise.structure, row.answer).parts
        for part in parts if len(parts) > 1 else ():
            yield (row.exercise_key, part.key), (_share_of(part), part.is_right)


def _share_of(part: PartMark) -> float:
    return 1.0 if part.is_right else part.share


def _add_pairs(tallies: Mapping[tuple[str, str], Tally], shares: Mapping[tuple[str, str], float]) -> None:
    """Count each item against everything but itself: exercises against exercises, parts against parts."""
    has_parts = {exercise for exercise, part in shares if part != WHOLE}
    whole = {item: share for item, share in shares.items() if item[1] == WHOLE}
    # An exercise with one part is one part of the whole.
    parts = {item: share for item, share in shares.items() if item[1] != WHOLE or item[0] not in has_parts}
    for item, share in whole.items():
        tallies[item].add_pair(share, sum(whole.values()) - share)
    for item, share in parts.items():
        if item[1] != WHOLE:
            tallies[item].add_pair(share, sum(parts.values()) - share)


def _items(exercises: Mapping[str, Exercise], tallies: Mapping[tuple[str, str], Tally]) -> Iterator[Item]:
    """Give exercises in their order, each before its parts."""
    for exercise in exercises:
        yield Item(exercise, WHOLE, figures(tallies.get((exercise, WHOLE), Tally())))
        for (key, part), tally in tallies.items():
            if key == exercise and part != WHOLE:
                yield Item(exercise, part, figures(tally))
