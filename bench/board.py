"""Measures the board of readiness: its first page, each filter, its files, in a course of few and of very many people.

Everything is asked of the application in this process, as a coordinator's browser would, and the SQL statements of each
request are counted. Then all people are looked at again after a change of policy, as the worker does it.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bench import databases
from service.app import create_app
from service.config import Settings
from service.db import new_public_id, transaction, utc_now
from service.people.models import Label, LabelKind, LmsRole, Membership, Person, Role
from service.readiness.conditions import DECIDED, DECLARED, Condition
from service.readiness.models import Commitment, Decision, Declaration
from service.readiness.policies import CONFIDENTIALITY, policies_in_force, set_own_conditions
from service.standing import refresh_due_standings
from tests.demo.stage import Stage
from tests.makers import make_member

CONDITIONS = 12
CHUNK = 1000
LABELS = {LabelKind.GROUP: 20, LabelKind.ORGANISATION: 15}
"""How many groups and organisations a course has, of which each person is of one."""
PAGES = {
    "board, first page": "/board/?view=all",
    "board, by role": "/board/?role=mentor",
    "board, by state": "/board/?state=not_ready",
    "board, missing exactly one": "/board/?missing=declared%3Aown-1",
    "board, missing among others": "/board/?lacks=declared%3Aown-1",
    "board, by language": "/board/?language=pl",
    "board, by group": "/board/?group=group+3",
    "board, by organisation": "/board/?organisation=house+7",
    "board, unchanged for 7 days": "/board/?still=7&sort=still",
    "board, search": "/board/?q=anna",
    "board, last page": "/board/?page=999",
    "list, first page": "/?view=all",
    "pictures and supply": "/pictures/",
    "preview of a reminder": "/reminders/",
}
ROW = "{:<28} {:>10} {:>10} {:>7} {:>6} {:>6}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print, for each page, its median time in both courses, their ratio, and the statements in both."""
    parser = argparse.ArgumentParser(prog="python -m bench.board", description=__doc__)
    databases.add_option(parser)
    parser.add_argument("--times", type=int, default=7, help="that a page is asked for (default: %(default)s)")
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=10_000)
    options = parser.parse_args(arguments)
    print(databases.describe_machine())
    for kind, url, folder in databases.each_database(options.database):
        stage = Stage(folder, lms_port=0, tool_port=80, database_url=url)
        app = create_app(Settings.from_environment(stage.environment()))
        _measure(kind, app, options)
        app.extensions["engine"].dispose()


def _measure(kind: str, app: Flask, options: argparse.Namespace) -> None:
    print(f"\nThe board on {kind}, {CONDITIONS} conditions for each role, medians of {options.times}")
    courses = {}
    for size in (options.few, options.many):
        courses[size] = _fill(app, f"of-{size}", size)
        seconds, grown = _look_again(app)
        print(f"{size:,} people looked at for the first time: {seconds:.1f} s, {grown:.0f} MiB more")
    _let_postgresql_settle(app)
    print(ROW.format("", f"{options.few:,} ms", f"{options.many:,} ms", "ratio", "SQL", "SQL"))
    for name, path in PAGES.items():
        few, many = _ask(app, list(courses.values()), path, options.times)
        figures = (f"{few[0]:.0f}", f"{many[0]:.0f}", f"{many[0] / few[0]:.2f}", few[1], many[1])
        print(ROW.format(name, *figures))
    for size, staff in courses.items():
        _ask_more(app, staff)
        seconds, grown = _look_again(app)
        print(f"{size:,} people looked at again: {seconds:.1f} s, {grown:.0f} MiB more")


def _let_postgresql_settle(app: Flask) -> None:
    """Have PostgreSQL do at once what it does by itself within minutes: look at its tables."""
    engine = app.extensions["engine"].execution_options(isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _fill(app: Flask, name: str, size: int) -> Membership:
    """Add a course of so many people, who have done a part of what is asked; return its coordinator."""
    chance, at = random.Random(size), utc_now()
    with transaction(app.extensions["sessions"]) as session:
        staff = make_member(session, f"{name}-staff", Role.COORDINATOR, context_id=name)
        own: dict[Role, list[Condition]] = {}
        for role in (Role.MENTOR, Role.MENTEE):
            policies = policies_in_force(session, app.extensions["catalogue"], [staff.course_id])
            asked = policies[staff.course_id, role]
            more = CONDITIONS - len(asked.conditions)
            own[role] = [
                Condition(DECLARED if number % 2 else DECIDED, f"own-{number}", title=f"Criterion {number}")
                for number in range(more)
            ]
            save = partial(set_own_conditions, session, app.extensions["catalogue"], staff, role)
            save(own[role], shown_version=asked.version, at=at)
        labels = _add_labels(session, staff)
        for start in range(0, size, CHUNK):
            _add(session, staff, own, labels, chance, range(start, min(start + CHUNK, size)))
    return staff


def _add_labels(session: Session, staff: Membership) -> dict[LabelKind, list[int]]:
    """Return the ids of new groups and organisations of a course."""
    words = {LabelKind.GROUP: "group", LabelKind.ORGANISATION: "house"}
    labels = [
        Label(course_id=staff.course_id, kind=kind, words=f"{words[kind]} {one}", folded=f"{words[kind]} {one}")
        for kind, count in LABELS.items()
        for one in range(count)
    ]
    session.add_all(labels)
    session.flush()
    return {kind: [label.id for label in labels if label.kind is kind] for kind in LabelKind}


def _add(
    session: Session,
    staff: Membership,
    own: dict[Role, list[Condition]],
    labels: dict[LabelKind, list[int]],
    chance: random.Random,
    numbers: range,
) -> None:
    at = utc_now()
    first, last = ("Anna", "Łucja", "Piotr", "דנה", "יואב", "Noam"), ("Kowalska", "Żak", "לוי", "Levi", "כהן", "Nowak")
    people = [
        {
            "platform_id": staff.person.platform_id,
            "subject": f"{staff.course.context_id}-{number}",
            "name": f"{chance.choice(first)} {chance.choice(last)} {number}",
            "launch_language": chance.choice(("en", "he", "pl")),
            "public_id": new_public_id(),
            "created_at": at,
        }
        for number in numbers
    ]
    ids = session.scalars(insert(Person).returning(Person.id), people).all()
    same = {"course_id": staff.course_id, "lms_role": LmsRole.LEARNER, "is_listed": True}
    members = [
        same
        | {"person_id": person_id, "public_id": new_public_id(), "role": chance.choice(tuple(own))}
        | {f"lms_{kind}_id": chance.choice(ids) for kind, ids in labels.items()}
        | {"last_seen_at": at if chance.random() < 0.8 else None}
        for person_id in ids
    ]
    added = session.execute(insert(Membership).returning(Membership.id, Membership.role), members).all()
    rows: dict[Any, list[dict[str, Any]]] = {Commitment: [], Declaration: [], Decision: []}
    for member_id, role in added:
        done = [one for one in own[role] if chance.random() < 0.7]
        who = {"membership_id": member_id}
        if chance.random() < 0.8:
            given = {"kind": CONFIDENTIALITY, "version": 1, "language": "en", "given_at": at}
            rows[Commitment].append(who | given)
        said = [one.key for one in done if one.kind == DECLARED]
        rows[Declaration] += [who | {"key": key, "given_at": at} for key in said]
        decided = {"is_yes": True, "reason": "", "decided_by_id": staff.id, "decided_at": at}
        rows[Decision] += [who | decided | {"key": one.key} for one in done if one.kind == DECIDED]
    for model, new in rows.items():
        if new:
            session.execute(insert(model), new)


def _ask_more(app: Flask, staff: Membership) -> None:
    """Let the course ask mentors and mentees for one thing more."""
    with transaction(app.extensions["sessions"]) as session:
        session.add(staff)
        for role in (Role.MENTOR, Role.MENTEE):
            policies = policies_in_force(session, app.extensions["catalogue"], [staff.course_id])
            asked = policies[staff.course_id, role]
            own = [*asked.own, Condition(DECLARED, "yes_now")]
            catalogue = app.extensions["catalogue"]
            set_own_conditions(session, catalogue, staff, role, own, shown_version=asked.version, at=utc_now())


def _look_again(app: Flask) -> tuple[float, float]:
    """Return in how many seconds the worker has looked at all who are due, and by how many MiB the process grew."""
    catalogue = app.extensions["catalogue"]
    before, start = _most_memory(), time.perf_counter()
    refresh_due_standings(app.extensions["sessions"], lambda: catalogue, clock=utc_now)
    return time.perf_counter() - start, _most_memory() - before


def _most_memory() -> float:
    """Return the most memory that this process has ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ask(app: Flask, staffs: Sequence[Membership], path: str, times: int) -> list[tuple[float, int]]:
    """Return for each course the median time of a page in milliseconds, after a first one, and its statements.

    It is the time of processors that our process and the database used, and the courses take turns: what else the
    machine does counts for little, and slows both.
    """
    taken: list[list[float]] = [[] for _ in staffs]
    counts = [0 for _ in staffs]
    clients = [_client(app, staff) for staff in staffs]
    servers = databases.list_servers(app.extensions["engine"])
    with databases.counted(app.extensions["engine"]) as statements:
        for _ in range(times + 1):
            for number, staff in enumerate(staffs):
                statements.clear()
                start = databases.spent(servers)
                address = f"/course/{staff.course.public_id}/people{path}"
                answer = clients[number].get(address, base_url=app.extensions["settings"].base_url)
                taken[number].append((databases.spent(servers) - start) * 1000)
                counts[number] = len(statements)
                if answer.status_code != 200:
                    raise RuntimeError(f"{path} answered {answer.status_code}")
    return [(median(of_one[1:]), count) for of_one, count in zip(taken, counts, strict=True)]


def _client(app: Flask, staff: Membership) -> FlaskClient:
    """Return a browser in which a coordinator is signed in."""
    client = app.test_client()
    with transaction(app.extensions["sessions"]) as session:
        person = session.scalars(select(Person.public_id).where(Person.id == staff.person_id)).one()
    with client.session_transaction(base_url=app.extensions["settings"].base_url) as kept:
        kept["person"] = person
    return client


if __name__ == "__main__":
    main(sys.argv[1:])
