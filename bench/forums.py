"""Measures the forums: their pages with few posts and with very many, as 2,000 people read them.

For each database: the list of threads, a page of a thread of 500 posts, the unread counts, and searches for a rare, a
common and a missing word, each with SQL statements and milliseconds (the median of several), at both sizes and as a
ratio. Nothing but the questions to the database is measured, as the pages ask them.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event, insert, text
from sqlalchemy.orm import Session, sessionmaker

from service.db import make_engine, make_sessions, new_public_id, transaction
from service.forums.access import Reader, get_forum, get_thread, list_open, open_reader
from service.forums.attachments import list_files
from service.forums.index import index_posts
from service.forums.models import Post, Thread, ThreadMark
from service.forums.operations import ensure_forum
from service.forums.reading import Show, list_news, list_threads, read_thread
from service.forums.search import search
from service.i18n import fold
from service.people.models import LmsRole, Membership, Person, Role
from tests import postgresql
from tests.databases import make_tables, new_postgresql_database, sqlite_url
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
    options = parser.parse_args(arguments or None)
    sizes = {**SIZES, "many": (options.posts // 20, options.posts)}
    print(ROW.format("database", "question", "SQL", "SQL", "ms, few", "ms, many", "ratio"))
    with tempfile.TemporaryDirectory() as folder, _servers(Path(folder)) as servers:
        for name, open_database in servers.items():
            found = {}
            for size, (threads, posts) in sizes.items():
                with open_database(size) as url:
                    engine = make_engine(url)
                    found[size] = _measure(engine, threads, posts)
                    engine.dispose()
            for question, (statements, seconds) in found["few"].items():
                more, longer = found["many"][question]
                figures = (f"{1000 * seconds:.1f}", f"{1000 * longer:.1f}", f"{longer / seconds:.1f}")
                print(ROW.format(name, question, statements, more, *figures), flush=True)


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, Callable[[str], object]]]:
    @contextmanager
    def open_file(size: str) -> Iterator[str]:
        url = sqlite_url(folder / f"{size}.sqlite")
        make_tables(url)
        yield url

    if not postgresql.is_available():
        yield {"SQLite": open_file}
        return
    with postgresql.server() as server:
        yield {"SQLite": open_file, "PostgreSQL": lambda _size: new_postgresql_database(server)}


def _measure(engine: Engine, threads: int, posts: int) -> dict[str, tuple[int, float]]:
    """Return statements and seconds of each question."""
    sessions = make_sessions(engine)
    thread_id, member_id = _fill(sessions, threads, posts)
    while index_posts(sessions):
        pass
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
    }
    return {name: _ask(engine, sessions, member_id, ask) for name, ask in questions.items()}


def _read(session: Session, who: Reader, thread_id: str) -> None:
    page = read_thread(session, get_thread(session, who, thread_id), 5)
    list_files(session, [line.row.id for line in page.posts])


def _ask(
    engine: Engine, sessions: sessionmaker[Session], member_id: int, ask: Callable[[Session, Reader], object]
) -> tuple[int, float]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

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
    return len(statements), statistics.median(seconds)


def _fill(sessions: sessionmaker[Session], threads: int, posts: int) -> tuple[str, int]:
    """Write a forum that 2,000 people have read in part; return a long thread and one of them."""
    chance = random.Random(8)
    vocabulary = ["".join(chance.choices(LETTERS, k=chance.randint(4, 11))) for _ in range(max(4_000, posts // 3))]
    with transaction(sessions) as session:
        member = make_member(session, "first")
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
        for start in range(0, threads, 500):
            some = list(zip(ids, counts, strict=True))[start : start + 500]
            session.execute(insert(Post), [_post(chance, vocabulary, people, *one) for one in _places(some)])
        marks = [
            {"person_id": person, "thread_id": thread, "read_to": chance.randint(0, 20)}
            for person in people
            for thread in chance.sample(list(ids), min(20, threads))
        ]
        session.execute(insert(ThreadMark), marks)
        first = session.get_one(Post, 1)
        first.text += f" {RARE}"
        first.folded = fold(first.text)
        return session.get_one(Thread, ids[0]).public_id, member.id


def _places(threads: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for thread_id, count in threads:
        for number in range(1, count + 1):
            yield thread_id, number


def _post(
    chance: random.Random, vocabulary: Sequence[str], people: Sequence[int], thread_id: int, number: int
) -> dict[str, object]:
    # Few words are said often, most seldom, as in any language.
    words = [vocabulary[int(len(vocabulary) * chance.random() ** 4)] for _ in range(40)] + [chance.choice(COMMON)]
    written = " ".join(words)
    return {
        "thread_id": thread_id,
        "number": number,
        "author_id": chance.choice(people),
        "author_role": Role.MENTOR,
        "is_unnamed": False,
        "text": written,
        "folded": fold(written),
        "language": "pl",
        "submission_key": new_public_id(),
        "posted_at": AT,
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
