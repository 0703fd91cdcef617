"""A course with learners who have begun a module, and what a page and an answer there ask of the database."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service.db import new_public_id, transaction, utc_now
from service.exercises.models import Attempt
from service.exercises.operations import record_attempt
from service.modules.content import Module
from service.people.models import Membership, Person, Role
from tests.makers import make_member

CHUNK = 1000
TIMES = 15
"""How often a page is asked for, and an answer handed in, to find the median."""
ORIGIN = "https://bench.example"


@dataclass(frozen=True)
class Classroom:
    """A course: public ids of learners (fifty at most, who have answered each exercise once), addresses, answers."""

    course_id: str
    page: str
    answers: Sequence[tuple[str, Mapping[str, str]]]
    """For each exercise where it is handed in and the fields of a right answer."""
    people: Sequence[str]
    module_key: str


@dataclass(frozen=True)
class Cost:
    """How many statements the first request took, and the most of those after it; its median time in milliseconds.

    The first answer of a course makes rows that stay: columns of the gradebook, the policy, the score.
    """

    first: int
    later: int
    ms: float


def fill(app: Flask, name: str, learners: int, module_key: str) -> Classroom:
    """Add a course of so many mentees with a gradebook; each has tried the first exercise of the module."""
    module = app.extensions["catalogue"].module(module_key)
    with transaction(app.extensions["sessions"]) as session:
        members = [
            make_member(session, f"{name}-{number}", Role.MENTEE, context_id=name, grade_scopes=_SCOPES)
            for number in range(min(learners, 50))
        ]
        for member in members:
            for exercise in module.exercises:
                answer = exercise.kind.model_answer(exercise.structure)
                key = secrets.token_urlsafe(12)
                given = app.extensions["catalogue"], member.person_id, module.key, exercise.key, answer, key
                record_attempt(session, *given, at=utc_now())
        _add_more(session, members[0], name, learners - len(members), module)
        course = members[0].course
    place = f"/course/{course.public_id}/modules/{module_key}"
    answers = [
        (
            f"{place}/exercises/{exercise.key}",
            exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure)),
        )
        for exercise in module.exercises
    ]
    return Classroom(course.public_id, place, answers, [member.person.public_id for member in members], module_key)


_SCOPES = (SCORE_SCOPE, LINE_ITEM_SCOPE)


def _add_more(session: Session, like: Membership, name: str, learners: int, module: Module) -> None:
    """Add many learners at once, each with a first try like that of `like`."""
    given = session.scalars(
        select(Attempt).where(Attempt.person_id == like.person_id, Attempt.exercise_key == module.exercises[0].key)
    ).one()
    for start in range(0, max(learners, 0), CHUNK):
        numbers = range(start, min(start + CHUNK, learners))
        people = [
            {**_row(like.person), "subject": f"{name}-more-{number}", "public_id": new_public_id()}
            for number in numbers
        ]
        ids = session.scalars(insert(Person).returning(Person.id), people).all()
        members = [{**_row(like), "person_id": person_id, "public_id": new_public_id()} for person_id in ids]
        session.execute(insert(Membership), members)
        tries = [
            {**_row(given), "person_id": person_id, "public_id": new_public_id(), "submission_key": "first"}
            for person_id in ids
        ]
        session.execute(insert(Attempt), tries)


def _row(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}


def count_statements(app: Flask, room: Classroom, tries: int) -> tuple[Cost, Cost]:
    """Return what the page and a hand-in cost someone who has so many tries in each exercise."""
    _add_tries(app, room, tries)
    client = app.test_client()
    with client.session_transaction(base_url=app.extensions["settings"].base_url) as kept:
        kept["person"] = room.people[0]
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    def cost(answer: tuple[str, Mapping[str, str]] | None) -> Cost:
        counts, times = [], []
        for _ in range(TIMES):
            statements.clear()
            start = time.perf_counter()
            status = _ask(app, client, room, answer)
            times.append((time.perf_counter() - start) * 1000)
            counts.append(len(statements))
            if status != (303 if answer else 200):
                raise RuntimeError(f"{room.page} answered {status}")
        return Cost(counts[0], max(counts[1:]), median(times))

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    try:
        return cost(None), cost(room.answers[0])
    finally:
        event.remove(app.extensions["engine"], "before_cursor_execute", note)


def _ask(app: Flask, client: Any, room: Classroom, answer: tuple[str, Mapping[str, str]] | None) -> int:
    base_url = app.extensions["settings"].base_url
    if answer is None:
        return int(client.get(room.page, base_url=base_url).status_code)
    path, fields = answer
    form = {**fields, "as": room.people[0], "submission_key": secrets.token_urlsafe(12)}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return int(client.post(path, base_url=base_url, data=form, headers=headers).status_code)


def _add_tries(app: Flask, room: Classroom, tries: int) -> None:
    """Give the first learner more tries, each like their first in that exercise."""
    with transaction(app.extensions["sessions"]) as session:
        person = session.scalars(select(Person).filter_by(public_id=room.people[0])).one()
        for given in session.scalars(select(Attempt).filter_by(person_id=person.id, number=1)).all():
            same = {"person_id": person.id, "exercise_key": given.exercise_key, "module_key": given.module_key}
            last = session.scalar(select(func.max(Attempt.number)).filter_by(**same)) or 0
            more = [
                {**_row(given), "number": number, "public_id": new_public_id(), "submission_key": new_public_id()}
                for number in range(last + 1, tries + 1)
            ]
            if more:
                session.execute(insert(Attempt), more)
