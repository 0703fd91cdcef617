"""The supply radar (FEATURES N16): which one condition, met by all who lack only it, would let most pairs be made."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from service.board.kinds import Presence
from service.board.rules import Board
from service.people.models import Role


@dataclass(frozen=True)
class Supply:
    """Who is free to be paired: ready, in no relation. A pair needs one of each side, so the smaller side decides."""

    mentors: int
    mentees: int

    @property
    def pairs(self) -> int:
        return min(self.mentors, self.mentees)


@dataclass(frozen=True)
class Lever:
    """A condition, how many of each side lack only it, and how many more pairs could be made if none did."""

    condition: str
    mentors: int
    mentees: int
    gain: int


@dataclass(frozen=True)
class Radar:
    """What there is now, and what would change it, the greatest gain first; who would come then if nothing gains."""

    now: Supply
    levers: tuple[Lever, ...]
    waiting: Mapping[str, int]
    """How many of each side are in no relation and not ready, by role."""


def scan(board: Board, paired: Collection[int]) -> Radar:
    """Return the radar. `paired`: memberships in a relation now; test users count nowhere."""
    ready: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    one_short: dict[str, Counter[str]] = {}
    taken = Counter(key for member_id, key in zip(board.ids, board.keys, strict=True) if member_id in paired)
    for kind, count in board.groups(board.counts - taken):
        if kind.has_left or kind.role not in {Role.MENTOR, Role.MENTEE}:
            continue
        if kind.presence == Presence.READY:
            ready[kind.role] += count
            continue
        waiting[kind.role] += count
        missing = board.missing(kind)
        if len(missing) == 1:
            one_short.setdefault(missing[0], Counter())[kind.role] += count
    now = Supply(ready[Role.MENTOR], ready[Role.MENTEE])
    levers = [
        Lever(name, lacking[Role.MENTOR], lacking[Role.MENTEE], _gain(now, lacking))
        for name, lacking in one_short.items()
    ]
    levers.sort(key=lambda one: (-one.gain, -(one.mentors + one.mentees), one.condition))
    return Radar(now, tuple(levers), {role.value: waiting[role] for role in (Role.MENTOR, Role.MENTEE)})


def _gain(now: Supply, lacking: Counter[str]) -> int:
    return Supply(now.mentors + lacking[Role.MENTOR], now.mentees + lacking[Role.MENTEE]).pairs - now.pairs
