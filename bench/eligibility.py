"""Measures the API: batches of 1, 100 and 1,000 ids in a course of very many people, with 12 conditions.

Everything is asked of the application in this process, with a key, and the SQL statements of each request are counted.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from statistics import median

from flask import Flask

from bench import databases
from bench.board import CONDITIONS, _fill, _look_again
from service.api_clients.models import Scope
from service.api_clients.operations import add_client
from service.api_clients.rules import MOST_ASKED, MOST_PER_MINUTE
from service.app import create_app
from service.config import Settings
from service.db import transaction, utc_now
from service.platforms.operations import get_platform_by_id
from tests.demo.stage import Stage

NAME = "asked"
ROW = "{:<28} {:>10} {:>14} {:>6}"


def main(arguments: Sequence[str] = ()) -> None:
    """Print, for each number of ids, the median time of a request, that of the processor, and the statements."""
    parser = argparse.ArgumentParser(prog="python -m bench.eligibility", description=__doc__)
    databases.add_option(parser)
    parser.add_argument("--times", type=int, default=5, help="that each is asked (default: %(default)s)")
    parser.add_argument("--people", type=int, default=10_000)
    options = parser.parse_args(arguments)
    print(databases.describe_machine())
    for kind, url, folder in databases.each_database(options.database):
        stage = Stage(folder, lms_port=0, tool_port=80, database_url=url)
        app = create_app(Settings.from_environment(stage.environment()))
        print(f"\n{options.people:,} people on {kind}, {CONDITIONS} conditions for each role")
        print(ROW.format("", "ms", "ms processor", "SQL"))
        key = _open(app, options.people)
        for size in (1, 100, MOST_ASKED):
            ms, own_ms, statements = _ask(app, key, min(size, options.people), options.times)
            print(ROW.format(f"batch of {size:,}", f"{ms:.0f}", f"{own_ms:.0f}", statements))
        app.extensions["engine"].dispose()


def _open(app: Flask, people: int) -> str:
    """Add the course, look at everyone once, and return a key."""
    staff = _fill(app, NAME, people)
    _look_again(app)
    with transaction(app.extensions["sessions"]) as session:
        platform = get_platform_by_id(session, staff.person.platform_id)
        what = {"name": "Bench", "scopes": [Scope.ELIGIBILITY], "courses": None, "per_minute": MOST_PER_MINUTE}
        return add_client(session, platform, **what, at=utc_now())[1]


def _ask(app: Flask, key: str, size: int, times: int) -> tuple[float, float, int]:
    """Return the median milliseconds of a batch, after a first one, by the clock and of this processor; statements."""
    client, base_url = app.test_client(), app.extensions["settings"].base_url
    asked: dict[str, list[str]] = {"people": [f"lms:{NAME}-{number}" for number in range(size)]}
    taken, worked = [], []
    with databases.counted(app.extensions["engine"]) as statements:
        for _ in range(times + 1):
            statements.clear()
            start, own_start = time.perf_counter(), time.process_time()
            headers = {"Authorization": f"Bearer {key}"}
            answer = client.post("/api/v1/eligibility:batch", base_url=base_url, json=asked, headers=headers)
            taken.append((time.perf_counter() - start) * 1000)
            worked.append((time.process_time() - own_start) * 1000)
            if answer.status_code != 200 or not all(one["found"] for one in answer.get_json()["people"]):
                raise RuntimeError(f"The batch was answered {answer.status_code}")
    return median(taken[1:]), median(worked[1:]), len(statements)


if __name__ == "__main__":
    main(sys.argv[1:])
