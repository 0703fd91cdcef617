"""Measures training: the page of a module with five exercises, and an answer handed in, against an empty Flask view.

An answer handed in is one transaction: the mark, completion, readiness in each course, scores for the gradebook. Both
programs run at once, served the same way (gunicorn, gthread), and take turns under the same client, which shares the
processors with them. Then, in this process, the SQL statements of both are counted, in a course of few and of many
learners, by someone with one try and with very many.
"""

import argparse
import http.client
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from threading import local
from urllib.parse import urlencode, urlsplit

from flask.sessions import SecureCookieSessionInterface

from bench import databases
from bench.classroom import Classroom, count_statements, fill
from service.app import create_app
from service.config import Settings
from tests.demo.ports import free_port
from tests.demo.processes import Processes, Program
from tests.demo.stage import MENTORREADY, Stage

MODULE = "roles"
LEARNERS = 50
OURS, EMPTY = "MentorReady", "empty view"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
ROW = "{:<24} {:>10} {:>9} {:>9} {:>9} {:>7}"


@dataclass(frozen=True)
class Request:
    """What is asked: the server, the path, and what is posted, if anything is."""

    url: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


def main(arguments: Sequence[str] = ()) -> None:
    """Print requests per second with ratios, and the numbers of statements, for each kind of database."""
    parser = argparse.ArgumentParser(prog="python -m bench.training", description=__doc__)
    databases.add_option(parser)
    parser.add_argument("--turns", type=int, default=3, help="of each kind of request (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=300, help="in each turn (default: %(default)s)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 16], metavar="N")
    parser.add_argument("--many", type=int, default=10_000, help="learners of the large course (default: %(default)s)")
    parser.add_argument("--tries", type=int, default=200, help="of who has very many (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(databases.describe_machine())
    for kind, url, folder in databases.each_database(options.database):
        print(f"\nTraining on {kind}: 2 processes of 4 threads, {options.turns} turns of {options.requests} requests")
        _measure(url, folder, options)
        _print_statements(url, folder, options)


def _settings(stage: Stage) -> Settings:
    return Settings.from_environment(stage.environment())


def _measure(url: str, folder: Path, options: argparse.Namespace) -> None:
    stage = Stage(folder, lms_port=0, tool_port=free_port(), database_url=url)
    app = create_app(_settings(stage))
    room = fill(app, "small", LEARNERS, MODULE)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    name = app.config["SESSION_COOKIE_NAME"]
    cookies = [{"Cookie": f"{name}={serializer.dumps({'person': person})}"} for person in room.people]
    app.extensions["engine"].dispose()
    with _served(stage) as (tool_url, empty_url):
        kinds = _kinds(room, cookies, tool_url, empty_url)
        for concurrency in options.concurrency:
            _print_turns(kinds, concurrency, options)


def _kinds(
    room: Classroom, cookies: Sequence[Mapping[str, str]], tool_url: str, empty_url: str
) -> dict[str, Callable[[], Request]]:
    """Return what makes the next request of each kind."""
    pages, answers, keys = count(), count(), count()

    def page() -> Request:
        return Request(tool_url, room.page, cookies[next(pages) % LEARNERS])

    def hand_in() -> Request:
        number = next(answers)
        learner, (path, fields) = number % LEARNERS, room.answers[number // LEARNERS % len(room.answers)]
        own = {"as": room.people[learner], "submission_key": f"bench-{os.getpid()}-{next(keys)}"}
        return Request(tool_url, path, {**FORM, **cookies[learner]}, urlencode({**fields, **own}))

    return {EMPTY: lambda: Request(empty_url, "/", {}), "module page": page, "answer handed in": hand_in}


@contextmanager
def _served(stage: Stage) -> Iterator[tuple[str, str]]:
    """Give the addresses of the tool and of the empty view while they run."""
    size = ["--workers", "2", "--threads", "4"]
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", *size]
    command += ["--log-level", "warning", "--no-control-socket", "bench.empty_view:create_app()"]
    empty_url = f"http://127.0.0.1:{port}"
    programs = [
        Program("tool", [MENTORREADY, "serve", *size], stage.environment(), answers_at=f"{stage.tool_url}/readyz"),
        Program("empty", command, dict(os.environ), answers_at=empty_url),
    ]
    processes = Processes(programs, logs=stage.folder)
    try:
        for program in programs:
            processes.start(program.name)
        processes.wait_until_up()
        yield stage.tool_url, empty_url
    finally:
        processes.stop()


def _print_turns(kinds: Mapping[str, Callable[[], Request]], concurrency: int, options: argparse.Namespace) -> None:
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    with ThreadPoolExecutor(concurrency) as pool:
        own = local()
        for turn in range(options.turns + 1):
            for kind, make in kinds.items():
                requests = [make() for _ in range(options.requests if turn else 50)]
                start = time.perf_counter()
                taken = list(pool.map(lambda request: _ask(own, request), requests))
                if turn:
                    rates[kind].append(len(requests) / (time.perf_counter() - start))
                    times[kind] += taken
    print(
        f"\n{f'{concurrency} at a time':<24} {'per second':>10} {'p50 ms':>9} {'p95 ms':>9} {'p99 ms':>9} {'ratio':>7}"
    )
    for kind in kinds:
        rate, cuts = median(rates[kind]), quantiles(times[kind], n=100)
        milliseconds = [f"{value * 1000:.1f}" for value in (median(times[kind]), cuts[94], cuts[98])]
        print(ROW.format(kind, f"{rate:.1f}", *milliseconds, f"{rate / median(rates[EMPTY]):.3f}"))


def _ask(own: local, request: Request) -> float:
    """Send a request over the thread's own connection, and return how long the answer took, in seconds."""
    address = urlsplit(request.url).netloc
    connections = own.__dict__.setdefault("connections", {})
    start = time.perf_counter()
    for _ in range(2):
        connection = connections.setdefault(address, http.client.HTTPConnection(address, timeout=60))
        try:
            connection.request("POST" if request.body else "GET", request.path, request.body or None, request.headers)
            answer = connection.getresponse()
            answer.read()
            break
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            connections.pop(address).close()  # the server has closed a connection that rested too long
    else:
        raise RuntimeError(f"{request.path}: no answer")
    if answer.status != (303 if request.body else 200):
        raise RuntimeError(f"{request.path} answered {answer.status}")
    return time.perf_counter() - start


def _print_statements(url: str, folder: Path, options: argparse.Namespace) -> None:
    app = create_app(_settings(Stage(folder, lms_port=0, tool_port=free_port(), database_url=url)))
    print(f"\n{'statements: first, later ones (p50 ms)':<48} {'page':>18} {'hand-in':>18}")
    for learners in (10, options.many):
        room = fill(app, f"of-{learners}", learners, MODULE)
        for tries in (1, options.tries):
            page, hand_in = count_statements(app, room, tries)
            told = f"{learners:,} learners, {tries} tries of the one who asks"
            costs = [f"{cost.first}, {cost.later} ({cost.ms:.1f})" for cost in (page, hand_in)]
            print(f"{told:<48} {costs[0]:>18} {costs[1]:>18}")
    app.extensions["engine"].dispose()


if __name__ == "__main__":
    main(sys.argv[1:])
