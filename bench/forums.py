"""Measures the forums: their pages with few posts and with very many, as 2,000 people read them.

For each database, at both sizes and as a ratio, SQL statements and milliseconds (the median of several): first the
pages, as a browser asks the application in this process for them, then what alone they ask of the database. Lists of
threads, a page of a thread of 500 posts, the unread counts, searches for a rare, a common and a missing word, and the
statistics of the forum. It is the time of processors that our process and the database used, and the small and the
large forum are asked in turn: what else the machine does counts for little. `--explain` shows plans at the large size.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from bench.databases import KINDS, add_option, counted, describe_machine, list_servers, new_database, spent
from bench.forum_posts import COMMON, RARE, fill
from service.app import create_app
from service.config import Settings
from service.db import transaction
from service.forums.access import Reader, find_threads, get_forum, list_open, open_reader
from service.forums.attachments import list_files
from service.forums.reading import Show, list_news, list_threads, read_thread
from service.forums.search import search
from service.forums.statistics import read_statistics
from service.people.models import Membership
from tests.demo.stage import Stage
from tests.makers import AT

SIZES = {"few": (50, 1_000), "many": (5_000, 100_000)}
"""Threads and posts."""
MISSING = "qqqqq"
TIMES = 25
STATISTICS = "statistics"
UNREAD = "community?show=unread"
PAGES = {
    "list of threads": ("member", "community"),
    "list: last page": ("member", "community?page=9999"),
    "unread, much is": ("member", UNREAD),
    "unread, all was read": ("thorough", UNREAD),
    "unread, all was marked": ("marked", UNREAD),
    "thread of 500 posts": ("member", "threads/{thread}?page=5"),
    "counts, much is unread": ("member", ""),
    "counts, all was read": ("thorough", ""),
    "counts, all was marked": ("marked", ""),
    "search: rare word": ("member", f"?q={RARE}"),
    "search: end of it": ("member", f"?q={RARE[4:]}"),
    "search: common word": ("member", f"?q={COMMON[0]}"),
    "search: no such word": ("member", f"?q={MISSING}"),
    STATISTICS: ("staff", "community/statistics"),
}
"""Who opens a page, and its address below that of the forums. `thorough` has read each thread to its end, `marked` has
marked everything as read."""
ROW = "{:<11} {:<23} {:>6} {:>6} {:>10} {:>10} {:>7}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print one row for each database and page, and for each question."""
    parser = argparse.ArgumentParser(prog="python -m bench.forums", description=__doc__)
    parser.add_argument("--posts", type=int, default=SIZES["many"][1], metavar="N", help="posts of the large forum")
    parser.add_argument("--explain", action="store_true", help="show the plans of the statements at the large size")
    add_option(parser)
    options = parser.parse_args(arguments or None)
    sizes = {**SIZES, "many": (options.posts // 20, options.posts)}
    print(describe_machine())
    for kind in KINDS if options.database == "both" else (options.database,):
        with new_database(kind) as few_place, new_database(kind) as many_place:
            few, many = _Filled(*few_place, *sizes["few"]), _Filled(*many_place, *sizes["many"])
            _print_rows(kind, "page", {page: partial(_open, page) for page in PAGES}, (few, many))
            _print_rows(kind, "question", _questions(), (few, many))
            if options.explain:
                for question, ask in _questions().items():
                    many.explain(question, ask)
            few.engine.dispose()
            many.engine.dispose()


class _Filled:
    """The application on a database with a forum in it, and two who read there, a mentor and a coordinator."""

    def __init__(self, url: str, folder: Path, threads: int, posts: int) -> None:
        began_at = time.perf_counter()
        stage = Stage(folder, lms_port=0, tool_port=80, database_url=url)
        self.app = create_app(Settings.from_environment(stage.environment()))
        self.engine, self.sessions = self.app.extensions["engine"], self.app.extensions["sessions"]
        self.place = fill(self.engine, self.sessions, threads, posts)
        self.servers = list_servers(self.engine)
        self.clients = {name: self._sign_in(member_id) for name, member_id in self.place.member_ids.items()}
        took = time.perf_counter() - began_at
        print(f"{self.engine.dialect.name}: {posts:,} posts written in {took:.0f} s", flush=True)

    def _sign_in(self, member_id: int) -> FlaskClient:
        client = self.app.test_client()
        with transaction(self.sessions, reads_only=True) as session:
            member = session.get_one(Membership, member_id)
            self.course_id, person = member.course.public_id, member.person.public_id
        with client.session_transaction(base_url=self.app.extensions["settings"].base_url) as kept:
            kept["person"] = person
        return client

    def explain(self, question: str, ask: "Question") -> None:
        """Print how the database answers what a question asks of it."""
        statements: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            if not statement.startswith("BEGIN"):
                statements.append((statement, parameters))

        event.listen(self.engine, "before_cursor_execute", note)
        ask(self)
        event.remove(self.engine, "before_cursor_execute", note)
        how = "EXPLAIN QUERY PLAN" if self.engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
        with self.engine.connect() as connection:
            for statement, parameters in statements:
                plan = connection.exec_driver_sql(f"{how} {statement}", parameters)
                print(f"\n{question}: {statement}", *plan, sep="\n    ")


Cost = tuple[int, float]
"""Statements, and seconds of processors."""
Question = Callable[[_Filled], Cost]


def _open(page: str, filled: _Filled) -> Cost:
    """Let a browser get a page."""
    who, address = PAGES[page]
    path = f"/course/{filled.course_id}/forums/{address.format(thread=filled.place.thread_id)}"
    with counted(filled.engine) as statements:
        began_at = spent(filled.servers)
        answer = filled.clients[who].get(path, base_url=filled.app.extensions["settings"].base_url)
        seconds = spent(filled.servers) - began_at
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return len(statements), seconds


def _questions() -> Mapping[str, Question]:
    """Return what the pages ask of the database, by name."""

    def asking(ask: Callable[[Session, Reader, str], object], *, is_staff: bool = False) -> Question:
        return partial(_ask, ask, is_staff)

    def looking(query: str) -> Question:
        return asking(lambda s, who, _: search(s, list_open(s, who), query, 1))

    return {
        "list of threads": asking(
            lambda s, who, _: list_threads(s, get_forum(s, who, "community"), Show.ALL, 1, at=AT)
        ),
        "thread of 500 posts": asking(_read),
        "unread counts": asking(lambda s, who, _: list_news(s, list_open(s, who))),
        "search: rare word": looking(RARE),
        "search: end of it": looking(RARE[4:]),
        "search: common word": looking(COMMON[0]),
        "search: no such word": looking(MISSING),
        STATISTICS: asking(lambda s, who, _: read_statistics(s, get_forum(s, who, "community"), at=AT), is_staff=True),
    }


def _ask(ask: Callable[[Session, Reader, str], object], is_staff: bool, filled: _Filled) -> Cost:
    with transaction(filled.sessions, reads_only=True) as session:
        member = session.get_one(Membership, filled.place.member_ids["staff" if is_staff else "member"])
        who = open_reader(session, member, {})
        with counted(filled.engine) as statements:
            began_at = spent(filled.servers)
            ask(session, who, filled.place.thread_id)
            return len(statements), spent(filled.servers) - began_at


def _read(session: Session, who: Reader, thread_id: str) -> None:
    [thread] = find_threads(session, who, [thread_id]).values()
    page = read_thread(session, thread, 5)
    list_files(session, [line.row.id for line in page.posts])


def _print_rows(kind: str, what: str, questions: Mapping[str, Question], forums: tuple[_Filled, _Filled]) -> None:
    print(ROW.format("database", what, "SQL", "SQL", "ms, few", "ms, many", "ratio"))
    for question, ask in questions.items():
        seconds: tuple[list[float], list[float]] = ([], [])
        counts = [0, 0]
        for turn in range(TIMES + 1):
            for place, filled in enumerate(forums):
                counts[place], took = ask(filled)
                if turn:
                    seconds[place].append(took)
        short, long = (statistics.median(some) for some in seconds)
        figures = (f"{1000 * short:.1f}", f"{1000 * long:.1f}", f"{long / short:.1f}")
        print(ROW.format(kind, question, *counts, *figures), flush=True)


if __name__ == "__main__":
    main()
