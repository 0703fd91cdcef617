"""Gathers what rules are evaluated by: a statement or two for each kind of fact, however many people and tries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.completion.models import Completion, ReadingMark
from service.completion.rules import Attended, Contribution, Facts
from service.events.attendance_operations import list_attended, list_classroom_evidence
from service.forums.rules import PLANS, Purpose
from service.forums.talk import list_posted
from service.modules.requirements import Kind
from service.reviews.standings import list_accepted, list_passed

ByPerson = Mapping[int, Any]


def gather_facts(
    session: Session, person_ids: Sequence[int], kinds: Collection[Kind] = tuple(Kind)
) -> dict[int, Facts]:
    """Return what is known of these people, for requirements of these kinds; nobody is left out."""
    sources = {_SOURCES[kind] for kind in kinds if kind in _SOURCES}
    found = {name: gather(session, person_ids) for name, gather in sources}
    return {
        person_id: Facts(**{name: known[person_id] for name, known in found.items() if person_id in known})
        for person_id in person_ids
    }


def _list_read(session: Session, person_ids: Sequence[int]) -> ByPerson:
    found: dict[int, dict[tuple[str, str], datetime]] = {}
    for mark in session.scalars(select(ReadingMark).where(ReadingMark.person_id.in_(person_ids))):
        found.setdefault(mark.person_id, {})[mark.module_key, mark.section_key] = mark.read_at
    return found


def _list_completed(session: Session, person_ids: Sequence[int]) -> ByPerson:
    found: dict[int, dict[str, datetime]] = {}
    wanted = select(Completion.person_id, Completion.module_key, Completion.completed_at)
    for row in session.execute(
        wanted.where(Completion.person_id.in_(person_ids), Completion.completed_at.is_not(None))
    ):
        found.setdefault(row.person_id, {})[row.module_key] = row.completed_at
    return found


def _list_passed(session: Session, person_ids: Sequence[int]) -> ByPerson:
    """Return when each exercise was first passed, in a try that counts or with a group in class; two statements."""
    return _join_class(session, list_passed(session, person_ids), person_ids, min)


def list_last_passed(session: Session, person_ids: Sequence[int]) -> ByPerson:
    """Return when each exercise was last passed, by place, in a try that counts or in class; two statements."""
    return _join_class(session, list_passed(session, person_ids, newest=True), person_ids, max)


def _join_class(
    session: Session, passed: ByPerson, person_ids: Sequence[int], choose: Callable[[datetime, datetime], datetime]
) -> ByPerson:
    found = {person_id: dict(places) for person_id, places in passed.items()}
    for person_id, evidence in list_classroom_evidence(session, person_ids).items():
        places = found.setdefault(person_id, {})
        for done in evidence:
            place = done.module_key, done.exercise_key
            places[place] = choose(places.get(place, done.held_at), done.held_at)
    return found


def _list_attended(session: Session, person_ids: Sequence[int]) -> ByPerson:
    return {
        person_id: [Attended(event.kind, event.module_keys, event.held_at) for event in events]
        for person_id, events in list_attended(session, person_ids).items()
    }


def _list_posted(session: Session, person_ids: Sequence[int]) -> ByPerson:
    """Return when these people wrote, under their name, what others of the community can read."""
    return {
        person_id: [one.posted_at for one in posted if one.forum_key in _SHARED]
        for person_id, posted in list_posted(session, person_ids).items()
    }


def _list_discussed(session: Session, person_ids: Sequence[int]) -> ByPerson:
    """Return what these people contributed to discussions, each answered post once; see `_list_posted`."""
    found: dict[int, list[Contribution]] = {}
    for person_id, posted in list_posted(session, person_ids).items():
        said, answered = found.setdefault(person_id, []), set()
        for one in posted:
            if one.forum_key in _SHARED and one.answered_id not in answered:
                said.append(Contribution(one.forum_key, one.is_answer, one.posted_at))
                answered |= {one.answered_id} - {None}
    return found


_SHARED = frozenset(plan.key for plan in PLANS.values() if plan.purpose is Purpose.COMMUNITY)


# The name of the field in Facts, and what fills it.
_SOURCES: dict[Kind, tuple[str, Callable[[Session, Sequence[int]], ByPerson]]] = {
    Kind.READ: ("read", _list_read),
    Kind.PASSED: ("passed", _list_passed),
    Kind.REVIEWED: ("reviewed", list_accepted),
    Kind.POSTED: ("posted", _list_posted),
    Kind.TALKED: ("discussed", _list_discussed),
    Kind.ANSWERED: ("discussed", _list_discussed),
    Kind.ATTENDED: ("attended", _list_attended),
    Kind.COMPLETED: ("completed", _list_completed),
}
