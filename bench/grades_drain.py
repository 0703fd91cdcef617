"""Measures how fast waiting scores leave, and whether a long queue costs more than a short one.

Speed: a sender of MentorReady, with as many threads as it has in a worker, against a bare loop of `requests` that
keeps its connections open, has the same number of threads, and posts the same bodies to the same pretend LMS (a
process of its own). Both take turns in one run. MentorReady finds, claims and settles its rows in the database; the
bare loop has its bodies in a list. Reading back is counted apart: first the LMS grants no right to read results,
then it does, and the bare loop reads back as well.

Length: the time of a claim, and what a sender needs of memory, with 1,000 and with 100,000 scores waiting.
"""

import argparse
import json
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from statistics import median

import requests
from sqlalchemy import delete, select, update

from bench import databases
from bench.lecture_hall import COMMENT, Hall, open_hall
from lti.access_tokens import fetch_token
from lti.answers import service_url
from lti.http import OutgoingHttp
from lti.scores import RESULT_SCOPE, SCORE_SCOPE, SCORE_TYPE, ScorePayload
from service.db import transaction, utc_now
from service.grades.models import Score, ScoreState, ScoreTry
from service.grades.outbox import claim_due, release
from service.grades.sender import send_due
from service.people.models import Course
from service.platforms.launches import registration_of
from service.platforms.models import Platform
from service.platforms.operations import ensure_signing_key, open_signing_key
from service.platforms.services import open_service_client
from tests.demo.processes import Processes
from tests.functional.grades.school import SECRET

THREADS = 4
CLAIMS = 30


def main(arguments: Sequence[str] = ()) -> None:
    """Print scores per second, ratios, claim times and memory."""
    parser = argparse.ArgumentParser(prog="python -m bench.grades_drain", description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, nargs="+", default=databases.KINDS)
    parser.add_argument("--scores", type=int, default=400, help="in each turn (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--queue", type=int, nargs=2, default=[1_000, 100_000], help="lengths of the queue")
    options = parser.parse_args(arguments)
    for kind in options.database:
        with databases.new_database(kind) as (url, folder):
            people = max(options.scores * 2 * (options.turns + 1), options.queue[1])
            with open_hall(url, folder, people) as hall:
                _measure_speed(kind, hall, options)
                for length in options.queue:
                    _measure_queue(kind, hall, length)


def _measure_speed(kind: str, hall: Hall, options: argparse.Namespace) -> None:
    lms = Processes([hall.lms()], logs=hall.folder)
    lms.start("lms")
    lms.wait_until_up("lms")
    try:
        for reads_back in (False, True):
            _grant(hall, reads_back)
            turns: dict[str, list[float]] = {"MentorReady": [], "requests": []}
            # The first turn warms up, and is thrown away.
            for number in range(options.turns + 1):
                start = (2 * number + 8 * reads_back) * options.scores % len(hall.people)
                ours = hall.people[start : start + options.scores]
                theirs = hall.people[start + options.scores : start + 2 * options.scores]
                turns["MentorReady"].append(options.scores / _drain(hall, ours))
                turns["requests"].append(options.scores / _post_bare(hall, theirs, reads_back))
            _print_speed(kind, reads_back, {name: rates[1:] for name, rates in turns.items()})
    finally:
        lms.stop()


def _print_speed(kind: str, reads_back: bool, turns: dict[str, list[float]]) -> None:
    words = "posted and read back" if reads_back else "posted"
    ours, bare = median(turns["MentorReady"]), median(turns["requests"])
    print(f"{kind}, {words}: MentorReady {ours:.1f}/s, requests {bare:.1f}/s, ratio {ours / bare:.2f}")


def _grant(hall: Hall, reads_back: bool) -> None:
    """Grant the right to read results, or take it away."""
    scopes = [SCORE_SCOPE, RESULT_SCOPE] if reads_back else [SCORE_SCOPE]
    with transaction(hall.sessions) as session:
        session.execute(update(Course).values(grade_scopes=scopes))


def _drain(hall: Hall, people: Sequence[tuple[str, int]]) -> float:
    """Send a score of each with all threads and return the seconds."""
    _clear(hall)
    hall.fill([(id_, 80.0) for _, id_ in people], at=utc_now() - timedelta(minutes=1))
    open_client = partial(open_service_client, hall.sessions, settings_secret=SECRET, http=OutgoingHttp())

    def send(_: int) -> int:
        return send_due(hall.sessions, open_client, clock=utc_now, limit=len(people)).tried

    began_at = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        tried = sum(threads.map(send, range(THREADS)))
    seconds = time.monotonic() - began_at
    assert tried == len(people), f"{tried} of {len(people)} were sent"
    return seconds


def _post_bare(hall: Hall, people: Sequence[tuple[str, int]], reads_back: bool) -> float:
    """Post the same scores of other people with `requests` and return the seconds."""
    post_token, read_token = _tokens(hall)
    at = utc_now().replace(microsecond=0)
    bodies = [(user, ScorePayload(user, 80.0, 100.0, COMMENT, at).body) for user, _ in people]
    kept = threading.local()
    url = service_url(hall.line_item_url, "scores")
    headers = {"Authorization": f"Bearer {post_token}", "Content-Type": SCORE_TYPE}
    reading = {"Authorization": f"Bearer {read_token}"}

    def post(entry: tuple[str, bytes]) -> None:
        user, body = entry
        if not hasattr(kept, "session"):
            kept.session = requests.Session()
            kept.session.trust_env = False
        kept.session.post(url, data=body, headers=headers, timeout=10).raise_for_status()
        if reads_back:
            results = service_url(hall.line_item_url, "results", user_id=user)
            [result] = kept.session.get(results, headers=reading, timeout=10).json()
            assert result["resultScore"] == json.loads(body)["scoreGiven"]

    began_at = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(post, bodies))
    return time.monotonic() - began_at


def _tokens(hall: Hall) -> list[str]:
    """Return access tokens to post and to read."""
    with transaction(hall.sessions) as session:
        platform = session.get_one(Platform, hall.platform_id)
        key = open_signing_key(ensure_signing_key(session, SECRET, at=utc_now()), SECRET)
    registration = registration_of(platform)
    http = OutgoingHttp()
    scopes = (SCORE_SCOPE,), (RESULT_SCOPE,)
    return [fetch_token(registration, key, each, http, at=utc_now()).value for each in scopes]


def _measure_queue(kind: str, hall: Hall, length: int) -> None:
    """Print how long a claim takes, and the most memory that claims and their settling need."""
    _clear(hall)
    hall.fill([(id_, 80.0) for _, id_ in hall.people[:length]], at=utc_now() - timedelta(minutes=1))
    _claim(hall)
    seconds = sorted(_timed(partial(_claim, hall)) for _ in range(CLAIMS))
    tracemalloc.start()
    for _ in range(CLAIMS):
        _claim(hall)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"{kind}, {length} waiting: a claim of 10 and its return take {1000 * median(seconds):.1f} ms "
        f"(the longest {1000 * seconds[-1]:.1f}), and at most {most / 1024:.0f} KiB"
    )


def _claim(hall: Hall) -> None:
    with transaction(hall.sessions) as session:
        claims = claim_due(session, hall.platform_id, limit=10, at=utc_now())
    with transaction(hall.sessions) as session:
        release(session, claims)


def _timed(act: Callable[[], None]) -> float:
    began_at = time.monotonic()
    act()
    return time.monotonic() - began_at


def _clear(hall: Hall) -> None:
    with transaction(hall.sessions) as session:
        session.execute(delete(ScoreTry))
        session.execute(delete(Score))
        assert session.scalars(select(Score.id).where(Score.state == ScoreState.SENDING)).first() is None


if __name__ == "__main__":
    main(sys.argv[1:])
