"""What completes a module or shows an outcome: requirements, and groups of them nested over each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.db import Json

EVENT_KINDS = ("opening", "mid_meeting", "closing", "training_day", "classroom", "forum_session")
"""What `attended` may ask for; the room of events, which stands above this one, has the same."""
DISCUSSION_FORUMS = ("community", "introductions", "lessons", "questions", "dilemmas")
"""Where `discussed` may ask for posts: forums that learners share; the room of forums, which stands above, has them."""
DISCUSSION_ROLES = ("mentor", "youth_worker")
"""The learners who read these forums."""
DISCUSSED = "discussed"
"""How content asks for TALKED and ANSWERED in one forum."""


class Kind(StrEnum):
    """What a requirement asks for."""

    READ = "read"
    """Sections read to the end: said by the reader or reached by them, never guessed from time."""
    PASSED = "passed"
    REVIEWED = "reviewed"
    """Exercises that a person has looked at and accepted."""
    POSTED = "posted"
    """So many posts in forums of the community, of whatever module."""
    TALKED = "talked"
    """So many posts of one's own in one forum, answers not counted."""
    ANSWERED = "answered"
    """Answers to so many posts of others in one forum."""
    ATTENDED = "attended"
    COMPLETED = "completed"


WRITTEN = frozenset({Kind.POSTED, Kind.TALKED, Kind.ANSWERED})
"""Kinds that are met by writing in forums."""
IN_FORUM = frozenset({Kind.TALKED, Kind.ANSWERED})
"""Kinds that name one forum."""


@dataclass(frozen=True)
class Requirement:
    """One thing that is asked for in one module.

    `keys` are its sections (READ) or exercises (PASSED, REVIEWED), all of which count; for ATTENDED the kind of event,
    or nothing where an event of the module is meant; for TALKED and ANSWERED the forum. `count` is how many posts.
    """

    kind: Kind
    module_key: str
    keys: tuple[str, ...] = ()
    count: int = 1

    def as_data(self) -> Json:
        """Return the requirement as JSON, to be kept with the version of the module."""
        return {"kind": self.kind.value, "module": self.module_key, "keys": list(self.keys), "count": self.count}


@dataclass(frozen=True)
class Group:
    """Parts of which at least so many must be met."""

    least: int
    parts: tuple["Rule", ...]

    def as_data(self) -> Json:
        """Return the group as JSON."""
        return {"least": self.least, "parts": [part.as_data() for part in self.parts]}


Rule = Requirement | Group


def all_of(*parts: Rule) -> Rule:
    """Return a rule that is met when all of `parts` are."""
    return parts[0] if len(parts) == 1 else Group(len(parts), parts)


def asks_for(rule: Rule, *kinds: Kind) -> bool:
    """Say whether some requirement in the rule is of one of these kinds."""
    return any(requirement.kind in kinds for requirement in list_requirements(rule))


def list_requirements(rule: Rule) -> Iterator[Requirement]:
    """Return every requirement in the rule, in its order."""
    if isinstance(rule, Requirement):
        yield rule
    else:
        for part in rule.parts:
            yield from list_requirements(part)
