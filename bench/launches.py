"""Measures launches: MentorReady, all checks on, against a bare PyLTI1p3 tool (bench/bare_tool.py).

A launch is a login, the launch itself and the page that it leads to: a module with its exercises, which the bare tool
shows as plainly as can be. Login and launch are also measured without it. Both tools run at once, served the same way
(gunicorn, gthread, the same number of processes and threads), on this machine, with databases of the same kind, and
take turns under the same client. Signing id_tokens is left out of the time: all logins of a turn come first, then the
tokens are signed, then the launches and their pages follow. The client shares the processors with the tools, which
draws the ratios towards 1, and so do other programs; the time that the processors worked for a tool (without the
server of PostgreSQL, which all share) tells the tools apart on a busy machine too. Files that a page loads are not
asked for.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import bare_tool, databases
from bench.launch_client import STEPS, Client, Turn
from lti.browser_binding import LOGIN_LIFETIME, Tool
from lti.login import start_login
from service.db import make_engine, make_sessions, transaction, utc_now
from service.platforms.launches import LoginStore
from service.platforms.models import LoginAttempt
from service.platforms.operations import add_platform, ensure_signing_key
from tests.conformance.handmade import Platform, key_server
from tests.databases import sqlite_url
from tests.demo.ports import free_port
from tests.demo.processes import Processes, Program
from tests.demo.stage import MENTORREADY, Stage

OURS = "MentorReady"
BARE = {"table": "PyLTI1p3, launches in a table", "cookie": "PyLTI1p3, launches in a cookie"}
ABANDONED = 10_000
ALL_PROCESSES_WARM = 200


def main(arguments: Sequence[str] = ()) -> None:
    """Print launches per second, times and ratios, and what abandoned logins leave behind."""
    options = _options().parse_args(arguments)
    print(databases.describe_machine())
    for number, (kind, url, folder) in enumerate(databases.each_database(options.database)):
        _measure(kind, url, folder, options)
        if not number:
            _measure_abandoned(url, options.abandoned)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.launches", description=__doc__)
    databases.add_option(parser, "sqlite")
    parser.add_argument("--launches", type=int, default=150, help="in each turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="of each tool (default: %(default)s)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 32], metavar="N")
    parser.add_argument("--people", type=int, default=50, help="known to the tools; 0: each launch is someone's first")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--abandoned", type=int, default=ABANDONED, help="logins that no launch follows")
    return parser


def _measure(kind: str, url: str, folder: Path, options: argparse.Namespace) -> None:
    print(
        f"\nLaunches on {kind}: {options.workers} processes of {options.threads} threads; {options.turns} turns of "
        f"{options.launches} launches, {options.people or 'new'} people"
    )
    with key_server() as keys, _tools(url, Platform(keys), folder, options) as (tools, groups):
        for tool in tools.values():
            # Many at a time: one connection is served by one process, and the others would begin in a turn that counts.
            Client(tool, Platform(keys), 32).take_turn(f"person-{i % 50}" for i in range(ALL_PROCESSES_WARM))
        for concurrency in options.concurrency:
            for with_page in (False, True):
                clients = {
                    name: Client(tool, Platform(keys), concurrency, with_page=with_page) for name, tool in tools.items()
                }
                what = "login, launch and page" if with_page else "login and launch"
                _print_table(f"{what}, {concurrency} at a time", _take_turns(clients, groups, options))


@contextmanager
def _tools(
    url: str, platform: Platform, folder: Path, options: argparse.Namespace
) -> Iterator[tuple[Mapping[str, str], Mapping[str, int]]]:
    """Give the addresses of the running tools and their process groups, by name."""
    stage = Stage(folder, lms_port=0, tool_port=free_port(), database_url=url)
    size = ["--workers", str(options.workers), "--threads", str(options.threads)]
    environment = stage.environment()
    engine = make_engine(url)
    with transaction(make_sessions(engine)) as session:
        ensure_signing_key(session, environment["MENTORREADY_SECRET_KEY"], at=utc_now())
        add_platform(session, **platform.registration(), at=utc_now())
    engine.dispose()
    programs = [Program(OURS, [MENTORREADY, "serve", *size], environment, answers_at=f"{stage.tool_url}/readyz")]
    urls = {OURS: stage.tool_url}
    for storage, name in BARE.items():
        bare_url = sqlite_url(folder / f"{storage}.sqlite") if url.startswith("sqlite") else url
        bare_tool.make_tables(bare_url)
        port = free_port()
        urls[name] = f"http://127.0.0.1:{port}"
        programs.append(_bare_program(storage, bare_url, port, platform, size))
    processes = Processes(programs, logs=folder)
    try:
        for program in programs:
            processes.start(program.name)
        processes.wait_until_up()
        yield urls, {name: processes.running[program.name].pid for name, program in zip(urls, programs, strict=True)}
    except Exception:
        for program in programs:
            print(f"\nThe log of {program.name} ends:\n{processes.log(program.name).read_text()[-2000:]}")
        raise
    finally:
        processes.stop()


def _bare_program(storage: str, url: str, port: int, platform: Platform, size: list[str]) -> Program:
    """Return the bare tool, served as service/server.py serves MentorReady."""
    command = [sys.executable, "-m", "gunicorn", "bench.bare_tool:create_app()", "--bind", f"127.0.0.1:{port}", *size]
    command += ["--worker-class", "gthread", "--graceful-timeout", "10", "--log-level", "warning"]
    registration = {
        "client_id": platform.client_id,
        "auth_login_url": platform.auth_login_url,
        "auth_token_url": "https://lms.example/token",
        "key_set_url": platform.key_server.url,
        "deployment_ids": [platform.deployment_id],
    }
    settings = {"database_url": url, "storage": storage, "platform": {platform.issuer: registration}}
    environment = {**os.environ, "BARE_TOOL": json.dumps(settings), "NO_PROXY": "localhost,127.0.0.1"}
    command.append("--no-control-socket")
    return Program(f"bare-{storage}", command, environment, answers_at=f"http://127.0.0.1:{port}/readyz")


def _take_turns(
    clients: Mapping[str, Client], groups: Mapping[str, int], options: argparse.Namespace
) -> dict[str, list[Turn]]:
    """Return the turns of each tool, taken A B C A B C, after one turn each that warms caches and is thrown away."""
    taken: dict[str, list[Turn]] = {name: [] for name in clients}
    new = count()
    for number in range(options.turns + 1):
        launches = options.launches if number else max(options.people, 40)
        for name, client in clients.items():
            people, before = options.people, _processor_seconds(groups[name])
            turn = client.take_turn(f"person-{i % people if people else next(new)}" for i in range(launches))
            turn.worked = _processor_seconds(groups[name]) - before
            if number:
                taken[name].append(turn)
    return taken


def _processor_seconds(group: int) -> float:
    """Return how long the processes of a group have worked so far, as Linux tells it in hundredths of a second."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # one that has ended meanwhile
            fields = path.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _print_table(title: str, taken: Mapping[str, list[Turn]]) -> None:
    columns = "  ".join(f"{name:>10}" for name in ("launches/s", "work ms", "p50 ms", "p99 ms", "p99/p50", *STEPS))
    print(f"\n{title:40}{columns}   (the last three: p50 ms)")
    rates, work = {}, {}
    for name, turns in taken.items():
        rates[name] = median(len(turn.whole) / turn.seconds for turn in turns)
        work[name] = median(turn.worked / len(turn.whole) for turn in turns) * 1000
        whole = [seconds for turn in turns for seconds in turn.whole]
        p50, p99 = median(whole) * 1000, quantiles(whole, n=100)[98] * 1000
        steps = [median(s for turn in turns for s in turn.steps[step]) * 1000 for step in turns[0].steps]
        print(
            f"{name:40}"
            + "  ".join(f"{number:10.1f}" for number in (rates[name], work[name], p50, p99, p99 / p50, *steps))
        )
    for name in BARE.values():
        for what, ratio in (("launches per second", rates[OURS] / rates[name]), ("work", work[OURS] / work[name])):
            print(f"ratio of medians, {OURS} : {name}, {what} = {ratio:.2f}")


def _measure_abandoned(url: str, logins: int) -> None:
    """Print how many rows logins leave that no launch follows; the clock is ours, so that no one has to wait."""
    engine = make_engine(url)
    sessions = make_sessions(engine)
    with key_server() as keys:
        form = Platform(keys).login_form()
    tool = Tool("http://127.0.0.1:8080", "http://127.0.0.1:8080/lti/launch", "a secret of the benchmark" * 2)

    def log_in(after_s: float) -> None:
        with transaction(sessions) as session:
            store = LoginStore(session)
            start_login(form, store, store, tool=tool, at=start + timedelta(seconds=after_s))

    start = utc_now() + 2 * LOGIN_LIFETIME
    most = 0
    for number in range(logins):
        log_in(number)
        if number % 50 == 0:
            most = max(most, _attempts(sessions))
    print(f"\n{logins} abandoned logins, one a second: {_attempts(sessions)} rows left, {most} at most on the way")
    start += timedelta(seconds=logins) + 2 * LOGIN_LIFETIME
    for _ in range(logins):
        log_in(0)
    burst, later = _attempts(sessions), 0
    while later < logins and _attempts(sessions) > 1000:
        for _ in range(50):
            log_in(2 * LOGIN_LIFETIME.total_seconds())
        later += 50
    print(f"{logins} in one moment: {burst} rows, and once they are over under 1000 after {later} more logins")
    engine.dispose()


def _attempts(sessions: sessionmaker[Session]) -> int:
    with transaction(sessions, reads_only=True) as session:
        return session.scalar(select(func.count()).select_from(LoginAttempt)) or 0


if __name__ == "__main__":
    main(sys.argv[1:])
