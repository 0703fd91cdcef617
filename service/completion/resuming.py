"""Where a learner goes on in a module: after what was done last, at the next thing that is not done."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.modules.content import Module


@dataclass(frozen=True)
class Stop:
    """A place on the page of a module: a section, or an exercise."""

    key: str
    is_exercise: bool


def list_stops(module: Module) -> list[Stop]:
    """Return the sections and exercises of the module in the order of its page."""
    stops = []
    for section in module.sections:
        stops.append(Stop(section, is_exercise=False))
        stops += [Stop(one.key, is_exercise=True) for one in module.exercises if one.after == section]
    return stops


def find_resume(
    module: Module, read: Mapping[str, datetime], tried: Mapping[str, datetime], passed: Collection[str]
) -> Stop | None:
    """Return where to go on, None for who has not begun or has nothing left.

    `read` is when each section was read, `tried` when each exercise was last tried. Sections before the last thing
    that was done are not asked again: whoever skipped them has chosen so.
    """
    stops = list_stops(module)
    times = [(tried if stop.is_exercise else read).get(stop.key) for stop in stops]
    touched = [(at, number) for number, at in enumerate(times) if at is not None]
    if not touched:
        return None
    last = max(touched)[1]
    behind = (stop for stop in stops[:last] if stop.is_exercise)
    return next((stop for stop in (*stops[last:], *behind) if _is_open(stop, read, passed)), None)


def _is_open(stop: Stop, read: Mapping[str, datetime], passed: Collection[str]) -> bool:
    """Say whether a stop is not done. Where nothing is known of reading, no section is."""
    return stop.key not in passed if stop.is_exercise else bool(read) and stop.key not in read
