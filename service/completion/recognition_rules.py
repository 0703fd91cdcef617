"""The steps by which a module is recognised that someone knows already, and which step may follow which."""

from datetime import datetime, time
from enum import StrEnum


class StepKind(StrEnum):
    """What happened."""

    ASKED = "asked"
    """The learner asks, and says what, where and when."""
    MORE_ASKED = "more_asked"
    """Staff need to know more."""
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"
    """The learner no longer asks."""
    DECLINED = "declined"
    RECOGNISED = "recognised"
    RECORDED = "recorded"
    """Staff record that the module was done elsewhere or in person."""
    UNDONE = "undone"
    """Staff take back what was recognised or recorded."""


OPEN = frozenset({StepKind.ASKED, StepKind.ANSWERED})
"""Staff have to decide."""
IN_FORCE = frozenset({StepKind.RECOGNISED, StepKind.RECORDED})
BY_LEARNER = frozenset({StepKind.ASKED, StepKind.ANSWERED, StepKind.TAKEN_BACK})
_DECISIONS = frozenset({StepKind.DECLINED, StepKind.RECOGNISED, StepKind.RECORDED})
_FROM_NOTHING = frozenset({StepKind.ASKED, StepKind.RECORDED})
_FOLLOWS = {
    StepKind.ASKED: _DECISIONS | {StepKind.MORE_ASKED, StepKind.TAKEN_BACK},
    StepKind.ANSWERED: _DECISIONS | {StepKind.MORE_ASKED, StepKind.TAKEN_BACK},
    StepKind.MORE_ASKED: _DECISIONS | {StepKind.ANSWERED, StepKind.TAKEN_BACK},
    StepKind.RECOGNISED: frozenset({StepKind.UNDONE}),
    StepKind.RECORDED: frozenset({StepKind.UNDONE}),
}


def list_next(last: StepKind | None, *, is_expired: bool = False) -> frozenset[StepKind]:
    """Return what may follow the last step, or begin where there is none; what has expired may also begin anew."""
    if last is None:
        return _FROM_NOTHING
    following = _FOLLOWS.get(last, _FROM_NOTHING)
    return following | _FROM_NOTHING if is_expired else following


def is_in_force(kind: StepKind, valid_until: datetime | None, at: datetime) -> bool:
    """Say whether a last step of this kind makes the module complete at that time."""
    return kind in IN_FORCE and (valid_until is None or at < valid_until)


def noon_of(day: datetime) -> datetime:
    """Return noon of a day in UTC, so that its date is the same in the zones of our readers."""
    return datetime.combine(day.date(), time(12), day.tzinfo)
