"""What events are held to: times in zones, seats, changes of attendance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from service.errors import InvalidInputError
from service.events.models import AttendanceState

LONGEST_REASON = 2000
"""Characters of why an event is cancelled, or attendance corrected."""
ZONES = (
    "Asia/Jerusalem",
    "Europe/Warsaw",
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Rome",
    "Europe/Sofia",
    "Europe/Stockholm",
    "Europe/Vienna",
    "Europe/Vilnius",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tbilisi",
    "Australia/Sydney",
    "UTC",
)
"""In which an event may be planned; the first two are those of the languages."""


@dataclass(frozen=True)
class Correction:
    """A state that was entered before and is now another; `became` is None where it is taken back."""

    person_id: int
    was: AttendanceState
    became: AttendanceState | None


@dataclass(frozen=True)
class Seating:
    """Who comes: `seated` have a seat, `waiting` get one as soon as someone else does not come; both in order."""

    seated: tuple[int, ...]
    waiting: tuple[int, ...]


def moment_in(zone: str, local: datetime) -> datetime:
    """Return the moment, in UTC, at which clocks in `zone` show `local`, which has no zone of its own.

    An hour that comes twice is the first one. Raise InvalidInputError for an hour that the clocks there leave out.
    """
    moment = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise InvalidInputError("event.no_such_hour", f"Clocks in {zone} leave out {local}.")
    return moment


def seat(numbers: Mapping[int, int], seats: int | None) -> Seating:
    """Return who has a seat. `numbers` are those of the replies, by person id."""
    ordered = sorted(numbers, key=lambda person_id: numbers[person_id])
    most = len(ordered) if seats is None else seats
    return Seating(tuple(ordered[:most]), tuple(ordered[most:]))


def corrections(
    before: Mapping[int, AttendanceState], now: Mapping[int, AttendanceState | None]
) -> Sequence[Correction]:
    """Return what `now` changes of what was there; what is new is no correction, what `now` leaves out stays."""
    return [
        Correction(person_id, before[person_id], state)
        for person_id, state in now.items()
        if person_id in before and before[person_id] != state
    ]


def touched_people(
    before: Mapping[int, AttendanceState], after: Mapping[int, AttendanceState], *, is_work_changed: bool
) -> Collection[int]:
    """Return whose evidence an entry changes: who is or is no longer present, and all present if the work changed."""
    was = {person_id for person_id, state in before.items() if state is AttendanceState.PRESENT}
    present = {person_id for person_id, state in after.items() if state is AttendanceState.PRESENT}
    return was | present if is_work_changed else was ^ present
