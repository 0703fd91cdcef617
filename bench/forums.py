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
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session, sessionmaker

from bench.databases import KINDS, add_option, describe_machine, new_database
from service.db import Base, make_engine, make_sessions, new_public_id, transaction
from service.forums.access import Reader, get_forum, get_thread, list_open, open_reader
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
TIMES = 9
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
        found = {}
        for size, (threads, posts) in sizes.items():
            with new_database(name) as (url, _folder):
                engine = make_engine(url)
                began_at = time.perf_counter()
                found[size] = _measure(engine, threads, posts, explains=options.explain and size == "many")
                print(f"{name}, {posts} posts: {time.perf_counter() - began_at:.0f} s", flush=True)
                engine.dispose()
        for question, (statements, seconds) in found["few"].items():
            more, longer = found["many"][question]
            figures = (f"{1000 * seconds:.1f}", f"{1000 * longer:.1f}", f"{longer / seconds:.1f}")
            print(ROW.format(name, question, statements, more, *figures), flush=True)


def _measure(engine: Engine, threads: int, posts: int, *, explains: bool) -> dict[str, tuple[int, float]]:
    """Return statements and seconds of each question."""
    sessions = make_sessions(engine)
    thread_id, member_id, staff_id = _fill(engine, sessions, threads, posts)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    questions: dict[str, Callable[[Session, Reader], object]] = {
        "list of threads": lambda s, who: list_threads(s, get_forum(s, who, "community"), Show.ALL, 1, at=AT),
        "thread of 500 posts": lambda s, who: _read(s, who, thread_id),
        "unread counts": lambda s, who: list_news(s, list_open(s, who)),
        "search: rare word": lambda s, who: search(s, list_open(s, who), RARE, 1),
        "search: end of it": lambda s, who: search(s, list_open(s, who), RARE[4:], 1),
        "search: common word": lambda s, who: search(s, list_open(s, who), COMMON[0], 1),
        "search: no such word": lambda s, who: search(s, list_open(s, who), "qqqqq", 1),
        "statistics": lambda s, who: read_statistics(s, get_forum(s, who, "community"), at=AT),
    }
    asking = {name: staff_id if name == "statistics" else member_id for name in questions}
    return {name: _ask(engine, sessions, asking[name], ask, explains=explains) for name, ask in questions.items()}


def _read(session: Session, who: Reader, thread_id: str) -> None:
    page = read_thread(session, get_thread(session, who, thread_id), 5)
    list_files(session, [line.row.id for line in page.posts])


def _ask(
    engine: Engine,
    sessions: sessionmaker[Session],
    member_id: int,
    ask: Callable[[Session, Reader], object],
    *,
    explains: bool,
) -> tuple[int, float]:
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    seconds = []
    for _ in range(TIMES):
        with transaction(sessions, reads_only=True) as session:
            who = open_reader(session, session.get_one(Membership, member_id), {})
            event.listen(engine, "before_cursor_execute", note)
            statements.clear()
            began_at = time.perf_counter()
            ask(session, who)
            seconds.append(time.perf_counter() - began_at)
            event.remove(engine, "before_cursor_execute", note)
    if explains:
        how = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
        with engine.connect() as connection:
            for statement, parameters in statements:
                print(f"\n{statement}", *connection.exec_driver_sql(f"{how} {statement}", parameters), sep="\n    ")
    return len(statements), statistics.median(seconds)


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
    for start in range(0, threads, 500):
        some = list(zip(ids, counts, strict=True))[start : start + 500]
        first_id = 1 + sum(counts[:start])
        written = [
            _post(chance, vocabulary, people, place) | {"id": number}
            for number, place in enumerate(_places(some), first_id)
        ]
        places = [(post["id"], words.setdefault(word, len(words) + 1)) for post in written for word in _words(post)]
        _load(engine, Post, written)
        _load(engine, IndexPlace, [{"word_id": word, "post_id": post} for post, word in places])
    _load(engine, IndexWord, [{"id": number, "word": word} for word, number in words.items()])
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
