"""Numbers of this installation as Prometheus reads them, for machines of its own network. No name is in them.

They are counted in the database, so whichever process answers speaks for all; see docs/OPERATIONS.md.
"""

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from flask import Blueprint, Response, abort, g, request

from service.db import utc_now
from service.grades.models import ScoreState
from service.grades.numbers import PlatformNumbers, list_numbers, list_tallies
from service.grades.rules import LIMITS
from service.web.access import public

blueprint = Blueprint("metrics", __name__)

Sample = tuple[Mapping[str, str], float]


@blueprint.get("/metrics")
@public
def show() -> Response:
    """Answer with all metrics in the text format, to an address of this machine or a private network; else 404."""
    if request.remote_addr is None or ipaddress.ip_address(request.remote_addr).is_global:
        abort(404)
    lines = [line for metric in (*_gauges(), *_tries()) for line in metric]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauges() -> Iterable[Iterable[str]]:
    at = utc_now()
    numbers = list_numbers(g.db)

    def of_each(value: Callable[[PlatformNumbers], float]) -> list[Sample]:
        return [({"platform": each.public_id}, float(value(each))) for each in numbers]

    states = [
        ({"platform": each.public_id, "state": state.value}, float(each.states.get(state, 0)))
        for each in numbers
        for state in ScoreState
    ]
    lengths = of_each(lambda each: each.queue_length)
    ages = of_each(lambda each: each.oldest_seconds(at=at))
    pauses = of_each(lambda each: each.is_paused(at=at))
    yield _metric("mentorready_queue_length", "gauge", "Scores still to be sent or looked at.", lengths)
    yield _metric("mentorready_oldest_score_seconds", "gauge", "Age of the oldest score on its way.", ages)
    yield _metric("mentorready_platform_paused", "gauge", "Whether an LMS rests at present.", pauses)
    yield _metric("mentorready_scores", "gauge", "Scores by state.", states)


def _tries() -> Iterable[Iterable[str]]:
    outcomes: Counter[tuple[str, str]] = Counter()
    within: dict[str, Counter[int]] = defaultdict(Counter)
    seconds: dict[str, float] = defaultdict(float)
    for platform, tally in list_tallies(g.db):
        outcomes[platform, tally.outcome.value] += tally.tries
        within[platform][tally.within] += tally.tries
        seconds[platform] += tally.seconds
    samples: list[Sample] = [
        ({"platform": platform, "outcome": outcome}, float(count)) for (platform, outcome), count in outcomes.items()
    ]
    yield _metric("mentorready_score_tries_total", "counter", "Tries to send a score, by what became of it.", samples)
    yield _histogram("mentorready_score_try_seconds", "How long a try took.", within, seconds)


def _metric(name: str, kind: str, words: str, samples: Iterable[Sample]) -> Iterable[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield _line(name, labels, value)


def _histogram(
    name: str, words: str, within: Mapping[str, Counter[int]], seconds: Mapping[str, float]
) -> Iterable[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} histogram"
    for platform, counts in within.items():
        for limit in LIMITS:
            below = sum(count for kept, count in counts.items() if kept <= limit)
            yield _line(f"{name}_bucket", {"platform": platform, "le": f"{limit / 1000:g}"}, below)
        yield _line(f"{name}_bucket", {"platform": platform, "le": "+Inf"}, counts.total())
        yield _line(f"{name}_sum", {"platform": platform}, seconds[platform])
        yield _line(f"{name}_count", {"platform": platform}, counts.total())


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    # The labels are ids and states of ours: nothing in them needs to be escaped.
    inside = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return f"{name}{{{inside}}} {value:.12g}"
