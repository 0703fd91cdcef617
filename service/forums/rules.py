"""Which forums a course has, who may do what in each, and what a post may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.i18n import find_folded
from service.people.models import LEARNING_ROLES, STAFF_ROLES, Role
from service.typed_text import clean_text

LONGEST_TEXT = 20_000
LONGEST_TITLE = 150
LONGEST_OPTION = 300
LONGEST_REASON = 500
FEWEST_OPTIONS, MOST_OPTIONS = 2, 6
FEWEST_VOTES_SHOWN = 5
"""Of fewer votes only the number is shown: the spread would tell who voted for what."""
EDITABLE_FOR = timedelta(minutes=30)
POSTS_AT_ONCE = 10
AT_ONCE = timedelta(minutes=10)
PAGE = 50
"""Posts on a page of a thread."""


class Purpose(StrEnum):
    """For whom a forum is."""

    ANNOUNCEMENTS = "announcements"
    COMMUNITY = "community"
    COORDINATORS = "coordinators"
    NETWORK = "network"
    """The coordinators of all courses of one platform."""
    STEERING = "steering"
    SUPERVISION = "supervision"
    """A thread for each person, between that person and the coordinators."""
    RELATION = "relation"
    """A thread for each relation, which only those in the relation see."""


class Kind(StrEnum):
    """How a forum is used."""

    GENERAL = "general"
    QUESTIONS = "questions"
    """One answers before one reads the answers of others."""
    SINGLE = "single"
    """One thread, the forum itself."""
    DILEMMA = "dilemma"
    """A thread opens with a case and a poll of answers that could all be defended."""


class Act(StrEnum):
    """What someone may do in a forum."""

    READ = "read"
    START = "start"
    REPLY = "reply"
    MODERATE = "moderate"
    CONFIGURE = "configure"


@dataclass(frozen=True)
class Plan:
    """A forum that every course has, by a key that outlasts the copy of the course."""

    key: str
    purpose: Purpose
    kind: Kind = Kind.GENERAL

    @property
    def has_rings(self) -> bool:
        """Say whether each of its threads has readers of its own."""
        return self.purpose in {Purpose.SUPERVISION, Purpose.RELATION}

    @property
    def takes_unnamed(self) -> bool:
        """Say whether a case may be written up without a name: only where there are many who could have written it."""
        return self.purpose in {Purpose.COMMUNITY, Purpose.COORDINATORS, Purpose.NETWORK}

    @property
    def guards_names(self) -> bool:
        """Say whether a mentee's name is asked about: not where those read who know who is paired with whom."""
        return not self.has_rings

    @property
    def takes_private(self) -> bool:
        """Say whether a reply may be for the coordinators alone."""
        return self.purpose in {Purpose.ANNOUNCEMENTS, Purpose.COMMUNITY, Purpose.STEERING}


PLANS = {
    plan.key: plan
    for plan in (
        Plan("announcements", Purpose.ANNOUNCEMENTS),
        Plan("community", Purpose.COMMUNITY),
        Plan("introductions", Purpose.COMMUNITY, Kind.SINGLE),
        Plan("lessons", Purpose.COMMUNITY, Kind.SINGLE),
        Plan("questions", Purpose.COMMUNITY, Kind.QUESTIONS),
        Plan("dilemmas", Purpose.COMMUNITY, Kind.DILEMMA),
        Plan("relation", Purpose.RELATION),
        Plan("supervision", Purpose.SUPERVISION),
        Plan("coordinators", Purpose.COORDINATORS),
        Plan("cases", Purpose.COORDINATORS, Kind.DILEMMA),
        Plan("steering", Purpose.STEERING),
        Plan("network", Purpose.NETWORK),
    )
}
"""Every forum by its key, in the order in which they are listed (S0-28, S0-43, S0-48, S1-11, S2-37, S3-14, S4-30)."""

_COMMUNITY = frozenset({Role.MENTOR, Role.YOUTH_WORKER, *STAFF_ROLES})
READERS = {
    Purpose.ANNOUNCEMENTS: frozenset(Role),
    Purpose.COMMUNITY: _COMMUNITY,
    Purpose.COORDINATORS: frozenset(STAFF_ROLES),
    Purpose.NETWORK: frozenset(STAFF_ROLES),
    Purpose.STEERING: frozenset(STAFF_ROLES),
    Purpose.SUPERVISION: frozenset(Role),
    Purpose.RELATION: frozenset(LEARNING_ROLES),
}
"""The roles that read a forum. Where threads have rings of their own, no role reads beyond those."""
SEATED_PURPOSES = frozenset({Purpose.COMMUNITY, Purpose.STEERING})
"""Where staff give seats: in the community to a lead team (S0-53), in the steering forum to its members (S1-11)."""


def abilities(plan: Plan, role: Role, *, is_seated: bool = False) -> frozenset[Act]:
    """Return what someone in `role` may do in a forum; of threads with rings, in those whose ring has them."""
    is_staff = role in STAFF_ROLES
    is_seated = is_seated and plan.purpose in SEATED_PURPOSES
    if role not in READERS[plan.purpose] and not (is_seated and plan.purpose is Purpose.STEERING):
        return frozenset()
    may = {Act.READ}
    if plan.purpose is not Purpose.ANNOUNCEMENTS or is_staff:
        may |= {Act.START, Act.REPLY}
    moderates = role is Role.ADMINISTRATOR if plan.purpose is Purpose.NETWORK else is_staff
    if moderates or (is_seated and plan.purpose is Purpose.COMMUNITY):
        may |= {Act.MODERATE}
    if moderates:
        may |= {Act.CONFIGURE}
    return frozenset(may)


def is_open_to(key: str, role: Role) -> bool:
    """Tell whether everyone in this role reads the forum, whatever seat they have and whatever LMS it is."""
    purpose = PLANS[key].purpose
    return role in READERS[purpose] and purpose is not Purpose.NETWORK


def is_for_staff(key: str) -> bool:
    """Tell whether only staff, and whom they give a seat, read the forum."""
    return READERS[PLANS[key].purpose] <= frozenset(STAFF_ROLES)


def may_move(source: Plan, target: Plan) -> bool:
    """Tell whether a thread may go from one forum to another: never to more readers, never where threads have rings."""
    if target.key == source.key or source.has_rings or target.has_rings or target.kind is Kind.SINGLE:
        return False
    if {Purpose.NETWORK, Purpose.STEERING} & {source.purpose, target.purpose}:
        return False
    return READERS[target.purpose] <= READERS[source.purpose]


def is_editable(posted_at: datetime, at: datetime) -> bool:
    """Tell whether what was posted then may still be changed by its writer."""
    return at - posted_at < EDITABLE_FOR


def is_locked(locked_at: datetime | None, last_sign_at: datetime, lock_after_days: int | None, at: datetime) -> bool:
    """Tell whether a thread is locked: by hand, or because nothing happened in it for as long as the forum says."""
    if locked_at is not None:
        return True
    return lock_after_days is not None and at - last_sign_at > timedelta(days=lock_after_days)


def read_options(text: str) -> list[str]:
    """Return the answers of a poll, which were typed one to a line; the same one twice is one."""
    lines = (re.sub(r"^([-*•]|\d+[.)])\s+", "", line.strip()) for line in clean_text(text).split("\n"))
    return list(dict.fromkeys(line for line in lines if line))


def language_of(text: str) -> str:
    """Return the language that a text seems to be in, so that it is read aloud and turned in the right way."""
    hebrew = sum("\u05d0" <= letter <= "\u05ea" for letter in text)
    latin = sum(letter.isalpha() and letter < "\u0250" for letter in text)
    if hebrew > latin:
        return "he"
    return "pl" if any(letter in "ąćęłńśźżĄĆĘŁŃŚŹŻ" for letter in text) else "en"


def quoted(text: str) -> str:
    """Return a text as a Markdown quotation, with an empty line after it."""
    return "".join(f"> {line}\n" if line else ">\n" for line in text.strip().split("\n")) + "\n"


def mentioned(text: str, names: Sequence[tuple[str, int]]) -> set[int]:
    """Return the ids of those whose name stands in `text` after an @. `names`, like the text, are folded.

    A longer name wins over a shorter one that begins it; of a name that several bear all are meant.
    """
    found = set()
    by_name: dict[str, set[int]] = {}
    for name, person_id in names:
        if name:
            by_name.setdefault(name, set()).add(person_id)
    longest_first = sorted(by_name, key=len, reverse=True)
    for part in text.split("@")[1:]:
        meant = next((name for name in longest_first if re.match(rf"{re.escape(name)}(?!\w)", part)), "")
        found |= by_name.get(meant, set())
    return found


def excerpt(text: str, words: Sequence[str], length: int = 240) -> str:
    """Return the part of a text around the first of these folded words that stands in it."""
    plain = " ".join(text.split())
    start = max(0, (find_folded(plain, words) if words else 0) - length // 4)
    part = plain[start : start + length]
    return f"{'… ' if start else ''}{part}{' …' if start + length < len(plain) else ''}"
