"""Attacks the way of scores to the gradebook, and looks at the end whether the LMS shows what the tool holds.

All people's scores are queued; some get a better one while their first is on its way, some again. Meanwhile the LMS
fails at random (bench/faulty_lms.py) and is killed twice, workers are killed every second, and the broker is emptied
and cannot be reached for a while. Waits after failures and the rests of the circuit breaker are cut short (time is
moved on), so that the attack has an end; the leases of killed workers last as long as they do in the world.
"""

import argparse
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bench import databases
from bench.findings import Findings, find
from bench.gate import Gate, open_gate
from bench.lecture_hall import Hall, open_hall
from bench.workers import Workers
from service.config import Settings
from service.db import utc_now
from service.tasks import Jobs, make_celery, wake
from tests.demo.processes import Processes

STEP = 0.1


@dataclass(frozen=True)
class Plan:
    """How hard the attack is. Times are in seconds."""

    scores: int = 10_000
    workers: int = 1
    share: float = 0.3
    """Of the calls that fail."""
    patience: float = 1.0
    """How long the workers wait for an answer; a time-out lasts longer."""
    kill_every: float = 1.0
    longest_wait: float = 20.0
    """What waits longer for its next try is moved on, and the LMS rests a tenth of it at most."""
    ends_leases: bool = False
    """Whether the rows of a killed worker are free at once; only if it is the only one. Else after a minute."""
    outage: float = 5.0
    """How long the broker cannot be reached."""
    lms_down: float = 2.0
    within: float = 3600.0
    """When the attack is given up."""

    @property
    def people(self) -> int:
        """Return how many learners there are: of 12 scores 9 are first ones, 2 second ones, 1 a third."""
        return self.scores * 3 // 4


@dataclass
class Attack:
    """An attack under way."""

    plan: Plan
    hall: Hall
    lms: Processes
    workers: Workers
    gate: Gate
    app: Jobs
    began_at: float = field(default_factory=time.monotonic)
    values: dict[int, list[float]] = field(default_factory=dict)
    """What was queued for each person (the tool's id), first to last."""
    restarts: int = 0
    seconds: float = 0.0
    """How long it took."""

    def run(self) -> None:
        """Attack until everything has arrived. Raise TimeoutError if that never is."""
        later = self._queue_first()
        self.lms.start("lms")
        self.lms.wait_until_up("lms")
        self.workers.start()
        blows = [self._kill_lms, self._cut_broker, self._kill_lms]
        next_kill = next_look = time.monotonic() + 1
        while True:
            time.sleep(STEP)
            now = time.monotonic()
            if now - self.began_at > self.plan.within:
                raise TimeoutError("Not everything has arrived in time.")
            between = self.hall.end_leases if self.plan.ends_leases else lambda: None
            if now >= next_kill and self.workers.kill_one(self.plan.kill_every, between):
                next_kill = now + self.plan.kill_every
            if now < next_look:
                continue
            next_look = now + 1
            waiting = self.hall.count_waiting()
            if int(now - self.began_at) % 30 == 0:
                print(f"{now - self.began_at:.0f} s: {waiting} still to be sent or looked at", file=sys.stderr)
            self.hall.move_on(self.plan.longest_wait)
            done = 1 - waiting / self.plan.people
            later = self._queue_more(later, done)
            if blows and done > 1 - len(blows) / 4:
                blows.pop(0)()
            if not waiting and not blows and not later:
                self.seconds = now - self.began_at
                return

    def _queue_first(self) -> list[tuple[int, float]]:
        """Queue a first score for everyone; return the better ones that are to follow."""
        people = [id_ for _, id_ in self.hall.people]
        first = [(id_, float(random.randint(10, 40))) for id_ in people]
        self.hall.fill(first, at=utc_now() - timedelta(seconds=1))
        self.values.update((id_, [value]) for id_, value in first)
        seconds = people[: self.plan.scores * 2 // 12]
        thirds = people[: self.plan.scores - len(people) - len(seconds)]
        return [(id_, 60.0) for id_ in seconds] + [(id_, 90.0) for id_ in thirds]

    def _queue_more(self, later: list[tuple[int, float]], done: float) -> list[tuple[int, float]]:
        """Queue some better scores: the last of them when half of all is done."""
        share = min(max(2 * done, 0.02), 1.0)
        left = int(len(later) * (1 - share)) if done < 0.5 else 0
        self._queue(later[: len(later) - left])
        return later[len(later) - left :]

    def _queue(self, scores: Sequence[tuple[int, float]]) -> None:
        self.hall.queue(scores, at=utc_now() - timedelta(seconds=1))
        for id_, value in scores:
            self.values[id_].append(value)
        if scores:
            wake(self.app, ["send_scores"])

    def _kill_lms(self) -> None:
        self.lms.kill("lms")
        time.sleep(self.plan.lms_down)
        self.lms.start("lms")
        self.restarts += 1

    def _cut_broker(self) -> None:
        self.gate.empty()
        self.gate.close()
        time.sleep(self.plan.outage)
        self.gate.open()


def attack(plan: Plan, database_url: str, broker_url: str, folder: Path) -> tuple[Findings, Attack]:
    """Attack a tool on an empty database with tables; an empty `broker_url` is the folder. Return what came of it."""
    with open_hall(database_url, folder, plan.people) as hall, open_gate(broker_url, folder) as gate:
        environment = hall.environment(gate.url)
        lms = Processes([hall.lms(share=plan.share, hold=plan.patience * 1.25)], logs=folder)
        workers = Workers(plan.workers, environment, plan.patience, folder)
        under_way = Attack(plan, hall, lms, workers, gate, make_celery(Settings.from_environment(environment)))
        try:
            under_way.run()
        finally:
            workers.stop()
            lms.stop()
        return find(hall, under_way.values), under_way


def main(arguments: Sequence[str] = ()) -> None:
    """Print what an attack did and found; end with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.grades_attack", description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    parser.add_argument("--broker", default="", help="redis://… or amqp://…, empty and for this alone; else a folder")
    parser.add_argument("--scores", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kill-every", type=float, default=1.0, metavar="SECONDS", help="default: %(default)s")
    parser.add_argument("--within", type=float, default=3600.0, help="seconds; then it has failed")
    parser.add_argument("--share", type=float, default=0.3, help="of the calls that fail (default: %(default)s)")
    options = parser.parse_args(arguments)
    # Even when it is told to stop, it leaves no process and no database behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    plan = Plan(
        scores=options.scores,
        workers=options.workers,
        share=options.share,
        kill_every=options.kill_every,
        within=options.within,
    )
    with databases.new_database(options.database) as (url, folder):
        findings, under_way = attack(plan, url, options.broker, folder)
    broker = options.broker.partition(":")[0] or "folder"
    print(f"\n{options.database}, {broker}, {plan.workers} workers: {plan.scores} scores of {plan.people} people")
    print(f"{under_way.seconds:.0f} s; killed: {under_way.workers.kills} workers, {under_way.restarts} times the LMS")
    print("\n".join(findings.lines()))
    sys.exit(1 if findings.wrongs else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
