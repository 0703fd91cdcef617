"""Measures the forums: their pages with few posts and with very many, as 2,000 people read them.

For each database: the list of threads, a page of a thread of 500 posts, the unread counts, and searches for a rare, a
common and a missing word, and the statistics of the forum, each with SQL statements and milliseconds (the median of
several), at both sizes and as a ratio. Nothing but the questions to the database is measured, as the pages ask them.
The forums are written in bulk, the index too, as the worker would have left it; `--explain` shows how each is answered.
"""

import argparse
import random
import statistics
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session, sessionmaker

from bench.databases import KINDS, add_option, describe_machine, new_database
from service.db import Base, make_engine, make_sessions, new_public_id, transaction
from service.forums.access import Reader, find_threads, get_forum, list_open, open_reader
from service.forums.attachments import list_files
from service.forums.index import words_in
from service.forums.index_models import IndexPlace, IndexWord
from service.forums.models import Post, Thread, ThreadMark
from service.forums.operations import ensure_forum
from service.forums.reading import Show, list_news, list_threads, read_thread
from service.forums.search import search
from service.forums.statistics import read_statistics
from service.i18n import fold
from service.people.models import LmsRole, Membership, Person, Role
from tests.makers import AT, make_member

SIZES = {"few": (50, 1_000), "many": (5_000, 100_000)}
"""Threads and posts; the first thread has 500 of them."""
LONG_THREAD = 500
READERS = 2_000
TIMES = 15
LETTERS = "aąbcćdeęfghijklłmnńoóprsśtuwyzźżאבגדהוזחטיכלמנסעפצקרשת"
COMMON = ("spotkanie", "rozmowa", "mentor", "מפגש", "שיחה", "meeting", "question")
RARE = "kasztanowiec"
ROW = "{:<11} {:<22} {:>6} {:>6} {:>10} {:>10} {:>7}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print one row for each database and question."""
    parser = argparse.ArgumentParser(prog="python -m bench.forums", description=__doc__)
    parser.add_argument("--posts", type=int, default=SIZES["many"][1], metavar="N", help="posts of the large forum")
    parser.add_argument("--explain", action="store_true", help="show the plans of the statements at the large size")
    add_option(parser)
    options = parser.parse_args(arguments or None)
    sizes = {**SIZES, "many": (options.posts // 20, options.posts)}
    print(ROW.format("database", "question", "SQL", "SQL", "ms, few", "ms, many", "ratio"))
    print(describe_machine())
    for name in KINDS if options.database == "both" else (options.database,):
        with new_database(name) as (few_url, _), new_database(name) as (many_url, _):
            few, many = (_Filled(url, *sizes[size]) for url, size in ((few_url, "few"), (many_url, "many")))
            for question, ask in _questions(few.thread_id, many.thread_id).items():
                both = _ask_in_turn((few, many), question, ask, explains=options.explain)
                (fewer, short), (more, long) = both
                figures = (f"{1000 * short:.1f}", f"{1000 * long:.1f}", f"{long / short:.1f}")
                print(ROW.format(name, question, fewer, more, *figures), flush=True)
            few.engine.dispose()
            many.engine.dispose()


class _Filled:
    """A database with a forum in it."""

    def __init__(self, url: str, threads: int, posts: int) -> None:
        began_at = time.perf_counter()
        self.engine = make_engine(url)
        self.sessions = make_sessions(self.engine)
        self.thread_id, self.member_id, self.staff_id = _fill(self.engine, self.sessions, threads, posts)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        print(
            f"{self.engine.dialect.name}: {posts} posts written in {time.perf_counter() - began_at:.0f} s", flush=True
        )


def _questions(*thread_ids: str) -> dict[str, Callable[[Session, Reader], object]]:
    """Return what is asked, by name; `thread_ids` are the long threads, of which a database has one."""
    return {
        "list of threads": lambda s, who: list_threads(s, get_forum(s, who, "community"), Show.ALL, 1, at=AT),
        "thread of 500 posts": lambda s, who: _read(s, who, thread_ids),
        "unread counts": lambda s, who: list_news(s, list_open(s, who)),
        "search: rare word": lambda s, who: search(s, list_open(s, who), RARE, 1),
        "search: end of it": lambda s, who: search(s, list_open(s, who), RARE[4:], 1),
        "search: common word": lambda s, who: search(s, list_open(s, who), COMMON[0], 1),
        "search: no such word": lambda s, who: search(s, list_open(s, who), "qqqqq", 1),
        "statistics": lambda s, who: read_statistics(s, get_forum(s, who, "community"), at=AT),
    }


def _read(session: Session, who: Reader, thread_ids: Sequence[str]) -> None:
    [thread] = find_threads(session, who, thread_ids).values()
    page = read_thread(session, thread, 5)
    list_files(session, [line.row.id for line in page.posts])


def _ask_in_turn(
    databases: Sequence[_Filled], question: str, ask: Callable[[Session, Reader], object], *, explains: bool
) -> list[tuple[int, float]]:
    """Return statements and seconds in each database. Asked in turn, both meet the same load of the machine."""
    seconds: list[list[float]] = [[] for _ in databases]
    counts = [0 for _ in databases]
    for turn in range(TIMES):
        for place, filled in enumerate(databases):
            shows = explains and turn == TIMES - 1 and filled is databases[-1]
            counts[place], took = _ask(filled, ask, is_staff=question == "statistics", explains=shows)
            seconds[place].append(took)
    return [(count, statistics.median(some)) for count, some in zip(counts, seconds, strict=True)]


def _ask(
    filled: _Filled, ask: Callable[[Session, Reader], object], *, is_staff: bool, explains: bool
) -> tuple[int, float]:
    statements: list[tuple[str, Any]] = []
    engine = filled.engine

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    with transaction(filled.sessions, reads_only=True) as session:
        member = session.get_one(Membership, filled.staff_id if is_staff else filled.member_id)
        who = open_reader(session, member, {})
        event.listen(engine, "before_cursor_execute", note)
        began_at = time.perf_counter()
        ask(session, who)
        seconds = time.perf_counter() - began_at
        event.remove(engine, "before_cursor_execute", note)
    if explains:
        how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
        with engine.connect() as connection:
            for statement, parameters in statements:
                print(f"\n{statement}", *connection.exec_driver_sql(f"{how} {statement}", parameters), sep="\n    ")
    return len(statements), seconds


def _fill(engine: Engine, sessions: sessionmaker[Session], threads: int, posts: int) -> tuple[str, int, int]:
    """Write a forum that 2,000 people have read in part; return a long thread, one of them, and a coordinator."""
    chance = random.Random(8)
    vocabulary = ["".join(chance.choices(LETTERS, k=chance.randint(4, 11))) for _ in range(max(4_000, posts // 3))]
    with transaction(sessions) as session:
        member, staff = make_member(session, "first"), make_member(session, "staff", Role.COORDINATOR)
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
        long_thread = session.get_one(Thread, ids[0]).public_id
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
            _post(chance, vocabulary, people, place) | {"id": number}
            for number, place in enumerate(_places(some), first_id)
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
    return long_thread, member.id, staff.id


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


if __name__ == "__main__":
    main()
