"""A forum with as many posts as wanted, in bulk, as people have written and in part read it."""

import random
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session, sessionmaker

from service.db import Base, new_public_id, transaction
from service.forums.access import get_forum, open_reader
from service.forums.index import words_in
from service.forums.index_models import IndexPlace, IndexWord
from service.forums.models import Post, Thread, ThreadMark
from service.forums.operations import ensure_forum
from service.forums.reading import mark_all_read
from service.i18n import fold
from service.people.models import LmsRole, Membership, Person, Role
from tests.makers import AT, make_member

LONG_THREAD = 500
READERS = 2_000
LATER = timedelta(days=30)
"""When everything has been written."""
LETTERS = "aąbcćdeęfghijklłmnńoóprsśtuwyzźżאבגדהוזחטיכלמנסעפצקרשת"
COMMON = ("spotkanie", "rozmowa", "mentor", "מפגש", "שיחה", "meeting", "question")
RARE = "kasztanowiec"


@dataclass(frozen=True)
class Place:
    """What was written: a thread of 500 posts by its public id, and the ids of four members of the course by name.

    `member` has read a little of a few threads, like everyone, `thorough` each thread to its end, `marked` has marked
    everything as read; `staff` is a coordinator.
    """

    thread_id: str
    member_ids: Mapping[str, int]


def fill(engine: Engine, sessions: sessionmaker[Session], threads: int, posts: int) -> Place:
    """Write a forum that 2,000 people have read in part, with the index of its words, as the worker would leave it.

    The first of its threads has 500 posts.
    """
    chance = random.Random(8)
    vocabulary = ["".join(chance.choices(LETTERS, k=chance.randint(4, 11))) for _ in range(max(4_000, posts // 3))]
    with transaction(sessions) as session:
        member, thorough, marked = (make_member(session, name) for name in ("member", "thorough", "marked"))
        staff = make_member(session, "staff", Role.COORDINATOR)
        forum = ensure_forum(session, get_forum(session, open_reader(session, member, {}), "community"), at=AT)
        people = _add_people(session, member)
        counts = [LONG_THREAD] + [0] * (threads - 1)
        for number in range(posts - LONG_THREAD):
            counts[1 + number % (threads - 1)] += 1
        rows = [
            {
                "forum_id": forum.id,
                "title": f"Thread {n}",
                "last_number": count,
                "created_at": AT,
                "last_post_at": AT + timedelta(minutes=n),
            }
            for n, count in enumerate(counts)
        ]
        ids = session.scalars(insert(Thread).returning(Thread.id, sort_by_parameter_order=True), rows).all()
        named = {"member": member, "thorough": thorough, "marked": marked, "staff": staff}
        place = Place(session.get_one(Thread, ids[0]).public_id, {name: one.id for name, one in named.items()})
        mark_all_read(session, get_forum(session, open_reader(session, marked, {}), "community"), at=AT + LATER)
        read = [
            {"person_id": thorough.person_id, "thread_id": thread, "read_to": count}
            for thread, count in zip(ids, counts, strict=True)
        ]
    _load(engine, ThreadMark, read)
    _load(
        engine,
        ThreadMark,
        [
            {"person_id": person, "thread_id": thread, "read_to": chance.randint(0, 20)}
            for person in people
            for thread in chance.sample(list(ids), min(20, threads))
        ],
    )
    words: dict[str, int] = {}
    places = array("q")
    for start in range(0, threads, 500):
        some = list(zip(ids, counts, strict=True))[start : start + 500]
        first_id = 1 + sum(counts[:start])
        written = [
            _post(chance, vocabulary, people, where) | {"id": number}
            for number, where in enumerate(_places(some), first_id)
        ]
        places.extend(
            words.setdefault(word, len(words) + 1) << 32 | post["id"] for post in written for word in _words(post)
        )
        _load(engine, Post, written)
    _load(engine, IndexWord, [{"id": number, "word": word} for word, number in words.items()])
    # Millions, in the order of the index: written at its end, never in between.
    ordered = sorted(places)
    for start in range(0, len(ordered), 500_000):
        some_places = ordered[start : start + 500_000]
        _load(engine, IndexPlace, [{"word_id": one >> 32, "post_id": one & 0xFFFFFFFF} for one in some_places])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return place


def _words(post: Mapping[str, Any]) -> list[str]:
    return sorted(words_in(post["folded"]))


def _load(engine: Engine, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows the fastest way that the database knows, without looking whether they fit together."""
    table, names = model.__table__, list(rows[0])
    columns = ", ".join(names)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        kinds = [table.c[name].type.bind_processor(engine.dialect) or (lambda value: value) for name in names]
        values = (tuple(kind(row[name]) for kind, name in zip(kinds, names, strict=True)) for row in rows)
        if engine.dialect.name == "sqlite":
            raw.rollback()
            raw.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
            raw.executemany(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' for _ in names)})", values)
        else:
            with raw.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
                cursor.execute("RESET session_replication_role")
        raw.commit()
        if engine.dialect.name == "sqlite":
            raw.executescript("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000")


def _places(threads: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for thread_id, count in threads:
        for number in range(1, count + 1):
            yield thread_id, number


def _post(
    chance: random.Random, vocabulary: Sequence[str], people: Sequence[int], place: tuple[int, int]
) -> dict[str, Any]:
    # Few words are said often, most seldom, as in any language.
    words = [vocabulary[int(len(vocabulary) * chance.random() ** 4)] for _ in range(40)] + [chance.choice(COMMON)]
    written = " ".join([*words, RARE] if place == (1, 1) else words)
    return {
        "public_id": new_public_id(),
        "thread_id": place[0],
        "number": place[1],
        "author_id": chance.choice(people),
        "author_role": Role.MENTOR,
        "is_unnamed": False,
        "text": written,
        "folded": fold(written),
        "waits_for_index": None,
        "language": "pl",
        "submission_key": new_public_id(),
        # Over a year and a half, as they follow one another in a thread.
        "posted_at": AT - timedelta(days=chance.randint(0, 540)) + timedelta(minutes=place[1]),
        "edits": 0,
    }


def _add_people(session: Session, member: Membership) -> Sequence[int]:
    course = member.course
    new = [{"platform_id": course.platform_id, "subject": f"r{n}", "created_at": AT} for n in range(READERS - 1)]
    people = session.scalars(insert(Person).returning(Person.id), new).all()
    role = {"course_id": course.id, "lms_role": LmsRole.LEARNER, "role": Role.MENTOR}
    session.execute(insert(Membership), [{"person_id": one, **role} for one in people])
    return [*people, member.person_id]
